// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.TensorType;

/**
 * Builds and holds the graph of a model. {@link #at} narrows the name scope as the published checkpoint does, so that
 * the key of a parameter can be read off the line that makes the layer: {@code g.at("layer1").at(0).linear("fc", x,
 * 10)} makes {@code layer1.0.fc.weight}.
 *
 * <p>All views that {@link #at} gives share one body. Nodes are held in an order in which each comes after what it
 * reads. Every method that adds a node checks shapes and says which node refused what.
 */
public final class Graph {
    private final String scope;
    private final Body body;

    private static final class Body {
        final Map<String, Value> inputs = new LinkedHashMap<>();
        final Map<String, Value> parameters = new LinkedHashMap<>();
        final List<Node> nodes = new ArrayList<>();
        final Map<String, Value> outputs = new LinkedHashMap<>();
        final Set<String> names = new HashSet<>();
        final Map<String, Integer> counts = new HashMap<>();
        final ShapeRules rules = new ShapeRules();
    }

    /** An empty graph. */
    public Graph() {
        this("", new Body());
    }

    private Graph(String scope, Body body) {
        this.scope = scope;
        this.body = body;
    }

    /** A view of this graph whose names begin with this scope and {@code name}; a number is fine. */
    public Graph at(Object name) {
        return new Graph(path(name.toString()), body);
    }

    /** A view of this graph without a scope. */
    public Graph root() {
        return new Graph("", body);
    }

    /** A name inside the scope of this view. */
    public String path(String name) {
        return scope.isEmpty() ? name : name.isEmpty() ? scope : scope + "." + name;
    }

    // ------------------------------------------------------------------------------------------- what it holds

    /** The nodes, each after those whose outputs it reads. */
    public List<Node> nodes() {
        return Collections.unmodifiableList(body.nodes);
    }

    /** The inputs by name, in the order in which they were made. */
    public Map<String, Value> inputs() {
        return Collections.unmodifiableMap(body.inputs);
    }

    /** Parameters and buffers by their published names, in the order in which they were made. */
    public Map<String, Value> parameters() {
        return Collections.unmodifiableMap(body.parameters);
    }

    /** The outputs by name. */
    public Map<String, Value> outputs() {
        return Collections.unmodifiableMap(body.outputs);
    }

    /** The output of that name. */
    public Value output(String name) {
        Value v = body.outputs.get(name);
        if (v == null) {
            throw new UnknownNameException(
                    "output", name, body.outputs.keySet(), "declare it with output(name, value)");
        }
        return v;
    }

    /** Any value of that name: input, parameter, constant or the output of a node. */
    public Value value(String name) {
        Set<String> known = new HashSet<>();
        for (Map<String, Value> m : List.of(body.outputs, body.inputs, body.parameters)) {
            if (m.containsKey(name)) {
                return m.get(name);
            }
            known.addAll(m.keySet());
        }
        for (Node n : body.nodes) {
            for (Value v : n.outputs()) {
                if (v.name().equals(name)) {
                    return v;
                }
                known.add(v.name());
            }
        }
        throw new UnknownNameException("value", name, known, "open the model in a viewer to see its value names");
    }

    /** The nodes that read each value. */
    public Map<Value, List<Node>> readers() {
        Map<Value, List<Node>> readers = new HashMap<>();
        for (Node n : body.nodes) {
            for (Value v : new HashSet<>(n.inputs())) {
                readers.computeIfAbsent(v, k -> new ArrayList<>()).add(n);
            }
        }
        return readers;
    }

    // ------------------------------------------------------------------------------------------- what goes in

    /** Declares an input; its name takes no scope. */
    public Value input(String name, DType dtype, Shape shape) {
        if (body.inputs.containsKey(name)) {
            throw new InvalidArgumentException(
                    "Two inputs of one graph have the same name.", name, "a new name", "rename one of them");
        }
        Value v = new Value(unique(name), new TensorType(dtype, shape), new Value.Input());
        body.inputs.put(name, v);
        return v;
    }

