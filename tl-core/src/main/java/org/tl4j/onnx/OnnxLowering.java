// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Lowering;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/** Each op of the graph as one or a few ONNX nodes; what an op gives is registered under the name of its value. */
final class OnnxLowering implements Lowering<Void> {
    private final List<NodeProto> nodes = new ArrayList<>();
    private final List<TensorProto> constants = new ArrayList<>();
    private final Map<Value, String> outputs = new HashMap<>();
    private final Map<Value, String> names = new HashMap<>();
    private final Map<String, String> constantNames = new HashMap<>();
    private final Map<String, String> transposed = new HashMap<>();
    private final Set<String> used = new HashSet<>();

    List<NodeProto> nodes() {
        return nodes;
    }

    List<TensorProto> constants() {
        return constants;
    }

    void name(Value v, String name) {
        names.put(v, name);
        used.add(name);
    }

    /** Keeps a name for an output, so that nothing inside the graph takes it. Said before any node is lowered. */
    void reserve(String output, Value v) {
        used.add(output);
        if (v.origin() instanceof Value.Output) {
            outputs.putIfAbsent(v, output);
        }
    }

    /**
     * Gives a value the name of an output, where its node did not do so: inputs, parameters, one value under two names.
     */
    void output(String name, Value v) {
        if (!of(v).equals(name)) {
            emit("output " + name, "Identity", List.of(of(v)), List.of(name));
        }
    }

    String fresh(String wanted) {
        String name = wanted;
        for (int i = 1; !used.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    String of(Value v) {
        String known = names.get(v);
        if (known == null) {
            known = constant(v.name(), v.constant());
            names.put(v, known);
        }
        return known;
    }

    String constant(String wanted, HostTensor t) {
        String key = t.type() + t.sha256();
        String known = constantNames.get(key);
        if (known == null) {
            known = fresh(wanted);
            constants.add(OnnxTypes.tensor(known, t));
            constantNames.put(key, known);
        }
        return known;
    }

    String longs(long... values) {
        return constant("shape", HostTensor.of(values, values.length));
    }

    private String scalar(double value) {
        return constant("scalar", HostTensor.scalar((float) value));
    }

    private void emit(String path, String op, List<String> in, List<String> out, AttributeProto... attributes) {
        NodeProto.Builder b = NodeProto.newBuilder()
                .setName(path)
                .setOpType(op)
                .addAllInput(in)
                .addAllOutput(out);
        for (AttributeProto a : attributes) {
            b.addAttribute(a);
        }
        nodes.add(b.build());
    }

    /** A node in the middle of an op; gives the name of its output. */
    String step(Node n, String op, List<String> in, AttributeProto... attributes) {
        String out = fresh(n.path() + "/" + op);
        emit(out, op, in, List.of(out), attributes);
        return out;
    }

    /** A node in the middle of an op that has several outputs. */
    List<String> steps(Node n, String op, List<String> in, int outputs, AttributeProto... attributes) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            out.add(fresh(n.path() + "/" + op));
        }
        emit(out.get(0), op, in, out, attributes);
        return out;
    }

    /** The last node of an op. */
    private Void end(Node n, String op, List<String> in, AttributeProto... attributes) {
        emit(n.path(), op, in, n.outputs().stream().map(this::named).toList(), attributes);
        return null;
    }

    /** The last node of one of several outputs of an op. */
    void end(Node n, int output, String op, List<String> in, AttributeProto... attributes) {
        String out = named(n.outputs().get(output));
        emit(out, op, in, List.of(out), attributes);
    }

    private String named(Value v) {
        String promised = outputs.get(v);
        String name = promised == null ? fresh(v.name()) : promised;
        names.put(v, name);
        return name;
    }

