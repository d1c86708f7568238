// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

/**
 * The mean of two lines: the trend by least squares, and simple exponential smoothing of the series with twice its
 * distances from the trend. V. Assimakopoulos, K. Nikolopoulos, "The theta model: a decomposition approach to
 * forecasting", International Journal of Forecasting 2000. Without a season; {@link Baselines} adds it.
 */
record ThetaLines() implements LocalForecaster {
    @Override
    public String name() {
        return "theta-lines";
    }

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        int n = y.length;
        if (n < 3 || Past.isConstant(y)) {
            return Past.same(y[n - 1], horizon);
        }
        double middle = (n - 1) / 2.0;
        double mean = 0;
        for (double v : y) {
            mean += v / n;
        }
        double above = 0;
        double below = 0;
        for (int t = 0; t < n; t++) {
            above += (t - middle) * (y[t] - mean);
            below += (t - middle) * (t - middle);
        }
        double slope = above / below;
        double[] bent = new double[n];
        boolean isNegative = false;
        for (int t = 0; t < n; t++) {
            bent[t] = 2 * y[t] - (mean + slope * (t - middle));
            isNegative |= y[t] < 0;
        }
        double[] smooth = ExponentialSmoothing.SIMPLE.forecast(bent, 1, horizon);
        double[] out = new double[horizon];
        for (int h = 0; h < horizon; h++) {
            double f = 0.5 * smooth[h] + 0.5 * (mean + slope * (n + h - middle));
            // What was never negative is not forecast to become so.
            out[h] = isNegative ? f : Math.max(0, f);
        }
        return out;
    }
}
