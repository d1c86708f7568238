// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A few rows that cover all: again and again the row that is farthest from those that were taken (Ozan Sener, Silvio
 * Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR 2018).
 *
 * @param chosen their indices
 * @param radius the largest distance of a row to the nearest of them
 */
@SuppressWarnings("ArrayRecordComponent") // is read once and never compared
record Coreset(int[] chosen, double radius) {
    static Coreset of(float[][] rows, int size, long seed) {
        int[] chosen = new int[size];
        double[] distance = new double[rows.length];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        chosen[0] = new SplittableRandom(seed).nextInt(rows.length);
        int kept = 1;
        double radius = 0;
        for (; ; kept++) {
            float[] last = rows[chosen[kept - 1]];
            IntStream.range(0, rows.length)
                    .parallel()
                    .forEach(i -> distance[i] = Math.min(distance[i], Distances.squared(rows[i], last)));
            int farthest = 0;
            for (int i = 1; i < rows.length; i++) {
                farthest = distance[i] > distance[farthest] ? i : farthest;
            }
            radius = Math.sqrt(distance[farthest]);
            // Rows that are left over equal kept ones.
            if (kept == size || radius == 0) {
                break;
            }
            chosen[kept] = farthest;
        }
        return new Coreset(Arrays.copyOf(chosen, kept), radius);
    }
}
