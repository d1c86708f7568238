// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.AtomicFile;
import org.tl4j.weights.Weights;

/**
 * Writes a graph and its weights as an ONNX model of opset {@value #OPSET}: the first in which LayerNormalization and
 * Gelu are operators of their own, so that a file stays readable and runs fast, and old enough for every runtime of the
 * last years. Named axes stay open, so that batch sizes and lengths are free. Equal models give equal bytes.
 */
public final class OnnxWriter {
    /** The opset of every file. */
    public static final int OPSET = 20;

    private static final int IR_VERSION = 9;
    private static final long LARGEST = Integer.MAX_VALUE - (1L << 20);

    private OnnxWriter() {}

    /** Writes a file, whole or not at all. */
    public static void write(Graph graph, Weights weights, Map<String, String> metadata, Path file) {
        byte[] bytes = bytes(graph, weights, metadata);
        AtomicFile.replace(file, part -> Files.write(part, bytes));
    }

    /**
     * The bytes of a file.
     *
     * @throws WeightMismatchException if a parameter has no weights
     * @throws UnsupportedFeatureException if the model needs 2 GB or more, or has a loss among its outputs
     */
    public static byte[] bytes(Graph graph, Weights weights, Map<String, String> metadata) {
        List<String> missing = graph.parameters().keySet().stream()
                .filter(n -> weights.find(n) == null)
                .toList();
        if (!missing.isEmpty()) {
            throw new WeightMismatchException(
                    "The graph cannot be written without weights.",
                    missing.size() + " parameters without: " + missing.subList(0, Math.min(10, missing.size())),
                    "weights for all " + graph.parameters().size(),
                    "load weights, or Weights.initial");
        }
        long size = graph.parameters().keySet().stream()
                .mapToLong(n -> weights.get(n).bytes().remaining())
                .sum();
        if (size > LARGEST) {
            throw new UnsupportedFeatureException(
                    "The model is too large for one ONNX file.",
                    size + " bytes of weights",
                    "less than 2 GB",
                    "export it as safetensors or TorchScript");
        }
        OnnxLowering lowering = new OnnxLowering();
        for (Map.Entry<String, Value> in : graph.inputs().entrySet()) {
            lowering.name(in.getValue(), in.getKey());
        }
        GraphProto.Builder g = GraphProto.newBuilder().setName("tl4j");
        graph.parameters().forEach((name, value) -> {
            HostTensor t = weights.get(name);
            if (!t.shape().equals(value.shape()) || t.dtype() != value.dtype()) {
                throw new WeightMismatchException(
                        "Parameter '" + name + "' has other weights.",
                        t.type(),
                        value.type(),
                        "choose the variant that the weights were made for");
            }
            lowering.name(value, name);
            g.addInitializer(OnnxTypes.tensor(name, t));
        });
        graph.outputs().forEach(lowering::reserve);
        for (Node n : graph.nodes()) {
            n.op().accept(n, lowering);
        }
        List<ValueInfoProto> outputs = new ArrayList<>();
        graph.outputs().forEach((name, value) -> {
            lowering.output(name, value);
            outputs.add(info(name, value));
        });
        g.addAllInitializer(lowering.constants()).addAllNode(lowering.nodes());
        graph.inputs().forEach((name, value) -> g.addInput(info(name, value)));
        g.addAllOutput(outputs);
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("TL4J")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(g);
        new TreeMap<>(metadata)
                .forEach((k, v) -> model.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(k).setValue(v)));
        return model.build().toByteArray();
    }

    private static ValueInfoProto info(String name, Value value) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Dim d : value.shape().dims()) {
            TensorShapeProto.Dimension.Builder dim = shape.addDimBuilder();
            if (d.isFixed()) {
                dim.setDimValue(d.size());
            } else if (d.isNamed()) {
                dim.setDimParam(d.name());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(OnnxTypes.number(value.dtype()))
                                .setShape(shape)))
                .build();
    }
}
