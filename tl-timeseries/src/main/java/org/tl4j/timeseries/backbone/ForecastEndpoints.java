// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

/** Names of the outputs from which heads of forecasting begin, besides the pooled vector. */
public final class ForecastEndpoints {
    /** A vector for each variable, {@code f32[N, V, D]}: of networks that read each variable by itself. */
    public static final String VARIABLES = "variables";

    /** A vector for each step of the future, {@code f32[N, H, D]}: of decoders. */
    public static final String STEPS = "steps";

    private ForecastEndpoints() {}
}
