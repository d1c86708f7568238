// SPDX-License-Identifier: Apache-2.0
/** Interactions of users with items: how they are read, split and indexed. */
@NullMarked
package org.tl4j.recsys.dataset;

import org.jspecify.annotations.NullMarked;
