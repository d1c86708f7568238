// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.IntegerLists;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * One node of an ONNX file while it is read. It remembers which attributes were asked for, so that one that nobody
 * knows is refused rather than ignored.
 */
final class OnnxNode {
    private final NodeProto proto;
    private final OnnxScope scope;
    private final Set<String> asked = new HashSet<>();

    OnnxNode(NodeProto proto, OnnxScope scope) {
        this.proto = proto;
        this.scope = scope;
    }

    // ------------------------------------------------------------------------------------------- what it says

    String op() {
        return proto.getOpType();
    }

    long opset() {
        return scope.opset();
    }

    Graph graph() {
        return scope.graph();
    }

    /** How many inputs are written, left-out ones between others included. */
    int inputs() {
        return proto.getInputCount();
    }

    int outputs() {
        return proto.getOutputCount();
    }

    boolean has(int i) {
        return i < proto.getInputCount() && !proto.getInput(i).isEmpty();
    }

    Value in(int i) {
        if (!has(i)) {
            throw refused("no input " + i, "at least " + (i + 1) + " inputs");
        }
        return scope.value(proto.getInput(i), toString());
    }

    Shape shape(int i) {
        return in(i).shape();
    }

    int rank(int i) {
        return shape(i).rank();
    }

    /** An axis of the first input, counted from the first. */
    int axis(long axis) {
        return axis(axis, rank(0));
    }

    int axis(long axis, int rank) {
        long a = axis < 0 ? axis + rank : axis;
        if (a < 0 || a > rank) {
            throw refused("axis " + axis + " of " + rank, "an axis that is there");
        }
        return (int) a;
    }

    /** The whole numbers of an input that the file itself decides. */
    long[] numbers(int i) {
        return IntegerLists.exact(in(i))
                .orElseThrow(() ->
                        refused("input " + i + " '" + proto.getInput(i) + "' that only a run knows", "a constant"));
    }

    /** The one real number of an input that the file itself decides. */
    double number(int i) {
        Value v = in(i);
        if (!v.isConstant() || v.constant().elements() != 1) {
            throw refused("input " + i + " " + v, "a constant scalar");
        }
        return v.constant().doubleAt(0);
    }

    private @Nullable AttributeProto attribute(String name) {
        asked.add(name);
        for (AttributeProto a : proto.getAttributeList()) {
            if (a.getName().equals(name)) {
                if (!a.getRefAttrName().isEmpty()) {
                    throw refused("attribute '" + name + "' of a function", "a value");
                }
                return a;
            }
        }
        return null;
    }

    boolean says(String attribute) {
        return attribute(attribute) != null;
    }

    long integer(String attribute, long otherwise) {
        AttributeProto a = attribute(attribute);
        return a == null ? otherwise : a.getI();
    }

    double real(String attribute, double otherwise) {
        AttributeProto a = attribute(attribute);
        // As many digits as the single has: 1e-5 stays 1e-5.
        return a == null ? otherwise : Double.parseDouble(Float.toString(a.getF()));
    }

    String text(String attribute, String otherwise) {
        AttributeProto a = attribute(attribute);
        return a == null ? otherwise : a.getS().toStringUtf8();
    }

    Optional<List<Long>> integers(String attribute) {
        AttributeProto a = attribute(attribute);
        return a == null ? Optional.empty() : Optional.of(List.copyOf(a.getIntsList()));
    }

    List<Float> reals(String attribute) {
        AttributeProto a = attribute(attribute);
        return a == null ? List.of() : List.copyOf(a.getFloatsList());
    }

    List<String> texts(String attribute) {
        AttributeProto a = attribute(attribute);
        return a == null
                ? List.of()
                : a.getStringsList().stream().map(ByteString::toStringUtf8).toList();
    }

    Optional<HostTensor> tensor(String attribute) {
        AttributeProto a = attribute(attribute);
        return a == null ? Optional.empty() : Optional.of(OnnxTypes.widened(OnnxTypes.tensor(a.getT())));
    }

    /** Says that an attribute makes no difference here. */
    void ignore(String... attributes) {
        asked.addAll(Arrays.asList(attributes));
    }

    /** Refuses an attribute unless it has the one value that is supported. */
    void only(String attribute, long value) {
        long found = integer(attribute, value);
        if (found != value) {
            throw refused(attribute + " = " + found, attribute + " = " + value);
        }
    }

