// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

/** The line through the first and the last value, continued. */
public record Drift() implements LocalForecaster {
    @Override
    public String name() {
        return "drift";
    }

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        int n = y.length;
        double slope = n < 2 ? 0 : (y[n - 1] - y[0]) / (n - 1);
        double[] out = new double[horizon];
        for (int h = 0; h < horizon; h++) {
            out[h] = y[n - 1] + (h + 1) * slope;
        }
        return out;
    }
}
