// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Lowering;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Each op as a line of TorchScript. A partial evaluator: small integer values (shapes) become integer expressions in
 * the code wherever they can be followed, and tensors only where they cannot.
 */
final class TorchScriptLowering implements Lowering<Void> {
    private static final int INLINE = 16;
    private static final Map<DType, Integer> TYPES = Map.of(
            DType.U8,
            0,
            DType.I8,
            1,
            DType.I16,
            2,
            DType.I32,
            3,
            DType.I64,
            4,
            DType.F16,
            5,
            DType.F32,
            6,
            DType.F64,
            7,
            DType.BOOL,
            11,
            DType.BF16,
            15);

    private final StringBuilder code = new StringBuilder();
    private final Map<Value, String> tensors = new HashMap<>();
    private final Map<Value, List<String>> integers = new HashMap<>();
    private final Map<Value, Integer> reads = new HashMap<>();
    private final Set<Value> kept;
    private final Set<String> trainable;
    private final Map<String, HostTensor> constants;
    private int next;

    TorchScriptLowering(
            Graph graph,
            List<Node> live,
            Map<String, Value> outputs,
            Set<String> trainable,
            Map<String, HostTensor> constants) {
        this.trainable = trainable;
        this.constants = constants;
        this.kept = new HashSet<>(outputs.values());
        this.kept.addAll(graph.inputs().values());
        this.kept.addAll(graph.parameters().values());
        live.forEach(n -> n.inputs().forEach(v -> reads.merge(v, 1, Integer::sum)));
    }

    StringBuilder code() {
        return code;
    }

    void define(Value v, String variable) {
        tensors.put(v, variable);
    }

    static String read(String name) {
        return "getattr(self, \"" + name + "\")";
    }

    // ------------------------------------------------------------------------------------------- values

    private String line(String expression) {
        String variable = "v" + next++;
        code.append("    ").append(variable).append(" = ").append(expression).append('\n');
        return variable;
    }

    private Void give(Node n, String expression) {
        tensors.put(n.output(), line(expression));
        return null;
    }

    private Void giveIntegers(Node n, List<String> entries) {
        integers.put(n.output(), entries);
        return null;
    }

    /** The variable that holds a value; a constant or a list of integers becomes a tensor here. */
    String tensor(Value v) {
        String known = tensors.get(v);
        if (known != null) {
            return known;
        }
        String made;
        List<String> entries = integers.get(v);
        if (v.isParameter()) {
            made = line(read(v.name()));
        } else if (entries != null) {
            String list = v.shape().rank() == 0 ? entries.get(0) : entries.toString();
            made = line("torch.tensor(" + list + ", dtype=" + type(v.dtype()) + ", device=" + device() + ")");
        } else {
            made = constant(v.constant());
        }
        tensors.put(v, made);
        return made;
    }

