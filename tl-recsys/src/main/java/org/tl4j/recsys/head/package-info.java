// SPDX-License-Identifier: Apache-2.0
/** Heads that rank items for users. */
@NullMarked
package org.tl4j.recsys.head;

import org.jspecify.annotations.NullMarked;