    /** Declares an {@code f32} parameter under this scope; asked for twice, it is the same one (tied weights). */
    public Value parameter(String name, Shape shape, Init init) {
        return parameter(name, new TensorType(DType.F32, shape), init, false);
    }

    /** Declares state that no gradient reaches, such as a running mean. */
    public Value buffer(String name, TensorType type, Init init) {
        return parameter(name, type, init, true);
    }

    private Value parameter(String name, TensorType type, Init init, boolean buffer) {
        String full = path(name);
        Value known = body.parameters.get(full);
        if (known != null) {
            if (!known.type().equals(type)) {
                throw new ShapeMismatchException(
                        "Parameter '" + full + "' is declared twice with different types.",
                        type,
                        known.type(),
                        "tie only parameters of one shape, or use another name");
            }
            return known;
        }
        if (!type.shape().isFixed()) {
            throw new ShapeMismatchException(
                    "Parameter '" + full + "' has an open shape.",
                    type,
                    "known lengths",
                    "give the layer before it a known width");
        }
        Value v = new Value(unique(full), type, new Value.Parameter(init, buffer));
        body.parameters.put(full, v);
        return v;
    }

    /** A value that is written into the graph. */
    public Value constant(HostTensor tensor) {
        return constant("constant", tensor);
    }

    /** A value that is written into the graph, under a name of its own where that is free. */
    public Value constant(String name, HostTensor tensor) {
        return new Value(unique(path(name)), tensor.type(), new Value.Constant(tensor));
    }

    /** A scalar {@code f32[]}. */
    public Value scalar(double value) {
        return constant(HostTensor.scalar((float) value));
    }

    /** A list {@code i64[k]}. */
    public Value integers(long... values) {
        return constant(HostTensor.of(values, values.length));
    }

    /** Declares {@code value} an output under a name; replaces an earlier one of that name. */
    public void output(String name, Value value) {
        body.outputs.put(name, value);
    }

    /** Forgets every output, so that others can be declared. */
    public void clearOutputs() {
        body.outputs.clear();
    }

    /** Adds a node of any op; {@code word} names it inside the scope. */
    public List<Value> add(String word, Op op, Value... inputs) {
        return add(word, op, Arrays.asList(inputs), List.of());
    }

