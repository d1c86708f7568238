// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.metric.Estimate;

/**
 * Scores of rows whose truth is known; a higher score means that a row is stranger. Collects batch by batch and holds
 * one number and one bit a row.
 */
public final class ScoredTruth {
    /** The 97.5 % quantile of the standard normal distribution. */
    private static final double Z = 1.959963984540054;

    private double[] scores = new double[64];
    private boolean[] anomalous = new boolean[64];
    private int size;

    /** Nothing collected yet. */
    public ScoredTruth() {}

    /** All at once; both arrays are copied and equally long. */
    public static ScoredTruth of(double[] scores, boolean[] anomalous) {
        if (scores.length != anomalous.length) {
            throw new InvalidArgumentException(
                    "Scores and truth are not of the same rows.",
                    scores.length + " scores, " + anomalous.length + " truths",
                    "one truth a score",
                    "take both from the same rows");
        }
        ScoredTruth all = new ScoredTruth();
        for (int i = 0; i < scores.length; i++) {
            all.add(scores[i], anomalous[i]);
        }
        return all;
    }

    /** Adds a row. */
    public void add(double score, boolean isAnomalous) {
        if (Double.isNaN(score)) {
            throw new InvalidDataException(
                    "A row has no score.", "NaN for row " + (size + 1), "a number", "check the row's values");
        }
        if (size == scores.length) {
            scores = Arrays.copyOf(scores, 2 * size);
            anomalous = Arrays.copyOf(anomalous, 2 * size);
        }
        scores[size] = score;
        anomalous[size] = isAnomalous;
        size++;
    }

    /** Number of rows. */
    public int size() {
        return size;
    }

    /** Number of rows that are anomalies. */
    public int anomalies() {
        int count = 0;
        for (int i = 0; i < size; i++) {
            count += anomalous[i] ? 1 : 0;
        }
        return count;
    }

    /** Whether there are rows of both kinds, without which ranking figures have no meaning. */
    public boolean hasBoth() {
        int count = anomalies();
        return count > 0 && count < size;
    }

    /**
     * Area under the ROC curve: the chance that an anomaly scores above a normal row, ties counting half. Its variance
     * is that of Elizabeth DeLong, David DeLong, Daniel Clarke-Pearson, "Comparing the Areas under Two or More
     * Correlated Receiver Operating Characteristic Curves", Biometrics 1988, by midranks (Xu Sun, Weichao Xu, IEEE
     * Signal Processing Letters 2014); the interval is taken on the logit scale, where it stays within [0, 1]. Where
     * the ranking is perfect the variance is 0, and the interval is that of Wilson for the smaller of the two groups.
     */
    public Estimate auroc() {
        requireBoth("The area under the ROC curve");
        int m = anomalies();
        int n = size - m;
        double[] all = midranks(Arrays.copyOf(scores, size));
        double[] positives = new double[m];
        double[] negatives = new double[n];
        double[] positiveRanks = new double[m];
        double[] negativeRanks = new double[n];
        int p = 0;
        int q = 0;
        double sum = 0;
        for (int i = 0; i < size; i++) {
            if (anomalous[i]) {
                positives[p] = scores[i];
                positiveRanks[p++] = all[i];
                sum += all[i];
            } else {
                negatives[q] = scores[i];
                negativeRanks[q++] = all[i];
            }
        }
        double value = (sum - m * (m + 1.0) / 2) / ((double) m * n);
        double[] own = midranks(positives);
        double[] other = midranks(negatives);
        double[] v10 = new double[m];
        double[] v01 = new double[n];
        for (int i = 0; i < m; i++) {
            v10[i] = (positiveRanks[i] - own[i]) / n;
        }
        for (int i = 0; i < n; i++) {
            v01[i] = 1 - (negativeRanks[i] - other[i]) / m;
        }
        return logit(value, variance(v10) / m + variance(v01) / n, Math.min(m, n));
    }

