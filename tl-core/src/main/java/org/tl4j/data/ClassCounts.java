// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.InvalidArgumentException;

/**
 * How often each label occurs.
 *
 * @param counts by label, in the order of the label map; labels that never occur are there with 0
 */
public record ClassCounts(Map<String, Integer> counts) {
    /** Keeps a copy. */
    public ClassCounts {
        if (counts.isEmpty()) {
            throw new InvalidArgumentException(
                    "There are no labels to count.",
                    "no label",
                    "at least one label",
                    "check the data set: it may be empty");
        }
        counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
    }

    /** Counts the labels of each example; one that the map lacks is refused. */
    public static ClassCounts of(LabelMap labels, Iterable<? extends Collection<String>> perExample) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        labels.forEach(name -> counts.put(name, 0));
        for (Collection<String> some : perExample) {
            for (String label : some) {
                counts.merge(labels.name(labels.index(label)), 1, Integer::sum);
            }
        }
        return new ClassCounts(counts);
    }

    /** Counts the labels that occur, in the order of {@link LabelMap#fromLists}. */
    public static ClassCounts of(Iterable<? extends Collection<String>> perExample) {
        return of(LabelMap.fromLists(perExample), perExample);
    }

    /** How often a label occurs; 0 for one that does not. */
    public int count(String label) {
        return counts.getOrDefault(label, 0);
    }

    /** All occurrences of all labels. */
    public long total() {
        return counts.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** The most frequent label; of equally frequent ones the first. */
    public String majority() {
        String best = counts.keySet().iterator().next();
        for (String label : counts.keySet()) {
            best = count(label) > count(best) ? label : best;
        }
        return best;
    }

    /** The least frequent label; of equally frequent ones the first. */
    public String rarest() {
        String best = counts.keySet().iterator().next();
        for (String label : counts.keySet()) {
            best = count(label) < count(best) ? label : best;
        }
        return best;
    }

    /** How many times more often the most frequent label occurs than the rarest; infinite if that never occurs. */
    public double imbalance() {
        return (double) count(majority()) / count(rarest());
    }

    /**
     * Weights that make every class count alike, {@code total / (K * count)}, by index: scikit-learn's
     * {@code balanced}. A class that never occurs has weight 0.
     */
    public List<Double> balancedWeights() {
        double share = (double) total() / counts.size();
        return counts.values().stream().map(n -> n == 0 ? 0 : share / n).toList();
    }
}
