// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * Reads ONNX files of opsets {@value #OLDEST} to {@value #NEWEST} into graphs.
 *
 * <p>Weights become parameters under their published names, in the published layout: what an exporter made anonymous or
 * transposed is named and turned back. Halves become {@code f32}. Patterns that exporters take apart are put together
 * again ({@link OnnxFusion}). What cannot be read is refused with the name of the node; nothing is skipped.
 */
public final class OnnxReader {
    /** The first opset that is read. */
    public static final int OLDEST = 7;

    /** The last opset that is read. */
    public static final int NEWEST = 21;

    private static final Map<String, OnnxImport> IMPORTS = imports();

    private OnnxReader() {}

    private static Map<String, OnnxImport> imports() {
        Map<String, OnnxImport> table = new HashMap<>();
        ElementwiseImports.register(table);
        ShapeImports.register(table);
        NeuralImports.register(table);
        return Map.copyOf(table);
    }

    /**
     * Reads a file.
     *
     * @throws MissingArtifactException if it is not there
     * @throws CorruptFileException if it is cut short or no ONNX file
     * @throws UnsupportedFeatureException if it holds an operator, or a form of one, that the graph cannot express
     */
    public static OnnxModel read(Path file) {
        try {
            return read("'" + file + "'", Files.readAllBytes(file));
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "An ONNX file cannot be read.", file, "a readable file", "check the path", e);
        }
    }

    /**
     * Reads the bytes of a file; see {@link #read(Path)}. The bytes belong to the model from then on.
     *
     * @param source what errors call it
     */
    public static OnnxModel read(String source, byte[] bytes) {
        return OnnxFusion.fuse(readPlain(source, bytes));
    }

    /** Reads the nodes as they are written, nothing put together: for those who want to see what an exporter did. */
    public static OnnxModel readPlain(String source, byte[] bytes) {
        ModelProto model = parse(source, bytes);
        long opset = opset(source, model);
        GraphProto g = model.getGraph();
        if (g.getSparseInitializerCount() > 0) {
            throw new UnsupportedFeatureException(
                    "An ONNX file holds sparse weights: " + source + ".",
                    "sparse initialisers",
                    "dense weights",
                    "export the model with dense weights");
        }
        Map<String, HostTensor> tensors = tensors(g, opset, source);
        OnnxScope scope = new OnnxScope(tensors, OnnxParameters.of(g, tensors), opset, source);
        for (ValueInfoProto input : g.getInputList()) {
            // Before IR version 4 every initialiser was listed among the inputs, too.
            if (!tensors.containsKey(input.getName())) {
                input(scope, input);
            }
        }
        g.getNodeList().forEach(n -> node(scope, n));
        g.getOutputList()
                .forEach(o -> scope.graph().output(o.getName(), scope.value(o.getName(), "the graph's outputs")));
        Map<String, String> metadata = new LinkedHashMap<>();
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            metadata.put(entry.getKey(), entry.getValue());
        }
        Graph live = scope.graph().extract(Map.of(), scope.graph().outputs());
        return new OnnxModel(live, scope.weights().only(live.parameters().keySet()), opset, metadata);
    }

    private static ModelProto parse(String source, byte[] bytes) {
        ModelProto model;
        try {
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
            // Weights stay where they are in the file's bytes, which nobody writes to.
            in.enableAliasing(true);
            model = ModelProto.parseFrom(in);
        } catch (IOException e) {
            throw new CorruptFileException(
                    "This is not a whole ONNX file: " + source + ".",
                    bytes.length + " bytes; " + e.getMessage(),
                    "an ONNX model",
                    "fetch or export the file again",
                    e);
        }
        if (!model.hasGraph() || model.getOpsetImportCount() == 0) {
            throw new CorruptFileException(
                    "This is not an ONNX file: " + source + ".",
                    bytes.length + " bytes without a graph",
                    "an ONNX model",
                    "check that the file is an .onnx file and complete");
        }
        return model;
    }

    private static long opset(String source, ModelProto model) {
        long opset = model.getOpsetImportList().stream()
                .filter(o -> isStandard(o.getDomain()))
                .mapToLong(o -> o.getVersion())
                .findFirst()
                .orElse(0);
        if (opset < OLDEST || opset > NEWEST) {
            throw new UnsupportedFeatureException(
                    "The opset of an ONNX file is not read: " + source + ".",
                    "opset " + opset,
                    OLDEST + " to " + NEWEST,
                    "export the model with opset 17");
        }
        return opset;
    }

    private static boolean isStandard(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    /** Everything that the file writes out: initialisers and the tensors of Constant nodes. */
    private static Map<String, HostTensor> tensors(GraphProto g, long opset, String source) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (TensorProto t : g.getInitializerList()) {
            tensors.put(t.getName(), OnnxTypes.widened(OnnxTypes.tensor(t)));
        }
        OnnxScope none = new OnnxScope(Map.of(), Map.of(), opset, source);
        for (NodeProto n : g.getNodeList()) {
            if (n.getOpType().equals("Constant") && isStandard(n.getDomain())) {
                tensors.put(n.getOutput(0), ShapeImports.constantTensor(new OnnxNode(n, none)));
            }
        }
        return tensors;
    }

    private static void input(OnnxScope scope, ValueInfoProto input) {
        String name = input.getName();
        if (!input.getType().hasTensorType() || !input.getType().getTensorType().hasShape()) {
            throw new UnsupportedFeatureException(
                    "Input '" + name + "' of an ONNX file is no tensor of known rank: " + scope.source() + ".",
                    input.getType().getValueCase(),
                    "a tensor with a shape",
                    "export the model with tensors for inputs");
        }
        DType dtype = OnnxTypes.widened(OnnxTypes.dtype(
                input.getType().getTensorType().getElemType(), "input '" + name + "' of " + scope.source()));
        List<Dim> dims = new ArrayList<>();
        for (TensorShapeProto.Dimension d :
                input.getType().getTensorType().getShape().getDimList()) {
            if (d.hasDimValue() && d.getDimValue() > 0) {
                dims.add(Dim.of(d.getDimValue()));
            } else if (d.hasDimParam() && !d.getDimParam().isEmpty()) {
                dims.add(Dim.named(d.getDimParam()));
            } else {
                // The first axis of an input is its batch, whether the file says so or not.
                dims.add(dims.isEmpty() ? Dim.named("N") : Dim.ANY);
            }
        }
        scope.put(name, scope.graph().input(name, dtype, Shape.of(dims)));
    }

    private static void node(OnnxScope scope, NodeProto proto) {
        OnnxNode n = new OnnxNode(proto, scope);
        if (!isStandard(proto.getDomain())) {
            throw unsupported(n, "an operator of domain '" + proto.getDomain() + "'", "operators of ONNX itself");
        }
        boolean nested = proto.getAttributeList().stream()
                .anyMatch(a -> a.getType() == AttributeProto.AttributeType.GRAPH
                        || a.getType() == AttributeProto.AttributeType.GRAPHS);
        if (nested) {
            throw unsupported(n, "a graph inside a node", "a graph without branches and loops");
        }
        OnnxImport how = IMPORTS.get(proto.getOpType());
        if (how == null) {
            throw unsupported(
                    n, proto.getOpType(), "one of " + IMPORTS.size() + " operators, such as Conv, MatMul, Softmax");
        }
        try {
            how.read(n);
            n.checkAttributes();
            proto.getOutputList().stream().filter(o -> !scope.holds(o)).forEach(o -> scope.leaveOut(o, n));
        } catch (ShapeMismatchException e) {
            throw new UnsupportedFeatureException(
                    "ONNX operator " + n + " has inputs that do not fit.", e.found(), e.expected(), e.fix(), e);
        }
    }

    private static UnsupportedFeatureException unsupported(OnnxNode n, String found, String expected) {
        return new UnsupportedFeatureException(
                "ONNX operator " + n + " is not supported.",
                found,
                expected,
                "cut the graph before it, or run the file as it is with OnnxEngine");
    }
}
