// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.PoolKind;
import org.tl4j.graph.Op.ReduceKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;

/** Operators that are layers of networks. */
final class NeuralImports {
    private NeuralImports() {}

    static void register(Map<String, OnnxImport> table) {
        table.put("MatMul", n -> n.give(new Op.MatMul(), n.in(0), n.in(1)));
        table.put("Gemm", NeuralImports::gemm);
        table.put("Conv", NeuralImports::conv);
        table.put("ConvTranspose", NeuralImports::convTranspose);
        table.put("BatchNormalization", NeuralImports::batchNormalization);
        table.put("InstanceNormalization", NeuralImports::instanceNormalization);
        table.put("LayerNormalization", NeuralImports::layerNormalization);
        table.put("GroupNormalization", NeuralImports::groupNormalization);
        table.put("LpNormalization", NeuralImports::lpNormalization);
        table.put("MaxPool", n -> pool(n, PoolKind.MAX));
        table.put("AveragePool", n -> pool(n, PoolKind.AVERAGE));
        table.put("GlobalMaxPool", n -> n.give(new Op.GlobalPool(PoolKind.MAX), n.in(0)));
        table.put("GlobalAveragePool", n -> n.give(new Op.GlobalPool(PoolKind.AVERAGE), n.in(0)));
        table.put("Softmax", n -> softmax(n, false));
        table.put("LogSoftmax", n -> softmax(n, true));
        table.put("LSTM", n -> RecurrentImport.read(n, Op.CellKind.LSTM));
        table.put("GRU", n -> RecurrentImport.read(n, Op.CellKind.GRU));
        table.put("Einsum", EinsumImport::read);
        table.put("Resize", ResizeImport::resize);
        table.put("Upsample", ResizeImport::upsample);
    }

    /** {@code alpha A B + beta C}: a linear layer wherever it is one. */
    private static void gemm(OnnxNode n) {
        double alpha = n.real("alpha", 1);
        double beta = n.real("beta", 1);
        Value a = n.integer("transA", 0) == 1 ? turned(n, n.in(0)) : n.in(0);
        Value weight = n.integer("transB", 0) == 1 ? n.in(1) : turned(n, n.in(1));
        if (!n.has(2)) {
            Value product = n.step(new Op.Linear(), a, weight);
            n.give(alpha == 1 ? product : n.step(BinaryKind.MUL, product, n.scalar(alpha, product)));
            return;
        }
        Value c = n.in(2);
        Shape width = Shape.of(List.of(weight.shape().dim(0)));
        if (alpha == 1 && beta == 1 && c.shape().rank() == 1 && c.shape().equals(width)) {
            n.give(new Op.Linear(), a, weight, c);
            return;
        }
        Value product = n.step(new Op.Linear(), a, weight);
        Value scaled = alpha == 1 ? product : n.step(BinaryKind.MUL, product, n.scalar(alpha, product));
        n.give(new Op.Binary(BinaryKind.ADD), scaled, beta == 1 ? c : n.step(BinaryKind.MUL, c, n.scalar(beta, c)));
    }

    private static Value turned(OnnxNode n, Value matrix) {
        return n.step(new Op.Transpose(List.of(1, 0)), matrix);
    }

    private static Value[] values(OnnxNode n, int most) {
        return Stream.iterate(0, i -> i < most && n.has(i), i -> i + 1)
                .map(n::in)
                .toArray(Value[]::new);
    }

    private static List<Long> ones(int count) {
        return Collections.nCopies(count, 1L);
    }

    private static List<Long> zeros(int count) {
        return Collections.nCopies(count, 0L);
    }

    private static void conv(OnnxNode n) {
        int spatial = n.rank(1) - 2;
        List<Long> kernel =
                n.shape(1).dims().subList(2, n.rank(1)).stream().map(Dim::size).toList();
        n.ignore("kernel_shape");
        List<Long> strides = n.integers("strides").orElse(ones(spatial));
        List<Long> dilations = n.integers("dilations").orElse(ones(spatial));
        Op op = new Op.Conv(strides, pads(n, kernel, strides, dilations), dilations, n.integer("group", 1));
        n.give(op, values(n, 3));
    }

    private static void convTranspose(OnnxNode n) {
        int spatial = n.rank(1) - 2;
        n.ignore("kernel_shape");
        String auto = n.text("auto_pad", "NOTSET");
        if (!auto.equals("NOTSET") && !auto.equals("VALID") || n.says("output_shape")) {
            throw n.refused("auto_pad = " + auto + " or output_shape", "pads and output_padding");
        }
        Op op = new Op.ConvTranspose(
                n.integers("strides").orElse(ones(spatial)),
                n.integers("pads").orElse(zeros(2 * spatial)),
                n.integers("output_padding").orElse(zeros(spatial)),
                n.integers("dilations").orElse(ones(spatial)),
                n.integer("group", 1));
        n.give(op, values(n, 3));
    }

