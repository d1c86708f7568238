// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;

/**
 * Figures of the same thing, round by round. On a machine that others use, too, only medians mean anything, and of
 * ratios only those within a round: what slowed one side down slowed the other one, too.
 *
 * @param values in the order of the rounds, at least one
 */
public record Sample(List<Double> values) {
    /** Keeps a copy and refuses what is no figure. */
    public Sample {
        values = List.copyOf(values);
        if (values.isEmpty() || values.stream().anyMatch(v -> !Double.isFinite(v) || v <= 0)) {
            throw new InvalidArgumentException(
                    "Figures were measured that are none.",
                    values,
                    "at least one, all finite and above 0",
                    "look at what the side printed");
        }
    }

    /** The middle one; of an even number, the mean of the two in the middle. */
    double median() {
        double[] sorted = sorted();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    double min() {
        return sorted()[0];
    }

    double max() {
        return sorted()[values.size() - 1];
    }

    private double[] sorted() {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** How many times better TL4J was in each round. */
    static Sample ratios(Comparison comparison, Sample tl4j, Sample rival) {
        if (tl4j.values.size() != rival.values.size()) {
            throw new InvalidArgumentException(
                    "Two sides ran different numbers of rounds.",
                    tl4j.values.size() + " and " + rival.values.size(),
                    "as many of one as of the other",
                    "run the benchmark again");
        }
        return new Sample(IntStream.range(0, tl4j.values.size())
                .mapToObj(i -> comparison.ratio(tl4j.values.get(i), rival.values.get(i)))
                .toList());
    }
}
