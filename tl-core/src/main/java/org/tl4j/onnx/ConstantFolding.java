// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.tl4j.graph.Graph;
import org.tl4j.graph.IntegerLists;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * What a node gives, where the graph alone decides it: the shapes, scales and axes that exporters compute step by step.
 * It covers what is found in files; what it leaves open stays a node and is computed by the run.
 */
final class ConstantFolding {
    private static final int LARGEST = 1 << 16;

    private ConstantFolding() {}

    /** The value of an op on these inputs, or empty. Parameters are never folded: they may be trained. */
    static Optional<HostTensor> fold(Op op, List<Value> inputs) {
        boolean constant = !inputs.isEmpty()
                && inputs.stream().allMatch(v -> v.isConstant() && v.constant().elements() <= LARGEST);
        boolean shapes = op instanceof Op.ShapeOf
                || inputs.stream()
                        .allMatch(v -> v.dtype().isInteger() && v.shape().rank() <= 1);
        if (!constant && !shapes || op instanceof Op.Split) {
            return Optional.empty();
        }
        // A graph that is thrown away knows the type of the answer.
        Value out = new Graph().add("folded", op, inputs.toArray(Value[]::new)).get(0);
        if (out.shape().rank() <= 1 && out.dtype() == DType.I64) {
            Optional<long[]> known = IntegerLists.exact(out);
            if (known.isPresent()) {
                return Optional.of(HostTensor.of(
                        known.get(), out.shape().rank() == 0 ? new long[0] : new long[] {known.get().length}));
            }
        }
        if (!constant || !out.shape().isFixed() || out.shape().elements() > LARGEST) {
            return Optional.empty();
        }
        List<HostTensor> in = inputs.stream().map(Value::constant).toList();
        return computed(op, in, out.dtype(), out.shape());
    }

    private static Optional<HostTensor> computed(Op op, List<HostTensor> in, DType dtype, Shape shape) {
        HostTensor x = in.get(0);
        if (op instanceof Op.Cast c) {
            boolean plain = c.to() == DType.F32
                    || c.to() == DType.F64
                    || c.to() == DType.I64
                    || c.to() == DType.I32
                    || c.to() == DType.BOOL;
            return plain ? Optional.of(x.cast(c.to())) : Optional.empty();
        }
        if (op instanceof Op.Unary u) {
            return unary(u.kind(), x);
        }
        if (op instanceof Op.Binary b) {
            return binary(b.kind(), x, in.get(1), dtype, shape);
        }
        if (op instanceof Op.Reshape
                || op instanceof Op.Unsqueeze
                || op instanceof Op.Squeeze
                || op instanceof Op.Flatten) {
            return Optional.of(x.reshape(shape.toArray()));
        }
        if (op instanceof Op.Expand) {
            return Optional.of(picked(x, shape, broadcast(x.shape(), shape)));
        }
        if (op instanceof Op.Transpose t) {
            return Optional.of(picked(x, shape, turned(x.shape(), t.permutation(), shape)));
        }
        if (op instanceof Op.Gather g && x.shape().rank() == 1 && g.axis() <= 0) {
            return gathered(x, in.get(1), shape);
        }
        if (op instanceof Op.Concat && shape.rank() == 1) {
            return Optional.of(joined(in, dtype, shape));
        }
        if (op instanceof Op.ConstantOfShape c) {
            return Optional.of(picked(c.value(), shape, i -> 0));
        }
        if (op instanceof Op.Range && dtype == DType.I64) {
            long start = x.longAt(0);
            long delta = in.get(2).longAt(0);
            return Optional.of(whole(dtype, shape, i -> start + i * delta));
        }
        if (op instanceof Op.Where) {
            IntUnaryOperator c = broadcast(x.shape(), shape);
            IntUnaryOperator a = broadcast(in.get(1).shape(), shape);
            IntUnaryOperator b = broadcast(in.get(2).shape(), shape);
            ByteBuffer bytes = HostTensor.allocate(dtype, shape.elements());
            for (int i = 0; i < shape.elements(); i++) {
                boolean first = x.longAt(c.applyAsInt(i)) != 0;
                copy(in.get(first ? 1 : 2), (first ? a : b).applyAsInt(i), bytes, i);
            }
            return Optional.of(HostTensor.of(dtype, shape, bytes));
        }
        return Optional.empty();
    }

