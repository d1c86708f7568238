// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

/**
 * How a threshold comes to be: by a target rate of false alarms, by a quantile, or by labels. A share of anomalies is
 * never guessed. All look at scores of rows that the detector was not fitted to.
 */
public sealed interface ThresholdRule {
    /** What a rule gives. */
    record Threshold(double value, String how) {}

    /**
     * The threshold.
     *
     * @param scores of rows that the detector did not see
     * @param truth of the same rows; only {@link Labels} looks at it
     */
    Threshold choose(double[] scores, Condition[] truth);

    /** {@code false-alarm-rate:0.05}, {@code quantile:0.99} or {@code labels}. */
    static ThresholdRule parse(String text) {
        String[] parts = text.split(":", -1);
        try {
            if (parts.length == 2 && parts[0].equals("false-alarm-rate")) {
                return new FalseAlarmRate(Double.parseDouble(parts[1]));
            }
            if (parts.length == 2 && parts[0].equals("quantile")) {
                return new Quantile(Double.parseDouble(parts[1]));
            }
        } catch (NumberFormatException e) {
            throw new InvalidArgumentException(
                    "The number of a threshold cannot be read.",
                    text,
                    parts[0] + ":0.05",
                    "write a number after the colon",
                    e);
        }
        if (text.equals("labels")) {
            return new Labels();
        }
        throw new UnknownNameException(
                "way to a threshold",
                text,
                List.of("false-alarm-rate:0.05", "quantile:0.99", "labels"),
                "choose one of these");
    }

    /**
     * Split conformal: Vladimir Vovk, Alexander Gammerman, Glenn Shafer, "Algorithmic Learning in a Random World",
     * 2005; Rikard Laxhammar, Göran Falkman, "Conformal prediction for distribution-independent anomaly detection",
     * 2010. The threshold is the {@code ceil((m + 1)(1 - rate))}-th smallest of {@code m} scores. A new row that is
     * exchangeable with these is above it with a probability of at most {@code rate}, whatever the distribution and the
     * detector. Anomalies among the {@code m} rows can only raise it. Where {@code m} is too small for the rate, the
     * threshold is infinite: no promise could be kept otherwise.
     */
    record FalseAlarmRate(double rate) implements ThresholdRule {
        /** Checks the range. */
        public FalseAlarmRate {
            if (!(rate > 0 && rate < 1)) {
                throw new InvalidArgumentException(
                        "That is no rate of false alarms.", rate, "above 0 and below 1", "use 0.05, say");
            }
        }

        @Override
        public Threshold choose(double[] scores, Condition[] truth) {
            int m = scores.length;
            // A rate like 0.05 is no binary number: without the slack 20 * 0.95 would round up to 20.
            int k = (int) Math.ceil((m + 1) * (1 - rate) - 1e-9);
            if (k > m) {
                return new Threshold(
                        Double.POSITIVE_INFINITY,
                        String.format(
                                Locale.ROOT,
                                "none: %d held-out rows are too few for a false-alarm rate of %s, which takes %d",
                                m,
                                rate,
                                (int) Math.ceil(1 / rate - 1 - 1e-9)));
            }
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            return new Threshold(
                    sorted[k - 1],
                    String.format(
                            Locale.ROOT,
                            "split conformal on %d held-out rows: at most %s of normal rows will be above it",
                            m,
                            rate));
        }
    }

    /** The smallest score that at least this share of the rows does not pass. It promises nothing of new rows. */
    record Quantile(double share) implements ThresholdRule {
        /** Checks the range. */
        public Quantile {
            if (!(share > 0 && share <= 1)) {
                throw new InvalidArgumentException(
                        "That is no share of rows below a threshold.", share, "above 0 and at most 1", "use 0.99, say");
            }
        }

        @Override
        public Threshold choose(double[] scores, Condition[] truth) {
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            int k = Math.max(1, (int) Math.ceil(share * sorted.length - 1e-9));
            return new Threshold(
                    sorted[k - 1],
                    String.format(
                            Locale.ROOT, "the %s quantile of the scores of %d held-out rows", share, sorted.length));
        }
    }

    /** The threshold of the best F1 on held-out rows whose label is known. */
    record Labels() implements ThresholdRule {
        @Override
        public Threshold choose(double[] scores, Condition[] truth) {
            ScoredTruth known = new ScoredTruth();
            for (int i = 0; i < scores.length; i++) {
                if (truth[i] != Condition.UNKNOWN) {
                    known.add(scores[i], truth[i] == Condition.ANOMALOUS);
                }
            }
            if (!known.hasBoth()) {
                throw new InvalidDataException(
                        "A threshold by labels needs held-out rows of both kinds.",
                        known.anomalies() + " anomalies among " + known.size() + " labelled rows",
                        "at least one of each",
                        "add labelled rows, or choose the threshold by false-alarm-rate:0.05");
            }
            return new Threshold(
                    known.bestThreshold(),
                    String.format(
                            Locale.ROOT,
                            "the best F1 on %d held-out rows with labels, %d of them anomalies",
                            known.size(),
                            known.anomalies()));
        }
    }
}
