// SPDX-License-Identifier: Apache-2.0
/** Forecasting and classification of series: what they read, which network they make, and the way in for Java. */
@NullMarked
package org.tl4j.timeseries.task;

import org.jspecify.annotations.NullMarked;
