// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

/**
 * Another forecaster on a series whose season was taken out, and put in again afterwards, as in the benchmarks of the
 * M4 competition. A season is taken out where the autocorrelation at its lag differs from 0 at the level of 90 %, by
 * classical decomposition: values are divided by it where all of them are positive. Elsewhere, where M4 has no rule for
 * it has no such series, it is subtracted.
 *
 * @param name as it is chosen on the command line
 * @param inner what forecasts the adjusted series
 */
record SeasonallyAdjusted(String name, LocalForecaster inner) implements LocalForecaster {
    /** The 95 % quantile of the standard normal distribution, as M4's code has it. */
    private static final double CRITICAL = 1.645;

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        if (!isSeasonal(y, season)) {
            return inner.forecast(y, 1, horizon);
        }
        boolean divides = Past.isPositive(y);
        double[] figure = figure(y, season, divides);
        double[] adjusted = new double[y.length];
        for (int t = 0; t < y.length; t++) {
            double s = figure[t % season];
            adjusted[t] = divides ? y[t] / s : y[t] - s;
        }
        double[] out = inner.forecast(adjusted, 1, horizon);
        for (int h = 0; h < horizon; h++) {
            double s = figure[(y.length + h) % season];
            out[h] = divides ? out[h] * s : out[h] + s;
        }
        return out;
    }

    /** Whether the autocorrelation at the season's lag is outside Bartlett's limits, given those before it. */
    static boolean isSeasonal(double[] y, int season) {
        if (season < 2 || y.length < 3 * season || Past.isConstant(y)) {
            return false;
        }
        double mean = 0;
        for (double v : y) {
            mean += v / y.length;
        }
        double before = 0;
        double last = 0;
        double variance = covariance(y, mean, 0);
        for (int lag = 1; lag <= season; lag++) {
            before += lag > 1 ? 2 * last * last : 0;
            last = covariance(y, mean, lag) / variance;
        }
        return Math.abs(last) > CRITICAL * Math.sqrt((1 + before) / y.length);
    }

    private static double covariance(double[] y, double mean, int lag) {
        double sum = 0;
        for (int t = lag; t < y.length; t++) {
            sum += (y[t] - mean) * (y[t - lag] - mean);
        }
        return sum;
    }

    /**
     * The season by classical decomposition: means, by place in the season, of the values over (or less) their centred
     * moving average, brought to a mean of 1 (or 0). {@code [season]}, beginning with the first step.
     */
    static double[] figure(double[] y, int season, boolean divides) {
        double[] sums = new double[season];
        int[] counts = new int[season];
        int half = season / 2;
        for (int t = half; t < y.length - half; t++) {
            double trend = 0;
            for (int k = -half; k <= half; k++) {
                // An even season has its two ends in the average by half.
                double weight = season % 2 == 0 && Math.abs(k) == half ? 0.5 : 1;
                trend += weight * y[t + k];
            }
            trend /= season;
            sums[t % season] += divides ? y[t] / trend : y[t] - trend;
            counts[t % season]++;
        }
        double mean = 0;
        for (int i = 0; i < season; i++) {
            sums[i] = counts[i] == 0 ? divides ? 1 : 0 : sums[i] / counts[i];
            mean += sums[i] / season;
        }
        for (int i = 0; i < season; i++) {
            sums[i] = divides ? sums[i] / mean : sums[i] - mean;
        }
        return sums;
    }
}
