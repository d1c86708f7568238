// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Activations;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.StridedLength;
import org.tl4j.weights.Weights;

/** Every op gives the same numbers on ONNX Runtime and on libtorch, for batch sizes and lengths that were not fixed. */
class OpAgreementTest {
    /** A graph over {@code x f32[N, C...]} and {@code ids i64[N, L]}, whose answer is compared. */
    private record Case(String name, Shape shape, Function<Graph, Function<Value, Value>> build) {}

    private static final Shape ROWS = Shape.parse("N, 6");
    private static final Shape TOKENS = Shape.parse("N, L, 8");
    private static final Shape IMAGES = Shape.parse("N, 4, 9, 10");
    private static final Shape SERIES = Shape.parse("N, 4, T");
    private static final Shape PICTURES = Shape.parse("N, 4, H, W");

    /** All that a recurrent layer gives, side by side; lengths and states are made of x. */
    private static Case recurrent(String name, Op.Recurrent op) {
        return new Case(name, TOKENS, g -> x -> {
            List<Value> optional = new ArrayList<>();
            Value steps = g.sizeOf(x, 1); // i64[1]
            if (op.lengths()) {
                Value some = g.binary(
                        Op.BinaryKind.GREATER, g.reduce(Op.ReduceKind.SUM, x, false, 1, 2), g.scalar(0)); // bool[N]
                Value one = g.add(g.cast(some, DType.I64), g.integers(1)); // 1 or 2
                optional.add(g.binary(Op.BinaryKind.MIN, one, steps));
            }
            if (op.state()) {
                for (int s = 0; s < op.states(); s++) {
                    int width = s == 0 ? op.width() : op.hidden();
                    Value mean = g.reduce(Op.ReduceKind.MEAN, x, false, 1); // [N, 8]
                    Value made = g.at("state").linear(String.valueOf(s), mean, (long) op.directions() * width);
                    optional.add(g.reshape(made, 0, op.directions(), width));
                }
            }
            List<Value> out = g.at("rnn").recurrent(0, op, x, optional.toArray(Value[]::new));
            // Sums of sums tell the order of steps and of directions.
            List<Value> flat = out.stream()
                    .map(v -> g.reduce(
                            Op.ReduceKind.SUM,
                            g.add("order", new Op.CumSum(1, false, false), v).get(0),
                            false,
                            1))
                    .toList();
            return g.concat(1, flat.toArray(Value[]::new));
        });
    }

