// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

/** The last season again and again; the last value where the past is shorter than a season. */
public record SeasonalNaive() implements LocalForecaster {
    @Override
    public String name() {
        return "seasonal-naive";
    }

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        int period = y.length < season ? 1 : season;
        double[] out = new double[horizon];
        for (int h = 0; h < horizon; h++) {
            int phase = y.length - period + h % period;
            // A value that is missing is that of the season before, not one between its neighbours.
            int t = phase;
            while (t >= 0 && Double.isNaN(past[t])) {
                t -= period;
            }
            out[h] = t >= 0 ? past[t] : y[phase];
        }
        return out;
    }
}