    private static Optional<HostTensor> unary(Op.UnaryKind kind, HostTensor x) {
        if (x.dtype() == DType.F32 || x.dtype() == DType.F64) {
            return switch (kind) {
                case NEG -> Optional.of(real(x.dtype(), x.shape(), i -> -x.doubleAt(i)));
                case ABS -> Optional.of(real(x.dtype(), x.shape(), i -> Math.abs(x.doubleAt(i))));
                case SQRT -> Optional.of(real(x.dtype(), x.shape(), i -> Math.sqrt(x.doubleAt(i))));
                case RECIPROCAL -> Optional.of(real(x.dtype(), x.shape(), i -> 1 / x.doubleAt(i)));
                case FLOOR -> Optional.of(real(x.dtype(), x.shape(), i -> Math.floor(x.doubleAt(i))));
                case CEIL -> Optional.of(real(x.dtype(), x.shape(), i -> Math.ceil(x.doubleAt(i))));
                default -> Optional.empty();
            };
        }
        return switch (kind) {
            case NOT -> Optional.of(whole(x.dtype(), x.shape(), i -> 1 - x.longAt(i)));
            case NEG -> Optional.of(whole(x.dtype(), x.shape(), i -> -x.longAt(i)));
            case ABS -> Optional.of(whole(x.dtype(), x.shape(), i -> Math.abs(x.longAt(i))));
            default -> Optional.empty();
        };
    }

    private static Optional<HostTensor> binary(
            Op.BinaryKind kind, HostTensor x, HostTensor y, DType dtype, Shape shape) {
        IntUnaryOperator a = broadcast(x.shape(), shape);
        IntUnaryOperator b = broadcast(y.shape(), shape);
        if (x.dtype().isFloat()) {
            Optional<RealPair> f = realPair(kind);
            return f.map(p -> dtype == DType.BOOL
                    ? whole(dtype, shape, i -> (long) p.apply(x.doubleAt(a.applyAsInt(i)), y.doubleAt(b.applyAsInt(i))))
                    : real(dtype, shape, i -> p.apply(x.doubleAt(a.applyAsInt(i)), y.doubleAt(b.applyAsInt(i)))));
        }
        boolean byZero = (kind == Op.BinaryKind.DIV || kind == Op.BinaryKind.MOD)
                && y.elements() > 0
                && java.util.stream.LongStream.of(y.toLongs()).anyMatch(v -> v == 0);
        if (byZero) {
            return Optional.empty();
        }
        return wholePair(kind)
                .map(p -> whole(dtype, shape, i -> p.apply(x.longAt(a.applyAsInt(i)), y.longAt(b.applyAsInt(i)))));
    }

    private interface RealPair {
        double apply(double x, double y);
    }

    private interface WholePair {
        long apply(long x, long y);
    }

    private interface Whole {
        long at(int index);
    }

    private interface Real {
        double at(int index);
    }

    private static Optional<RealPair> realPair(Op.BinaryKind kind) {
        return switch (kind) {
            case ADD -> Optional.of((x, y) -> x + y);
            case SUB -> Optional.of((x, y) -> x - y);
            case MUL -> Optional.of((x, y) -> x * y);
            case DIV -> Optional.of((x, y) -> x / y);
            case POW -> Optional.of(Math::pow);
            case MIN -> Optional.of(Math::min);
            case MAX -> Optional.of(Math::max);
            case EQUAL -> Optional.of((x, y) -> x == y ? 1 : 0);
            case LESS -> Optional.of((x, y) -> x < y ? 1 : 0);
            case LESS_OR_EQUAL -> Optional.of((x, y) -> x <= y ? 1 : 0);
            case GREATER -> Optional.of((x, y) -> x > y ? 1 : 0);
            case GREATER_OR_EQUAL -> Optional.of((x, y) -> x >= y ? 1 : 0);
            case MOD, AND, OR, XOR -> Optional.empty();
        };
    }

