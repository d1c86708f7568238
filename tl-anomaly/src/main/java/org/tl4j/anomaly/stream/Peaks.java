// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.tl4j.error.Checks;

/**
 * Lets a score pass only where it is above every score of the last rows: what goes on raises one alarm, and another one
 * only if it gets worse, or after a while. Works row by row, and needs no threshold.
 */
public final class Peaks {
    private final int quiet;
    /** Rows whose score is above all later ones, with their scores; the oldest and highest first. */
    private final Deque<double[]> highest = new ArrayDeque<>();

    private long row;

    /**
     * Nothing seen yet.
     *
     * @param quiet how many rows back a score is compared with; 0 lets all pass
     */
    public Peaks(int quiet) {
        this.quiet = Checks.notNegative("quiet", quiet);
    }

    /** Whether the next row passes. */
    public boolean passes(double score) {
        while (!highest.isEmpty() && highest.peekFirst()[0] < row - quiet) {
            highest.removeFirst();
        }
        boolean passes = highest.isEmpty() || score > highest.peekFirst()[1];
        while (!highest.isEmpty() && highest.peekLast()[1] <= score) {
            highest.removeLast();
        }
        highest.addLast(new double[] {row++, score});
        return passes;
    }

    /** The scores of a series; those that do not pass become negative infinity. */
    public static double[] of(double[] scores, int quiet) {
        Peaks peaks = new Peaks(quiet);
        return Arrays.stream(scores)
                .map(s -> peaks.passes(s) ? s : Double.NEGATIVE_INFINITY)
                .toArray();
    }
}
