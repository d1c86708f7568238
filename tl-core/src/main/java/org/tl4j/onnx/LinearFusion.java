// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Shape;

/**
 * Products with a matrix of weights, and the addition of a bias, as linear layers. Files hold the matrix as {@code [in,
 * out]}; it becomes the published {@code [out, in]} if nothing else reads it.
 */
final class LinearFusion implements Fusion.Rule {
    private static final Op TURN = new Op.Transpose(List.of(1, 0));

    /** @param turned whether the matrix has to be transposed in the weights */
    private record Matrix(Value weight, boolean turned) {}

    @Override
    public Optional<Fusion> match(Node last, GraphPattern pattern) {
        if (last.op() instanceof Op.Linear) {
            return gemm(last, pattern);
        }
        if (pattern.is(last, Op.BinaryKind.ADD)) {
            Optional<Fusion> first = biased(last.input(0), last.input(1), pattern);
            return first.isPresent() ? first : biased(last.input(1), last.input(0), pattern);
        }
        if (last.op() instanceof Op.MatMul) {
            return matrix(last.input(1), pattern).map(m -> linear(last, m, last.input(0), m.weight()));
        }
        return Optional.empty();
    }

    private static Optional<Fusion> biased(Value product, Value bias, GraphPattern pattern) {
        Optional<Node> matMul = pattern.inner(product, Op.MatMul.class);
        if (matMul.isEmpty() || !bias.isParameter() && !bias.isConstant()) {
            return Optional.empty();
        }
        Node n = matMul.get();
        Optional<Matrix> m = matrix(n.input(1), pattern);
        boolean fits = m.isPresent()
                && bias.shape().equals(Shape.of(List.of(product.shape().dim(-1))));
        return fits ? m.map(w -> linear(n, w, n.input(0), w.weight(), bias)) : Optional.empty();
    }

    /** A Gemm whose matrix was written as {@code [in, out]}. */
    private static Optional<Fusion> gemm(Node n, GraphPattern pattern) {
        return pattern.maker(n.input(1), Op.Transpose.class)
                .filter(t -> t.op().equals(TURN) && isTurned(t.input(0), pattern))
                .map(t -> {
                    Matrix m = new Matrix(t.input(0), true);
                    return n.has(2)
                            ? linear(n, m, n.input(0), m.weight(), n.input(2))
                            : linear(n, m, n.input(0), m.weight());
                });
    }

    private static Fusion linear(Node n, Matrix m, Value... inputs) {
        String name = m.weight().name();
        String path = name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : n.path();
        return Fusion.of(path, new Op.Linear(), inputs).turning(m.turned() ? Set.of(m.weight()) : Set.of());
    }

    private static Optional<Matrix> matrix(Value v, GraphPattern pattern) {
        if (isTurned(v, pattern)) {
            return Optional.of(new Matrix(v, true));
        }
        // Tied to an embedding, for example: the parameter itself is [out, in].
        return pattern.maker(v, Op.Transpose.class)
                .filter(t -> t.op().equals(TURN) && t.input(0).isParameter())
                .map(t -> new Matrix(t.input(0), false));
    }

    /** Whether every reader of a parameter takes it as {@code [in, out]} of a linear layer. */
    private static boolean isTurned(Value v, GraphPattern pattern) {
        return v.isParameter()
                && v.shape().rank() == 2
                && pattern.readers(v).stream()
                        .allMatch(n -> n.op() instanceof Op.MatMul
                                ? n.input(1) == v && n.input(0) != v
                                : n.op().equals(TURN)
                                        && !pattern.readers(n.output()).isEmpty()
                                        && pattern.readers(n.output()).stream()
                                                .allMatch(
                                                        r -> r.op() instanceof Op.Linear && r.input(1) == n.output()));
    }
}
