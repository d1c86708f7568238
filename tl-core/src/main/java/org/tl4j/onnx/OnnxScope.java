// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.CorruptFileException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.TensorType;
import org.tl4j.weights.Weights;

/** The file's names while it is read: what each stands for in the graph that is made. */
final class OnnxScope {
    private final Graph graph = new Graph();
    private final Map<String, Value> values = new HashMap<>();
    private final Map<String, OnnxNode> leftOut = new HashMap<>();
    private final Map<String, HostTensor> weights = new LinkedHashMap<>();
    private final Map<List<String>, Place> places = new HashMap<>();
    private final Map<String, Integer> layers = new HashMap<>();
    private final Map<String, Value> made = new HashMap<>();
    private final Map<String, HostTensor> tensors;
    private final Map<String, OnnxParameters.Role> roles;
    private final long opset;
    private final String source;

    /**
     * A scope that holds no values yet.
     *
     * @param tensors everything that the file writes out, by name
     * @param roles those among them that are parameters
     * @param source what errors call the file
     */
    OnnxScope(Map<String, HostTensor> tensors, Map<String, OnnxParameters.Role> roles, long opset, String source) {
        this.tensors = tensors;
        this.roles = roles;
        this.opset = opset;
        this.source = source;
    }

    Graph graph() {
        return graph;
    }

    long opset() {
        return opset;
    }

    String source() {
        return source;
    }

    Weights weights() {
        return Weights.of(weights);
    }

    /** Says that a node has an output which the graph cannot give; only who reads it is refused. */
    void leaveOut(String name, OnnxNode node) {
        leftOut.putIfAbsent(name, node);
    }

    boolean holds(String name) {
        return values.containsKey(name) || tensors.containsKey(name);
    }

    void put(String name, Value value) {
        values.put(name, value);
    }

    /** What a name stands for; a tensor of the file becomes a parameter or a constant at its first use. */
    Value value(String name, String reader) {
        Value known = values.get(name);
        if (known != null) {
            return known;
        }
        OnnxNode without = leftOut.get(name);
        if (without != null) {
            throw without.refused("its output '" + name + "', read by " + reader, "the first output alone");
        }
        HostTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new CorruptFileException(
                    "An ONNX file reads a value that nothing makes: " + source + ".",
                    "'" + name + "', read by " + reader,
                    "an input, an initialiser or the output of an earlier node",
                    "export the model again");
        }
        OnnxParameters.Role role = roles.get(name);
        Value made = role == null ? graph.constant(name, tensor) : parameter(role, tensor);
        values.put(name, made);
        return made;
    }

    /**
     * Where a recurrent layer stands.
     *
     * @param module that it belongs to
     * @param layer its number there, from 0
     */
    record Place(String module, int layer) {}

    /** The next layer of a module, or the one before that has these very tensors. */
    Place recurrent(String module, List<String> tensors) {
        return places.computeIfAbsent(tensors, t -> new Place(module, layers.merge(module, 1, Integer::sum) - 1));
    }

    /** A parameter that the file holds in another layout; made once. */
    Value parameter(String name, HostTensor tensor, Init init) {
        Value known = made.get(name);
        if (known != null) {
            return known;
        }
        Value parameter = graph.parameter(name, tensor.shape(), init);
        made.put(name, parameter);
        weights.put(name, tensor);
        return parameter;
    }

    private Value parameter(OnnxParameters.Role role, HostTensor tensor) {
        // These start values are for a graph that is trained without the file's weights.
        Init init = tensor.shape().rank() > 1 ? new Init.FanIn(0) : Init.zeros();
        Value made = role.buffer()
                ? graph.buffer(role.name(), new TensorType(DType.F32, tensor.shape()), init)
                : graph.parameter(role.name(), tensor.shape(), init);
        weights.put(made.name(), tensor);
        return made;
    }
}
