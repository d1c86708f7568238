// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.StridedLength;

/**
 * A graph cut at the last values that depend on no trainable parameter: what lies before the cut gives the same answer
 * in every epoch and is run once.
 *
 * <p>A value can be kept for each example by itself only if its first axis is the batch and the length of every other
 * axis follows from the length of an axis of some input of that example, or if all examples are alike. Where a frozen
 * value is not of that kind (a table of relative positions), and where it costs nothing (a mask made of an input), its
 * nodes stay behind the cut and are run each time.
 *
 * <p>Dropout between the last frozen parameter and the first trainable one is part of the training and stays behind the
 * cut, too; dropout deeper down is off, as frozen layers are in inference mode, and so is stochastic depth of frozen
 * branches wherever they are.
 *
 * @param prefix from the inputs to the values at the cut, which are its outputs
 * @param suffix the rest, with the values at the cut as inputs
 * @param cut names at the cut and the values of the whole graph they stand for; empty if nothing can be run ahead
 */
public record FrozenSplit(Graph prefix, Graph suffix, Map<String, Value> cut) {
    /** Keeps a copy. */
    public FrozenSplit {
        cut = new LinkedHashMap<>(cut);
    }

    /**
     * Splits a graph for training.
     *
     * @param graph with all its outputs, the loss among them
     * @param trainable names of the parameters that will move
     * @param batch the name of the batch axis, such as {@code N}
     * @param alike whether all examples have the same shapes, so that nothing is ever filled up and any open axis of a
     *     value may be kept as it is
     */
    public static FrozenSplit of(Graph graph, Set<String> trainable, String batch, boolean alike) {
        Map<Value, List<Node>> readers = graph.readers();
        Set<Value> moving = moving(graph, trainable, readers);
        Set<Value> weighted = weighted(graph);
        Set<String> inputAxes = graph.inputs().values().stream()
                .flatMap(v -> v.shape().dims().stream())
                .filter(Dim::isNamed)
                .map(Dim::name)
                .collect(Collectors.toSet());

        Map<String, Value> cut = new LinkedHashMap<>();
        Set<Value> seen = new HashSet<>();
        Deque<Value> open = new ArrayDeque<>(frozenEdge(graph, moving));
        while (!open.isEmpty()) {
            Value v = open.poll();
            if (!seen.add(v) || !weighted.contains(v)) {
                continue;
            }
            Optional<Value.Output> made = v.origin() instanceof Value.Output o ? Optional.of(o) : Optional.empty();
            if (made.isEmpty()) {
                continue;
            }
            if (isPerExample(v, batch, inputAxes, alike)) {
                cut.put("frozen_" + cut.size(), v);
            } else {
                made.get().node().inputs().stream()
                        .filter(i -> !moving.contains(i))
                        .forEach(open::add);
            }
        }
        Graph prefix = graph.extract(Map.of(), cut);
        Graph suffix = graph.extract(cut, graph.outputs());
        return new FrozenSplit(prefix, suffix, cut);
    }

    /**
     * Values that change in training: what a trainable parameter reaches, and dropout that no frozen weight follows.
     */
    private static Set<Value> moving(Graph graph, Set<String> trainable, Map<Value, List<Node>> readers) {
        Set<Value> moving = new HashSet<>();
        trainable.forEach(name -> {
            Value v = graph.parameters().get(name);
            if (v != null) {
                moving.add(v);
            }
        });
        spread(graph, moving);
        Map<Value, Boolean> known = new HashMap<>();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Dropout
                    && !moving.contains(n.output())
                    && isLastRandom(n.output(), moving, readers, known)) {
                moving.add(n.output());
            }
        }
        spread(graph, moving);
        return moving;
    }

    private static void spread(Graph graph, Set<Value> moving) {
        for (Node n : graph.nodes()) {
            if (n.inputs().stream().anyMatch(moving::contains)) {
                moving.addAll(n.outputs());
            }
        }
    }

    /** Whether every way from here leads to something that moves, past no frozen weight. */
    private static boolean isLastRandom(
            Value v, Set<Value> moving, Map<Value, List<Node>> readers, Map<Value, Boolean> known) {
        Boolean before = known.get(v);
        if (before != null) {
            return before;
        }
        boolean last = true;
        for (Node n : readers.getOrDefault(v, List.of())) {
            boolean reached = n.outputs().stream().anyMatch(moving::contains);
            boolean weighted = n.inputs().stream().anyMatch(Value::isParameter);
            last &= reached || !weighted && n.outputs().stream().allMatch(o -> isLastRandom(o, moving, readers, known));
        }
        known.put(v, last);
        return last;
    }

    /** Values that some parameter reaches: the others are made of inputs alone and cost little to make again. */
    private static Set<Value> weighted(Graph graph) {
        Set<Value> weighted = new HashSet<>(graph.parameters().values());
        spread(graph, weighted);
        return weighted;
    }

    /** Frozen values that something moving reads, or that are outputs themselves. */
    private static Collection<Value> frozenEdge(Graph graph, Set<Value> moving) {
        Set<Value> edge = new LinkedHashSet<>();
        for (Node n : graph.nodes()) {
            if (n.outputs().stream().anyMatch(moving::contains)) {
                n.inputs().stream().filter(v -> !moving.contains(v)).forEach(edge::add);
            }
        }
        graph.outputs().values().stream().filter(v -> !moving.contains(v)).forEach(edge::add);
        return edge;
    }

    private static boolean isPerExample(Value v, String batch, Set<String> inputAxes, boolean alike) {
        Shape s = v.shape();
        if (v.dtype() != DType.F32 && v.dtype() != DType.I64
                || s.rank() == 0
                || !s.dim(0).equals(Dim.named(batch))) {
            return false;
        }
        return s.dims().subList(1, s.rank()).stream()
                .allMatch(d -> alike
                        || d.isFixed()
                        || StridedLength.of(d)
                                .filter(l -> !l.axis().equals(batch) && inputAxes.contains(l.axis()))
                                .isPresent());
    }

    /** Whether nothing can be run ahead. */
    public boolean isWhole() {
        return cut.isEmpty();
    }
}
