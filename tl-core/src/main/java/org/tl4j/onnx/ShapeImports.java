// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.PadMode;
import org.tl4j.graph.Op.ReduceKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;

/** Operators that move, pick, count or reduce elements. */
final class ShapeImports {
    private ShapeImports() {}

    static void register(Map<String, OnnxImport> table) {
        table.put("Reshape", ShapeImports::reshape);
        table.put("Flatten", n -> n.give(new Op.Flatten(n.axis(n.integer("axis", 1))), n.in(0)));
        table.put("Transpose", ShapeImports::transpose);
        table.put("Squeeze", n -> n.give(new Op.Squeeze(n.axes(1).orElse(List.of())), n.in(0)));
        table.put("Unsqueeze", ShapeImports::unsqueeze);
        table.put("Concat", ShapeImports::concat);
        table.put("Split", ShapeImports::split);
        table.put("Slice", ShapeImports::slice);
        table.put(
                "Gather",
                n -> n.give(new Op.Gather(n.axis(n.integer("axis", 0))), n.in(0), n.cast(n.in(1), DType.I64)));
        table.put(
                "GatherElements",
                n -> n.give(new Op.GatherElements(n.axis(n.integer("axis", 0))), n.in(0), n.cast(n.in(1), DType.I64)));
        table.put("Expand", n -> n.give(new Op.Expand(), n.in(0), n.in(1)));
        table.put("Tile", n -> n.give(new Op.Tile(), n.in(0), n.in(1)));
        table.put("Pad", ShapeImports::pad);
        table.put("Shape", ShapeImports::shape);
        table.put(
                "Size",
                n -> n.give(new Op.Reduce(ReduceKind.PROD, List.of(), false), n.step(new Op.ShapeOf(), n.in(0))));
        table.put("ConstantOfShape", ShapeImports::constantOfShape);
        table.put("Range", n -> n.give(new Op.Range(), n.in(0), n.in(1), n.in(2)));
        table.put("Constant", ShapeImports::constant);
        table.put("Trilu", ShapeImports::trilu);
        table.put("CumSum", ShapeImports::cumSum);
        table.put("OneHot", ShapeImports::oneHot);
        table.put("ArgMax", n -> argMax(n, false));
        table.put("ArgMin", n -> argMax(n, true));
        table.put("ReduceSum", n -> reduce(n, ReduceKind.SUM));
        table.put("ReduceMean", n -> reduce(n, ReduceKind.MEAN));
        table.put("ReduceMax", n -> reduce(n, ReduceKind.MAX));
        table.put("ReduceMin", n -> reduce(n, ReduceKind.MIN));
        table.put("ReduceProd", n -> reduce(n, ReduceKind.PROD));
        table.put("ReduceL1", n -> reduce(n, ReduceKind.L1));
        table.put("ReduceL2", n -> reduce(n, ReduceKind.L2));
        table.put("ReduceSumSquare", n -> reduce(n, ReduceKind.SUM_SQUARE));
        table.put("ReduceLogSumExp", n -> reduce(n, ReduceKind.LOG_SUM_EXP));
        table.put("ReduceLogSum", n -> {
            Optional<Op> sum = reduction(n, ReduceKind.SUM);
            n.give(new Op.Unary(UnaryKind.LOG), sum.isPresent() ? n.step(sum.get(), n.in(0)) : n.in(0));
        });
    }

    private static void reshape(OnnxNode n) {
        if (n.integer("allowzero", 0) == 1 && LongStream.of(n.numbers(1)).anyMatch(d -> d == 0)) {
            throw n.refused("allowzero = 1 with a zero in the shape", "allowzero = 0, where 0 copies an axis");
        }
        n.give(new Op.Reshape(), n.in(0), n.in(1));
    }

    private static void transpose(OnnxNode n) {
        List<Integer> order = n.integers("perm")
                .map(p -> p.stream().map(Long::intValue).toList())
                .orElseGet(() -> {
                    List<Integer> reversed = new ArrayList<>(
                            IntStream.range(0, n.rank(0)).boxed().toList());
                    Collections.reverse(reversed);
                    return reversed;
                });
        n.give(new Op.Transpose(order), n.in(0));
    }

    private static void unsqueeze(OnnxNode n) {
        List<Integer> axes = n.axes(1).orElseThrow(() -> n.refused("no axes", "axes by attribute or input"));
        int rank = n.rank(0) + axes.size();
        n.give(new Op.Unsqueeze(axes.stream().map(a -> n.axis(a, rank)).sorted().toList()), n.in(0));
    }

