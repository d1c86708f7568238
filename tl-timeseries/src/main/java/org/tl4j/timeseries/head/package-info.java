// SPDX-License-Identifier: Apache-2.0
/** What is put on a network of series: forecasts and labels, as heads and as tasks. */
@NullMarked
package org.tl4j.timeseries.head;

import org.jspecify.annotations.NullMarked;
