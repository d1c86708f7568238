// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.List;
import java.util.Optional;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.ActivationKind;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.graph.Value;

/** Gelu, SiLU, hard swish and Mish, each a number times x times a function of x, however the product is nested. */
final class ActivationFusion implements Fusion.Rule {
    private static final double CUBE = 0.044715;

    @Override
    public Optional<Fusion> match(Node last, GraphPattern pattern) {
        if (!pattern.is(last, BinaryKind.MUL) && !pattern.is(last, BinaryKind.DIV)) {
            return Optional.empty();
        }
        GraphPattern.Product p = pattern.product(last.output());
        if (p.values().size() != 2) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Value x = p.values().get(i);
            Optional<Op> op = function(p.number(), x, p.values().get(1 - i), pattern);
            if (op.isPresent() && x.shape().equals(last.output().shape())) {
                return op.map(o -> Fusion.of(Fusion.module(last), o, x));
            }
        }
        return Optional.empty();
    }

    private static Optional<Op> function(double number, Value x, Value f, GraphPattern pattern) {
        if (GraphPattern.near(number, 0.5)) {
            Optional<Value> s = pattern.plus(f, 1);
            if (s.isPresent() && isErf(s.get(), x, pattern)) {
                return Optional.of(new Op.Gelu(false));
            }
            if (s.isPresent() && isTanh(s.get(), x, pattern)) {
                return Optional.of(new Op.Gelu(true));
            }
        }
        if (GraphPattern.near(number, 1)) {
            if (of(f, UnaryKind.SIGMOID, x, pattern)) {
                return Optional.of(new Op.Unary(UnaryKind.SILU));
            }
            Optional<Node> tanh = pattern.unary(f, UnaryKind.TANH);
            if (tanh.isPresent() && of(tanh.get().input(0), UnaryKind.SOFTPLUS, x, pattern)) {
                return Optional.of(new Op.Unary(UnaryKind.MISH));
            }
            boolean hard = pattern.maker(f, Op.Activation.class)
                    .filter(n -> n.input(0) == x
                            && n.op() instanceof Op.Activation a
                            && a.kind() == ActivationKind.HARD_SIGMOID
                            && GraphPattern.near(a.alpha(), 1.0 / 6)
                            && GraphPattern.near(a.beta(), 0.5))
                    .isPresent();
            if (hard) {
                return Optional.of(new Op.Unary(UnaryKind.HARD_SWISH));
            }
        }
        boolean clipped = GraphPattern.near(number, 1.0 / 6)
                && pattern.maker(f, Op.Clip.class)
                        .filter(n -> n.op().equals(new Op.Clip(0, 6)))
                        .flatMap(n -> pattern.plus(n.input(0), 3))
                        .filter(v -> v == x)
                        .isPresent();
        return clipped ? Optional.of(new Op.Unary(UnaryKind.HARD_SWISH)) : Optional.empty();
    }

    private static boolean of(Value f, UnaryKind kind, Value x, GraphPattern pattern) {
        return pattern.unary(f, kind).filter(n -> n.input(0) == x).isPresent();
    }

    /** {@code erf(x / sqrt(2))}. */
    private static boolean isErf(Value v, Value x, GraphPattern pattern) {
        return pattern.unary(v, UnaryKind.ERF)
                .map(n -> pattern.product(n.input(0)))
                .filter(p -> GraphPattern.near(p.number(), Math.sqrt(0.5))
                        && p.values().equals(List.of(x)))
                .isPresent();
    }

    /** {@code tanh(sqrt(2 / pi) (x + 0.044715 x^3))}, or with x taken out of the sum. */
    private static boolean isTanh(Value v, Value x, GraphPattern pattern) {
        Optional<GraphPattern.Product> inside = pattern.unary(v, UnaryKind.TANH).map(n -> pattern.product(n.input(0)));
        if (inside.isEmpty() || !GraphPattern.near(inside.get().number(), Math.sqrt(2 / Math.PI))) {
            return false;
        }
        List<Value> values = inside.get().values();
        if (values.size() == 1) {
            Optional<Node> sum = pattern.binary(values.get(0), BinaryKind.ADD);
            return sum.isPresent()
                    && (sum.get().input(0) == x && isPower(sum.get().input(1), x, 3, pattern)
                            || sum.get().input(1) == x && isPower(sum.get().input(0), x, 3, pattern));
        }
        return values.size() == 2
                && values.contains(x)
                && pattern.plus(values.get(values.get(0) == x ? 1 : 0), 1)
                        .filter(s -> isPower(s, x, 2, pattern))
                        .isPresent();
    }

    /** {@code 0.044715 x^n}, by Pow or by products. */
    private static boolean isPower(Value v, Value x, int n, GraphPattern pattern) {
        GraphPattern.Product p = pattern.product(v);
        if (!GraphPattern.near(p.number(), CUBE)) {
            return false;
        }
        int power = 0;
        for (Value f : p.values()) {
            Optional<Node> pow = pattern.binary(f, BinaryKind.POW).filter(q -> q.input(0) == x);
            Optional<Double> exponent = pow.flatMap(q -> pattern.number(q.input(1)));
            if (f != x && exponent.isEmpty()) {
                return false;
            }
            power += f == x ? 1 : exponent.get().intValue();
        }
        return power == n;
    }
}