    /** The variance of DeLong, for those who compare detectors: see {@link #auroc}. */
    public double aurocDeviation() {
        Estimate e = auroc();
        return e.value() <= 0 || e.value() >= 1
                ? 0
                : (logit(e.high()) - logit(e.value())) / Z * e.value() * (1 - e.value());
    }

    private static double logit(double p) {
        return Math.log(p / (1 - p));
    }

    private static Estimate logit(double value, double variance, long examples) {
        if (!(variance > 0) || value <= 0 || value >= 1) {
            Estimate share = Estimate.share(Math.round(value * examples), examples);
            return new Estimate(value, Math.min(value, share.low()), Math.max(value, share.high()));
        }
        double centre = logit(value);
        double half = Z * Math.sqrt(variance) / (value * (1 - value));
        return new Estimate(value, sigmoid(centre - half), sigmoid(centre + half));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double variance(double[] values) {
        if (values.length < 2) {
            return 0;
        }
        double mean = Arrays.stream(values).sum() / values.length;
        double squares = 0;
        for (double v : values) {
            squares += (v - mean) * (v - mean);
        }
        return squares / (values.length - 1);
    }

    /** Ranks from 1; equal values share the mean of theirs. */
    private static double[] midranks(double[] values) {
        Integer[] order = order(values, Comparator.naturalOrder());
        double[] ranks = new double[values.length];
        for (int begin = 0; begin < order.length; ) {
            int end = begin;
            while (end < order.length && values[order[end]] == values[order[begin]]) {
                end++;
            }
            for (int i = begin; i < end; i++) {
                ranks[order[i]] = (begin + end + 1) / 2.0;
            }
            begin = end;
        }
        return ranks;
    }

    private static Integer[] order(double[] values, Comparator<Double> by) {
        Integer[] order = new Integer[values.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparing(i -> values[i] + 0.0, by)); // stable; -0.0 and 0.0 are equal
        return order;
    }

    /**
     * Average precision: the sum over thresholds of precision times the recall gained, as scikit-learn defines it (no
     * interpolation). The interval is the logit one of Kendrick Boyd, Kevin Eng, David Page, "Area under the
     * Precision-Recall Curve: Point Estimates and Confidence Intervals", ECML PKDD 2013.
     */
    public Estimate averagePrecision() {
        requireBoth("Average precision");
        Integer[] order = order(Arrays.copyOf(scores, size), Comparator.reverseOrder());
        int total = anomalies();
        double sum = 0;
        int hits = 0;
        for (int begin = 0; begin < size; ) {
            int end = begin;
            int gained = 0;
            while (end < size && scores[order[end]] == scores[order[begin]]) {
                gained += anomalous[order[end]] ? 1 : 0;
                end++;
            }
            hits += gained;
            sum += (double) hits / end * gained / total;
            begin = end;
        }
        double value = Math.min(1, sum);
        return logit(value, value * (1 - value) / total, total);
    }

    /**
     * The share of anomalies among the {@code k} highest scores. Where the k-th score occurs more often than it fits,
     * those rows count with the share that fits, so that the figure does not depend on the order of the rows.
     */
    public Estimate precisionAt(int k) {
        Checks.positive("k", k);
        if (k > size) {
            throw new InvalidArgumentException(
                    "Precision was asked for among more rows than there are.",
                    "k = " + k,
                    "at most " + size,
                    "choose a smaller k");
        }
        Integer[] order = order(Arrays.copyOf(scores, size), Comparator.reverseOrder());
        double last = scores[order[k - 1]];
        double hits = 0;
        int above = 0;
        int tied = 0;
        int tiedHits = 0;
        for (int i = 0; i < size; i++) {
            if (scores[i] > last) {
                above++;
                hits += anomalous[i] ? 1 : 0;
            } else if (scores[i] == last) {
                tied++;
                tiedHits += anomalous[i] ? 1 : 0;
            }
        }
        double value = (hits + (k - above) * (double) tiedHits / tied) / k;
        Estimate share = Estimate.share(Math.round(value * k), k);
        return new Estimate(value, Math.min(value, share.low()), Math.max(value, share.high()));
    }

    /** What a threshold makes of the rows; a row is flagged where its score is above it. */
    public Flagged above(double threshold) {
        long truePositives = 0;
        long falsePositives = 0;
        long falseNegatives = 0;
        for (int i = 0; i < size; i++) {
            boolean flagged = scores[i] > threshold;
            truePositives += flagged && anomalous[i] ? 1 : 0;
            falsePositives += flagged && !anomalous[i] ? 1 : 0;
            falseNegatives += !flagged && anomalous[i] ? 1 : 0;
        }
        return new Flagged(
                truePositives, falsePositives, falseNegatives, size - truePositives - falsePositives - falseNegatives);
    }

    /**
     * Counts at a threshold.
     *
     * @param truePositives anomalies that were flagged
     * @param falsePositives normal rows that were flagged
     * @param falseNegatives anomalies that were not
     * @param trueNegatives normal rows that were not
     */
    public record Flagged(long truePositives, long falsePositives, long falseNegatives, long trueNegatives) {
        /** The share of flagged rows that are anomalies. */
        public Estimate precision() {
            return Estimate.share(truePositives, truePositives + falsePositives);
        }

        /** The share of anomalies that were flagged. */
        public Estimate recall() {
            return Estimate.share(truePositives, truePositives + falseNegatives);
        }

        /** The share of normal rows that were flagged. */
        public Estimate falseAlarmRate() {
            return Estimate.share(falsePositives, falsePositives + trueNegatives);
        }

        /**
         * F1, with the interval that follows from Wilson's for Jaccard's index {@code TP / (TP + FP + FN)}, of which F1
         * is the rising function {@code 2 J / (1 + J)}. 0 where nothing is flagged or nothing is an anomaly, as in
         * scikit-learn.
         */
        public Estimate f1() {
            long union = truePositives + falsePositives + falseNegatives;
            if (union == 0) {
                return new Estimate(0, 0, 0);
            }
            Estimate jaccard = Estimate.share(truePositives, union);
            return new Estimate(f1(jaccard.value()), f1(jaccard.low()), f1(jaccard.high()));
        }

        private static double f1(double jaccard) {
            return 2 * jaccard / (1 + jaccard);
        }
    }

    /** The threshold of the best F1 on these rows: halfway between two neighbouring scores; the highest of equals. */
    public double bestThreshold() {
        requireBoth("A threshold by labels");
        double[] sorted = Arrays.copyOf(scores, size);
        Arrays.sort(sorted);
        List<Double> candidates = new ArrayList<>();
        candidates.add(Math.nextDown(sorted[0]));
        for (int i = 1; i < size; i++) {
            if (sorted[i] > sorted[i - 1]) {
                double middle = sorted[i - 1] + (sorted[i] - sorted[i - 1]) / 2;
                candidates.add(middle < sorted[i] ? middle : sorted[i - 1]);
            }
        }
        Integer[] order = order(Arrays.copyOf(scores, size), Comparator.reverseOrder());
        int total = anomalies();
        int hits = 0;
        int seen = 0;
        double best = Double.POSITIVE_INFINITY;
        double bestF1 = -1;
        for (int c = candidates.size() - 1; c >= 0; c--) {
            while (seen < size && scores[order[seen]] > candidates.get(c)) {
                hits += anomalous[order[seen]] ? 1 : 0;
                seen++;
            }
            double f1 = seen + total == 0 ? 0 : 2.0 * hits / (seen + total);
            if (f1 > bestF1) {
                bestF1 = f1;
                best = candidates.get(c);
            }
        }
        return best;
    }

    private void requireBoth(String figure) {
        if (!hasBoth()) {
            throw new InvalidDataException(
                    figure + " needs rows of both kinds.",
                    anomalies() + " anomalies among " + size + " rows",
                    "at least one anomaly and one normal row",
                    "judge on data that hold both");
        }
    }
}