    static Stream<Arguments> cases() {
        List<Case> cases = new ArrayList<>();
        for (Op.UnaryKind kind : Op.UnaryKind.values()) {
            boolean positive = kind == Op.UnaryKind.LOG || kind == Op.UnaryKind.SQRT || kind == Op.UnaryKind.RECIPROCAL;
            if (kind != Op.UnaryKind.NOT && kind != Op.UnaryKind.IS_NAN) {
                cases.add(new Case(
                        "unary " + kind,
                        ROWS,
                        g -> x -> g.unary(kind, positive ? g.add(g.unary(Op.UnaryKind.ABS, x), g.scalar(0.5)) : x)));
            }
        }
        for (Op.BinaryKind kind : Op.BinaryKind.values()) {
            if (kind == Op.BinaryKind.AND || kind == Op.BinaryKind.OR || kind == Op.BinaryKind.XOR) {
                cases.add(new Case(
                        "binary " + kind,
                        ROWS,
                        g -> x -> g.cast(
                                g.binary(
                                        kind,
                                        g.binary(Op.BinaryKind.GREATER, x, g.scalar(0)),
                                        g.binary(Op.BinaryKind.LESS, x, g.scalar(0.5))),
                                DType.F32)));
            } else if (kind.isComparison()) {
                cases.add(new Case(
                        "binary " + kind, ROWS, g -> x -> g.cast(g.binary(kind, x, g.scalar(0.1)), DType.F32)));
            } else {
                cases.add(new Case(
                        "binary " + kind,
                        ROWS,
                        g -> x -> g.binary(kind, g.add(g.unary(Op.UnaryKind.ABS, x), g.scalar(1)), g.scalar(1.5))));
                cases.add(new Case(
                        "binary " + kind + " scalar first",
                        ROWS,
                        g -> x -> g.binary(kind, g.scalar(1.5), g.add(g.unary(Op.UnaryKind.ABS, x), g.scalar(1)))));
            }
        }
        for (Op.ActivationKind kind : Op.ActivationKind.values()) {
            cases.add(new Case(
                    "activation " + kind,
                    ROWS,
                    g -> x -> kind == Op.ActivationKind.PRELU
                            ? g.add(
                                            "prelu",
                                            new Op.Activation(kind, 0, 0),
                                            x,
                                            g.parameter("slope", Shape.of(6), new Init.Uniform(0.3)))
                                    .get(0)
                            : g.add("act", new Op.Activation(kind, 0.7, 1.1), x).get(0)));
        }
        for (String name : Activations.names()) {
            cases.add(new Case(
                    "activation " + name, ROWS, g -> x -> Activations.apply(g, name, g.mul(x, g.scalar(5)))));
        }
        for (Op.ReduceKind kind : Op.ReduceKind.values()) {
            cases.add(new Case("reduce " + kind, TOKENS, g -> x -> g.reduce(kind, x, false, 2)));
            cases.add(new Case("reduce " + kind + " two axes", TOKENS, g -> x -> g.reduce(kind, x, true, 1, 2)));
        }
        cases.addAll(List.of(
                new Case("gelu", ROWS, g -> g::gelu),
                new Case(
                        "gelu tanh",
                        ROWS,
                        g -> x -> g.add("g", new Op.Gelu(true), x).get(0)),
                new Case("clip", ROWS, g -> x -> g.clip(x, -0.2, 0.3)),
                new Case("clip below", ROWS, g -> x -> g.clip(x, -0.2, Double.POSITIVE_INFINITY)),
                new Case(
                        "where",
                        ROWS,
                        g -> x -> g.where(g.binary(Op.BinaryKind.GREATER, x, g.scalar(0)), x, g.scalar(-3))),
                new Case(
                        "not",
                        ROWS,
                        g -> x -> g.cast(
                                g.unary(Op.UnaryKind.NOT, g.binary(Op.BinaryKind.GREATER, x, g.scalar(0))), DType.F32)),
                new Case("linear of rank 2", ROWS, g -> x -> g.linear("fc", x, 5)),
                new Case("linear of rank 3", TOKENS, g -> x -> g.linear("fc", x, 5)),
                new Case("linear without bias", TOKENS, g -> x -> g.linear("fc", x, 5, false)),
                new Case("matmul", TOKENS, g -> x -> g.matMul(x, g.transpose(x, 0, 2, 1))),
                new Case("layer norm", TOKENS, g -> x -> g.layerNorm("norm", x, 1e-5)),
                new Case(
                        "layer norm without weights",
                        TOKENS,
                        g -> x -> g.add("norm", new Op.LayerNorm(1, 1e-5), x).get(0)),
                new Case(
                        "group norm",
                        IMAGES,
                        g -> x -> g.add(
                                        "norm",
                                        new Op.GroupNorm(2, 1e-5),
                                        x,
                                        g.parameter("w", Shape.of(4), new Init.Uniform(1)),
                                        g.parameter("b", Shape.of(4), new Init.Uniform(1)))
                                .get(0)),
                new Case("batch norm", IMAGES, g -> x -> g.batchNorm("bn", x, 1e-5, 0.1)),
                new Case("conv", IMAGES, g -> x -> g.conv2d("conv", x, 6, 3, 2, 1, 1, true)),
                new Case("conv in groups", IMAGES, g -> x -> g.conv2d("conv", x, 8, 3, 1, 1, 4, false)),
                new Case(
                        "conv with unequal pads",
                        IMAGES,
                        g -> x -> g.add(
                                        "conv",
                                        new Op.Conv(List.of(2L, 2L), List.of(0L, 1L, 1L, 2L), List.of(1L, 1L), 1),
                                        x,
                                        g.parameter("w", Shape.of(3, 4, 3, 3), new Init.FanIn(0)))
                                .get(0)),
                new Case(
                        "conv over time, dilated",
                        SERIES,
                        g -> x -> g.add(
                                        "conv",
                                        new Op.Conv(List.of(1L), List.of(2L, 2L), List.of(2L), 1),
                                        x,
                                        g.parameter("w", Shape.of(3, 4, 3), new Init.FanIn(0)))
                                .get(0)),
                new Case(
                        "transposed conv",
                        IMAGES,
                        g -> x -> g.add(
                                        "conv",
                                        new Op.ConvTranspose(
                                                List.of(2L, 2L),
                                                List.of(1L, 1L, 1L, 1L),
                                                List.of(1L, 1L),
                                                List.of(1L, 1L),
                                                1),
                                        x,
                                        g.parameter("w", Shape.of(4, 3, 3, 3), new Init.FanIn(0)))
                                .get(0)),
                new Case("transposed conv of open pictures", PICTURES, g -> x -> g.convTranspose2d("up", x, 3, 2, 2)),
                new Case("padded to the size of another, as much as is missing", PICTURES, g -> x -> {
                    Value small = g.pool2d(Op.PoolKind.MAX, x, 2, 2, 0, false);
                    Value up = g.convTranspose2d("up", small, 3, 2, 2);
                    Value high = g.sub(g.sizeOf(x, 2), g.sizeOf(up, 2));
                    Value wide = g.sub(g.sizeOf(x, 3), g.sizeOf(up, 3));
                    Value pads = g.concat(0, g.integers(0, 0, 0, 0, 0, 0), high, wide);
                    Value padded = g.add("pad", new Op.Pad(Op.PadMode.CONSTANT, 0), up, pads)
                            .get(0);
                    return g.concat(1, x, padded);
                }),
                new Case("mirrored until a number of pixels divides", PICTURES, g -> x -> {
                    Value[] after = new Value[2];
                    for (int i = 0; i < 2; i++) {
                        Value length = g.sizeOf(x, i + 2);
                        Value rounded = g.mul(g.div(g.add(length, g.integers(3)), g.integers(4)), g.integers(4));
                        after[i] = g.sub(rounded, length);
                    }
                    Value pads = g.concat(0, g.integers(0, 0, 1, 2, 0, 0), after[0], after[1]);
                    return g.add("mirror", new Op.Pad(Op.PadMode.REFLECT, 0), x, pads)
                            .get(0);
                }),
                new Case("the middle, as large as another", PICTURES, g -> x -> {
                    Value small = g.conv2d("conv", x, 4, 3, 1, 0, 1, true);
                    Value y = x;
                    for (int axis = 2; axis < 4; axis++) {
                        Value length = g.sizeOf(small, axis);
                        Value start = g.div(g.sub(g.sizeOf(y, axis), length), g.integers(2));
                        y = g.slice(y, axis, start, g.integers(Integer.MAX_VALUE));
                        y = g.slice(y, axis, g.integers(0), length);
                    }
                    return g.concat(1, small, y);
                }),
                new Case("resized to twice the size, corners", PICTURES, g -> x -> {
                    Value size =
                            g.concat(0, g.mul(g.sizeOf(x, 2), g.integers(2)), g.mul(g.sizeOf(x, 3), g.integers(2)));
                    return g.add("up", new Op.Resize(Op.ResizeKind.BILINEAR, true), x, size)
                            .get(0);
                }),
                new Case(
                        "a mean enlarged to a picture",
                        PICTURES,
                        g -> x -> g.resizeLike(Op.ResizeKind.BILINEAR, g.adaptiveAveragePool2d(x, 1, 1), x)),
                new Case("max pool", IMAGES, g -> x -> g.pool2d(Op.PoolKind.MAX, x, 3, 2, 1, false)),
                new Case("max pool rounded up", IMAGES, g -> x -> g.pool2d(Op.PoolKind.MAX, x, 3, 2, 0, true)),
                new Case("average pool", IMAGES, g -> x -> g.pool2d(Op.PoolKind.AVERAGE, x, 3, 2, 1, false)),
                new Case("global average", IMAGES, g -> g::globalAveragePool),
                new Case(
                        "global maximum",
                        IMAGES,
                        g -> x -> g.add("p", new Op.GlobalPool(Op.PoolKind.MAX), x)
                                .get(0)),
                new Case(
                        "conv of open pictures, 1 x 5, dilated",
                        PICTURES,
                        g -> x -> g.conv2d(
                                "conv",
                                x,
                                Conv2d.of(6, 1, 5)
                                        .withPadding(0, 1)
                                        .withDilation(1)
                                        .withStride(2))),
                new Case(
                        "conv of open pictures, dilated, in groups",
                        PICTURES,
                        g -> x -> g.conv2d(
                                "conv",
                                x,
                                Conv2d.of(8, 3)
                                        .withDilation(3)
                                        .withSamePadding()
                                        .withGroups(4)
                                        .withoutBias())),
                new Case(
                        "conv after conv after pool of open pictures",
                        PICTURES,
                        g -> x -> g.conv2d(
                                "b",
                                g.pool2d(Op.PoolKind.MAX, g.conv2d("a", x, 4, 3, 2, 1, 1, true), 3, 2, 1, false),
                                4,
                                1,
                                1,
                                0,
                                1,
                                true)),
                new Case(
                        "max pool of open pictures, rounded up",
                        PICTURES,
                        g -> x -> g.pool2d(Op.PoolKind.MAX, x, 3, 2, 0, true)),
                new Case(
                        "max pool of open pictures, rounded up, windows in the padding",
                        PICTURES,
                        g -> x -> g.pool2d(Op.PoolKind.MAX, x, 2, 3, 1, true)),
                new Case(
                        "average pool of open pictures",
                        PICTURES,
                        g -> x -> g.pool2d(Op.PoolKind.AVERAGE, x, 3, 1, 1, false)),
                new Case("adaptive average of equal windows", IMAGES, g -> x -> g.adaptiveAveragePool2d(x, 3, 5)),
                new Case("adaptive average of unequal windows", IMAGES, g -> x -> g.adaptiveAveragePool2d(x, 4, 3)),
                new Case("adaptive average of everything", IMAGES, g -> x -> g.adaptiveAveragePool2d(x, 1, 1)),
                new Case("adaptive average to more", IMAGES, g -> x -> g.adaptiveAveragePool2d(x, 13, 11)),
                new Case("adaptive average of open pictures", PICTURES, g -> x -> g.adaptiveAveragePool2d(x, 7, 4)),
                new Case(
                        "adaptive average over time",
                        SERIES,
                        g -> x -> g.add("p", new Op.AdaptiveAveragePool(List.of(3L)), x)
                                .get(0)),
                new Case("residual", PICTURES, g -> x -> {
                    Value branch = g.batchNorm("bn", g.conv2d("conv", x, 4, 3, 1, 1, 1, false), 1e-5, 0.1);
                    return g.add(g.relu(g.add(branch, x)), x);
                }),
                new Case("resized like another", PICTURES, g -> x -> {
                    Value small = g.conv2d("conv", x, 4, 3, 2, 1, 1, true);
                    return g.concat(1, x, g.resizeLike(Op.ResizeKind.BILINEAR, small, x));
                }),
                new Case("a row put before all", TOKENS, g -> x -> {
                    Value row = g.parameter("row", Shape.of(1, 1, 8), new Init.Normal(1));
                    Value shape = g.concat(0, g.sizeOf(x, 0), g.integers(1, 8));
                    return g.concat(
                            1, g.add("expand", new Op.Expand(), row, shape).get(0), x);
                }),
                new Case("all but the first, all but the last", TOKENS, g -> x -> {
                    Value tail = g.slice(x, 1, 1, Long.MAX_VALUE);
                    return g.slice(tail, 1, 0, -2);
                }),
                new Case(
                        "pad of open pictures",
                        PICTURES,
                        g -> x -> g.add(
                                        "pad",
                                        new Op.Pad(Op.PadMode.CONSTANT, 0),
                                        x,
                                        g.integers(0, 0, 1, 2, 0, 0, 0, 1))
                                .get(0)),
                new Case("stochastic depth, which is off", IMAGES, g -> x -> g.stochasticDepth(x, 0.5)),
                new Case("softmax", TOKENS, g -> x -> g.softmax(x, -1)),
                new Case(
                        "log softmax over tokens",
                        TOKENS,
                        g -> x -> g.add("s", new Op.Softmax(1, true), x).get(0)),
                new Case(
                        "arg max",
                        TOKENS,
                        g -> x -> g.cast(
                                g.add("a", new Op.ArgMax(2, false, false), x).get(0), DType.F32)),
                new Case(
                        "cumulative sum",
                        TOKENS,
                        g -> x -> g.add("c", new Op.CumSum(1, false, false), x).get(0)),
                new Case(
                        "cumulative sum, exclusive, reversed",
                        TOKENS,
                        g -> x -> g.add("c", new Op.CumSum(1, true, true), x).get(0)),
                new Case("reshape", TOKENS, g -> x -> g.reshape(x, 0, 0, 2, -1)),
                new Case("reshape by a computed shape", TOKENS, g -> x -> {
                    Value rows = g.sizeOf(x, 0);
                    Value shape = g.concat(0, rows, g.integers(-1), g.integers(4));
                    return g.add("reshape", new Op.Reshape(), x, shape).get(0);
                }),
                new Case("flatten", IMAGES, g -> x -> g.flatten(x, 2)),
                new Case("transpose", TOKENS, g -> x -> g.transpose(x, 2, 0, 1)),
                new Case("unsqueeze and squeeze", TOKENS, g -> x -> g.squeeze(g.unsqueeze(x, 1, 3), 3)),
                new Case("concat", TOKENS, g -> x -> g.concat(2, x, g.relu(x))),
                new Case("split", TOKENS, g -> x -> {
                    List<Value> parts = g.add("split", new Op.Split(2, List.of(3L, 5L)), x);
                    return g.concat(2, parts.get(1), parts.get(0));
                }),
                new Case("slice", TOKENS, g -> x -> g.slice(x, 2, -5, -1)),
                new Case("slice to a computed length", TOKENS, g -> x -> {
                    Value table = g.parameter("table", Shape.of(64, 8), new Init.Normal(1));
                    return g.add(x, g.slice(table, 0, g.integers(0), g.sizeOf(x, 1)));
                }),
                new Case("every third, every second", PICTURES, g -> x -> g.everyNth(g.everyNth(x, 2, 3), 3, 2)),
                new Case("gather", TOKENS, g -> x -> g.gather(x, g.integers(3, 0, 7), 2)),
                new Case("gather one", TOKENS, g -> x -> g.select(x, 1, 0)),
                new Case("gather the last", TOKENS, g -> x -> g.select(x, 1, -1)),
                new Case(
                        "gather of rank 2",
                        TOKENS,
                        g -> x -> g.gather(x, g.constant(HostTensor.of(new long[] {1, 2, 3, 4}, 2, 2)), 2)),
                new Case("gather elements", ROWS, g -> x -> {
                    Value at = g.add("a", new Op.ArgMax(1, true, false), x).get(0);
                    return g.add("ge", new Op.GatherElements(1), x, at).get(0);
                }),
                new Case("expand", TOKENS, g -> x -> {
                    Value mean = g.reduce(Op.ReduceKind.MEAN, x, true, 1);
                    Value shape = g.add("shape", new Op.ShapeOf(), x).get(0);
                    return g.add("expand", new Op.Expand(), mean, shape).get(0);
                }),
                new Case(
                        "tile",
                        TOKENS,
                        g -> x -> g.add("tile", new Op.Tile(), x, g.integers(1, 2, 1))
                                .get(0)),
                new Case(
                        "pad",
                        IMAGES,
                        g -> x -> g.add(
                                        "pad",
                                        new Op.Pad(Op.PadMode.CONSTANT, 0.5),
                                        x,
                                        g.integers(0, 0, 1, 2, 0, 0, 0, 1))
                                .get(0)),
                new Case(
                        "pad by reflection",
                        IMAGES,
                        g -> x -> g.add("pad", new Op.Pad(Op.PadMode.REFLECT, 0), x, g.integers(0, 0, 1, 2, 0, 0, 0, 1))
                                .get(0)),
                new Case(
                        "pad by the edge",
                        IMAGES,
                        g -> x -> g.add("pad", new Op.Pad(Op.PadMode.EDGE, 0), x, g.integers(0, 0, 1, 2, 0, 0, 0, 1))
                                .get(0)),
                new Case("range", TOKENS, g -> x -> {
                    Value length = g.squeeze(g.sizeOf(x, 1), 0);
                    Value zero = g.constant(HostTensor.scalar(0L));
                    Value places = g.add("range", new Op.Range(), zero, length, g.constant(HostTensor.scalar(1L)))
                            .get(0);
                    return g.mul(x, g.unsqueeze(g.cast(places, DType.F32), 1));
                }),
                new Case("constant of shape", TOKENS, g -> x -> {
                    Value shape = g.add("shape", new Op.ShapeOf(), x).get(0);
                    return g.add(
                            x,
                            g.add("ones", new Op.ConstantOfShape(HostTensor.scalar(1.5f)), shape)
                                    .get(0));
                }),
                new Case(
                        "triangle",
                        TOKENS,
                        g -> x -> g.add("t", new Op.Triangle(true), x).get(0)),
                new Case(
                        "nearest resize",
                        IMAGES,
                        g -> x -> g.add("r", new Op.Resize(Op.ResizeKind.NEAREST, false), x, g.integers(18, 20))
                                .get(0)),
                new Case(
                        "bilinear resize",
                        IMAGES,
                        g -> x -> g.add("r", new Op.Resize(Op.ResizeKind.BILINEAR, false), x, g.integers(17, 5))
                                .get(0)),
                new Case(
                        "bilinear resize to one",
                        IMAGES,
                        g -> x -> g.add("r", new Op.Resize(Op.ResizeKind.BILINEAR, false), x, g.integers(1, 1))
                                .get(0)),
                new Case(
                        "bilinear resize, corners",
                        IMAGES,
                        g -> x -> g.add("r", new Op.Resize(Op.ResizeKind.BILINEAR, true), x, g.integers(17, 21))
                                .get(0)),
                new Case(
                        "bicubic resize",
                        IMAGES,
                        g -> x -> g.add("r", new Op.Resize(Op.ResizeKind.BICUBIC, false), x, g.integers(17, 21))
                                .get(0)),
                new Case("dropout, which is off", ROWS, g -> x -> g.dropout(x, 0.5)),
                recurrent("LSTM", new Op.Recurrent(Op.CellKind.LSTM, 5, 0, false, true, false, false)),
                recurrent(
                        "LSTM, both ways, without bias",
                        new Op.Recurrent(Op.CellKind.LSTM, 5, 0, true, false, false, false)),
                recurrent(
                        "LSTM, lengths and states, both ways",
                        new Op.Recurrent(Op.CellKind.LSTM, 5, 0, true, true, true, true)),
                recurrent("LSTM, projected", new Op.Recurrent(Op.CellKind.LSTM, 6, 3, false, true, false, false)),
                recurrent(
                        "LSTM, projected, without bias, with states",
                        new Op.Recurrent(Op.CellKind.LSTM, 6, 3, false, false, false, true)),
                recurrent(
                        "LSTM, projected, lengths and states, both ways",
                        new Op.Recurrent(Op.CellKind.LSTM, 6, 3, true, true, true, true)),
                recurrent("GRU", new Op.Recurrent(Op.CellKind.GRU, 5, 0, false, true, false, false)),
                recurrent(
                        "GRU, lengths and states, both ways",
                        new Op.Recurrent(Op.CellKind.GRU, 5, 0, true, true, true, true)),
                recurrent(
                        "GRU, without bias, lengths",
                        new Op.Recurrent(Op.CellKind.GRU, 5, 0, false, false, true, false)),
                new Case(
                        "attention",
                        TOKENS,
                        g -> x -> g.add("a", new Op.Attention(2, 0, false, 0.1), x, x, x)
                                .get(0)),
                new Case("attention, scaled, masked by addition", TOKENS, g -> x -> {
                    Value mask = g.unsqueeze(g.select(x, 2, 0), 1, 2);
                    return g.add("a", new Op.Attention(4, 0.3, false, 0), x, x, x, mask)
                            .get(0);
                }),
                new Case("attention, masked by truth", TOKENS, g -> x -> {
                    Value first = g.unsqueeze(g.select(x, 2, 0), 1, 2);
                    Value mask = g.binary(Op.BinaryKind.LESS, first, g.scalar(0.9));
                    return g.attention(x, x, x, mask, 2, 0);
                })));
        return cases.stream().map(c -> Arguments.of(c.name(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void bothEnginesAgree(String name, Object given) {
        Case c = (Case) given;
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, c.shape());
        graph.output("y", c.build().apply(graph).apply(x));
        Weights weights = perturbed(Weights.initial(graph, 7));

        Graph training = new Graph();
        Value tx = training.input("x", DType.F32, c.shape());
        Value ty = c.build().apply(training).apply(tx);
        training.output("y", ty);
        Value all = training.reshape(ty, -1);
        training.output("loss", training.reduce(Op.ReduceKind.SUM, all, false, 0));

        try (InferenceSession onnx = new OnnxEngine().load(graph, weights, Device.CPU);
                TrainingSession torch = new TorchEngine()
                        .load(
                                training,
                                weights,
                                new TrainingEngine.Options(List.of(), Optimizer.adamW(), 0, Device.CPU))) {
            for (long[] lengths : new long[][] {{1, 7, 9}, {3, 10, 6}, {2, 11, 8}}) {
                HostTensor input = input(c.shape(), lengths);
                HostTensor a = onnx.run(Map.of("x", input)).get("y");
                HostTensor b = torch.run(Map.of("x", input)).get("y");
                assertThat(b.shape()).isEqualTo(a.shape());
                assertThat(graph.output("y").shape().accepts(a.shape()))
                        .as("declared %s, got %s", graph.output("y").shape(), a.shape())
                        .isTrue();
                assertLengthsAreAsNamed(graph.output("y").shape(), c.shape(), input.shape(), a.shape());
                float[] expected = a.toFloats();
                float[] found = b.toFloats();
                for (int i = 0; i < expected.length; i++) {
                    assertThat((double) found[i])
                            .isCloseTo(expected[i], within(1e-4 * Math.max(1, Math.abs(expected[i]))));
                }
            }
        }
    }

    /** An open axis says in its name how long it is, by the open axes of the input. */
    private static void assertLengthsAreAsNamed(Shape declared, Shape open, Shape given, Shape found) {
        Map<String, Long> lengths = Graph.bind("x", open, given);
        for (int i = 0; i < declared.rank(); i++) {
            Optional<StridedLength> length = StridedLength.of(declared.dim(i));
            if (length.isPresent()) {
                assertThat(length.get().at(lengths.get(length.get().axis())))
                        .as("axis %s of %s for %s", i, declared, given)
                        .isEqualTo(found.size(i));
            }
        }
    }

    /** Weights of norms that differ from 1 and 0, so that a swap would show. */
    private static Weights perturbed(Weights weights) {
        Random random = new Random(5);
        Map<String, HostTensor> out = new LinkedHashMap<>();
        weights.tensors().forEach((name, t) -> {
            if (t.dtype() != DType.F32) {
                out.put(name, t);
                return;
            }
            float[] v = t.toFloats();
            for (int i = 0; i < v.length; i++) {
                v[i] += 0.1f * random.nextFloat();
            }
            out.put(name, HostTensor.of(v, t.shape().toArray()));
        });
        return Weights.of(out);
    }

    private static HostTensor input(Shape shape, long[] lengths) {
        long[] sizes = shape.toArray();
        int open = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0) {
                sizes[i] = lengths[open++];
            }
        }
        Random random = new Random(11 + lengths[0]);
        float[] values = new float[(int) Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, sizes);
    }
}
