// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

/** The last value again and again: what is best for a random walk. */
public record Naive() implements LocalForecaster {
    @Override
    public String name() {
        return "naive";
    }

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        return Past.same(y[y.length - 1], horizon);
    }
}
