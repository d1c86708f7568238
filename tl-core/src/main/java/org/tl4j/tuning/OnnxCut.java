// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;

/**
 * Turns the graph of any ONNX file into a backbone: cuts it at a value, by name or before its last classifier, pools
 * what is there into one vector an example, and finds its layers.
 */
final class OnnxCut {
    private static final Pattern NUMBERED = Pattern.compile("^(.*?\\.\\d+)(\\..*)?$");

    private OnnxCut() {}

    /** A graph without outputs, whose batch axis is {@value Trainable#BATCH}, and what heads may use of it. */
    record Backbone(Graph graph, Endpoints endpoints, String cut) {}

    /**
     * Cuts a graph.
     *
     * @param source the graph as it was read
     * @param at the name of the value to cut at, or null to find it
     * @param pooling {@code mean}, {@code cls} or empty for mean, where the value has one vector a token
     */
    static Backbone of(Graph source, @Nullable String at, String pooling) {
        Value cut = at == null ? beforeClassifier(source) : source.value(at);
        Graph graph = withBatchAxis(source, cut);
        Value value = graph.outputs().values().iterator().next();
        graph.clearOutputs();
        Value tokens = value.shape().rank() == 3 ? value : null;
        Value pooled = pool(graph, value, pooling);
        return new Backbone(graph, new Endpoints(Map.of(), pooled, tokens, List.of(), layers(graph)), cut.name());
    }