    private static void concat(OnnxNode n) {
        Op op = new Op.Concat(n.axis(n.integer("axis", 1)));
        n.give(op, IntStream.range(0, n.inputs()).mapToObj(n::in).toArray(Value[]::new));
    }

    /** Lengths by attribute (opsets before 13), by input, or equal; the last of equal parts may be shorter. */
    private static void split(OnnxNode n) {
        int axis = n.axis(n.integer("axis", 0));
        Optional<List<Long>> written = n.integers("split");
        long parts = n.integer("num_outputs", n.outputs());
        List<Long> lengths;
        if (written.isPresent()) {
            lengths = written.get();
        } else if (n.has(1)) {
            lengths = LongStream.of(n.numbers(1)).boxed().toList();
        } else {
            Dim whole = n.shape(0).dim(axis);
            if (!whole.isFixed()) {
                throw n.refused(
                        "equal parts of axis " + axis + " of " + n.shape(0),
                        "a known length, or the lengths of the parts");
            }
            long each = (whole.size() + parts - 1) / parts;
            lengths = LongStream.range(0, parts)
                    .mapToObj(i -> Math.min(each, whole.size() - i * each))
                    .toList();
        }
        n.give(new Op.Split(axis, lengths), n.in(0));
    }

    /** Places by attribute (opsets before 10) or by input; axes and steps may be left out. */
    private static void slice(OnnxNode n) {
        Optional<List<Long>> starts = n.integers("starts");
        Optional<List<Long>> ends = n.integers("ends");
        Optional<List<Long>> axes = n.integers("axes");
        if (starts.isPresent() && ends.isPresent()) {
            long[] first = LongStream.range(0, starts.get().size()).toArray();
            long[] ones = new long[first.length];
            Arrays.fill(ones, 1);
            n.give(
                    new Op.Slice(),
                    n.in(0),
                    n.integers(array(starts.get())),
                    n.integers(array(ends.get())),
                    n.integers(axes.map(ShapeImports::array).orElse(first)),
                    n.integers(ones));
            return;
        }
        Value from = n.cast(n.in(1), DType.I64);
        if (!from.shape().isFixed()) {
            throw n.refused("starts " + from, "a known number of axes");
        }
        int count = (int) from.shape().elements();
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        n.give(
                new Op.Slice(),
                n.in(0),
                from,
                n.cast(n.in(2), DType.I64),
                n.has(3)
                        ? n.integers(n.numbers(3))
                        : n.integers(LongStream.range(0, count).toArray()),
                n.has(4) ? n.integers(n.numbers(4)) : n.integers(ones));
    }

