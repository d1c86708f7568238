// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

class OnnxReaderTest {
    private static OnnxFile file(long opset) {
        return new OnnxFile(opset).input("x", DType.F32, "N, 4").output("y", DType.F32, "N, 4");
    }

    private static OnnxModel read(OnnxFile file) {
        return OnnxReader.read("test.onnx", file.bytes());
    }

    @Test
    void keepsNamesOfInputsOutputsAndAxes() {
        OnnxModel m = read(file(17).node("Relu", "/act/Relu", "x", "y"));
        assertThat(m.graph().inputs().get("x").type()).hasToString("f32[N, 4]");
        assertThat(m.graph().output("y").name()).isEqualTo("y");
        assertThat(m.opset()).isEqualTo(17);
    }

    @Test
    void callsTheFirstAxisTheBatchWhereTheFileLeavesItOpen() {
        OnnxFile f = new OnnxFile(17)
                .input("x", DType.F32, "?, ?")
                .output("y", DType.F32, "?, ?")
                .node("Relu", "", "x", "y");
        assertThat(read(f).graph().inputs().get("x").type()).hasToString("f32[N, ?]");
    }

    @Test
    void keepsRealNamesAndNamesAnonymousWeightsAfterTheirNode() {
        float[] matrix = new float[16];
        OnnxFile f = file(17).tensor("onnx::MatMul_885", HostTensor.of(matrix, 4, 4))
                .tensor("fc.query.bias", 1, 2, 3, 4)
                .node("MatMul", "/fc/query/MatMul", "x,onnx::MatMul_885", "h")
                .node("Add", "/fc/query/Add", "fc.query.bias,h", "y");
        assertThat(read(f).graph().parameters()).containsOnlyKeys("fc.query.weight", "fc.query.bias");
    }

    @Test
    void namesAnonymousWeightsAfterTheBiasBesideThem() {
        OnnxFile f = file(11).tensor("1120", HostTensor.of(new float[16], 4, 4))
                .tensor("fc.key.bias", 1, 2, 3, 4)
                .node("MatMul", "MatMul_37", "x,1120", "38")
                .node("Add", "Add_38", "38,fc.key.bias", "y");
        assertThat(read(f).weights().names()).containsExactlyInAnyOrder("fc.key.weight", "fc.key.bias");
    }

    @Test
    void keepsNumbersThatAreOnlyCalculatedWithAsConstants() {
        OnnxFile f = file(17).scalar("half", 0.5)
                .tensor("mean", 1, 2, 3, 4)
                .node("Mul", "", "x,half", "h")
                .node("Sub", "", "h,mean", "y");
        assertThat(read(f).graph().parameters()).isEmpty();
    }

    @Test
    void widensHalves() {
        HostTensor ones = HostTensor.of(
                DType.F16, Shape.of(4), java.nio.ByteBuffer.wrap(new byte[] {0, 0x3c, 0, 0x3c, 0, 0x3c, 0, 0x3c}));
        OnnxFile f = new OnnxFile(17)
                .input("x", DType.F16, "N, 4")
                .output("y", DType.F16, "N, 4")
                .tensor("fc.bias", ones)
                .node("Add", "", "x,fc.bias", "y");
        OnnxModel m = read(f);
        assertThat(m.graph().output("y").dtype()).isEqualTo(DType.F32);
        assertThat(m.weights().get("fc.bias").toFloats()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void foldsShapesThatAreComputedStepByStep() {
        OnnxFile f = file(17).longs("first", 0)
                .longs("rest", 2, 2)
                .node("Shape", "", "x", "s")
                .node("Gather", "", "s,first", "n")
                .node("Concat", "", "n,rest", "to", OnnxFile.number("axis", 0))
                .node("Reshape", "", "x,to", "z")
                .node("Flatten", "", "z", "y");
        assertThat(read(f).graph().output("y").shape()).hasToString("[N, 4]");
    }

    @Test
    void readsWhatTheWriterWrites() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, L, 8"));
        g.output("y", g.gelu(g.layerNorm("norm", g.linear("fc", x, 8), 1e-5)));
        Weights weights = Weights.initial(g, 3);
        byte[] bytes = OnnxWriter.bytes(g, weights, Map.of("task", "test"));
        OnnxModel m = OnnxReader.read("test.onnx", bytes);
        assertThat(m.metadata()).containsEntry("task", "test");
        assertThat(m.weights().hashes()).isEqualTo(weights.hashes());
        assertThat(OnnxWriter.bytes(g, weights, Map.of("task", "test"))).isEqualTo(bytes);
    }

    @Test
    void refusesOperatorsByNameNodeOpsetAndFile() {
        assertThatThrownBy(() -> read(file(17).node("NonZero", "/find/NonZero", "x", "y")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContainingAll("NonZero", "/find/NonZero", "opset 17", "test.onnx");
    }

    @Test
    void refusesBranchesAndForeignDomains() {
        assertThatThrownBy(() -> read(file(17).node("If", "If_0", "x", "y", OnnxFile.graphOf("then_branch"))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContainingAll("If", "If_0", "a graph inside a node");
        assertThatThrownBy(() -> read(file(17).node("com.microsoft", "FusedMatMul", "f", "x,x", "y")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContainingAll("com.microsoft.FusedMatMul", "domain");
    }

    @Test
    void refusesAttributesItDoesNotKnow() {
        assertThatThrownBy(() -> read(file(17).node("Relu", "r", "x", "y", OnnxFile.number("twist", 1))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("twist");
    }

    @Test
    void refusesOutputsThatItCannotGive() {
        OnnxFile f = new OnnxFile(17)
                .input("x", DType.F32, "N, 1, 4")
                .output("i", DType.I64, "N, 1, 3")
                .node("MaxPool", "pool", "x,", "p,i", OnnxFile.ints("kernel_shape", 2));
        assertThatThrownBy(() -> read(f))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("pool");
    }

    @Test
    void refusesOtherOpsets() {
        assertThatThrownBy(() -> read(file(5).node("Relu", "", "x", "y")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("opset 5");
    }

    @Test
    void refusesFilesThatAreCutShortOrNoOnnx() {
        byte[] whole = file(17).tensor("fc.bias", 1, 2, 3, 4)
                .node("Add", "", "x,fc.bias", "y")
                .bytes();
        byte[] cut = Arrays.copyOf(whole, whole.length / 2);
        assertThatThrownBy(() -> OnnxReader.read("cut.onnx", cut))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("cut.onnx");
        assertThatThrownBy(() ->
                        OnnxReader.read("text.onnx", "not a model".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(CorruptFileException.class);
        assertThatThrownBy(() -> OnnxReader.read("empty.onnx", new byte[0])).isInstanceOf(CorruptFileException.class);
        assertThatThrownBy(() -> OnnxReader.read(Path.of("absent.onnx"))).isInstanceOf(MissingArtifactException.class);
    }

    @Test
    void namesTheValueThatNothingMakes() {
        assertThatThrownBy(() -> read(file(17).node("Relu", "r", "lost", "y")))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("lost");
    }

    @Test
    void writesAnOutputThatIsAnInputOrHasTwoNames() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 4"));
        Value p = g.parameter("p", Shape.of(4), Init.ones());
        Value sum = g.add(x, p);
        g.output("a", sum);
        g.output("b", sum);
        g.output("c", x);
        OnnxModel m = OnnxReader.read("test.onnx", OnnxWriter.bytes(g, Weights.initial(g, 1), Map.of()));
        assertThat(m.graph().outputs()).containsOnlyKeys("a", "b", "c");
    }
}
