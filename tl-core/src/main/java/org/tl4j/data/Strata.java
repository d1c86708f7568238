// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Deals examples out to parts so that every label has its share in each. */
final class Strata {
    private Strata() {}

    /**
     * The part of each example.
     *
     * @param everywhere whether a label must be in as many parts as it has examples, the first ones first
     */
    static int[] assign(List<Collection<String>> labels, List<Double> fractions, long seed, boolean everywhere) {
        double[] shares = fractions.stream().mapToDouble(Double::doubleValue).toArray();
        Random random = Batches.random(seed, 0);
        boolean single = labels.stream().allMatch(l -> l.size() <= 1);
        int[] part = single ? byClass(labels, shares, random, everywhere) : iterative(labels, shares, random);
        fillEmptyParts(part, shares.length);
        return part;
    }

    private static int[] byClass(List<Collection<String>> labels, double[] shares, Random random, boolean everywhere) {
        Map<String, List<Integer>> members = new TreeMap<>();
        for (int i = 0; i < labels.size(); i++) {
            String label =
                    labels.get(i).isEmpty() ? "" : labels.get(i).iterator().next();
            members.computeIfAbsent(label, l -> new ArrayList<>()).add(i);
        }
        int[] part = new int[labels.size()];
        double[] owed = new double[shares.length];
        for (List<Integer> some : members.values()) {
            int[] counts = counts(some.size(), shares, owed);
            if (everywhere) {
                spread(counts, some.size());
            }
            int[] order = Batches.permutation(some.size(), random);
            int next = 0;
            for (int p = 0; p < shares.length; p++) {
                owed[p] += some.size() * shares[p] - counts[p];
                for (int i = 0; i < counts[p]; i++) {
                    part[some.get(order[next++])] = p;
                }
            }
        }
        return part;
    }

    /** Whole shares of a class; what is left over goes to the parts that are owed most by this and earlier classes. */
    private static int[] counts(int size, double[] shares, double[] owed) {
        int[] counts = new int[shares.length];
        double[] claim = new double[shares.length];
        int left = size;
        for (int p = 0; p < shares.length; p++) {
            double exact = size * shares[p];
            counts[p] = (int) Math.floor(exact + 1e-9);
            double remainder = exact - counts[p];
            claim[p] = remainder < 1e-9 ? Double.NEGATIVE_INFINITY : owed[p] + remainder;
            left -= counts[p];
        }
        int[] parts = IntStream.range(0, shares.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer p) -> -claim[p]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int i = 0; i < left; i++) {
            counts[parts[i % parts.length]]++;
        }
        return counts;
    }

    /** Moves examples from the largest parts of a class to empty ones, as far as they suffice. */
    private static void spread(int[] counts, int size) {
        int reach = Math.min(counts.length, size);
        for (int p = 0; p < reach; p++) {
            if (counts[p] > 0) {
                continue;
            }
            int from = -1;
            for (int q = 0; q < counts.length; q++) {
                boolean spare = q >= reach ? counts[q] > 0 : counts[q] > 1;
                if (spare && (from < 0 || counts[q] > counts[from])) {
                    from = q;
                }
            }
            counts[from]--;
            counts[p]++;
        }
    }

    /** The label that is rarest among what is left is dealt first, to the part that still wants most of it. */
    private static int[] iterative(List<Collection<String>> labels, double[] shares, Random random) {
        Map<String, Set<Integer>> left = new TreeMap<>();
        int[] order = Batches.permutation(labels.size(), random);
        for (int i : order) {
            for (String label : labels.get(i)) {
                left.computeIfAbsent(label, l -> new LinkedHashSet<>()).add(i);
            }
        }
        double[] wanted = new double[shares.length];
        Map<String, double[]> wantedOf = new TreeMap<>();
        for (int p = 0; p < shares.length; p++) {
            wanted[p] = labels.size() * shares[p];
        }
        left.forEach((label, some) -> wantedOf.put(
                label, Arrays.stream(shares).map(s -> s * some.size()).toArray()));
        int[] part = new int[labels.size()];
        boolean[] dealt = new boolean[labels.size()];
        while (!left.isEmpty()) {
            String rarest = left.entrySet().stream()
                    .min(Comparator.comparingInt(e -> e.getValue().size()))
                    .orElseThrow()
                    .getKey();
            for (int i : List.copyOf(Objects.requireNonNull(left.get(rarest)))) {
                part[i] = hungriest(Objects.requireNonNull(wantedOf.get(rarest)), wanted);
                deal(i, part[i], labels, left, wantedOf, wanted);
                dealt[i] = true;
            }
            left.remove(rarest);
        }
        for (int i : order) {
            if (!dealt[i]) {
                part[i] = hungriest(wanted, wanted);
                wanted[part[i]]--;
            }
        }
        return part;
    }

    private static void deal(
            int example,
            int part,
            List<Collection<String>> labels,
            Map<String, Set<Integer>> left,
            Map<String, double[]> wantedOf,
            double[] wanted) {
        wanted[part]--;
        for (String label : new LinkedHashSet<>(labels.get(example))) {
            Objects.requireNonNull(wantedOf.get(label))[part]--;
            Set<Integer> others = left.get(label);
            if (others != null) {
                others.remove(example);
                if (others.isEmpty()) {
                    left.remove(label);
                }
            }
        }
    }

    private static int hungriest(double[] first, double[] second) {
        int best = 0;
        for (int p = 1; p < first.length; p++) {
            double more = first[p] - first[best];
            if (more > 1e-9 || (more > -1e-9 && second[p] > second[best] + 1e-9)) {
                best = p;
            }
        }
        return best;
    }

    /** A tiny set may leave a part without any example; it then gets one of the largest part. */
    private static void fillEmptyParts(int[] part, int parts) {
        int[] counts = new int[parts];
        for (int p : part) {
            counts[p]++;
        }
        for (int p = 0; p < parts; p++) {
            if (counts[p] > 0) {
                continue;
            }
            int largest = IntStream.range(0, parts).reduce(0, (a, b) -> counts[b] > counts[a] ? b : a);
            int last = IntStream.range(0, part.length)
                    .filter(i -> part[i] == largest)
                    .max()
                    .orElseThrow();
            part[last] = p;
            counts[largest]--;
            counts[p]++;
        }
    }
}
