// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tl4j.graph.Graph;
import org.tl4j.weights.Weights;

/**
 * What an ONNX file holds.
 *
 * @param graph its nodes, with the file's own names for inputs, outputs and the values between
 * @param weights a tensor for every parameter of the graph
 * @param opset the version of the operators that the file was written in
 * @param metadata the file's own key and value pairs
 */
public record OnnxModel(Graph graph, Weights weights, long opset, Map<String, String> metadata) {
    /** Keeps a copy. */
    public OnnxModel {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
}
