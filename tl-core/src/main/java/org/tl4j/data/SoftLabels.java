// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidArgumentException;

/**
 * Labels that hold in part, such as those of two images laid over each other: a list of labels, each with a share from
 * 0 to 1. Labels that are not soft have a share of 1 each.
 */
public final class SoftLabels extends AbstractList<String> {
    private final List<String> labels;
    private final Map<String, Double> shares;

    private SoftLabels(Map<String, Double> shares) {
        shares.forEach((label, share) -> {
            if (!(share >= 0 && share <= 1 + 1e-9)) {
                throw new InvalidArgumentException(
                        "A label cannot hold in such a part.",
                        label + ": " + share,
                        "a share from 0 to 1",
                        "correct it");
            }
        });
        this.shares = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(shares));
        this.labels = new ArrayList<>(shares.keySet());
    }

    /** These labels with their shares. */
    public static SoftLabels of(Map<String, Double> shares) {
        return new SoftLabels(shares);
    }

    /** {@code share} of one example's labels and the rest of another's; those of both are added. */
    public static SoftLabels mixed(List<String> one, List<String> other, double share) {
        Map<String, Double> mixed = new LinkedHashMap<>();
        shares(one).forEach((label, part) -> mixed.merge(label, share * part, Double::sum));
        shares(other).forEach((label, part) -> mixed.merge(label, (1 - share) * part, Double::sum));
        return new SoftLabels(mixed);
    }

    /** The share of each label of an example, soft or not. */
    public static Map<String, Double> shares(List<String> labels) {
        if (labels instanceof SoftLabels soft) {
            return soft.shares;
        }
        Map<String, Double> whole = new LinkedHashMap<>();
        labels.forEach(label -> whole.put(label, 1.0));
        return whole;
    }

    @Override
    public String get(int index) {
        return labels.get(index);
    }

    @Override
    public int size() {
        return labels.size();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SoftLabels s && shares.equals(s.shares);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(shares);
    }

    @Override
    public String toString() {
        return shares.toString();
    }
}
