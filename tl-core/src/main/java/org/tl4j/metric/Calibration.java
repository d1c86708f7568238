// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import org.tl4j.error.Checks;

/**
 * Whether a classifier is as often right as it says: expected calibration error over bins of equal width (Chuan Guo,
 * Geoff Pleiss, Yu Sun, Kilian Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017), and the mean
 * negative logarithm of the probability that the truth was given. Not safe for several threads at once.
 */
public final class Calibration {
    private static final int BINS = 15;
    /** A probability of 0 for what is true costs this much, not infinity; scikit-learn clips at float32's epsilon. */
    private static final double LEAST = 1e-7;

    private final long[] examples = new long[BINS];
    private final long[] hits = new long[BINS];
    private final double[] confidence = new double[BINS];
    private double loss;
    private double lossSquares;
    private long n;

    /**
     * Counts one example.
     *
     * @param confidence the probability of the answer that was given
     * @param hit whether it was right
     * @param truth the probability that was given to what is true
     */
    public void add(double confidence, boolean hit, double truth) {
        Checks.between("confidence", confidence, 0, 1 + 1e-6);
        // Bins are open below and closed above, so that a confidence of 1 falls into the last.
        int bin = Math.min(BINS - 1, Math.max(0, (int) Math.ceil(confidence * BINS) - 1));
        examples[bin]++;
        hits[bin] += hit ? 1 : 0;
        this.confidence[bin] += confidence;
        double l = -Math.log(Math.max(LEAST, Math.min(1, truth)));
        loss += l;
        lossSquares += l * l;
        n++;
    }

    /** Mean distance of confidence from accuracy, over bins by their numbers of examples; from 0 to 1. */
    public double expectedError() {
        double error = 0;
        for (int b = 0; b < BINS; b++) {
            error += Math.abs(hits[b] - confidence[b]);
        }
        return n == 0 ? Double.NaN : error / n;
    }

    /** Mean negative log-likelihood, in nats. */
    public Estimate logLoss() {
        return Estimate.mean(loss, lossSquares, n);
    }
}
