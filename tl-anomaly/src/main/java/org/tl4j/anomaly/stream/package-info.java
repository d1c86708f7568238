// SPDX-License-Identifier: Apache-2.0
/** Rows that come one by one: their scores, how unusual these are of late, and whether the data have changed. */
@NullMarked
package org.tl4j.anomaly.stream;

import org.jspecify.annotations.NullMarked;