    private static long[] array(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    /** Widths by attribute (opsets before 11) or by input, of all axes or of those named. */
    private static void pad(OnnxNode n) {
        PadMode mode = Arrays.stream(PadMode.values())
                .filter(m -> m.name().toLowerCase(Locale.ROOT).equals(n.text("mode", "constant")))
                .findFirst()
                .orElseThrow(() -> n.refused("mode = " + n.text("mode", ""), "constant, reflect or edge"));
        double value = n.has(2) ? n.number(2) : n.real("value", 0);
        Optional<List<Long>> written = n.integers("pads");
        Value pads = written.isPresent() ? n.integers(array(written.get())) : n.cast(n.in(1), DType.I64);
        if (n.has(3)) {
            long[] given = n.numbers(1);
            long[] axes = n.numbers(3);
            long[] all = new long[2 * n.rank(0)];
            for (int i = 0; i < axes.length; i++) {
                all[n.axis(axes[i])] = given[i];
                all[n.axis(axes[i]) + n.rank(0)] = given[i + axes.length];
            }
            pads = n.integers(all);
        }
        n.give(new Op.Pad(mode, value), n.in(0), pads);
    }

    private static void shape(OnnxNode n) {
        long start = n.integer("start", 0);
        long end = n.integer("end", Long.MAX_VALUE);
        if (start == 0 && end >= n.rank(0)) {
            n.give(new Op.ShapeOf(), n.in(0));
        } else {
            Value all = n.step(new Op.ShapeOf(), n.in(0));
            n.give(
                    new Op.Slice(),
                    all,
                    n.integers(start),
                    n.integers(Math.min(end, n.rank(0))),
                    n.integers(0),
                    n.integers(1));
        }
    }

    private static void constantOfShape(OnnxNode n) {
        HostTensor value = n.tensor("value").orElse(HostTensor.scalar(0f)).reshape();
        n.give(new Op.ConstantOfShape(value), n.cast(n.in(0), DType.I64));
    }

    /** A constant's tensor was read before the nodes were; see {@link OnnxReader}. */
    private static void constant(OnnxNode n) {
        n.ignore("value", "value_float", "value_floats", "value_int", "value_ints");
    }

    /** The tensor of a Constant node, in any of its forms. */
    static HostTensor constantTensor(OnnxNode n) {
        if (n.says("value")) {
            return n.tensor("value").orElseThrow();
        }
        if (n.says("value_float")) {
            return HostTensor.scalar((float) n.real("value_float", 0));
        }
        if (n.says("value_int")) {
            return HostTensor.scalar(n.integer("value_int", 0));
        }
        if (n.says("value_ints")) {
            long[] values = array(n.integers("value_ints").orElseThrow());
            return HostTensor.of(values, values.length);
        }
        if (n.says("value_floats")) {
            List<Float> list = n.reals("value_floats");
            float[] values = new float[list.size()];
            IntStream.range(0, values.length).forEach(i -> values[i] = list.get(i));
            return HostTensor.of(values, values.length);
        }
        throw n.refused("a constant that is text or sparse", "value, value_float(s) or value_int(s)");
    }

    private static void trilu(OnnxNode n) {
        Op op = new Op.Triangle(n.integer("upper", 1) == 1);
        if (n.has(1)) {
            n.give(op, n.in(0), n.in(1));
        } else {
            n.give(op, n.in(0));
        }
    }

    private static void cumSum(OnnxNode n) {
        boolean exclusive = n.integer("exclusive", 0) == 1;
        boolean reverse = n.integer("reverse", 0) == 1;
        n.give(new Op.CumSum(n.axis(n.numbers(1)[0]), exclusive, reverse), n.in(0));
    }

    /** Where an index equals the place along a new axis; a negative index counts from the last. */
    private static void oneHot(OnnxNode n) {
        Value indices = n.cast(n.in(0), DType.I64);
        int rank = n.rank(0) + 1;
        int axis = n.axis(n.integer("axis", -1), rank);
        Value depth = n.cast(n.in(1), DType.I64);
        if (depth.shape().rank() == 1) {
            depth = n.step(new Op.Squeeze(List.of(0)), depth);
        }
        Value zero = n.graph().constant(HostTensor.scalar(0L));
        Value wrapped = n.step(
                new Op.Where(),
                n.step(BinaryKind.LESS, indices, zero),
                n.step(BinaryKind.ADD, indices, depth),
                indices);
        Value places = n.step(new Op.Range(), zero, depth, n.graph().constant(HostTensor.scalar(1L)));
        if (axis < rank - 1) {
            places = n.step(
                    new Op.Unsqueeze(IntStream.range(1, rank - axis).boxed().toList()), places);
        }
        Value hot = n.step(BinaryKind.EQUAL, n.step(new Op.Unsqueeze(List.of(axis)), wrapped), places);
        Value off = n.step(new Op.Gather(0), n.in(2), zero);
        Value on = n.step(new Op.Gather(0), n.in(2), n.graph().constant(HostTensor.scalar(1L)));
        n.give(new Op.Where(), hot, on, off);
    }

    private static void argMax(OnnxNode n, boolean smallest) {
        n.only("select_last_index", 0);
        n.give(new Op.ArgMax(n.axis(n.integer("axis", 0)), n.integer("keepdims", 1) == 1, smallest), n.in(0));
    }

    private static void reduce(OnnxNode n, ReduceKind kind) {
        Optional<Op> op = reduction(n, kind);
        if (op.isPresent()) {
            n.give(op.get(), n.in(0));
        } else {
            n.give(n.in(0));
        }
    }

    /** Empty where the file says that no axes mean no reduction, and gives none. */
    private static Optional<Op> reduction(OnnxNode n, ReduceKind kind) {
        boolean keep = n.integer("keepdims", 1) == 1;
        boolean noop = n.integer("noop_with_empty_axes", 0) == 1;
        List<Integer> axes = n.axes(1).orElse(List.of());
        return axes.isEmpty() && noop ? Optional.empty() : Optional.of(new Op.Reduce(kind, axes, keep));
    }
}
