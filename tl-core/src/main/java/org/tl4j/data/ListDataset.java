// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A data set that holds its examples, and its hash once somebody has asked for it. */
final class ListDataset<X, Y> implements Dataset<X, Y> {
    private final String name;
    private final List<Example<X, Y>> examples;
    private volatile @Nullable String sha256;

    ListDataset(String name, List<Example<X, Y>> examples) {
        this.name = Objects.requireNonNull(name, "name");
        this.examples = List.copyOf(examples);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Example<X, Y>> examples() {
        return examples;
    }

    @Override
    public String sha256() {
        String known = sha256;
        if (known == null) {
            known = Dataset.super.sha256();
            sha256 = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return name + " (" + examples.size() + " examples)";
    }
}