    /** Refuses attributes that nobody asked for: their meaning would be lost. */
    void checkAttributes() {
        for (AttributeProto a : proto.getAttributeList()) {
            if (!asked.contains(a.getName())) {
                throw refused(
                        "attribute '" + a.getName() + "'",
                        "attributes " + asked.stream().sorted().toList());
            }
        }
    }

    /** Axes by attribute (opsets before 13, or 18) or by input. */
    Optional<List<Integer>> axes(int input) {
        Optional<List<Long>> written = integers("axes");
        if (written.isPresent()) {
            return written.map(a -> a.stream().map(Long::intValue).toList());
        }
        return has(input)
                ? Optional.of(
                        Arrays.stream(numbers(input)).mapToObj(a -> (int) a).toList())
                : Optional.empty();
    }

    // ------------------------------------------------------------------------------------------- what it becomes

    /** An op on the way to the node's output. */
    Value step(Op op, Value... inputs) {
        return made(op, Arrays.asList(inputs), List.of()).get(0);
    }

    /** The last op: its outputs are the node's. */
    void give(Op op, Value... inputs) {
        List<Value> outputs = made(op, Arrays.asList(inputs), proto.getOutputList());
        for (int i = 0; i < Math.min(outputs.size(), proto.getOutputCount()); i++) {
            scope.put(proto.getOutput(i), outputs.get(i));
        }
    }

    /** An op on the way that gives several values. */
    List<Value> steps(Op op, Value... inputs) {
        return graph().add(path(), op, Arrays.asList(inputs), List.of());
    }

    /** One of the node's outputs, where the file asks for it. */
    void give(int output, Value value) {
        if (output < proto.getOutputCount() && !proto.getOutput(output).isEmpty()) {
            scope.put(proto.getOutput(output), value);
        }
    }

    /** The node's output is a value that is already there. */
    void give(Value value) {
        scope.put(proto.getOutput(0), value);
    }

    /** A constant in place of the node. */
    void give(HostTensor tensor) {
        give(graph().constant(proto.getOutput(0), tensor));
    }

    private List<Value> made(Op op, List<Value> inputs, List<String> names) {
        Optional<HostTensor> folded = ConstantFolding.fold(op, inputs);
        if (folded.isPresent()) {
            return List.of(graph().constant(names.isEmpty() ? path() : names.get(0), folded.get()));
        }
        return graph().add(path(), op, inputs, names);
    }

    Value step(Op.UnaryKind kind, Value x) {
        return step(new Op.Unary(kind), x);
    }

    Value step(Op.BinaryKind kind, Value a, Value b) {
        return step(new Op.Binary(kind), a, b);
    }

    Value cast(Value x, DType to) {
        return x.dtype() == to ? x : step(new Op.Cast(to), x);
    }

    Value integers(long... values) {
        return graph().integers(values);
    }

    /** A scalar of the element type that {@code like} has. */
    Value scalar(double value, Value like) {
        return graph().constant(HostTensor.scalar((float) value).cast(like.dtype()));
    }

    /** Where this layer stands among the recurrent ones, told by its path and its weights. */
    OnnxScope.Place recurrent() {
        List<String> tensors = proto.getInputList().subList(1, Math.min(4, proto.getInputCount()));
        return scope.recurrent(OnnxParameters.layer(proto), tensors);
    }

    /** A parameter that the file holds in another layout. */
    Value parameter(String name, HostTensor tensor, Init init) {
        return scope.parameter(name, tensor, init);
    }

    // ------------------------------------------------------------------------------------------- what it is called

    /** {@code /encoder/layer.0/query/MatMul -> encoder.layer.0.query.MatMul}; without a name, the operator. */
    String path() {
        return path(proto);
    }

    static String path(NodeProto proto) {
        String name = proto.getName().isEmpty() ? proto.getOpType() : proto.getName();
        String bare = name.startsWith("/") ? name.substring(1) : name;
        return bare.replace('/', '.');
    }

    /** Says that this node cannot be read. */
    UnsupportedFeatureException refused(String found, String expected) {
        return new UnsupportedFeatureException(
                "ONNX operator " + this + " is not supported as it is written here.",
                found,
                expected,
                "export the model without it, or cut the graph before this node");
    }

    /** Operator, node, opset and file. */
    @Override
    public String toString() {
        String domain = proto.getDomain().isEmpty() ? "" : proto.getDomain() + ".";
        String name = proto.getName().isEmpty() ? String.join(", ", proto.getOutputList()) : proto.getName();
        return domain + op() + " (node '" + name + "', opset " + opset() + ", " + scope.source() + ")";
    }
}
