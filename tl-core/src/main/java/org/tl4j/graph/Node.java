// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.List;

/**
 * One operation in its place.
 *
 * @param path the scope it was made in and a word for it, unique in the graph; errors name it
 * @param op what is computed
 * @param inputs in the order that the op documents
 * @param outputs at least one
 */
public record Node(String path, Op op, List<Value> inputs, List<Value> outputs) {
    /** Keeps copies. */
    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** The {@code i}-th input. */
    public Value input(int i) {
        return inputs.get(i);
    }

    /** The first output. */
    public Value output() {
        return outputs.get(0);
    }

    /** Whether an {@code i}-th input is there. */
    public boolean has(int i) {
        return inputs.size() > i;
    }

    /** Nodes are told apart by identity: two with equal parts are still two. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return op.getClass().getSimpleName() + " '" + path + "'";
    }
}
