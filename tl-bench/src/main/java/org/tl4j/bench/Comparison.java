// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.List;
import java.util.Map;
import org.tl4j.error.Checks;

/**
 * One row: what TL4J does, and the ways in which the Python peer does the same.
 *
 * @param name handed to both sides
 * @param title for people
 * @param unit of the figures, such as {@code s} or {@code texts/s}
 * @param better which figures are better
 * @param rivals ways of the Python side, at least one
 * @param warmUps rounds that are run and not counted
 * @param rounds rounds that count
 * @param target how many times better TL4J is meant to be; 0 for no aim
 * @param limit the figure that TL4J itself is meant to keep below; 0 for none
 * @param tolerances largest relative difference of each list of {@link Side#verify}
 */
public record Comparison(
        String name,
        String title,
        String unit,
        Better better,
        List<Rival> rivals,
        int warmUps,
        int rounds,
        double target,
        double limit,
        Map<String, Double> tolerances) {

    /** Which of two figures is the better one. */
    public enum Better {
        /** Time, memory. */
        LESS,
        /** Throughput. */
        MORE
    }

    /**
     * One way of the Python side.
     *
     * @param name handed to the script
     * @param title for people
     */
    public record Rival(String name, String title) {}

    /** Keeps copies and checks the ranges. */
    public Comparison {
        rivals = List.copyOf(rivals);
        tolerances = Map.copyOf(tolerances);
        Checks.positive("rivals", rivals.size());
        Checks.notNegative("warmUps", warmUps);
        Checks.positive("rounds", rounds);
    }

    /** How many times better the first figure is; above 1 where TL4J wins. */
    double ratio(double tl4j, double rival) {
        return better == Better.LESS ? rival / tl4j : tl4j / rival;
    }
}
