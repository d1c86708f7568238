// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.HostTensor;

/** Named tensors in a fixed order. Immutable. */
public final class Weights {
    private final Map<String, HostTensor> tensors;

    private Weights(Map<String, HostTensor> tensors) {
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /** A copy of a map, in its order. */
    public static Weights of(Map<String, HostTensor> tensors) {
        return new Weights(new LinkedHashMap<>(tensors));
    }

    /** No tensors. */
    public static Weights none() {
        return new Weights(Map.of());
    }

    /** What a graph's parameters start as where nothing is loaded; the values follow from names and seed alone. */
    public static Weights initial(Graph graph, long seed) {
        Map<String, HostTensor> made = new LinkedHashMap<>();
        graph.parameters().forEach((name, value) -> {
            if (value.origin() instanceof Value.Parameter p) {
                made.put(name, p.init().sample(name, value.dtype(), value.shape(), seed));
            }
        });
        return new Weights(made);
    }

    /** Names and tensors, in order. */
    public Map<String, HostTensor> tensors() {
        return tensors;
    }

    /** The names, in order. */
    public Set<String> names() {
        return tensors.keySet();
    }

    /** The tensor of that name. */
    public HostTensor get(String name) {
        HostTensor t = tensors.get(name);
        if (t == null) {
            throw new UnknownNameException("weight", name, tensors.keySet(), "list the names of the weights' file");
        }
        return t;
    }

    /** The tensor of that name, or null. */
    public @Nullable HostTensor find(String name) {
        return tensors.get(name);
    }

    /** These tensors with those of {@code other} put over them. */
    public Weights with(Weights other) {
        Map<String, HostTensor> all = new LinkedHashMap<>(tensors);
        all.putAll(other.tensors);
        return new Weights(all);
    }

    /** The tensors of the given names only; a name that is not there is left out. */
    public Weights only(Set<String> names) {
        Map<String, HostTensor> kept = new LinkedHashMap<>(tensors);
        kept.keySet().retainAll(names);
        return new Weights(kept);
    }

    /** The same tensors under other names; two that would get one name are refused. */
    public Weights rename(UnaryOperator<String> rule) {
        Map<String, HostTensor> renamed = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            String to = rule.apply(name);
            if (renamed.put(to, tensor) != null) {
                throw new InvalidArgumentException(
                        "Two weights would get the same name.",
                        "'" + name + "' and another both become '" + to + "'",
                        "a name of its own for each",
                        "narrow the renaming rule");
            }
        });
        return new Weights(renamed);
    }

    /** SHA-256 of each tensor by name, sorted: what a freeze proof compares. */
    public Map<String, String> hashes() {
        Map<String, String> hashes = new TreeMap<>();
        tensors.forEach((name, tensor) -> hashes.put(name, tensor.sha256()));
        return hashes;
    }

    /** Number of values in all tensors together. */
    public long elements() {
        return tensors.values().stream().mapToLong(HostTensor::elements).sum();
    }

    @Override
    public String toString() {
        return tensors.size() + " tensors, " + elements() + " values";
    }
}
