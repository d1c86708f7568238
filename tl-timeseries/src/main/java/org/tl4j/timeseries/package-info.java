// SPDX-License-Identifier: Apache-2.0
/**
 * Series: forecasting and classification.
 *
 * <p>The backbones, heads, input preparation and data sets of this task group will live in
 * subpackages named by their role. Nothing is here yet.
 */
@NullMarked
package org.tl4j.timeseries;

import org.jspecify.annotations.NullMarked;
