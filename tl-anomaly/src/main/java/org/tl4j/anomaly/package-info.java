// SPDX-License-Identifier: Apache-2.0
/**
 * Anomaly detection on tables, series and the features of any backbone.
 *
 * <p>The backbones, heads, input preparation and data sets of this task group will live in
 * subpackages named by their role. Nothing is here yet.
 */
@NullMarked
package org.tl4j.anomaly;

import org.jspecify.annotations.NullMarked;
