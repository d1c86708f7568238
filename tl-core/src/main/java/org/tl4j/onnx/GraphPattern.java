// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;

/** Questions that the search for patterns asks of a graph. */
final class GraphPattern {
    private final Map<Value, List<Node>> readers;
    private final Set<Value> outputs;

    GraphPattern(Graph graph) {
        this.readers = graph.readers();
        this.outputs = new HashSet<>(graph.outputs().values());
    }

    List<Node> readers(Value v) {
        return readers.getOrDefault(v, List.of());
    }

    /** Whether one node alone reads the value, so that it may vanish into a larger op. */
    boolean isInner(Value v) {
        return readers(v).size() == 1 && !outputs.contains(v);
    }

    /**
     * As {@link #isInner(Value)}, for the last value of a pattern: its shape may be read to compute inputs of
     * {@code last}.
     */
    boolean isInner(Value v, Node last) {
        return !outputs.contains(v)
                && readers(v).stream().allMatch(n -> n.equals(last) || n.op() instanceof Op.ShapeOf && endsAt(n, last));
    }

    /** Whether all that follows from a node goes into {@code last} and nowhere else. */
    private boolean endsAt(Node n, Node last) {
        return n.outputs().stream()
                .allMatch(o -> !outputs.contains(o)
                        && readers(o).stream()
                                .allMatch(r -> r.equals(last) || o.dtype().isInteger() && endsAt(r, last)));
    }

    /** The node that makes a value, if its op is of that type. */
    Optional<Node> maker(Value v, Class<? extends Op> type) {
        return v.origin() instanceof Value.Output o && type.isInstance(o.node().op())
                ? Optional.of(o.node())
                : Optional.empty();
    }

    /** As {@link #maker}, for a value that may vanish. */
    Optional<Node> inner(Value v, Class<? extends Op> type) {
        return isInner(v) ? maker(v, type) : Optional.empty();
    }

    Optional<Node> unary(Value v, Op.UnaryKind kind) {
        return maker(v, Op.Unary.class).filter(n -> n.op().equals(new Op.Unary(kind)));
    }

    Optional<Node> binary(Value v, Op.BinaryKind kind) {
        return maker(v, Op.Binary.class).filter(n -> n.op().equals(new Op.Binary(kind)));
    }

    boolean is(Node n, Op.BinaryKind kind) {
        return n.op().equals(new Op.Binary(kind));
    }

    /** The one number of a constant. */
    Optional<Double> number(Value v) {
        return v.isConstant() && v.constant().elements() == 1
                ? Optional.of(v.constant().doubleAt(0))
                : Optional.empty();
    }

    boolean isNumber(Value v, double wanted) {
        return number(v).filter(found -> near(found, wanted)).isPresent();
    }

    /** Equal but for the digits that exporters cut off. */
    static boolean near(double a, double b) {
        return Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(a), Math.abs(b));
    }

    /** Whether a node adds {@code wanted} to some value: gives that value. */
    Optional<Value> plus(Value sum, double wanted) {
        return binary(sum, Op.BinaryKind.ADD)
                .flatMap(n -> isNumber(n.input(1), wanted)
                        ? Optional.of(n.input(0))
                        : isNumber(n.input(0), wanted) ? Optional.of(n.input(1)) : Optional.empty());
    }

    /**
     * A product taken apart.
     *
     * @param number all constant factors and divisors together
     * @param values the other factors
     */
    record Product(double number, List<Value> values) {}

    /** The factors of a value, however its multiplications are nested. */
    Product product(Value v) {
        List<Value> values = new ArrayList<>();
        return new Product(factors(v, true, values), values);
    }

    private double factors(Value v, boolean first, List<Value> values) {
        Optional<Double> number = number(v);
        if (number.isPresent()) {
            return number.get();
        }
        Optional<Node> mul = first || isInner(v) ? binary(v, Op.BinaryKind.MUL) : Optional.empty();
        if (mul.isPresent()) {
            return factors(mul.get().input(0), false, values)
                    * factors(mul.get().input(1), false, values);
        }
        Optional<Node> div = first || isInner(v) ? binary(v, Op.BinaryKind.DIV) : Optional.empty();
        Optional<Double> divisor = div.flatMap(n -> number(n.input(1)));
        if (div.isPresent() && divisor.isPresent()) {
            return factors(div.get().input(0), false, values) / divisor.get();
        }
        values.add(v);
        return 1;
    }
}
