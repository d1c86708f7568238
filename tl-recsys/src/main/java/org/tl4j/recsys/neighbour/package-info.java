// SPDX-License-Identifier: Apache-2.0
/** Recommendation by what is alike. */
@NullMarked
package org.tl4j.recsys.neighbour;

import org.jspecify.annotations.NullMarked;
