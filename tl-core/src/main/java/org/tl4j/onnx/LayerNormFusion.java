// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;

/** Mean, deviation, variance, root, quotient, scale and shift as one layer normalisation. */
final class LayerNormFusion implements Fusion.Rule {
    /** {@code (x - mean) / sqrt(variance + epsilon)} over the last axes. */
    private record Normal(Value x, int axes, double epsilon) {
        boolean fits(Value weight) {
            Shape s = x.shape();
            return (weight.isParameter() || weight.isConstant())
                    && weight.shape().equals(Shape.of(s.dims().subList(s.rank() - axes, s.rank())));
        }
    }

    private record Scaled(Normal normal, Value weight) {}

    @Override
    public Optional<Fusion> match(Node last, GraphPattern pattern) {
        if (pattern.is(last, BinaryKind.ADD)) {
            Optional<Fusion> first = shifted(last, last.input(0), last.input(1), pattern);
            return first.isPresent() ? first : shifted(last, last.input(1), last.input(0), pattern);
        }
        Optional<Scaled> scaled = scaled(last, pattern);
        if (scaled.isPresent()) {
            return scaled.map(s -> fusion(last, s.normal(), s.normal().x(), s.weight()));
        }
        return normal(last, pattern).map(n -> fusion(last, n, n.x()));
    }

    private static Fusion fusion(Node last, Normal n, Value... inputs) {
        return Fusion.of(Fusion.module(last), new Op.LayerNorm(n.axes(), n.epsilon()), inputs);
    }

    private static Optional<Fusion> shifted(Node last, Value product, Value bias, GraphPattern pattern) {
        return pattern.inner(product, Op.Binary.class)
                .flatMap(n -> scaled(n, pattern))
                .filter(s -> s.normal().fits(bias))
                .map(s -> fusion(last, s.normal(), s.normal().x(), s.weight(), bias));
    }

    private static Optional<Scaled> scaled(Node mul, GraphPattern pattern) {
        if (!pattern.is(mul, BinaryKind.MUL)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Value weight = mul.input(1 - i);
            Optional<Scaled> found = pattern.inner(mul.input(i), Op.Binary.class)
                    .flatMap(n -> normal(n, pattern))
                    .filter(n -> n.fits(weight))
                    .map(n -> new Scaled(n, weight));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Normal> normal(Node n, GraphPattern pattern) {
        if (pattern.is(n, BinaryKind.DIV)) {
            return normal(n.input(0), n.input(1), pattern);
        }
        if (pattern.is(n, BinaryKind.MUL)) {
            Optional<Node> inverse = pattern.unary(n.input(1), UnaryKind.RECIPROCAL);
            return inverse.flatMap(r -> normal(n.input(0), r.input(0), pattern));
        }
        return Optional.empty();
    }

    private static Optional<Normal> normal(Value centred, Value root, GraphPattern pattern) {
        Optional<Node> sub = pattern.binary(centred, BinaryKind.SUB);
        Optional<Node> sum =
                pattern.unary(root, UnaryKind.SQRT).flatMap(s -> pattern.binary(s.input(0), BinaryKind.ADD));
        if (sub.isEmpty() || sum.isEmpty()) {
            return Optional.empty();
        }
        int constant = sum.get().input(1).isConstant() ? 1 : 0;
        Optional<Double> epsilon = pattern.number(sum.get().input(constant));
        Optional<Node> variance = mean(sum.get().input(1 - constant), pattern);
        Optional<Node> mean = mean(sub.get().input(1), pattern);
        Value x = sub.get().input(0);
        if (epsilon.isEmpty()
                || variance.isEmpty()
                || mean.isEmpty()
                || mean.get().input(0) != x) {
            return Optional.empty();
        }
        Optional<Integer> axes = lastAxes(mean.get(), x.shape());
        boolean same = axes.isPresent()
                && axes.equals(lastAxes(variance.get(), x.shape()))
                && isSquare(variance.get().input(0), sub.get(), pattern);
        return same ? Optional.of(new Normal(x, axes.get(), shortest(epsilon.get()))) : Optional.empty();
    }

    private static Optional<Node> mean(Value v, GraphPattern pattern) {
        return pattern.maker(v, Op.Reduce.class)
                .filter(n -> n.op() instanceof Op.Reduce r && r.kind() == Op.ReduceKind.MEAN && r.keepDims());
    }

    /** How many of the last axes, all of known length, are reduced. */
    private static Optional<Integer> lastAxes(Node reduce, Shape x) {
        if (!(reduce.op() instanceof Op.Reduce r) || r.axes().isEmpty()) {
            return Optional.empty();
        }
        int k = r.axes().size();
        List<Integer> sorted =
                r.axes().stream().map(a -> a < 0 ? a + x.rank() : a).sorted().toList();
        boolean last =
                sorted.equals(IntStream.range(x.rank() - k, x.rank()).boxed().toList());
        boolean known =
                last && x.dims().subList(x.rank() - k, x.rank()).stream().allMatch(Dim::isFixed);
        return known ? Optional.of(k) : Optional.empty();
    }

    /** Some exporters subtract the mean a second time before they square. */
    private static boolean isSquare(Value v, Node sub, GraphPattern pattern) {
        Optional<Node> pow = pattern.binary(v, BinaryKind.POW).filter(n -> pattern.isNumber(n.input(1), 2));
        Optional<Node> mul = pattern.binary(v, BinaryKind.MUL).filter(n -> n.input(0) == n.input(1));
        return pow.or(() -> mul)
                .flatMap(n -> pattern.binary(n.input(0), BinaryKind.SUB))
                .filter(s -> s.input(0) == sub.input(0) && s.input(1) == sub.input(1))
                .isPresent();
    }

    /** The decimal number that was meant: 1e-12 rather than 9.999999960041972e-13. */
    private static double shortest(double epsilon) {
        return Double.parseDouble(Float.toString((float) epsilon));
    }
}
