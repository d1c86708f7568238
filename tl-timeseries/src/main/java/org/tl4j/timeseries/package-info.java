// SPDX-License-Identifier: Apache-2.0
/**
 * Time series: forecasting and classification.
 *
 * <p>{@code dataset} holds series and windows of them, {@code input} brings windows into the form of the networks,
 * {@code backbone} holds the families, {@code head} what is put on them, {@code baseline} the forecasts without a
 * network that stand beside every result, {@code metric} how good they are.
 */
@NullMarked
package org.tl4j.timeseries;

import org.jspecify.annotations.NullMarked;