    private static Optional<WholePair> wholePair(Op.BinaryKind kind) {
        return switch (kind) {
            case ADD -> Optional.of((x, y) -> x + y);
            case SUB -> Optional.of((x, y) -> x - y);
            case MUL -> Optional.of((x, y) -> x * y);
            case DIV -> Optional.of((x, y) -> x / y);
            case MOD -> Optional.of(Math::floorMod);
            case MIN -> Optional.of(Math::min);
            case MAX -> Optional.of(Math::max);
            case EQUAL -> Optional.of((x, y) -> x == y ? 1 : 0);
            case LESS -> Optional.of((x, y) -> x < y ? 1 : 0);
            case LESS_OR_EQUAL -> Optional.of((x, y) -> x <= y ? 1 : 0);
            case GREATER -> Optional.of((x, y) -> x > y ? 1 : 0);
            case GREATER_OR_EQUAL -> Optional.of((x, y) -> x >= y ? 1 : 0);
            case AND -> Optional.of((x, y) -> x & y);
            case OR -> Optional.of((x, y) -> x | y);
            case XOR -> Optional.of((x, y) -> x ^ y);
            case POW -> Optional.empty();
        };
    }

    private static HostTensor real(DType dtype, Shape shape, Real f) {
        int n = (int) shape.elements();
        ByteBuffer b = HostTensor.allocate(dtype, n);
        for (int i = 0; i < n; i++) {
            if (dtype == DType.F64) {
                b.putDouble(i * 8, f.at(i));
            } else {
                b.putFloat(i * 4, (float) f.at(i));
            }
        }
        return HostTensor.of(dtype, shape, b);
    }

    private static HostTensor whole(DType dtype, Shape shape, Whole f) {
        int n = (int) shape.elements();
        ByteBuffer b = HostTensor.allocate(dtype, n);
        for (int i = 0; i < n; i++) {
            long v = f.at(i);
            switch (dtype.bytes()) {
                case 8 -> b.putLong(i * 8, v);
                case 4 -> b.putInt(i * 4, (int) v);
                case 2 -> b.putShort(i * 2, (short) v);
                default -> b.put(i, (byte) v);
            }
        }
        return HostTensor.of(dtype, shape, b);
    }

    private static Optional<HostTensor> gathered(HostTensor x, HostTensor indices, Shape shape) {
        long[] at = indices.toLongs();
        for (int i = 0; i < at.length; i++) {
            at[i] = at[i] < 0 ? at[i] + x.elements() : at[i];
            if (at[i] < 0 || at[i] >= x.elements()) {
                return Optional.empty();
            }
        }
        return Optional.of(picked(x, shape, i -> (int) at[i]));
    }

    private static HostTensor joined(List<HostTensor> parts, DType dtype, Shape shape) {
        ByteBuffer b = HostTensor.allocate(dtype, shape.elements());
        parts.forEach(p -> b.put(p.bytes()));
        return HostTensor.of(dtype, shape, b.flip());
    }

    /** A tensor whose {@code i}-th element is the {@code from(i)}-th of x. */
    private static HostTensor picked(HostTensor x, Shape shape, IntUnaryOperator from) {
        int n = (int) shape.elements();
        ByteBuffer b = HostTensor.allocate(x.dtype(), n);
        for (int i = 0; i < n; i++) {
            copy(x, from.applyAsInt(i), b, i);
        }
        return HostTensor.of(x.dtype(), shape, b);
    }

    private static void copy(HostTensor x, int from, ByteBuffer to, int place) {
        int size = x.dtype().bytes();
        to.put(place * size, x.bytes(), from * size, size);
    }

    private static IntUnaryOperator broadcast(Shape from, Shape to) {
        List<Integer> strides = new ArrayList<>();
        int lead = to.rank() - from.rank();
        for (int i = 0; i < to.rank(); i++) {
            strides.add(i < lead || from.size(i - lead) == 1 ? 0 : stride(from, i - lead));
        }
        return place(to, strides);
    }

    private static IntUnaryOperator turned(Shape from, List<Integer> permutation, Shape to) {
        return place(
                to,
                permutation.stream()
                        .map(p -> stride(from, p < 0 ? p + from.rank() : p))
                        .toList());
    }

    private static int stride(Shape s, int axis) {
        int stride = 1;
        for (int i = axis + 1; i < s.rank(); i++) {
            stride *= (int) s.size(i);
        }
        return stride;
    }

    /** From a place in a row-major tensor of shape {@code to} to the sum of its indices times the strides. */
    private static IntUnaryOperator place(Shape to, List<Integer> strides) {
        return flat -> {
            int rest = flat;
            int at = 0;
            for (int i = to.rank() - 1; i >= 0; i--) {
                int size = (int) to.size(i);
                at += rest % size * strides.get(i);
                rest /= size;
            }
            return at;
        };
    }
}
