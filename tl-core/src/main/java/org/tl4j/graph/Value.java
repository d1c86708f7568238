// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import org.tl4j.error.InvalidArgumentException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.TensorType;

/**
 * One tensor of a graph, known by identity. Its {@link #name() name} is unique in its graph; for a parameter it is the
 * published one.
 */
public final class Value {
    /** Where a value comes from. */
    public sealed interface Origin {}

    /** Given by the caller at each run. */
    public record Input() implements Origin {}

    /**
     * A named tensor that is kept between runs.
     *
     * @param init what a new one starts as, where no weights are loaded
     * @param buffer whether it is state that no gradient reaches, such as a running mean
     */
    public record Parameter(Init init, boolean buffer) implements Origin {}

    /** Written into the graph. */
    public record Constant(HostTensor tensor) implements Origin {}

    /** The {@code index}-th output of a node. */
    public record Output(Node node, int index) implements Origin {}

    private final String name;
    private final TensorType type;
    private Origin origin;

    Value(String name, TensorType type, Origin origin) {
        this.name = name;
        this.type = type;
        this.origin = origin;
    }

    void producedBy(Node node, int index) {
        origin = new Output(node, index);
    }

    /** Unique in the graph. */
    public String name() {
        return name;
    }

    /** Element type and shape. */
    public TensorType type() {
        return type;
    }

    /** Element type. */
    public DType dtype() {
        return type.dtype();
    }

    /** Shape. */
    public Shape shape() {
        return type.shape();
    }

    /** Where the value comes from. */
    public Origin origin() {
        return origin;
    }

    /** Whether the value is written into the graph. */
    public boolean isConstant() {
        return origin instanceof Constant;
    }

    /** Whether the value is a parameter or a buffer. */
    public boolean isParameter() {
        return origin instanceof Parameter;
    }

    /** The tensor of a value that {@link #isConstant() is constant}. */
    public HostTensor constant() {
        if (origin instanceof Constant c) {
            return c.tensor();
        }
        throw new InvalidArgumentException(
                "The contents of '" + name + "' were asked for.",
                "a value that only a run knows",
                "a constant",
                "check isConstant() first");
    }

    /** Name and type: {@code encoder.layer.0 f32[N, L, 384]}. */
    @Override
    public String toString() {
        return name + " " + type;
    }
}
