// SPDX-License-Identifier: Apache-2.0
/** Intervals around forecasts of any model. */
@NullMarked
package org.tl4j.timeseries.interval;

import org.jspecify.annotations.NullMarked;