    private static void pool(OnnxNode n, PoolKind kind) {
        List<Long> kernel = n.integers("kernel_shape").orElseThrow(() -> n.refused("no kernel_shape", "kernel_shape"));
        int spatial = kernel.size();
        n.only("storage_order", 0);
        List<Long> strides = n.integers("strides").orElse(ones(spatial));
        List<Long> dilations = n.integers("dilations").orElse(ones(spatial));
        boolean ceil = n.integer("ceil_mode", 0) == 1;
        boolean countPads = n.integer("count_include_pad", 0) == 1;
        n.give(
                new Op.Pool(kind, kernel, strides, pads(n, kernel, strides, dilations), dilations, ceil, countPads),
                n.in(0));
    }

    /** Padding as written, or as much as keeps the length, divided by the stride and rounded up. */
    private static List<Long> pads(OnnxNode n, List<Long> kernel, List<Long> strides, List<Long> dilations) {
        int spatial = kernel.size();
        String auto = n.text("auto_pad", "NOTSET");
        Optional<List<Long>> written = n.integers("pads");
        if (auto.equals("NOTSET")) {
            return written.orElse(zeros(2 * spatial));
        }
        if (auto.equals("VALID")) {
            return zeros(2 * spatial);
        }
        if (!auto.equals("SAME_UPPER") && !auto.equals("SAME_LOWER")) {
            throw n.refused("auto_pad = " + auto, "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
        }
        List<Long> before = new ArrayList<>();
        List<Long> after = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            Dim length = n.shape(0).dim(i + 2);
            long reach = (kernel.get(i) - 1) * dilations.get(i) + 1;
            long stride = strides.get(i);
            if (stride != 1 && !length.isFixed()) {
                throw n.refused(
                        "auto_pad = " + auto + " with stride " + stride + " on " + n.shape(0),
                        "known lengths, stride 1 or pads");
            }
            long total = stride == 1
                    ? reach - 1
                    : Math.max(0, ((length.size() + stride - 1) / stride - 1) * stride + reach - length.size());
            long small = total / 2;
            before.add(auto.equals("SAME_UPPER") ? small : total - small);
            after.add(auto.equals("SAME_UPPER") ? total - small : small);
        }
        before.addAll(after);
        return before;
    }

    /** ONNX's momentum is what stays of the running statistics, PyTorch's what comes in. */
    private static void batchNormalization(OnnxNode n) {
        n.only("training_mode", 0);
        n.only("spatial", 1);
        double momentum = Math.round((1 - n.real("momentum", 0.9)) * 1e6) / 1e6;
        n.give(new Op.BatchNorm(n.real("epsilon", 1e-5), momentum), values(n, 5));
    }

    private static void instanceNormalization(OnnxNode n) {
        Dim channels =
                n.shape(0).dim(1).isFixed() ? n.shape(0).dim(1) : n.shape(1).dim(0);
        n.give(new Op.GroupNorm((int) channels.size(), n.real("epsilon", 1e-5)), values(n, 3));
    }

    private static void layerNormalization(OnnxNode n) {
        n.ignore("stash_type");
        int axis = n.axis(n.integer("axis", -1));
        n.give(new Op.LayerNorm(n.rank(0) - axis, n.real("epsilon", 1e-5)), values(n, 3));
    }

    /** Before opset 21 there is one scale and shift a group; the graph has one a channel. */
    private static void groupNormalization(OnnxNode n) {
        n.ignore("stash_type");
        long groups = n.integer("num_groups", 0);
        Dim channels = n.shape(0).dim(1);
        Op op = new Op.GroupNorm((int) groups, n.real("epsilon", 1e-5));
        if (n.opset() >= 21) {
            n.give(op, values(n, 3));
            return;
        }
        if (!channels.isFixed()) {
            throw n.refused("unknown channels", "a known number of channels");
        }
        Value[] spread = new Value[2];
        for (int i = 0; i < 2; i++) {
            Value column = n.step(new Op.Unsqueeze(List.of(1)), n.in(i + 1));
            Value wide = n.step(new Op.Expand(), column, n.integers(groups, channels.size() / groups));
            spread[i] = n.step(new Op.Reshape(), wide, n.integers(channels.size()));
        }
        n.give(op, n.in(0), spread[0], spread[1]);
    }

    private static void lpNormalization(OnnxNode n) {
        ReduceKind kind = n.integer("p", 2) == 1 ? ReduceKind.L1 : ReduceKind.L2;
        int axis = n.axis(n.integer("axis", -1));
        Value norm = n.step(new Op.Reduce(kind, List.of(axis), true), n.in(0));
        n.give(new Op.Binary(BinaryKind.DIV), n.in(0), norm);
    }

    /** Before opset 13 the axes from {@code axis} on were one: softmax over all of them together. */
    private static void softmax(OnnxNode n, boolean log) {
        int rank = n.rank(0);
        int axis = n.axis(n.integer("axis", n.opset() < 13 ? 1 : -1));
        boolean alone = n.shape(0).dims().subList(Math.min(rank, axis + 1), rank).stream()
                .allMatch(d -> d.size() == 1);
        if (n.opset() >= 13 || alone) {
            n.give(new Op.Softmax(axis, log), n.in(0));
            return;
        }
        Value flat = n.step(new Op.Flatten(axis), n.in(0));
        Value answer = n.step(new Op.Softmax(1, log), flat);
        n.give(new Op.Reshape(), answer, n.step(new Op.ShapeOf(), n.in(0)));
    }
}
