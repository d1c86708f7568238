// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import java.util.Arrays;
import org.tl4j.anomaly.detector.Detector;
import org.tl4j.anomaly.detector.DetectorFamily;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;

/**
 * Scores of rows in time by a detector that is fitted anew every now and then, to rows that came before: first every
 * row is judged, then it is learned from (João Gama, Raquel Sebastião, Pedro Pereira Rodrigues, "On evaluating stream
 * learning algorithms", Machine Learning 2013). For series whose usual course changes slowly.
 *
 * <p>Each fit has a scale of its own; scores are brought to one: 0 is the median of the rows that were fitted, 1 their
 * 95 % quantile.
 *
 * @param family what is fitted
 * @param first rows that the first detector is fitted to; they are scored by it, too
 * @param every how many rows one detector scores
 * @param most rows that are fitted at most, the latest ones
 */
public record Refitted(DetectorFamily family, int first, int every, int most) {
    private static final double HIGH = 0.95;

    /** Checks the ranges. */
    public Refitted {
        Checks.positive("every", every);
        if (first < 2 || most < first) {
            throw new InvalidArgumentException(
                    "There is nothing to fit the first detector to.",
                    "first = " + first + ", most = " + most,
                    "at least 2 rows first, and at least as many at most",
                    "use 500 and 10000");
        }
    }

    /**
     * A score for each row, which follows from the rows up to it.
     *
     * @param rows {@code [n, F]} in the order of time, at least {@code first}
     */
    public double[] scores(float[][] rows, long seed) {
        if (rows.length < first) {
            throw new InvalidArgumentException(
                    "A series is shorter than what the first detector is fitted to.",
                    rows.length + " rows",
                    "at least " + first,
                    "fit to fewer rows");
        }
        double[] scores = new double[rows.length];
        for (int begin = 0; begin < rows.length; ) {
            int known = Math.max(first, begin);
            int end = begin == 0 ? first : (int) Math.min(rows.length, (long) begin + every);
            float[][] learned = Arrays.copyOfRange(rows, Math.max(0, known - most), known);
            Detector detector = family.fit(learned, seed);
            double[] usual = detector.scores(learned);
            Arrays.sort(usual);
            double median = usual[usual.length / 2];
            double high = usual[(int) (HIGH * usual.length)];
            double spread = Math.max(high - median, 1e-9 * Math.max(1, Math.abs(median)));
            double[] some = detector.scores(Arrays.copyOfRange(rows, begin, end));
            for (int i = 0; i < some.length; i++) {
                scores[begin + i] = (some[i] - median) / spread;
            }
            begin = end;
        }
        return scores;
    }
}
