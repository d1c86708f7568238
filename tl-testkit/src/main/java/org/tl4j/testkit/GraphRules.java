// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Value;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;

/** What can be said of a backbone's graph before it runs. */
final class GraphRules {
    private GraphRules() {}

    /** Inputs begin with the batch axis; outputs are left to heads. */
    static void assertInputs(Graph graph) {
        assertThat(graph.inputs()).as("inputs").isNotEmpty();
        graph.inputs().forEach((name, v) -> {
            assertThat(v.shape().rank()).as("rank of input '" + name + "'").isPositive();
            assertThat(v.shape().dim(0))
                    .as("first axis of input '" + name + "' " + v.type())
                    .isEqualTo(Dim.named(BackboneContract.BATCH));
        });
        assertThat(graph.outputs()).as("outputs: they are for heads to declare").isEmpty();
        assertThat(graph.parameters().keySet())
                .as("parameters: the scope '" + TaskHead.SCOPE + "' is the heads'")
                .noneMatch(name -> name.startsWith(TaskHead.SCOPE + "."));
    }

    /** The types that {@link Endpoints} documents. */
    static void assertEndpoints(Endpoints endpoints) {
        Value pooled = endpoints.pooled();
        Value tokens = endpoints.tokens();
        assertThat(pooled != null || tokens != null || !endpoints.maps().isEmpty())
                .as("there is something that a head can use: pooled, tokens or maps")
                .isTrue();
        if (pooled != null) {
            assertType("pooled", pooled, 2);
            assertThat(pooled.shape().dim(1).isFixed())
                    .as("width of pooled " + pooled.type())
                    .isTrue();
        }
        if (tokens != null) {
            assertType("tokens", tokens, 3);
            assertThat(tokens.shape().dim(2).isFixed())
                    .as("width of tokens " + tokens.type())
                    .isTrue();
        }
        int finer = 0;
        for (Endpoints.FeatureMap map : endpoints.maps()) {
            String what = "map of stride " + map.stride();
            assertType(what, map.value(), 4);
            assertThat(map.value().shape().dim(1)).as("channels of " + what).isEqualTo(Dim.of(map.channels()));
            assertThat(map.stride())
                    .as("strides: the finest map comes first")
                    .isGreaterThanOrEqualTo(Math.max(1, finer));
            finer = map.stride();
        }
    }

    private static void assertType(String what, Value v, int rank) {
        Shape s = v.shape();
        assertThat(v.dtype()).as("element type of " + what).isEqualTo(DType.F32);
        assertThat(s.rank()).as("rank of " + what + " " + v.type()).isEqualTo(rank);
        assertThat(s.dim(0)).as("first axis of " + what + " " + v.type()).isEqualTo(Dim.named(BackboneContract.BATCH));
    }

    /** Each parameter lies in exactly one layer, no layer is empty, and layers come in the order of their first use. */
    static void assertLayers(Graph graph, List<Endpoints.Layer> layers) {
        assertThat(layers.isEmpty())
                .as("there are no layers "
                        + layers.stream().map(Endpoints.Layer::name).toList() + ", as where there are no parameters")
                .isEqualTo(graph.parameters().isEmpty());
        assertThat(layers)
                .extracting(Endpoints.Layer::name)
                .as("names of layers")
                .doesNotHaveDuplicates();
        for (String name : graph.parameters().keySet()) {
            assertThat(layers.stream().filter(l -> l.holds(name)).map(Endpoints.Layer::name))
                    .as("layers that hold '" + name + "'")
                    .hasSize(1);
        }
        Map<String, Integer> used = new HashMap<>();
        for (int i = 0; i < graph.nodes().size(); i++) {
            for (Value v : graph.nodes().get(i).inputs()) {
                if (v.isParameter()) {
                    used.putIfAbsent(v.name(), i);
                }
            }
        }
        List<Integer> first = new ArrayList<>();
        for (Endpoints.Layer l : layers) {
            List<String> own =
                    graph.parameters().keySet().stream().filter(l::holds).toList();
            assertThat(own).as("parameters of layer '" + l.name() + "'").isNotEmpty();
            first.add(own.stream()
                    .mapToInt(name -> used.getOrDefault(name, Integer.MAX_VALUE))
                    .min()
                    .orElseThrow());
        }
        assertThat(first)
                .as("nodes at which the layers "
                        + layers.stream().map(Endpoints.Layer::name).toList()
                        + " are first used: the input side comes first")
                .isSorted();
    }

    /** All that tells one graph from another, as text. */
    static String describe(Graph graph) {
        StringBuilder s = new StringBuilder();
        graph.inputs().forEach((name, v) -> s.append("input ").append(v).append('\n'));
        graph.parameters()
                .forEach((name, v) -> s.append("parameter ")
                        .append(v)
                        .append(' ')
                        .append(v.origin())
                        .append('\n'));
        for (Node n : graph.nodes()) {
            s.append(n.outputs())
                    .append(" = ")
                    .append(n.op())
                    .append(' ')
                    .append(n.inputs().stream()
                            .map(v -> v.isConstant() ? v + " " + v.constant().sha256() : v.toString())
                            .toList())
                    .append('\n');
        }
        graph.outputs()
                .forEach((name, v) ->
                        s.append("output ").append(name).append(" = ").append(v).append('\n'));
        return s.toString();
    }
}
