// SPDX-License-Identifier: Apache-2.0
/** How wrong forecasts are, and how often their intervals hold what came. */
@NullMarked
package org.tl4j.timeseries.metric;

import org.jspecify.annotations.NullMarked;
