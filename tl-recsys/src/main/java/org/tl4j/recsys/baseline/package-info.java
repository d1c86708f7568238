// SPDX-License-Identifier: Apache-2.0
/** Answers without a model of the user. */
@NullMarked
package org.tl4j.recsys.baseline;

import org.jspecify.annotations.NullMarked;
