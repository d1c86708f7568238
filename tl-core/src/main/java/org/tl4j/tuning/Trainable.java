// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.weights.Weights;

/**
 * A backbone with a new head, ready to be trained.
 *
 * @param graph with the head's outputs and the output {@value TaskHead#LOSS}
 * @param weights of every parameter of the graph
 * @param layers of the backbone in depth order, input side first
 * @param head what is on top
 * @param padding what shorter examples of a batch are filled up with, by input name
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public record Trainable<Y, P>(
        Graph graph, Weights weights, List<Endpoints.Layer> layers, TaskHead<Y, P> head, Map<String, Double> padding) {
    /** The name of the batch axis of every input. */
    public static final String BATCH = "N";

    /** Keeps copies and checks that every parameter belongs to one layer or to the head. */
    public Trainable {
        layers = List.copyOf(layers);
        padding = Map.copyOf(padding);
        List<String> lost = new ArrayList<>();
        for (Map.Entry<String, Value> p : graph.parameters().entrySet()) {
            long owners = layers.stream().filter(l -> l.holds(p.getKey())).count() + (isHead(p.getKey()) ? 1 : 0);
            if (owners != 1) {
                lost.add(p.getKey() + " in " + owners);
            }
        }
        if (!lost.isEmpty()) {
            throw new InvalidArgumentException(
                    "Parameters of the backbone do not fall into its layers.",
                    lost.size() + " such parameters: " + String.join(", ", lost.subList(0, Math.min(10, lost.size()))),
                    "each parameter in exactly one layer",
                    "complete the layers that the backbone declares");
        }
    }

    /** The graph for inference: the head's outputs without the loss. */
    public Graph inferenceGraph() {
        Map<String, Value> outputs = new LinkedHashMap<>(graph.outputs());
        outputs.remove(TaskHead.LOSS);
        return graph.extract(Map.of(), outputs);
    }

    /** The same model with other weights. */
    public Trainable<Y, P> withWeights(Weights other) {
        return new Trainable<>(graph, other, layers, head, padding);
    }

    /** Names of the head's parameters. */
    public Set<String> headParameters() {
        Set<String> names = new LinkedHashSet<>();
        graph.parameters().forEach((name, v) -> {
            if (isHead(name) && learns(v)) {
                names.add(name);
            }
        });
        return names;
    }

    /** Names of a layer's parameters, without buffers. */
    public Set<String> parameters(Endpoints.Layer layer) {
        Set<String> names = new LinkedHashSet<>();
        graph.parameters().forEach((name, v) -> {
            if (layer.holds(name) && learns(v)) {
                names.add(name);
            }
        });
        return names;
    }

    private static boolean learns(Value v) {
        return v.origin() instanceof Value.Parameter p && !p.buffer();
    }

    private static boolean isHead(String name) {
        return name.startsWith(TaskHead.SCOPE + ".");
    }
}