    /**
     * The input of the last linear layer, if only the outputs read it through functions of one value; else the output.
     */
    private static Value beforeClassifier(Graph graph) {
        Value output = graph.outputs().values().stream()
                .filter(v -> v.dtype() == DType.F32 && v.shape().rank() >= 2)
                .findFirst()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "The ONNX file has no output to build on.",
                        graph.outputs().values(),
                        "an output f32[N, ...]",
                        "name a value inside the graph with --cut"));
        Map<Value, List<Node>> readers = graph.readers();
        Value v = output;
        while (v.origin() instanceof Value.Output made) {
            Node n = made.node();
            if (n.op() instanceof Op.Linear && n.input(0).shape().rank() == 2) {
                return n.input(0);
            }
            boolean passes = n.op() instanceof Op.Softmax
                    || n.op() instanceof Op.Flatten
                    || n.op() instanceof Op.Reshape
                    || n.op() instanceof Op.Dropout
                    || n.op() instanceof Op.Cast
                    || n.op() instanceof Op.Unary u
                            && (u.kind() == Op.UnaryKind.SIGMOID || u.kind() == Op.UnaryKind.IDENTITY);
            if (!passes || readers.getOrDefault(v, List.of()).size() > 1) {
                break;
            }
            v = n.input(0);
        }
        return output;
    }

    /** A copy of what the cut needs, the first axis of every input named as the batch. */
    private static Graph withBatchAxis(Graph source, Value cut) {
        Graph part = source.extract(Map.of(), Map.of("cut", cut));
        Graph graph = new Graph();
        Graph.Copy copy = new Graph.Copy(graph);
        part.inputs().forEach((name, v) -> {
            if (v.shape().rank() == 0) {
                throw new UnsupportedFeatureException(
                        "Input '" + name + "' of the ONNX file is a scalar.",
                        v.type(),
                        "a first axis for the batch",
                        "export the model with batched inputs");
            }
            Shape shape = v.shape().with(0, Dim.named(Trainable.BATCH));
            for (int i = 1; i < shape.rank(); i++) {
                if (!shape.dim(i).isFixed()) {
                    shape = shape.with(i, Dim.named(v.shape().dim(i).isNamed() ? axis(v, i) : "axis" + i));
                }
            }
            copy.map(v, graph.input(name, v.dtype(), shape));
        });
        try {
            part.nodes().forEach(copy::node);
        } catch (ShapeMismatchException e) {
            throw fixedBatch(e);
        }
        Value made = copy.of(part.output("cut"));
        if (!made.shape().dim(0).equals(Dim.named(Trainable.BATCH))) {
            // The rules cannot follow every computed shape; where the first axis is merely unknown it is the batch.
            if (made.shape().dim(0).isFixed()) {
                throw fixedBatch(null);
            }
        }
        graph.output("cut", made);
        return graph;
    }

    /** Text models call their length by many names; equal names mean equal lengths, and none may be the batch's. */
    private static String axis(Value v, int i) {
        String name = v.shape().dim(i).name();
        return name.equals(Trainable.BATCH) ? name + "_" + i : name;
    }

    private static UnsupportedFeatureException fixedBatch(@Nullable TlException cause) {
        return new UnsupportedFeatureException(
                "The ONNX file works for one batch size only.",
                cause == null ? "a fixed first axis at the cut" : cause.found(),
                "a first axis that may have any length",
                "export the model with a dynamic batch axis",
                cause);
    }

    /** One vector an example: {@code f32[N, D]}. */
    private static Value pool(Graph graph, Value v, String pooling) {
        Graph g = graph.at("pooling");
        Shape s = v.shape();
        boolean fixed = s.dims().subList(1, s.rank()).stream().allMatch(Dim::isFixed);
        if (s.rank() == 2 && fixed) {
            return v;
        }
        if (s.rank() == 3 && s.dim(2).isFixed() && !s.dim(1).isFixed()) {
            return pooling.equals("cls")
                    ? g.select(v, 1, 0)
                    : maskedMean(g, v, graph.inputs().get("attention_mask"));
        }
        if (s.rank() == 4 && s.dim(1).isFixed() && (!fixed || s.size(2) > 1 && s.size(3) > 1)) {
            return g.globalAveragePool(v);
        }
        if (fixed) {
            return g.flatten(v, 1);
        }
        throw new UnsupportedFeatureException(
                "The value '" + v.name() + "' cannot be made one vector an example.",
                v.type(),
                "f32[N, D], f32[N, L, D], f32[N, C, H, W] or fixed lengths after the first axis",
                "cut at another value with --cut");
    }

    /** The mean over tokens that are there: {@code f32[N, L, D], i64[N, L] -> f32[N, D]}. */
    private static Value maskedMean(Graph g, Value tokens, @Nullable Value mask) {
        if (mask == null) {
            return g.reduce(Op.ReduceKind.MEAN, tokens, false, 1);
        }
        Value weights = g.unsqueeze(g.cast(mask, DType.F32), 2);
        Value sum = g.reduce(Op.ReduceKind.SUM, g.mul(tokens, weights), false, 1);
        Value count = g.clip(g.reduce(Op.ReduceKind.SUM, weights, false, 1), 1e-9, Double.POSITIVE_INFINITY);
        return g.div(sum, count);
    }

    /** Parameters in the order of their first use, those of one numbered block together. */
    private static List<Endpoints.Layer> layers(Graph graph) {
        Map<String, Set<String>> blocks = new LinkedHashMap<>();
        for (Node n : graph.nodes()) {
            for (Value v : n.inputs()) {
                if (v.isParameter()) {
                    blocks.computeIfAbsent(block(v.name()), k -> new LinkedHashSet<>())
                            .add(v.name());
                }
            }
        }
        List<Endpoints.Layer> layers = new ArrayList<>();
        blocks.forEach((name, parameters) -> layers.add(new Endpoints.Layer(name, List.copyOf(parameters))));
        return layers;
    }

    /** {@code encoder.layer.3.output.dense.weight -> encoder.layer.3}; without a number, the module: {@code conv1}. */
    private static String block(String parameter) {
        Matcher m = NUMBERED.matcher(parameter);
        if (m.matches() && Optional.ofNullable(m.group(2)).isPresent()) {
            return m.group(1);
        }
        int dot = parameter.lastIndexOf('.');
        return dot < 0 ? parameter : parameter.substring(0, dot);
    }
}