    /** Adds a node whose outputs take the given names (those of an imported file); missing ones are made up. */
    public List<Value> add(String word, Op op, List<Value> inputs, List<String> outputNames) {
        String path = unique(path(word));
        // The rules see a node without outputs, because its outputs' types are what they answer.
        Node question = new Node(path, op, inputs, List.of());
        List<TensorType> types = op.accept(question, body.rules);
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            String wanted = i < outputNames.size() && !outputNames.get(i).isEmpty()
                    ? outputNames.get(i)
                    : types.size() == 1 ? path + ":out" : path + ":out" + i;
            outputs.add(new Value(unique(wanted), types.get(i), new Value.Input()));
        }
        Node node = new Node(path, op, inputs, outputs);
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).producedBy(node, i);
        }
        body.nodes.add(node);
        return outputs;
    }

    private Value one(String word, Op op, Value... inputs) {
        return add(word, op, inputs).get(0);
    }

    private String unique(String wanted) {
        if (body.names.add(wanted)) {
            return wanted;
        }
        for (; ; ) {
            String next = wanted + "_" + body.counts.merge(wanted, 1, Integer::sum);
            if (body.names.add(next)) {
                return next;
            }
        }
    }

    // ------------------------------------------------------------------------------------------- layers

    /**
     * {@code f32[..., in] -> f32[..., out]} with {@code NAME.weight} and {@code NAME.bias}; PyTorch's initial values.
     */
    public Value linear(String name, Value x, long out) {
        return linear(name, x, out, true);
    }

    /** {@code f32[..., in] -> f32[..., out]}, with or without bias. */
    public Value linear(String name, Value x, long out, boolean bias) {
        Init init = new Init.FanIn(known("linear", name, x, -1));
        return linear(name, x, out, bias, init, init);
    }

    /** {@code f32[..., in] -> f32[..., out]} with initial values of its own. */
    public Value linear(String name, Value x, long out, boolean bias, Init weightInit, Init biasInit) {
        Graph layer = at(name);
        Value weight = layer.parameter("weight", Shape.of(out, known("linear", name, x, -1)), weightInit);
        return bias
                ? layer.one("", new Op.Linear(), x, weight, layer.parameter("bias", Shape.of(out), biasInit))
                : layer.one("", new Op.Linear(), x, weight);
    }

    /** {@code i64[...] -> f32[..., width]} with {@code NAME.weight f32[rows, width]}. */
    public Value embedding(String name, Value indices, long rows, long width, long paddingIndex, Init init) {
        Graph layer = at(name);
        return layer.one(
                "", new Op.Embedding(paddingIndex), layer.parameter("weight", Shape.of(rows, width), init), indices);
    }

    /** Layer normalisation over the last axis, same shape, with {@code NAME.weight} and {@code NAME.bias}. */
    public Value layerNorm(String name, Value x, double epsilon) {
        Graph layer = at(name);
        Shape width = Shape.of(known("layerNorm", name, x, -1));
        return layer.one(
                "",
                new Op.LayerNorm(1, epsilon),
                x,
                layer.parameter("weight", width, Init.ones()),
                layer.parameter("bias", width, Init.zeros()));
    }

    /** Batch normalisation of {@code f32[N, C, ...]}, same shape, with PyTorch's five tensors under {@code NAME}. */
    public Value batchNorm(String name, Value x, double epsilon, double momentum) {
        Graph layer = at(name);
        Shape channels = Shape.of(known("batchNorm", name, x, 1));
        TensorType statistic = new TensorType(DType.F32, channels);
        return layer.one(
                "",
                new Op.BatchNorm(epsilon, momentum),
                x,
                layer.parameter("weight", channels, Init.ones()),
                layer.parameter("bias", channels, Init.zeros()),
                layer.buffer("running_mean", statistic, Init.zeros()),
                layer.buffer("running_var", statistic, Init.ones()),
                layer.buffer("num_batches_tracked", new TensorType(DType.I64, Shape.SCALAR), Init.zeros()));
    }

    /** {@code f32[N, C, H, W] -> f32[N, out, H', W']}, square kernel, with {@code NAME.weight} and, if asked, bias. */
    public Value conv2d(String name, Value x, long out, int kernel, int stride, int padding, int groups, boolean bias) {
        Conv2d c =
                Conv2d.of(out, kernel).withStride(stride).withPadding(padding).withGroups(groups);
        return conv2d(name, x, bias ? c : c.withoutBias());
    }

    /**
     * {@code f32[N, C, H, W] -> f32[N, out, H', W']} with {@code NAME.weight} and, if it has one, {@code NAME.bias}.
     */
    public Value conv2d(String name, Value x, Conv2d c) {
        Graph layer = at(name);
        long in = known("conv2d", name, x, 1);
        if (in % c.groups() != 0 || c.out() % c.groups() != 0) {
            throw new InvalidArgumentException(
                    "The channels of conv2d '" + path(name) + "' do not divide into its groups.",
                    in + " in, " + c.out() + " out, " + c.groups() + " groups",
                    "multiples of the number of groups",
                    "change the width or the number of groups");
        }
        long perGroup = in / c.groups();
        Value weight =
                layer.parameter("weight", Shape.of(c.out(), perGroup, c.kernelHeight(), c.kernelWidth()), c.init());
        long stride = c.stride();
        long height = c.paddingHeight();
        long width = c.paddingWidth();
        long dilation = c.dilation();
        Op op = new Op.Conv(
                List.of(stride, stride),
                List.of(height, width, height, width),
                List.of(dilation, dilation),
                c.groups());
        return c.bias()
                ? layer.one(
                        "",
                        op,
                        x,
                        weight,
                        layer.parameter(
                                "bias",
                                Shape.of(c.out()),
                                new Init.FanIn(perGroup * c.kernelHeight() * c.kernelWidth())))
                : layer.one("", op, x, weight);
    }

    /**
     * {@code f32[N, C, H, W] -> f32[N, out, (H - 1) stride + kernel, ...]}: a transposed convolution of a square
     * window, with {@code NAME.weight f32[C, out, kernel, kernel]} and {@code NAME.bias}; PyTorch's initial values.
     */
    public Value convTranspose2d(String name, Value x, long out, int kernel, int stride) {
        return convTranspose2d(name, x, out, kernel, stride, true);
    }

    /** As {@link #convTranspose2d(String, Value, long, int, int)}, with or without bias. */
    public Value convTranspose2d(String name, Value x, long out, int kernel, int stride, boolean bias) {
        Graph layer = at(name);
        // As PyTorch does, which takes the second axis of the weight for what comes in.
        Init init = new Init.FanIn(out * kernel * kernel);
        long s = stride;
        Op op = new Op.ConvTranspose(List.of(s, s), List.of(0L, 0L, 0L, 0L), List.of(0L, 0L), List.of(1L, 1L), 1);
        Value weight =
                layer.parameter("weight", Shape.of(known("convTranspose2d", name, x, 1), out, kernel, kernel), init);
        return bias
                ? layer.one("", op, x, weight, layer.parameter("bias", Shape.of(out), init))
                : layer.one("", op, x, weight);
    }

    /** Multi-head attention of {@code f32[N, L, D]} over {@code f32[N, S, D]}; see {@link Op.Attention}. */
    public Value attention(Value query, Value key, Value value, Value mask, int heads, double dropout) {
        return one("attention", new Op.Attention(heads, 0, false, dropout), query, key, value, mask);
    }

    /**
     * A recurrent layer over {@code f32[N, L, C]} with PyTorch's parameters {@code weight_ih_lK}, {@code weight_hh_lK},
     * {@code bias_ih_lK}, {@code bias_hh_lK} and {@code weight_hr_lK} in this scope, those of the second direction with
     * {@code _reverse}; PyTorch's initial values. Gives what {@link Op.Recurrent} gives.
     *
     * @param layer K
     * @param optional the lengths and the first states, as the op asks for them
     */
    public List<Value> recurrent(int layer, Op.Recurrent op, Value x, Value... optional) {
        Init init = new Init.Uniform(1 / Math.sqrt(op.hidden()));
        long rows = (long) op.cell().gates() * op.hidden();
        List<Value> inputs = new ArrayList<>(List.of(x));
        inputs.addAll(Arrays.asList(optional));
        for (int d = 0; d < op.directions(); d++) {
            String suffix = "_l" + layer + (d == 0 ? "" : "_reverse");
            inputs.add(parameter("weight_ih" + suffix, Shape.of(rows, known("recurrent", suffix, x, 2)), init));
            inputs.add(parameter("weight_hh" + suffix, Shape.of(rows, op.width()), init));
            if (op.bias()) {
                inputs.add(parameter("bias_ih" + suffix, Shape.of(rows), init));
                inputs.add(parameter("bias_hh" + suffix, Shape.of(rows), init));
            }
            if (op.projection() > 0) {
                inputs.add(parameter("weight_hr" + suffix, Shape.of(op.projection(), op.hidden()), init));
            }
        }
        return add(op.cell().name().toLowerCase(Locale.ROOT) + "_l" + layer, op, inputs, List.of());
    }

    /** Dropout; a probability of 0 adds no node. */
    public Value dropout(Value x, double probability) {
        return probability == 0 ? x : one("dropout", new Op.Dropout(probability), x);
    }

    /** Stochastic depth of a residual branch, same shape; a probability of 0 adds no node. */
    public Value stochasticDepth(Value branch, double probability) {
        return probability == 0 ? branch : one("stochastic_depth", new Op.StochasticDepth(probability), branch);
    }

    // ------------------------------------------------------------------------------------------- functions

    /** A function of one value, same shape. */
    public Value unary(Op.UnaryKind kind, Value x) {
        return one(kind.name().toLowerCase(Locale.ROOT), new Op.Unary(kind), x);
    }

    /** {@code max(x, 0)}, same shape. */
    public Value relu(Value x) {
        return unary(Op.UnaryKind.RELU, x);
    }

    /** Hyperbolic tangent, same shape. */
    public Value tanh(Value x) {
        return unary(Op.UnaryKind.TANH, x);
    }

    /** Gaussian error linear unit, exact, same shape. */
    public Value gelu(Value x) {
        return one("gelu", new Op.Gelu(false), x);
    }

    /** A function of two values, broadcast. */
    public Value binary(Op.BinaryKind kind, Value a, Value b) {
        return one(kind.name().toLowerCase(Locale.ROOT), new Op.Binary(kind), a, b);
    }

    /** {@code a + b}, broadcast. */
    public Value add(Value a, Value b) {
        return binary(Op.BinaryKind.ADD, a, b);
    }

    /** {@code a - b}, broadcast. */
    public Value sub(Value a, Value b) {
        return binary(Op.BinaryKind.SUB, a, b);
    }

    /** {@code a b}, broadcast. */
    public Value mul(Value a, Value b) {
        return binary(Op.BinaryKind.MUL, a, b);
    }

    /** {@code a / b}, broadcast. */
    public Value div(Value a, Value b) {
        return binary(Op.BinaryKind.DIV, a, b);
    }

    /** Matrix product, see {@link Op.MatMul}. */
    public Value matMul(Value a, Value b) {
        return one("matmul", new Op.MatMul(), a, b);
    }

    /** Another element type, same shape. */
    public Value cast(Value x, DType to) {
        return x.dtype() == to ? x : one("cast", new Op.Cast(to), x);
    }

    /** Limits to {@code [min, max]}, same shape. */
    public Value clip(Value x, double min, double max) {
        return one("clip", new Op.Clip(min, max), x);
    }

    /** {@code condition ? a : b}, broadcast. */
    public Value where(Value condition, Value a, Value b) {
        return one("where", new Op.Where(), condition, a, b);
    }

    /** Softmax along an axis, same shape. */
    public Value softmax(Value x, int axis) {
        return one("softmax", new Op.Softmax(axis, false), x);
    }

    /** Reduces axes. */
    public Value reduce(Op.ReduceKind kind, Value x, boolean keepDims, int... axes) {
        return one(
                kind.name().toLowerCase(Locale.ROOT),
                new Op.Reduce(kind, IntStream.of(axes).boxed().toList(), keepDims),
                x);
    }

    /** Another shape; 0 copies an axis, -1 is inferred. */
    public Value reshape(Value x, long... shape) {
        return one("reshape", new Op.Reshape(), x, integers(shape));
    }

    /** Joins the axes from {@code axis} on into one, and those before it into one; rank 2. */
    public Value flatten(Value x, int axis) {
        return one("flatten", new Op.Flatten(axis), x);
    }

    /** Axes in another order. */
    public Value transpose(Value x, int... permutation) {
        return one(
                "transpose", new Op.Transpose(IntStream.of(permutation).boxed().toList()), x);
    }

    /** Axes of length 1 put in at these places of the result. */
    public Value unsqueeze(Value x, int... axes) {
        return one("unsqueeze", new Op.Unsqueeze(IntStream.of(axes).boxed().toList()), x);
    }

    /** Axes of length 1 taken out. */
    public Value squeeze(Value x, int... axes) {
        return one("squeeze", new Op.Squeeze(IntStream.of(axes).boxed().toList()), x);
    }

    /** Joins values along an axis. */
    public Value concat(int axis, Value... parts) {
        return one("concat", new Op.Concat(axis), parts);
    }

    /** {@code x[start:end]} along one axis; a negative place counts from the last, a large one means all. */
    public Value slice(Value x, int axis, long start, long end) {
        return slice(x, axis, integers(start), integers(end));
    }

    /** {@code x[start:end]} along one axis, with places {@code i64[1]} that the run knows. */
    public Value slice(Value x, int axis, Value start, Value end) {
        return one("slice", new Op.Slice(), x, start, end, integers(axis), integers(1));
    }

    /** Every {@code step}-th entry along one axis, from the first on: {@code x[::step]}. */
    public Value everyNth(Value x, int axis, long step) {
        return one("slice", new Op.Slice(), x, integers(0), integers(Long.MAX_VALUE), integers(axis), integers(step));
    }

    /** Entries along an axis. */
    public Value gather(Value x, Value indices, int axis) {
        return one("gather", new Op.Gather(axis), x, indices);
    }

    /** One entry along an axis, which is taken out: {@code x[:, index]}. */
    public Value select(Value x, int axis, long index) {
        return gather(x, constant(HostTensor.scalar(index)), axis);
    }

    /** The length of one axis, {@code i64[1]}. */
    public Value sizeOf(Value x, int axis) {
        return gather(
                one("shape", new Op.ShapeOf(), x),
                integers(axis < 0 ? axis + x.shape().rank() : axis),
                0);
    }

    /** Global average pooling of {@code f32[N, C, H, W]} to {@code f32[N, C]}. */
    public Value globalAveragePool(Value x) {
        return flatten(one("avgpool", new Op.GlobalPool(Op.PoolKind.AVERAGE), x), 1);
    }

    /** {@code f32[N, C, H, W]} pooled by square windows. */
    public Value pool2d(Op.PoolKind kind, Value x, int kernel, int stride, int padding, boolean ceil) {
        long k = kernel;
        long s = stride;
        long p = padding;
        return one(
                "pool",
                new Op.Pool(kind, List.of(k, k), List.of(s, s), List.of(p, p, p, p), List.of(1L, 1L), ceil, true),
                x);
    }

    /** {@code f32[N, C, H, W] -> f32[N, C, height, width]}, means over windows that share the picture out evenly. */
    public Value adaptiveAveragePool2d(Value x, long height, long width) {
        return one("avgpool", new Op.AdaptiveAveragePool(List.of(height, width)), x);
    }

    /** {@code f32[N, C, H, W]} resized to the height and width of {@code like}, half pixels as in PyTorch. */
    public Value resizeLike(Op.ResizeKind kind, Value x, Value like) {
        return one("resize", new Op.Resize(kind, false), x, concat(0, sizeOf(like, 2), sizeOf(like, 3)));
    }

    private long known(String layer, String name, Value x, int axis) {
        int rank = x.shape().rank();
        if (rank == 0 || axis >= rank || !x.shape().dim(axis).isFixed()) {
            throw new ShapeMismatchException(
                    layer + " '" + path(name) + "' needs to know the width of its input.",
                    x,
                    "a known length on axis " + axis,
                    "check the layer that makes '" + x.name() + "'");
        }
        return x.shape().size(axis);
    }

    // ------------------------------------------------------------------------------------------- parts

    /**
     * A new graph of just the nodes that {@code outputs} need. A value in {@code cuts} becomes an input of the name it
     * is given there, and what made it is left out. Parameters and inputs keep their names; inputs that nothing needs
     * are left out.
     */
    public Graph extract(Map<String, Value> cuts, Map<String, Value> outputs) {
        Map<Value, String> cutNames = new HashMap<>();
        cuts.forEach((name, value) -> cutNames.put(value, name));
        Set<Value> needed = needed(outputs.values(), cutNames.keySet());
        Graph part = new Graph();
        Copy copy = new Copy(part);
        body.inputs.forEach((name, v) -> {
            if (needed.contains(v) && !cutNames.containsKey(v)) {
                copy.map(v, part.input(name, v.dtype(), v.shape()));
            }
        });
        cuts.forEach((name, v) -> {
            if (needed.contains(v)) {
                copy.map(v, part.input(name, v.dtype(), v.shape()));
            }
        });
        for (Node n : body.nodes) {
            if (n.outputs().stream().anyMatch(v -> needed.contains(v) && !cutNames.containsKey(v))) {
                copy.node(n);
            }
        }
        outputs.forEach((name, v) -> part.output(name, copy.of(v)));
        return part;
    }

    /** Every value that {@code wanted} are computed from, themselves included, not looking past {@code cuts}. */
    private static Set<Value> needed(Collection<Value> wanted, Set<Value> cuts) {
        Set<Value> needed = new HashSet<>();
        List<Value> open = new ArrayList<>(wanted);
        while (!open.isEmpty()) {
            Value v = open.remove(open.size() - 1);
            if (needed.add(v) && !cuts.contains(v) && v.origin() instanceof Value.Output made) {
                open.addAll(made.node().inputs());
            }
        }
        return needed;
    }

    /** Copies nodes into another graph and remembers what each value has become. */
    public static final class Copy {
        private final Graph target;
        private final Map<Value, Value> became = new HashMap<>();

        /** Copies into {@code target}. */
        public Copy(Graph target) {
            this.target = target;
        }

        /** Says that a value of the source is this one of the target. */
        public void map(Value source, Value copy) {
            became.put(source, copy);
        }

        /** Whether it is known what the value has become. */
        public boolean knows(Value source) {
            return became.containsKey(source);
        }

        /** What a value has become; parameters and constants are made at their first use. */
        public Value of(Value source) {
            Value known = became.get(source);
            if (known != null) {
                return known;
            }
            Value made;
            if (source.origin() instanceof Value.Parameter p) {
                made = p.buffer()
                        ? target.root().buffer(source.name(), source.type(), p.init())
                        : target.root().parameter(source.name(), source.type(), p.init(), false);
            } else if (source.origin() instanceof Value.Constant c) {
                made = target.root().constant(source.name(), c.tensor());
            } else {
                throw new InvalidArgumentException(
                        "A part of a graph was copied without what it reads.",
                        source,
                        "a value that was copied before, or a cut",
                        "name '" + source.name() + "' as a cut");
            }
            became.put(source, made);
            return made;
        }

        /** Copies a node; its path and the names of its outputs stay as they are. */
        public void node(Node n) {
            List<Value> outputs = target.root()
                    .add(
                            n.path(),
                            n.op(),
                            n.inputs().stream().map(this::of).toList(),
                            n.outputs().stream().map(Value::name).toList());
            for (int i = 0; i < outputs.size(); i++) {
                became.put(n.outputs().get(i), outputs.get(i));
            }
        }
    }

    /** Lengths of the named axes of {@code shape} as {@code actual} has them; refuses what does not fit. */
    public static Map<String, Long> bind(String name, Shape shape, Shape actual) {
        if (!shape.accepts(actual)) {
            throw new ShapeMismatchException(
                    "Input '" + name + "' has another shape.",
                    actual,
                    shape,
                    "bring the data into the model's own format");
        }
        Map<String, Long> bound = new HashMap<>();
        for (int i = 0; i < shape.rank(); i++) {
            Dim d = shape.dim(i);
            if (d.isNamed()) {
                bound.put(d.name(), actual.size(i));
            }
        }
        return bound;
    }
}
