// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures of forecasts: a fan with the past and what came, errors by step, the autocorrelation of what is left over.
 *
 * <p>Each can be written as PNG and as SVG, whole or not at all. PNG is drawn with the fonts of the machine; one without
 * fonts gets the pictures without text.
 */
@NullMarked
package org.tl4j.timeseries.report;

import org.jspecify.annotations.NullMarked;