    private String constant(HostTensor t) {
        if (t.elements() <= INLINE && t.dtype() != DType.F64) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < t.elements(); i++) {
                values.add(
                        t.dtype() == DType.BOOL
                                ? (t.longAt(i) == 0 ? "False" : "True")
                                : t.dtype().isFloat() ? number(t.doubleAt(i)) : t.longAt(i) + "");
            }
            if (t.elements() > 0) {
                String flat =
                        line("torch.tensor(" + values + ", dtype=" + type(t.dtype()) + ", device=" + device() + ")");
                return t.shape().rank() == 1
                        ? flat
                        : line("torch.reshape(" + flat + ", " + list(t.shape().toArray()) + ")");
            }
        }
        String name = "constant_" + constants.size();
        for (Map.Entry<String, HostTensor> e : constants.entrySet()) {
            if (e.getValue().bitEquals(t)) {
                return line(read(e.getKey()));
            }
        }
        constants.put(name, t);
        return line(read(name));
    }

    /** The device of the module, whatever it was loaded to: that of a tensor it was given. */
    private String device() {
        return tensors.values().stream()
                .filter(v -> v.startsWith("in_"))
                .findFirst()
                .map(v -> "ops.prim.device(" + v + ")")
                .orElse("torch.device(\"cpu\")");
    }

    /** A Python number if a value is one constant number, else its variable. */
    private String scalarOr(Value v) {
        if (v.isConstant() && v.shape().rank() == 0 && v.dtype().isFloat()) {
            return number(v.constant().doubleAt(0));
        }
        return tensor(v);
    }

    static String number(double d) {
        if (Double.isNaN(d)) {
            return "float(\"nan\")";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "float(\"inf\")" : "float(\"-inf\")";
        }
        return Double.toString(d).replace("E", "e");
    }

    private static int type(DType dtype) {
        Integer n = TYPES.get(dtype);
        if (n == null) {
            throw new UnsupportedFeatureException(
                    "libtorch has no such element type.", dtype, TYPES.keySet(), "cast it");
        }
        return n;
    }

    private static String list(long[] values) {
        List<String> parts = new ArrayList<>();
        for (long v : values) {
            parts.add(Long.toString(v));
        }
        return parts.toString();
    }

    private static String list(List<?> values) {
        return values.toString();
    }

    /** The entries of an integer value as expressions, where they can be followed. */
    private Optional<List<String>> entries(Value v) {
        List<String> known = integers.get(v);
        if (known != null) {
            return Optional.of(known);
        }
        if (v.isConstant() && v.dtype().isInteger() && v.shape().rank() <= 1) {
            List<String> out = new ArrayList<>();
            for (long x : v.constant().toLongs()) {
                out.add(Long.toString(x));
            }
            return Optional.of(out);
        }
        return Optional.empty();
    }

    /** An expression of type List[int]. */
    private String integerList(Value v) {
        return entries(v)
                .map(e -> "annotate(List[int], " + e + ")")
                .orElseGet(() -> "annotate(List[int], (" + tensor(v) + ").tolist())");
    }

    /** An expression of type int for one entry. */
    private String integer(Value v, int i) {
        return entries(v)
                .map(e -> e.get(i))
                .orElseGet(() -> v.shape().rank() == 0
                        ? "int(" + tensor(v) + ")"
                        : "int(torch.select(" + tensor(v) + ", 0, " + i + "))");
    }

    private static boolean isNumber(String expression) {
        return expression.matches("-?\\d+");
    }

    private String in(Node n, int i) {
        return tensor(n.input(i));
    }

    // ------------------------------------------------------------------------------------------- element by element

    @Override
    public Void unary(Node n, Op.Unary op) {
        Optional<List<String>> entries = entries(n.input(0));
        if (op.kind() == Op.UnaryKind.IDENTITY && entries.isPresent()) {
            return giveIntegers(n, entries.get());
        }
        String x = in(n, 0);
        return switch (op.kind()) {
            case IDENTITY -> {
                tensors.put(n.output(), x);
                yield null;
            }
            // In place where nobody else reads the input: half the memory of a residual network.
            case RELU -> give(n, (mayOverwrite(n) ? "torch.relu_(" : "torch.relu(") + x + ")");
            case NOT -> give(n, "torch.logical_not(" + x + ")");
            case HARD_SWISH -> give(n, "torch.hardswish(" + x + ")");
            case SOFTPLUS -> give(n, "torch.softplus(" + x + ")");
            case SOFTSIGN -> give(n, "torch.div(" + x + ", torch.add(torch.abs(" + x + "), 1.))");
            case IS_NAN -> give(n, "torch.isnan(" + x + ")");
            default -> give(n, "torch." + op.kind().name().toLowerCase(Locale.ROOT) + "(" + x + ")");
        };
    }

    /** Only the outputs of ops whose backward does not read what they gave. */
    private boolean mayOverwrite(Node n) {
        Value x = n.input(0);
        if (reads.getOrDefault(x, 0) != 1 || kept.contains(x) || !(x.origin() instanceof Value.Output made)) {
            return false;
        }
        Op op = made.node().op();
        return op instanceof Op.Conv
                || op instanceof Op.BatchNorm
                || op instanceof Op.Linear
                || op instanceof Op.Binary b && b.kind() == Op.BinaryKind.ADD;
    }

    @Override
    public Void binary(Node n, Op.Binary op) {
        Optional<List<String>> folded = folded(n, op.kind());
        if (folded.isPresent()) {
            return giveIntegers(n, folded.get());
        }
        String a = scalarOr(n.input(0));
        String b = scalarOr(n.input(1));
        if (a.matches("[-0-9f].*")) {
            a = tensor(n.input(0));
        }
        String call = switch (op.kind()) {
            case ADD -> "torch.add(";
            case SUB -> "torch.sub(";
            case MUL -> "torch.mul(";
            case DIV -> "torch.div(";
            case POW -> "torch.pow(";
            case MOD -> n.input(0).dtype().isFloat() ? "torch.fmod(" : "torch.remainder(";
            case MIN -> "torch.minimum(";
            case MAX -> "torch.maximum(";
            case EQUAL -> "torch.eq(";
            case LESS -> "torch.lt(";
            case LESS_OR_EQUAL -> "torch.le(";
            case GREATER -> "torch.gt(";
            case GREATER_OR_EQUAL -> "torch.ge(";
            case AND -> "torch.logical_and(";
            case OR -> "torch.logical_or(";
            case XOR -> "torch.logical_xor(";
        };
        boolean takesTensors = op.kind() == Op.BinaryKind.MIN || op.kind() == Op.BinaryKind.MAX;
        if (takesTensors) {
            b = tensor(n.input(1));
        }
        // Whole numbers divide without remainder, towards zero, as ONNX does.
        boolean whole = op.kind() == Op.BinaryKind.DIV && n.input(0).dtype().isInteger();
        return give(n, call + a + ", " + b + (whole ? ", rounding_mode=\"trunc\")" : ")"));
    }

    private Optional<List<String>> folded(Node n, Op.BinaryKind kind) {
        Optional<List<String>> left = entries(n.input(0));
        Optional<List<String>> right = entries(n.input(1));
        if (left.isEmpty() || right.isEmpty() || kind.isComparison() || kind == Op.BinaryKind.POW) {
            return Optional.empty();
        }
        List<String> out = new ArrayList<>();
        int size = Math.max(left.get().size(), right.get().size());
        for (int i = 0; i < size; i++) {
            String a = left.get().get(left.get().size() == 1 ? 0 : i);
            String b = right.get().get(right.get().size() == 1 ? 0 : i);
            out.add(
                    switch (kind) {
                        case ADD ->
                            isNumber(a) && isNumber(b)
                                    ? Long.parseLong(a) + Long.parseLong(b) + ""
                                    : "(" + a + " + " + b + ")";
                        case SUB ->
                            isNumber(a) && isNumber(b)
                                    ? Long.parseLong(a) - Long.parseLong(b) + ""
                                    : "(" + a + " - " + b + ")";
                        case MUL ->
                            isNumber(a) && isNumber(b)
                                    ? Long.parseLong(a) * Long.parseLong(b) + ""
                                    : "(" + a + " * " + b + ")";
                        case DIV -> "(" + a + " // " + b + ")";
                        case MOD -> "(" + a + " % " + b + ")";
                        case MIN -> "ops.prim.min(" + a + ", " + b + ")";
                        default -> "ops.prim.max(" + a + ", " + b + ")";
                    });
        }
        return Optional.of(out);
    }

    @Override
    public Void activation(Node n, Op.Activation op) {
        String x = in(n, 0);
        String alpha = number(op.alpha());
        String beta = number(op.beta());
        return switch (op.kind()) {
            case LEAKY_RELU -> give(n, "torch.leaky_relu(" + x + ", " + alpha + ")");
            case ELU -> give(n, "torch.elu(" + x + ", " + alpha + ")");
            case SELU -> give(n, "torch.elu(" + x + ", " + alpha + ", " + beta + ")");
            case CELU -> give(n, "torch.celu(" + x + ", " + alpha + ")");
            case HARD_SIGMOID ->
                op.alpha() == 1 / 6.0 && op.beta() == 0.5
                        ? give(n, "torch.hardsigmoid(" + x + ")")
                        : give(n, "torch.clamp(torch.add(torch.mul(" + x + ", " + alpha + "), " + beta + "), 0., 1.)");
            case PRELU ->
                give(n, "torch.where(torch.lt(" + x + ", 0.), torch.mul(" + x + ", " + in(n, 1) + "), " + x + ")");
        };
    }

    @Override
    public Void gelu(Node n, Op.Gelu op) {
        return give(n, "torch.gelu(" + in(n, 0) + ", approximate=\"" + (op.tanh() ? "tanh" : "none") + "\")");
    }

    @Override
    public Void clip(Node n, Op.Clip op) {
        if (op.min() == 0 && op.max() == 6 && n.input(0).dtype().isFloat()) {
            return give(n, "torch." + (mayOverwrite(n) ? "hardtanh_(" : "hardtanh(") + in(n, 0) + ", 0., 6.)");
        }
        boolean whole = n.input(0).dtype().isInteger();
        String low = Double.isInfinite(op.min()) ? "None" : whole ? Long.toString((long) op.min()) : number(op.min());
        String high = Double.isInfinite(op.max()) ? "None" : whole ? Long.toString((long) op.max()) : number(op.max());
        return give(n, "torch.clamp(" + in(n, 0) + ", " + low + ", " + high + ")");
    }

    @Override
    public Void where(Node n, Op.Where op) {
        return give(n, "torch.where(" + in(n, 0) + ", " + in(n, 1) + ", " + in(n, 2) + ")");
    }

    @Override
    public Void cast(Node n, Op.Cast op) {
        Optional<List<String>> entries = entries(n.input(0));
        if (op.to().isInteger() && entries.isPresent()) {
            return giveIntegers(n, entries.get());
        }
        return give(n, "torch.to(" + in(n, 0) + ", " + type(op.to()) + ")");
    }

    // ------------------------------------------------------------------------------------------- layers

    @Override
    public Void matMul(Node n, Op.MatMul op) {
        return give(n, "torch.matmul(" + in(n, 0) + ", " + in(n, 1) + ")");
    }

    @Override
    public Void linear(Node n, Op.Linear op) {
        return give(n, "torch.linear(" + in(n, 0) + ", " + in(n, 1) + ", " + optional(n, 2) + ")");
    }

    private String optional(Node n, int i) {
        return n.has(i) ? in(n, i) : "None";
    }

    @Override
    public Void embedding(Node n, Op.Embedding op) {
        return give(n, "torch.embedding(" + in(n, 0) + ", " + in(n, 1) + ", " + op.paddingIndex() + ")");
    }

    @Override
    public Void layerNorm(Node n, Op.LayerNorm op) {
        int rank = n.input(0).shape().rank();
        List<String> shape = new ArrayList<>();
        String x = in(n, 0);
        for (int i = rank - op.axes(); i < rank; i++) {
            shape.add(length(n.input(0), x, i));
        }
        return give(
                n,
                "torch.layer_norm(" + x + ", " + shape + ", " + optional(n, 1) + ", " + optional(n, 2) + ", "
                        + number(op.epsilon()) + ")");
    }

    /** The length of an axis as an expression. */
    private static String length(Value v, String variable, int axis) {
        return v.shape().dim(axis).isFixed()
                ? Long.toString(v.shape().size(axis))
                : "torch.size(" + variable + ", " + axis + ")";
    }

    @Override
    public Void groupNorm(Node n, Op.GroupNorm op) {
        return give(
                n,
                "torch.group_norm(" + in(n, 0) + ", " + op.groups() + ", " + optional(n, 1) + ", " + optional(n, 2)
                        + ", " + number(op.epsilon()) + ")");
    }

    @Override
    public Void batchNorm(Node n, Op.BatchNorm op) {
        boolean trained = trainable.contains(n.input(1).name());
        String training = trained ? "self.training" : "False";
        if (trained && n.has(5)) {
            code.append("    if self.training:\n      ")
                    .append("c")
                    .append(next)
                    .append(" = torch.add_(")
                    .append(read(n.input(5).name()))
                    .append(", 1)\n    else:\n      pass\n");
        }
        return give(
                n,
                "torch.batch_norm(" + in(n, 0) + ", " + in(n, 1) + ", " + in(n, 2) + ", " + in(n, 3) + ", " + in(n, 4)
                        + ", " + training + ", " + number(op.momentum()) + ", " + number(op.epsilon()) + ", False)");
    }

    /** Symmetric padding, after explicit padding of x where before and after differ. */
    private record Padding(String x, String symmetric) {}

    private Padding padding(Node n, List<Long> pads, double outside) {
        int spatial = pads.size() / 2;
        List<Long> before = pads.subList(0, spatial);
        List<Long> after = pads.subList(spatial, pads.size());
        if (before.equals(after)) {
            return new Padding(in(n, 0), list(before));
        }
        List<String> reversed = new ArrayList<>();
        for (int i = spatial - 1; i >= 0; i--) {
            reversed.add(before.get(i).toString());
            reversed.add(after.get(i).toString());
        }
        String x = line("torch.constant_pad_nd(" + in(n, 0) + ", " + reversed + ", " + number(outside) + ")");
        return new Padding(x, list(Collections.nCopies(spatial, 0)));
    }

    @Override
    public Void conv(Node n, Op.Conv op) {
        Padding p = padding(n, op.pads(), 0);
        return give(
                n,
                "torch.conv" + op.strides().size() + "d(" + p.x() + ", " + in(n, 1) + ", " + optional(n, 2) + ", "
                        + list(op.strides()) + ", " + p.symmetric() + ", " + list(op.dilations()) + ", " + op.groups()
                        + ")");
    }

    @Override
    public Void convTranspose(Node n, Op.ConvTranspose op) {
        int spatial = op.strides().size();
        if (!op.pads().subList(0, spatial).equals(op.pads().subList(spatial, 2 * spatial))) {
            throw new UnsupportedFeatureException(
                    n + " pads unequally.",
                    op.pads(),
                    "as much before as after",
                    "export the model with symmetric padding");
        }
        return give(
                n,
                "torch.conv_transpose" + spatial + "d(" + in(n, 0) + ", " + in(n, 1) + ", " + optional(n, 2) + ", "
                        + list(op.strides()) + ", " + list(op.pads().subList(0, spatial)) + ", " + list(op.outputPads())
                        + ", " + op.groups() + ", " + list(op.dilations()) + ")");
    }

    @Override
    public Void pool(Node n, Op.Pool op) {
        int spatial = op.kernel().size();
        boolean max = op.kind() == Op.PoolKind.MAX;
        boolean unequal = !op.pads().subList(0, spatial).equals(op.pads().subList(spatial, 2 * spatial));
        if (unequal && !max && !op.countPads()) {
            throw new UnsupportedFeatureException(
                    n + " averages over unequal padding.",
                    op.pads(),
                    "as much before as after",
                    "export the model with symmetric padding");
        }
        Padding p = padding(n, op.pads(), max ? Double.NEGATIVE_INFINITY : 0);
        String window = list(op.kernel()) + ", " + list(op.strides()) + ", " + p.symmetric();
        String ceil = op.ceil() ? "True" : "False";
        return max
                ? give(
                        n,
                        "torch.max_pool" + spatial + "d(" + p.x() + ", " + window + ", " + list(op.dilations()) + ", "
                                + ceil + ")")
                : give(
                        n,
                        "torch.avg_pool" + spatial + "d(" + p.x() + ", " + window + ", " + ceil + ", "
                                + (op.countPads() ? "True" : "False") + ")");
    }

    @Override
    public Void globalPool(Node n, Op.GlobalPool op) {
        List<Integer> axes = new ArrayList<>();
        for (int i = 2; i < n.input(0).shape().rank(); i++) {
            axes.add(i);
        }
        String f = op.kind() == Op.PoolKind.MAX ? "torch.amax(" : "torch.mean(";
        return give(n, f + in(n, 0) + ", " + axes + ", True)");
    }

    @Override
    public Void adaptiveAveragePool(Node n, Op.AdaptiveAveragePool op) {
        return give(n, "torch.adaptive_avg_pool" + op.size().size() + "d(" + in(n, 0) + ", " + list(op.size()) + ")");
    }

    @Override
    public Void softmax(Node n, Op.Softmax op) {
        return give(n, (op.log() ? "torch.log_softmax(" : "torch.softmax(") + in(n, 0) + ", " + op.axis() + ")");
    }

    @Override
    public Void reduce(Node n, Op.Reduce op) {
        String x = in(n, 0);
        List<Integer> axes = new ArrayList<>(op.axes());
        if (axes.isEmpty()) {
            for (int i = 0; i < n.input(0).shape().rank(); i++) {
                axes.add(i);
            }
        }
        String tail = ", " + axes + ", " + (op.keepDims() ? "True" : "False") + ")";
        return switch (op.kind()) {
            case SUM -> give(n, "torch.sum(" + x + tail);
            case MEAN -> give(n, "torch.mean(" + x + tail);
            case MAX -> give(n, "torch.amax(" + x + tail);
            case MIN -> give(n, "torch.amin(" + x + tail);
            case L1 -> give(n, "torch.sum(torch.abs(" + x + ")" + tail);
            case L2 -> give(n, "torch.sqrt(torch.sum(torch.mul(" + x + ", " + x + ")" + tail + ")");
            case SUM_SQUARE -> give(n, "torch.sum(torch.mul(" + x + ", " + x + ")" + tail);
            case LOG_SUM_EXP -> give(n, "torch.logsumexp(" + x + tail);
            case PROD -> {
                int rank = n.input(0).shape().rank();
                List<Integer> descending = axes.stream()
                        .map(a -> a < 0 ? a + rank : a)
                        .sorted(Collections.reverseOrder())
                        .toList();
                for (int a : descending.subList(0, descending.size() - 1)) {
                    x = line("torch.prod(" + x + ", " + a + ", " + (op.keepDims() ? "True" : "False") + ")");
                }
                yield give(
                        n,
                        "torch.prod(" + x + ", " + descending.get(descending.size() - 1) + ", "
                                + (op.keepDims() ? "True" : "False") + ")");
            }
        };
    }

    @Override
    public Void argMax(Node n, Op.ArgMax op) {
        return give(
                n,
                (op.smallest() ? "torch.argmin(" : "torch.argmax(") + in(n, 0) + ", " + op.axis() + ", "
                        + (op.keepDims() ? "True" : "False") + ")");
    }

    @Override
    public Void cumSum(Node n, Op.CumSum op) {
        String x = in(n, 0);
        String from = op.reverse() ? line("torch.flip(" + x + ", [" + op.axis() + "])") : x;
        String sum = line("torch.cumsum(" + from + ", " + op.axis() + ")");
        if (op.exclusive()) {
            sum = line("torch.sub(" + sum + ", " + from + ")");
        }
        return give(n, op.reverse() ? "torch.flip(" + sum + ", [" + op.axis() + "])" : sum);
    }

    // ------------------------------------------------------------------------------------------- shapes

    @Override
    public Void reshape(Node n, Op.Reshape op) {
        Value shape = n.input(1);
        Optional<List<String>> self = entries(n.input(0));
        if (self.isPresent() && n.output().shape().rank() <= 1) {
            return giveIntegers(n, self.get());
        }
        String x = in(n, 0);
        Optional<List<String>> entries = entries(shape);
        if (entries.isEmpty()) {
            return give(n, "torch.reshape(" + x + ", " + integerList(shape) + ")");
        }
        List<String> to = new ArrayList<>();
        for (int i = 0; i < entries.get().size(); i++) {
            String e = entries.get().get(i);
            to.add(e.equals("0") ? length(n.input(0), x, i) : e);
        }
        return give(n, "torch.reshape(" + x + ", " + to + ")");
    }

    @Override
    public Void flatten(Node n, Op.Flatten op) {
        int rank = n.input(0).shape().rank();
        int axis = op.axis() < 0 ? op.axis() + rank : op.axis();
        String x = in(n, 0);
        if (axis == 0) {
            return give(n, "torch.reshape(" + x + ", [1, -1])");
        }
        if (axis == 1) {
            return give(n, "torch.flatten(" + x + ", 1, -1)");
        }
        if (axis == rank) {
            return give(n, "torch.reshape(" + x + ", [-1, 1])");
        }
        return give(n, "torch.flatten(torch.flatten(" + x + ", " + axis + ", -1), 0, " + (axis - 1) + ")");
    }

    @Override
    public Void transpose(Node n, Op.Transpose op) {
        return give(n, "torch.permute(" + in(n, 0) + ", " + op.permutation() + ")");
    }

    @Override
    public Void unsqueeze(Node n, Op.Unsqueeze op) {
        Optional<List<String>> entries = entries(n.input(0));
        if (entries.isPresent() && n.output().shape().rank() == 1) {
            return giveIntegers(n, entries.get());
        }
        int rank = n.output().shape().rank();
        String e = in(n, 0);
        for (int a : op.axes().stream().map(a -> a < 0 ? a + rank : a).sorted().toList()) {
            e = "torch.unsqueeze(" + e + ", " + a + ")";
        }
        return give(n, e);
    }

    @Override
    public Void squeeze(Node n, Op.Squeeze op) {
        Optional<List<String>> entries = entries(n.input(0));
        if (entries.isPresent()) {
            return giveIntegers(n, entries.get());
        }
        String e = in(n, 0);
        int rank = n.input(0).shape().rank();
        if (op.axes().isEmpty()) {
            return give(n, "torch.squeeze(" + e + ")");
        }
        for (int a : op.axes().stream()
                .map(a -> a < 0 ? a + rank : a)
                .sorted(Collections.reverseOrder())
                .toList()) {
            e = "torch.squeeze(" + e + ", " + a + ")";
        }
        return give(n, e);
    }

    @Override
    public Void concat(Node n, Op.Concat op) {
        List<String> all = new ArrayList<>();
        boolean followed = n.input(0).shape().rank() == 1;
        for (Value v : n.inputs()) {
            Optional<List<String>> entries = entries(v);
            followed &= entries.isPresent();
            entries.ifPresent(all::addAll);
        }
        if (followed) {
            return giveIntegers(n, all);
        }
        return give(n, "torch.cat(" + n.inputs().stream().map(this::tensor).toList() + ", " + op.axis() + ")");
    }

    @Override
    public Void split(Node n, Op.Split op) {
        String x = in(n, 0);
        long from = 0;
        for (int i = 0; i < n.outputs().size(); i++) {
            long length = op.lengths().get(i);
            tensors.put(
                    n.outputs().get(i),
                    line("torch.narrow(" + x + ", " + op.axis() + ", " + from + ", " + length + ")"));
            from += length;
        }
        return null;
    }

    @Override
    public Void slice(Node n, Op.Slice op) {
        long[] axes = n.input(3).constant().toLongs();
        Optional<List<String>> self = entries(n.input(0));
        if (self.isPresent() && axes.length == 1 && n.input(0).shape().rank() == 1) {
            String start = integer(n.input(1), 0);
            String end = integer(n.input(2), 0);
            if (isNumber(start) && isNumber(end) && integer(n.input(4), 0).equals("1")) {
                int size = self.get().size();
                int low = place(Long.parseLong(start), size);
                int high = place(Long.parseLong(end), size);
                return giveIntegers(n, List.copyOf(self.get().subList(low, Math.max(low, high))));
            }
        }
        String e = in(n, 0);
        for (int i = 0; i < axes.length; i++) {
            String step = integer(n.input(4), i);
            if (step.startsWith("-")) {
                if (!step.equals("-1") || !isWhole(n, i)) {
                    throw new UnsupportedFeatureException(
                            n + " steps backwards over a part.",
                            "step " + step,
                            "a step of at least 1, or -1 over a whole axis",
                            "export the model without it");
                }
                e = "torch.flip(" + e + ", [" + axes[i] + "])";
            } else {
                String end = integer(n.input(2), i);
                e = "torch.slice(" + e + ", " + axes[i] + ", " + integer(n.input(1), i) + ", " + end + ", " + step
                        + ")";
            }
        }
        return give(n, e);
    }

    private boolean isWhole(Node n, int i) {
        String start = integer(n.input(1), i);
        String end = integer(n.input(2), i);
        return isNumber(start)
                && isNumber(end)
                && (start.equals("-1") || Long.parseLong(start) >= Integer.MAX_VALUE)
                && Long.parseLong(end) < -1_000_000;
    }

    private static int place(long index, int size) {
        return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
    }

    @Override
    public Void gather(Node n, Op.Gather op) {
        Optional<List<String>> self = entries(n.input(0));
        Optional<List<String>> at = entries(n.input(1));
        if (self.isPresent() && at.isPresent() && at.get().stream().allMatch(TorchScriptLowering::isNumber)) {
            List<String> out = new ArrayList<>();
            for (String i : at.get()) {
                int k = Integer.parseInt(i);
                out.add(self.get().get(k < 0 ? k + self.get().size() : k));
            }
            return giveIntegers(n, out);
        }
        String x = in(n, 0);
        if (n.input(1).shape().rank() == 0) {
            return give(n, "torch.select(" + x + ", " + op.axis() + ", " + integer(n.input(1), 0) + ")");
        }
        String index = in(n, 1);
        String wrapped = n.input(1).isConstant() && !hasNegative(n.input(1).constant())
                ? index
                : line("torch.where(torch.lt(" + index + ", 0), torch.add(" + index + ", torch.size(" + x + ", "
                        + op.axis() + ")), " + index + ")");
        if (n.input(1).shape().rank() == 1) {
            return give(n, "torch.index_select(" + x + ", " + op.axis() + ", " + wrapped + ")");
        }
        int axis = op.axis() < 0 ? op.axis() + n.input(0).shape().rank() : op.axis();
        String flat = line("torch.index_select(" + x + ", " + axis + ", torch.reshape(" + wrapped + ", [-1]))");
        List<String> shape = new ArrayList<>();
        for (int i = 0; i < axis; i++) {
            shape.add(length(n.input(0), x, i));
        }
        for (int i = 0; i < n.input(1).shape().rank(); i++) {
            shape.add(length(n.input(1), index, i));
        }
        for (int i = axis + 1; i < n.input(0).shape().rank(); i++) {
            shape.add(length(n.input(0), x, i));
        }
        return give(n, "torch.reshape(" + flat + ", " + shape + ")");
    }

    private static boolean hasNegative(HostTensor t) {
        for (long v : t.toLongs()) {
            if (v < 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Void gatherElements(Node n, Op.GatherElements op) {
        return give(n, "torch.gather(" + in(n, 0) + ", " + op.axis() + ", " + in(n, 1) + ")");
    }

    @Override
    public Void expand(Node n, Op.Expand op) {
        String x = in(n, 0);
        Optional<List<String>> to = entries(n.input(1));
        if (to.isEmpty()) {
            String shape = line(integerList(n.input(1)));
            return give(
                    n,
                    "torch.add(" + x + ", torch.zeros(" + shape + ", dtype="
                            + type(n.input(0).dtype()) + ", device=ops.prim.device(" + x + ")))");
        }
        int rank = n.output().shape().rank();
        int own = n.input(0).shape().rank();
        List<String> shape = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            int target = i - (rank - to.get().size());
            int source = i - (rank - own);
            String wanted = target < 0 ? "1" : to.get().get(target);
            // Both ways: a 1 in the shape keeps the length of x.
            if (source >= 0 && !(n.input(0).shape().size(source) == 1)) {
                wanted = "-1";
            }
            shape.add(wanted);
        }
        return give(n, "torch.expand(" + x + ", " + shape + ")");
    }

    @Override
    public Void tile(Node n, Op.Tile op) {
        return give(n, "torch.tile(" + in(n, 0) + ", " + integerList(n.input(1)) + ")");
    }

    @Override
    public Void pad(Node n, Op.Pad op) {
        int rank = n.input(0).shape().rank();
        List<String> pads = new ArrayList<>();
        int first = rank;
        for (int i = 0; i < rank; i++) {
            if (!integer(n.input(1), i).equals("0")
                    || !integer(n.input(1), i + rank).equals("0")) {
                first = Math.min(first, i);
            }
        }
        for (int i = rank - 1; i >= first; i--) {
            pads.add(integer(n.input(1), i));
            pads.add(integer(n.input(1), i + rank));
        }
        String x = in(n, 0);
        if (pads.isEmpty()) {
            tensors.put(n.output(), x);
            return null;
        }
        return switch (op.mode()) {
            case CONSTANT -> give(n, "torch.constant_pad_nd(" + x + ", " + pads + ", " + number(op.value()) + ")");
            case REFLECT -> give(n, "torch.reflection_pad" + pads.size() / 2 + "d(" + x + ", " + pads + ")");
            case EDGE -> give(n, "torch.replication_pad" + pads.size() / 2 + "d(" + x + ", " + pads + ")");
        };
    }

    @Override
    public Void shapeOf(Node n, Op.ShapeOf op) {
        Optional<List<String>> self = entries(n.input(0));
        if (self.isPresent() && n.input(0).shape().rank() == 1) {
            return giveIntegers(n, List.of(Integer.toString(self.get().size())));
        }
        String x = in(n, 0);
        List<String> lengths = new ArrayList<>();
        for (int i = 0; i < n.input(0).shape().rank(); i++) {
            lengths.add(length(n.input(0), x, i));
        }
        return giveIntegers(n, lengths);
    }

    @Override
    public Void constantOfShape(Node n, Op.ConstantOfShape op) {
        Optional<List<String>> shape = entries(n.input(0));
        if (shape.isPresent()
                && shape.get().size() == 1
                && isNumber(shape.get().get(0))
                && op.value().dtype().isInteger()) {
            return giveIntegers(
                    n,
                    Collections.nCopies(
                            Integer.parseInt(shape.get().get(0)),
                            Long.toString(op.value().longAt(0))));
        }
        String value = op.value().dtype().isFloat()
                ? number(op.value().doubleAt(0))
                : Long.toString(op.value().longAt(0));
        return give(
                n,
                "torch.full(" + integerList(n.input(0)) + ", " + value + ", dtype="
                        + type(op.value().dtype()) + ", device=" + device() + ")");
    }

    @Override
    public Void range(Node n, Op.Range op) {
        String arguments;
        if (n.input(0).dtype().isInteger()) {
            arguments = integer(n.input(0), 0) + ", " + integer(n.input(1), 0) + ", " + integer(n.input(2), 0);
        } else {
            arguments = "float(" + in(n, 0) + "), float(" + in(n, 1) + "), float(" + in(n, 2) + ")";
        }
        return give(
                n, "torch.arange(" + arguments + ", dtype=" + type(n.output().dtype()) + ", device=" + device() + ")");
    }

    @Override
    public Void triangle(Node n, Op.Triangle op) {
        String k = n.has(1) ? integer(n.input(1), 0) : "0";
        return give(n, (op.upper() ? "torch.triu(" : "torch.tril(") + in(n, 0) + ", " + k + ")");
    }

    @Override
    public Void resize(Node n, Op.Resize op) {
        String size = "[" + integer(n.input(1), 0) + ", " + integer(n.input(1), 1) + "]";
        String align = op.alignCorners() ? "True" : "False";
        return switch (op.kind()) {
            case NEAREST -> give(n, "torch.upsample_nearest2d(" + in(n, 0) + ", " + size + ")");
            case BILINEAR -> give(n, "torch.upsample_bilinear2d(" + in(n, 0) + ", " + size + ", " + align + ")");
            case BICUBIC -> give(n, "torch.upsample_bicubic2d(" + in(n, 0) + ", " + size + ", " + align + ")");
        };
    }

    // ------------------------------------------------------------------------------------------- attention, training

    @Override
    public Void attention(Node n, Op.Attention op) {
        String[] parts = new String[3];
        for (int i = 0; i < 3; i++) {
            parts[i] = line("torch.transpose(torch.unflatten(" + in(n, i) + ", 2, [" + op.heads() + ", -1]), 1, 2)");
        }
        String mask = optional(n, 3);
        String dropout = op.dropout() == 0 ? "0." : line(number(op.dropout()) + " if self.training else 0.");
        String scale = op.scale() == 0 ? "" : ", scale=" + number(op.scale());
        String context = line("torch.scaled_dot_product_attention(" + parts[0] + ", " + parts[1] + ", " + parts[2]
                + ", " + mask + ", " + dropout + ", " + (op.causal() ? "True" : "False") + scale + ")");
        return give(n, "torch.flatten(torch.transpose(" + context + ", 1, 2), 2, -1)");
    }

    /** One native call for all steps; examples of different lengths are packed, for which they are sorted. */
    @Override
    public Void recurrent(Node n, Op.Recurrent op) {
        String x = in(n, 0);
        String batch = "torch.size(" + x + ", 0)";
        List<String> states = new ArrayList<>();
        for (int s = 0; s < op.states(); s++) {
            int width = s == 0 ? op.width() : op.hidden();
            states.add(line(
                    op.state()
                            ? "torch.contiguous(torch.transpose(" + in(n, op.firstState() + s) + ", 0, 1))"
                            : "torch.zeros([" + op.directions() + ", " + batch + ", " + width + "], dtype="
                                    + type(n.input(0).dtype()) + ", device=ops.prim.device(" + x + "))"));
        }
        List<String> weights = n.inputs().subList(op.firstWeight(0), n.inputs().size()).stream()
                .map(this::tensor)
                .toList();
        String call = op.cell() == Op.CellKind.LSTM ? "torch.lstm(" : "torch.gru(";
        String options = weights + ", " + (op.bias() ? "True" : "False") + ", 1, 0., self.training, "
                + (op.bidirectional() ? "True" : "False");
        List<String> out = new ArrayList<>();
        for (int i = 0; i <= op.states(); i++) {
            out.add("v" + next++);
        }
        String answers = "    " + String.join(", ", out) + ", = " + call;
        if (!op.lengths()) {
            code.append(answers)
                    .append(x)
                    .append(", ")
                    .append(state(op, states))
                    .append(", ")
                    .append(options)
                    .append(", True)\n");
        } else {
            String lengths = in(n, 1);
            String order = line("torch.argsort(" + lengths + ", -1, True)");
            String back = line("torch.argsort(" + order + ")");
            String sorted = line("(torch.index_select(" + lengths + ", 0, " + order + ")).cpu()");
            String data = "v" + next++;
            String sizes = "v" + next++;
            code.append("    ")
                    .append(data)
                    .append(", ")
                    .append(sizes)
                    .append(", = torch._pack_padded_sequence(torch.index_select(")
                    .append(x)
                    .append(", 0, ")
                    .append(order)
                    .append("), ")
                    .append(sorted)
                    .append(", True)\n");
            List<String> turned = states.stream()
                    .map(s -> line("torch.index_select(" + s + ", 1, " + order + ")"))
                    .toList();
            code.append(answers)
                    .append(data)
                    .append(", ")
                    .append(sizes)
                    .append(", ")
                    .append(state(op, turned))
                    .append(", ")
                    .append(options)
                    .append(")\n");
            String padded = "v" + next++;
            String again = "v" + next++;
            code.append("    ")
                    .append(padded)
                    .append(", ")
                    .append(again)
                    .append(", = torch._pad_packed_sequence(")
                    .append(out.get(0))
                    .append(", ")
                    .append(sizes)
                    .append(", True, 0., torch.size(")
                    .append(x)
                    .append(", 1))\n");
            out.set(0, line("torch.index_select(" + padded + ", 0, " + back + ")"));
            for (int i = 1; i < out.size(); i++) {
                out.set(i, line("torch.index_select(" + out.get(i) + ", 1, " + back + ")"));
            }
        }
        tensors.put(n.outputs().get(0), out.get(0));
        for (int i = 1; i < out.size(); i++) {
            tensors.put(n.outputs().get(i), line("torch.transpose(" + out.get(i) + ", 0, 1)"));
        }
        return null;
    }

    private static String state(Op.Recurrent op, List<String> states) {
        return op.cell() == Op.CellKind.LSTM ? states.toString() : states.get(0);
    }

    @Override
    public Void dropout(Node n, Op.Dropout op) {
        return give(n, "torch.dropout(" + in(n, 0) + ", " + number(op.probability()) + ", self.training)");
    }

    /** Dropout of a column of ones is just the mask. */
    @Override
    public Void stochasticDepth(Node n, Op.StochasticDepth op) {
        String x = in(n, 0);
        List<String> shape =
                new ArrayList<>(Collections.nCopies(n.input(0).shape().rank(), "1"));
        shape.set(0, length(n.input(0), x, 0));
        String ones =
                "torch.ones(" + shape + ", dtype=" + type(n.input(0).dtype()) + ", device=ops.prim.device(" + x + "))";
        String mask = line("torch.dropout(" + ones + ", " + number(op.probability()) + ", self.training)");
        return give(n, "torch.mul(" + x + ", " + mask + ")");
    }

    @Override
    public Void crossEntropy(Node n, Op.CrossEntropy op) {
        return give(
                n,
                "torch.cross_entropy_loss(" + in(n, 0) + ", " + in(n, 1) + ", " + optional(n, 2) + ", 2, "
                        + op.ignoreIndex() + ", " + number(op.labelSmoothing()) + ")");
    }

    @Override
    public Void binaryCrossEntropy(Node n, Op.BinaryCrossEntropy op) {
        return give(
                n,
                "torch.binary_cross_entropy_with_logits(" + in(n, 0) + ", " + in(n, 1) + ", None, " + optional(n, 2)
                        + ", 2)");
    }
}
