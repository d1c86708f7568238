// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;

/**
 * What stands in for a node and for those that only it reads.
 *
 * @param path of the new node
 * @param op the new op
 * @param reads values of the old graph that the replacement reads
 * @param turned matrices among them that are transposed in the weights
 * @param inputs makes the inputs of the new op in the new graph, given what each old value has become
 */
record Fusion(String path, Op op, List<Value> reads, Set<Value> turned, Inputs inputs) {
    /** See {@link Fusion#inputs}. */
    @FunctionalInterface
    interface Inputs {
        List<Value> make(Graph target, UnaryOperator<Value> became);
    }

    /** Finds a pattern by its last node. */
    @FunctionalInterface
    interface Rule {
        Optional<Fusion> match(Node last, GraphPattern pattern);
    }

    /** An op that reads values as they are. */
    static Fusion of(String path, Op op, Value... inputs) {
        List<Value> reads = Arrays.asList(inputs);
        return new Fusion(
                path,
                op,
                reads,
                Set.of(),
                (g, became) -> reads.stream().map(became).toList());
    }

    /** The same with matrices that are transposed in the weights. */
    Fusion turning(Set<Value> matrices) {
        return new Fusion(path, op, reads, matrices, inputs);
    }

    /** {@code encoder.layer.0.query.MatMul -> encoder.layer.0.query}. */
    static String module(Node n) {
        int dot = n.path().lastIndexOf('.');
        return dot < 0 ? n.path() : n.path().substring(0, dot);
    }
}
