// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import java.util.Locale;
import org.tl4j.error.InvalidArgumentException;

/**
 * A figure measured on a sample, with the ends of its 95 % confidence interval.
 *
 * @param value the figure itself
 * @param low lower end, at most {@code value}
 * @param high upper end, at least {@code value}
 */
public record Estimate(double value, double low, double high) {
    /** The 97.5 % quantile of the standard normal distribution. */
    private static final double Z = 1.959963984540054;

    /** Checks the order; all three may be no number where there is nothing to measure. */
    public Estimate {
        if (!(low <= value && value <= high) && !Double.isNaN(value)) {
            throw new InvalidArgumentException(
                    "The ends of an interval do not enclose its value.",
                    low + ", " + value + ", " + high,
                    "low <= value <= high",
                    "check how it was computed");
        }
    }

    /** What is given where there are no examples. */
    public static Estimate nothing() {
        return new Estimate(Double.NaN, Double.NaN, Double.NaN);
    }

    /**
     * A share with Wilson's score interval: Edwin B. Wilson, "Probable Inference, the Law of Succession, and
     * Statistical Inference", JASA 1927. Unlike the textbook's normal interval it holds for shares near 0 and 1, too.
     *
     * @param hits how many examples have the property
     * @param examples how many there are
     */
    public static Estimate share(long hits, long examples) {
        return examples == 0 ? nothing() : wilson(hits / (double) examples, (double) examples);
    }

    private static Estimate wilson(double p, double examples) {
        double centre = (p + Z * Z / (2 * examples)) / (1 + Z * Z / examples);
        double half =
                Z / (1 + Z * Z / examples) * Math.sqrt(p * (1 - p) / examples + Z * Z / (4 * examples * examples));
        // The ends for a share of 0 or 1 are exact, which rounding is not.
        double low = p == 0 ? 0 : Math.min(p, centre - half);
        double high = p == 1 ? 1 : Math.max(p, centre + half);
        return new Estimate(p, low, high);
    }

    /**
     * A figure between 0 and 1 whose sampling variance is known, such as a macro-averaged F1 by the delta method: the
     * interval that Wilson gives a share of the same value and variance.
     *
     * @param variance of the figure, over samples of this size
     * @param examples how many there are; what counts where the variance is 0, as it is where every answer is right
     */
    public static Estimate bounded(double value, double variance, long examples) {
        if (examples == 0 || Double.isNaN(value)) {
            return nothing();
        }
        double spread = value * (1 - value);
        double effective = variance > 0 && spread > 0 ? spread / variance : (double) examples;
        return wilson(value, effective);
    }

    /** A mean with its normal interval, from the sums of the values and of their squares. */
    public static Estimate mean(double sum, double squares, long n) {
        if (n == 0) {
            return nothing();
        }
        double mean = sum / n;
        double variance = n < 2 ? 0 : Math.max(0, squares - sum * mean) / (n - 1);
        double half = Z * Math.sqrt(variance / n);
        return new Estimate(mean, mean - half, mean + half);
    }

    /** {@code 0.9020 [0.8450, 0.9396]}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.4f [%.4f, %.4f]", value, low, high);
    }
}