    private Void same(Node n, String op, AttributeProto... attributes) {
        return end(n, op, n.inputs().stream().map(this::of).toList(), attributes);
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto attribute(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, List<Long> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(values)
                .build();
    }

    @Override
    public Void unary(Node n, Op.Unary op) {
        String x = of(n.input(0));
        return switch (op.kind()) {
            case SILU -> end(n, "Mul", List.of(x, step(n, "Sigmoid", List.of(x))));
            case HARD_SWISH -> end(n, "HardSwish", List.of(x));
            case IS_NAN -> end(n, "IsNaN", List.of(x));
            default -> end(n, OnnxTypes.camel(op.kind().name()), List.of(x));
        };
    }

    @Override
    public Void binary(Node n, Op.Binary op) {
        return switch (op.kind()) {
            case MOD -> same(n, "Mod", attribute("fmod", n.input(0).dtype().isFloat() ? 1L : 0L));
            default -> same(n, OnnxTypes.camel(op.kind().name()));
        };
    }

    @Override
    public Void activation(Node n, Op.Activation op) {
        AttributeProto alpha = attribute("alpha", op.alpha());
        return switch (op.kind()) {
            case LEAKY_RELU -> same(n, "LeakyRelu", alpha);
            case ELU -> same(n, "Elu", alpha);
            case CELU -> same(n, "Celu", alpha);
            case SELU -> same(n, "Selu", alpha, attribute("gamma", op.beta()));
            case HARD_SIGMOID -> same(n, "HardSigmoid", alpha, attribute("beta", op.beta()));
            case PRELU -> same(n, "PRelu");
        };
    }

    @Override
    public Void gelu(Node n, Op.Gelu op) {
        return same(n, "Gelu", attribute("approximate", op.tanh() ? "tanh" : "none"));
    }

    @Override
    public Void clip(Node n, Op.Clip op) {
        DType type = n.input(0).dtype();
        String low = Double.isInfinite(op.min())
                ? ""
                : constant("minimum", HostTensor.scalar((float) op.min()).cast(type));
        String high = Double.isInfinite(op.max())
                ? ""
                : constant("maximum", HostTensor.scalar((float) op.max()).cast(type));
        return end(n, "Clip", List.of(of(n.input(0)), low, high));
    }

    @Override
    public Void where(Node n, Op.Where op) {
        return same(n, "Where");
    }

    @Override
    public Void cast(Node n, Op.Cast op) {
        return same(n, "Cast", attribute("to", (long) OnnxTypes.number(op.to())));
    }

    @Override
    public Void matMul(Node n, Op.MatMul op) {
        return same(n, "MatMul");
    }

    /** The weight keeps its published layout [out, in]; the runtime folds the transposition when it loads the file. */
    @Override
    public Void linear(Node n, Op.Linear op) {
        String x = of(n.input(0));
        if (n.input(0).shape().rank() == 2) {
            List<String> in = new ArrayList<>(List.of(x, of(n.input(1))));
            if (n.has(2)) {
                in.add(of(n.input(2)));
            }
            return end(n, "Gemm", in, attribute("transB", 1L));
        }
        String weight = of(n.input(1));
        String turned = transposed.get(weight);
        if (turned == null) {
            turned = step(n, "Transpose", List.of(weight), attribute("perm", List.of(1L, 0L)));
            transposed.put(weight, turned);
        }
        if (!n.has(2)) {
            return end(n, "MatMul", List.of(x, turned));
        }
        return end(n, "Add", List.of(step(n, "MatMul", List.of(x, turned)), of(n.input(2))));
    }

    @Override
    public Void embedding(Node n, Op.Embedding op) {
        return same(n, "Gather", attribute("axis", 0L));
    }

    @Override
    public Void layerNorm(Node n, Op.LayerNorm op) {
        List<String> in = new ArrayList<>(List.of(of(n.input(0))));
        if (n.has(1)) {
            in.add(of(n.input(1)));
        } else {
            var shape = n.input(0).shape();
            long[] width = shape.toArray();
            long[] last = Arrays.copyOfRange(width, width.length - op.axes(), width.length);
            long count = LongStream.of(last).reduce(1, (a, b) -> a * b);
            float[] ones = new float[(int) count];
            Arrays.fill(ones, 1f);
            in.add(constant("ones", HostTensor.of(ones, last)));
        }
        if (n.has(2)) {
            in.add(of(n.input(2)));
        }
        return end(
                n, "LayerNormalization", in, attribute("axis", (long) -op.axes()), attribute("epsilon", op.epsilon()));
    }

    /** Instance normalisation of [N, groups, rest], then each channel's own scale and shift. */
    @Override
    public Void groupNorm(Node n, Op.GroupNorm op) {
        int rank = n.input(0).shape().rank();
        String x = of(n.input(0));
        String grouped = step(n, "Reshape", List.of(x, longs(0, op.groups(), -1)));
        float[] ones = new float[op.groups()];
        Arrays.fill(ones, 1f);
        String normal = step(
                n,
                "InstanceNormalization",
                List.of(
                        grouped,
                        constant("ones", HostTensor.of(ones, op.groups())),
                        constant("zeros", HostTensor.of(new float[op.groups()], op.groups()))),
                attribute("epsilon", op.epsilon()));
        String back = step(n, "Reshape", List.of(normal, step(n, "Shape", List.of(x))));
        if (!n.has(1)) {
            return end(n, "Identity", List.of(back));
        }
        long[] axes = LongStream.range(1, rank - 1).toArray();
        String weight = axes.length == 0 ? of(n.input(1)) : step(n, "Unsqueeze", List.of(of(n.input(1)), longs(axes)));
        String scaled = step(n, "Mul", List.of(back, weight));
        if (!n.has(2)) {
            return end(n, "Identity", List.of(scaled));
        }
        String bias = axes.length == 0 ? of(n.input(2)) : step(n, "Unsqueeze", List.of(of(n.input(2)), longs(axes)));
        return end(n, "Add", List.of(scaled, bias));
    }

    @Override
    public Void batchNorm(Node n, Op.BatchNorm op) {
        List<String> in = n.inputs().subList(0, 5).stream().map(this::of).toList();
        return end(n, "BatchNormalization", in, attribute("epsilon", op.epsilon()));
    }

    @Override
    public Void conv(Node n, Op.Conv op) {
        return same(
                n,
                "Conv",
                attribute("strides", op.strides()),
                attribute("pads", op.pads()),
                attribute("dilations", op.dilations()),
                attribute("group", op.groups()));
    }

    @Override
    public Void convTranspose(Node n, Op.ConvTranspose op) {
        return same(
                n,
                "ConvTranspose",
                attribute("strides", op.strides()),
                attribute("pads", op.pads()),
                attribute("output_padding", op.outputPads()),
                attribute("dilations", op.dilations()),
                attribute("group", op.groups()));
    }

    @Override
    public Void pool(Node n, Op.Pool op) {
        List<AttributeProto> a = new ArrayList<>(List.of(
                attribute("kernel_shape", op.kernel()),
                attribute("strides", op.strides()),
                attribute("pads", op.pads()),
                attribute("ceil_mode", op.ceil() ? 1L : 0L)));
        if (op.dilations().stream().anyMatch(d -> d != 1)) {
            a.add(attribute("dilations", op.dilations()));
        }
        if (op.kind() == Op.PoolKind.AVERAGE) {
            a.add(attribute("count_include_pad", op.countPads() ? 1L : 0L));
        }
        return same(n, op.kind() == Op.PoolKind.MAX ? "MaxPool" : "AveragePool", a.toArray(AttributeProto[]::new));
    }

    @Override
    public Void globalPool(Node n, Op.GlobalPool op) {
        return same(n, op.kind() == Op.PoolKind.MAX ? "GlobalMaxPool" : "GlobalAveragePool");
    }

    /**
     * Means over equal windows where the lengths are known to divide, else a product with a matrix of weights for each
     * axis, whose rows hold one window each; the weights of an open axis are computed when it runs.
     */
    @Override
    public Void adaptiveAveragePool(Node n, Op.AdaptiveAveragePool op) {
        List<Long> size = op.size();
        String x = of(n.input(0));
        if (size.stream().allMatch(k -> k == 1)) {
            return end(n, "GlobalAveragePool", List.of(x));
        }
        List<Long> lengths =
                LongStream.of(n.input(0).shape().toArray()).skip(2).boxed().toList();
        boolean equal = true;
        List<Long> windows = new ArrayList<>();
        for (int i = 0; i < size.size(); i++) {
            equal &= lengths.get(i) > 0 && lengths.get(i) % size.get(i) == 0;
            windows.add(lengths.get(i) / size.get(i));
        }
        if (equal) {
            return end(n, "AveragePool", List.of(x), attribute("kernel_shape", windows), attribute("strides", windows));
        }
        if (size.size() > 2) {
            throw new UnsupportedFeatureException(
                    n + " has windows of unequal length along " + size.size() + " axes.",
                    n.input(0).type() + " to " + size,
                    "1 or 2 axes, or lengths that divide",
                    "give the input lengths that divide");
        }
        List<Long> turned = List.of(1L, 0L);
        String columns = windows(n, size.size() + 1, size.get(size.size() - 1));
        String weights = step(n, "Transpose", List.of(columns), attribute("perm", turned));
        if (size.size() == 1) {
            return end(n, "MatMul", List.of(x, weights));
        }
        return end(n, "MatMul", List.of(windows(n, 2, size.get(0)), step(n, "MatMul", List.of(x, weights))));
    }

    /** The weights {@code f32[k, L]} by which an axis of length L becomes k means. */
    private String windows(Node n, int axis, long k) {
        String length =
                step(n, "Shape", List.of(of(n.input(0))), attribute("start", (long) axis), attribute("end", axis + 1L));
        long[] first = LongStream.range(0, k).toArray();
        long[] last = LongStream.rangeClosed(1, k).toArray();
        String parts = constant("parts", HostTensor.scalar(k));
        String start = step(
                n,
                "Div",
                List.of(step(n, "Mul", List.of(constant("first", HostTensor.of(first, k, 1)), length)), parts));
        String scaled = step(n, "Mul", List.of(constant("last", HostTensor.of(last, k, 1)), length));
        String rounded = step(n, "Add", List.of(scaled, constant("rounding", HostTensor.scalar(k - 1))));
        String end = step(n, "Div", List.of(rounded, parts));
        String places = step(
                n,
                "Range",
                List.of(
                        constant("zero", HostTensor.scalar(0L)),
                        step(n, "Squeeze", List.of(length)),
                        constant("one", HostTensor.scalar(1L))));
        String inside = step(
                n,
                "And",
                List.of(step(n, "GreaterOrEqual", List.of(places, start)), step(n, "Less", List.of(places, end))));
        AttributeProto real = attribute("to", (long) OnnxTypes.number(DType.F32));
        String count = step(n, "Cast", List.of(step(n, "Sub", List.of(end, start))), real);
        return step(n, "Div", List.of(step(n, "Cast", List.of(inside), real), count));
    }

    @Override
    public Void softmax(Node n, Op.Softmax op) {
        return same(n, op.log() ? "LogSoftmax" : "Softmax", attribute("axis", (long) op.axis()));
    }

    @Override
    public Void reduce(Node n, Op.Reduce op) {
        String name = switch (op.kind()) {
            case SUM -> "ReduceSum";
            case MEAN -> "ReduceMean";
            case MAX -> "ReduceMax";
            case MIN -> "ReduceMin";
            case PROD -> "ReduceProd";
            case L1 -> "ReduceL1";
            case L2 -> "ReduceL2";
            case SUM_SQUARE -> "ReduceSumSquare";
            case LOG_SUM_EXP -> "ReduceLogSumExp";
        };
        List<String> in = new ArrayList<>(List.of(of(n.input(0))));
        if (!op.axes().isEmpty()) {
            in.add(longs(op.axes().stream().mapToLong(Integer::longValue).toArray()));
        }
        return end(n, name, in, attribute("keepdims", op.keepDims() ? 1L : 0L));
    }

    @Override
    public Void argMax(Node n, Op.ArgMax op) {
        return same(
                n,
                op.smallest() ? "ArgMin" : "ArgMax",
                attribute("axis", (long) op.axis()),
                attribute("keepdims", op.keepDims() ? 1L : 0L));
    }

    @Override
    public Void cumSum(Node n, Op.CumSum op) {
        String axis = constant("axis", HostTensor.scalar((long) op.axis()));
        return end(
                n,
                "CumSum",
                List.of(of(n.input(0)), axis),
                attribute("exclusive", op.exclusive() ? 1L : 0L),
                attribute("reverse", op.reverse() ? 1L : 0L));
    }

    @Override
    public Void reshape(Node n, Op.Reshape op) {
        return same(n, "Reshape");
    }

    @Override
    public Void flatten(Node n, Op.Flatten op) {
        return same(n, "Flatten", attribute("axis", (long) op.axis()));
    }

    @Override
    public Void transpose(Node n, Op.Transpose op) {
        return same(
                n,
                "Transpose",
                attribute(
                        "perm",
                        op.permutation().stream().map(Integer::longValue).toList()));
    }

    @Override
    public Void unsqueeze(Node n, Op.Unsqueeze op) {
        return end(n, "Unsqueeze", List.of(of(n.input(0)), axes(op.axes())));
    }

    @Override
    public Void squeeze(Node n, Op.Squeeze op) {
        return end(
                n, "Squeeze", op.axes().isEmpty() ? List.of(of(n.input(0))) : List.of(of(n.input(0)), axes(op.axes())));
    }

    private String axes(List<Integer> axes) {
        return longs(axes.stream().mapToLong(Integer::longValue).toArray());
    }

    @Override
    public Void concat(Node n, Op.Concat op) {
        return same(n, "Concat", attribute("axis", (long) op.axis()));
    }

    @Override
    public Void split(Node n, Op.Split op) {
        String lengths = longs(op.lengths().stream().mapToLong(Long::longValue).toArray());
        return end(n, "Split", List.of(of(n.input(0)), lengths), attribute("axis", (long) op.axis()));
    }

    @Override
    public Void slice(Node n, Op.Slice op) {
        return same(n, "Slice");
    }

    @Override
    public Void gather(Node n, Op.Gather op) {
        return same(n, "Gather", attribute("axis", (long) op.axis()));
    }

    @Override
    public Void gatherElements(Node n, Op.GatherElements op) {
        return same(n, "GatherElements", attribute("axis", (long) op.axis()));
    }

    @Override
    public Void expand(Node n, Op.Expand op) {
        return same(n, "Expand");
    }

    @Override
    public Void tile(Node n, Op.Tile op) {
        return same(n, "Tile");
    }

    @Override
    public Void pad(Node n, Op.Pad op) {
        String mode = op.mode().name().toLowerCase(Locale.ROOT);
        List<String> in = new ArrayList<>(List.of(of(n.input(0)), of(n.input(1))));
        if (op.mode() == Op.PadMode.CONSTANT) {
            in.add(constant(
                    "padding",
                    HostTensor.scalar((float) op.value()).cast(n.input(0).dtype())));
        }
        return end(n, "Pad", in, attribute("mode", mode));
    }

    @Override
    public Void shapeOf(Node n, Op.ShapeOf op) {
        return same(n, "Shape");
    }

    @Override
    public Void constantOfShape(Node n, Op.ConstantOfShape op) {
        AttributeProto value = AttributeProto.newBuilder()
                .setName("value")
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(OnnxTypes.tensor("", op.value().reshape(1)))
                .build();
        return same(n, "ConstantOfShape", value);
    }

    @Override
    public Void range(Node n, Op.Range op) {
        List<String> in = new ArrayList<>();
        for (Value v : n.inputs()) {
            in.add(v.shape().rank() == 0 ? of(v) : step(n, "Squeeze", List.of(of(v))));
        }
        return end(n, "Range", in);
    }

    @Override
    public Void triangle(Node n, Op.Triangle op) {
        return same(n, "Trilu", attribute("upper", op.upper() ? 1L : 0L));
    }

    @Override
    public Void resize(Node n, Op.Resize op) {
        String lead = step(
                n, "Slice", List.of(step(n, "Shape", List.of(of(n.input(0)))), longs(0), longs(2), longs(0), longs(1)));
        String sizes = step(n, "Concat", List.of(lead, of(n.input(1))), attribute("axis", 0L));
        String mode = switch (op.kind()) {
            case NEAREST -> "nearest";
            case BILINEAR -> "linear";
            case BICUBIC -> "cubic";
        };
        List<AttributeProto> a = new ArrayList<>(List.of(
                attribute("mode", mode),
                attribute(
                        "coordinate_transformation_mode",
                        op.kind() == Op.ResizeKind.NEAREST
                                ? "asymmetric"
                                : op.alignCorners() ? "align_corners" : "half_pixel")));
        if (op.kind() == Op.ResizeKind.NEAREST) {
            a.add(attribute("nearest_mode", "floor"));
        } else if (op.kind() == Op.ResizeKind.BICUBIC) {
            a.add(attribute("cubic_coeff_a", -0.75));
        }
        return end(n, "Resize", List.of(of(n.input(0)), "", "", sizes), a.toArray(AttributeProto[]::new));
    }

    @Override
    public Void attention(Node n, Op.Attention op) {
        if (op.causal()) {
            throw new UnsupportedFeatureException(
                    n + " is causal, which is not written to ONNX yet.",
                    "causal = true",
                    "a mask as fourth input",
                    "pass a triangular mask");
        }
        long heads = op.heads();
        String split = longs(0, 0, heads, -1);
        String q = step(
                n,
                "Transpose",
                List.of(step(n, "Reshape", List.of(of(n.input(0)), split))),
                attribute("perm", List.of(0L, 2L, 1L, 3L)));
        String k = step(
                n,
                "Transpose",
                List.of(step(n, "Reshape", List.of(of(n.input(1)), split))),
                attribute("perm", List.of(0L, 2L, 3L, 1L)));
        String v = step(
                n,
                "Transpose",
                List.of(step(n, "Reshape", List.of(of(n.input(2)), split))),
                attribute("perm", List.of(0L, 2L, 1L, 3L)));
        double scale =
                op.scale() != 0 ? op.scale() : 1 / Math.sqrt(n.input(0).shape().size(2) / (double) heads);
        String scores = step(n, "Mul", List.of(step(n, "MatMul", List.of(q, k)), scalar(scale)));
        if (n.has(3)) {
            // The lowest finite number, not minus infinity: a row that may attend nothing must not become NaN.
            scores = n.input(3).dtype() == DType.BOOL
                    ? step(n, "Where", List.of(of(n.input(3)), scores, scalar(-Float.MAX_VALUE)))
                    : step(n, "Add", List.of(scores, of(n.input(3))));
        }
        String context = step(n, "MatMul", List.of(step(n, "Softmax", List.of(scores), attribute("axis", -1L)), v));
        String joined = step(n, "Transpose", List.of(context), attribute("perm", List.of(0L, 2L, 1L, 3L)));
        return end(n, "Reshape", List.of(joined, longs(0, 0, n.output().shape().size(2))));
    }

    @Override
    public Void recurrent(Node n, Op.Recurrent op) {
        return OnnxRecurrence.lower(n, op, this);
    }

    @Override
    public Void dropout(Node n, Op.Dropout op) {
        return end(n, "Identity", List.of(of(n.input(0))));
    }

    @Override
    public Void stochasticDepth(Node n, Op.StochasticDepth op) {
        return end(n, "Identity", List.of(of(n.input(0))));
    }

    @Override
    public Void crossEntropy(Node n, Op.CrossEntropy op) {
        throw trainingOnly(n);
    }

    @Override
    public Void binaryCrossEntropy(Node n, Op.BinaryCrossEntropy op) {
        throw trainingOnly(n);
    }

    private static UnsupportedFeatureException trainingOnly(Node n) {
        return new UnsupportedFeatureException(
                n + " is for training only.",
                "a loss in a graph for inference",
                "the head's outputs alone",
                "extract the graph without its loss");
    }
}
