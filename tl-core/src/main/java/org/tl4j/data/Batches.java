// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.tl4j.error.Checks;

/**
 * Which examples make up which batch: pure functions of sizes, seed and epoch, so that a resumed run sees the order
 * that an uninterrupted one would have seen. Every index from 0 occurs in exactly one batch; the last batch may be
 * smaller.
 *
 * <p>The generator is {@link Random}, whose algorithm Java fixes for all platforms.
 */
public final class Batches {
    /** Batches that are sorted by length together: enough to have like lengths meet, few enough to stay random. */
    private static final int MEGA_BATCH = 50;

    /** What a run costs beside the places of its batch, as a part of the longest example. */
    private static final double RUN = 0.125;

    private Batches() {}

    /** All indices in their own order, for evaluation. */
    public static List<int[]> sequential(int size, int batch) {
        return cut(IntStream.range(0, size).toArray(), Checks.positive("batch", batch));
    }

    /** All indices in an order drawn from seed and epoch. */
    public static List<int[]> shuffled(int size, int batch, long seed, int epoch) {
        return cut(order(size, seed, epoch), Checks.positive("batch", batch));
    }

    /**
     * Batches of examples of like length, for less padding: shuffles, sorts by length within stretches of 50 batches,
     * and shuffles the batches.
     *
     * @param lengths length of each example, in tokens or frames
     */
    public static List<int[]> byLength(int[] lengths, int batch, long seed, int epoch) {
        Checks.positive("batch", batch);
        Random random = random(seed, epoch);
        int[] order = permutation(lengths.length, random);
        int stretch = (int) Math.min(Integer.MAX_VALUE, (long) batch * MEGA_BATCH);
        List<int[]> batches = new ArrayList<>();
        for (int[] mega : cut(order, stretch)) {
            batches.addAll(cut(sortedByLength(mega, lengths), batch));
        }
        int[] batchOrder = permutation(batches.size(), random);
        return IntStream.of(batchOrder).mapToObj(batches::get).toList();
    }

    /**
     * Batches of examples of like length in a fixed order, the longest first: memory that suffices once suffices
     * always.
     */
    public static List<int[]> longestFirst(int[] lengths, int batch) {
        int[] shortestFirst = sortedByLength(IntStream.range(0, lengths.length).toArray(), lengths);
        int[] order = new int[shortestFirst.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = shortestFirst[order.length - 1 - i];
        }
        return cut(order, Checks.positive("batch", batch));
    }

    /**
     * As {@link #longestFirst}, with smaller batches where that saves more padding than one run more costs. That is on
     * a processor, whose time follows from the places of a batch, filled up or not.
     *
     * @param most examples of the largest batch
     */
    public static List<int[]> alike(int[] lengths, int most) {
        int[] order = longestFirst(lengths, Math.max(1, lengths.length)).stream()
                .flatMapToInt(IntStream::of)
                .toArray();
        Checks.positive("most", most);
        int n = order.length;
        double run = n == 0 ? 0 : lengths[order[0]] * RUN;
        // The least cost of the first i examples, and how many of them are in the last batch then.
        double[] cost = new double[n + 1];
        int[] last = new int[n + 1];
        for (int i = 1; i <= n; i++) {
            cost[i] = Double.POSITIVE_INFINITY;
            for (int size = 1; size <= Math.min(most, i); size++) {
                double c = cost[i - size] + run + (double) size * lengths[order[i - size]];
                // Of equal costs, the larger batch.
                if (c <= cost[i]) {
                    cost[i] = c;
                    last[i] = size;
                }
            }
        }
        List<int[]> batches = new ArrayList<>();
        for (int end = n; end > 0; end -= last[end]) {
            batches.add(Arrays.copyOfRange(order, end - last[end], end));
        }
        Collections.reverse(batches);
        return List.copyOf(batches);
    }

    /** One batch cut into parts of at most that many examples, whose gradients are summed. */
    public static List<int[]> micro(int[] batch, int most) {
        return cut(batch, Checks.positive("micro-batch", most));
    }

    /** The indices from 0 to {@code size - 1} in an order drawn from seed and epoch. */
    public static int[] order(int size, long seed, int epoch) {
        return permutation(Checks.notNegative("size", size), random(seed, epoch));
    }

    /** A generator for the pair; neighbouring seeds and epochs are scattered first, as {@link Random} would not. */
    static Random random(long seed, long stream) {
        return new Random(scatter(scatter(seed) + stream));
    }

    static int[] permutation(int size, Random random) {
        int[] order = IntStream.range(0, size).toArray();
        shuffle(order, random);
        return order;
    }

    /** Fisher and Yates's shuffle, in place. */
    public static void shuffle(int[] values, RandomGenerator random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = values[i];
            values[i] = values[j];
            values[j] = kept;
        }
    }

    private static long scatter(long x) {
        long z = x * 0x9e3779b97f4a7c15L + 0x632be59bd9b4e019L;
        z = (z ^ (z >>> 32)) * 0xd6e8feb86659fd93L;
        return z ^ (z >>> 29);
    }

    private static int[] sortedByLength(int[] indices, int[] lengths) {
        return IntStream.of(indices)
                .boxed()
                .sorted((a, b) -> Integer.compare(lengths[a], lengths[b])) // stable: ties keep their random order
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static List<int[]> cut(int[] order, int size) {
        List<int[]> parts = new ArrayList<>();
        for (int from = 0; from < order.length; from += Math.min(size, order.length - from)) {
            parts.add(Arrays.copyOfRange(order, from, from + Math.min(size, order.length - from)));
        }
        return List.copyOf(parts);
    }
}
