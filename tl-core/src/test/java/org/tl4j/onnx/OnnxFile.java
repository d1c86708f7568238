// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Writes the ONNX files that other exporters would write, node by node. */
final class OnnxFile {
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final long opset;

    OnnxFile(long opset) {
        this.opset = opset;
    }

    OnnxFile input(String name, DType dtype, String shape) {
        graph.addInput(info(name, dtype, shape));
        return this;
    }

    OnnxFile output(String name, DType dtype, String shape) {
        graph.addOutput(info(name, dtype, shape));
        return this;
    }

    OnnxFile tensor(String name, HostTensor tensor) {
        graph.addInitializer(OnnxTypes.tensor(name, tensor));
        return this;
    }

    OnnxFile tensor(String name, float... values) {
        return tensor(name, HostTensor.of(values, values.length));
    }

    OnnxFile longs(String name, long... values) {
        return tensor(name, HostTensor.of(values, values.length));
    }

    OnnxFile scalar(String name, double value) {
        return tensor(name, HostTensor.scalar((float) value));
    }

    /** {@code inputs} and {@code outputs} are names between commas. */
    OnnxFile node(String op, String name, String inputs, String outputs, AttributeProto... attributes) {
        return node("", op, name, inputs, outputs, attributes);
    }

    OnnxFile node(String domain, String op, String name, String inputs, String outputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder()
                .setDomain(domain)
                .setOpType(op)
                .setName(name)
                .addAllInput(names(inputs))
                .addAllOutput(names(outputs))
                .addAllAttribute(List.of(attributes)));
        return this;
    }

    private static List<String> names(String list) {
        return list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }

    static AttributeProto ints(String name, long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(LongStream.of(values).boxed().toList())
                .build();
    }

    static AttributeProto floats(String name, double... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOATS)
                .addAllFloats(IntStream.range(0, values.length)
                        .mapToObj(i -> (float) values[i])
                        .toList())
                .build();
    }

    static AttributeProto number(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto real(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto tensorOf(String name, HostTensor value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(OnnxTypes.tensor("", value))
                .build();
    }

    static AttributeProto graphOf(String name) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(GraphProto.newBuilder().setName("branch"))
                .build();
    }

    GraphProto.Builder graph() {
        return graph;
    }

    byte[] bytes() {
        return ModelProto.newBuilder()
                .setIrVersion(opset < 9 ? 3 : opset < 21 ? 8 : 10)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private static ValueInfoProto info(String name, DType dtype, String shape) {
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
        for (Dim d : Shape.parse(shape).dims()) {
            if (d.isFixed()) {
                dims.addDimBuilder().setDimValue(d.size());
            } else if (d.isNamed()) {
                dims.addDimBuilder().setDimParam(d.name());
            } else {
                dims.addDimBuilder();
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(OnnxTypes.number(dtype))
                                .setShape(dims)))
                .build();
    }
}
