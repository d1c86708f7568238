// SPDX-License-Identifier: Apache-2.0
/** Forecasts from one series alone, which a model that learned from many has to beat. */
@NullMarked
package org.tl4j.timeseries.baseline;

import org.jspecify.annotations.NullMarked;
