// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/** What exporters take apart is put together, and gives the numbers that the file itself gives. */
class OnnxFusionTest {
    private static final OnnxEngine ENGINE = new OnnxEngine();

    private static OnnxFile tokens(String shape) {
        return new OnnxFile(17).input("x", DType.F32, shape).output("y", DType.F32, shape);
    }

    private static HostTensor random(long seed, long... shape) {
        int n = 1;
        for (long s : shape) {
            n *= (int) s;
        }
        Random random = new Random(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, shape);
    }

    /** Ops that a file becomes; its outputs are compared with those of the file as it was. */
    private static List<Op> fused(OnnxFile file, Map<String, HostTensor> inputs) {
        byte[] bytes = file.bytes();
        OnnxModel model = OnnxReader.read("test.onnx", bytes.clone());
        try (InferenceSession original = ENGINE.load(bytes, Device.CPU);
                InferenceSession again = ENGINE.load(model.graph(), model.weights(), Device.CPU)) {
            Map<String, HostTensor> expected = original.run(inputs);
            Map<String, HostTensor> found = again.run(inputs);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            expected.forEach((name, t) -> {
                float[] a = t.toFloats();
                float[] b = found.get(name).toFloats();
                assertThat(b).hasSameSizeAs(a);
                for (int i = 0; i < a.length; i++) {
                    assertThat(b[i]).isCloseTo(a[i], org.assertj.core.api.Assertions.within(1e-5f));
                }
            });
        }
        return model.graph().nodes().stream().map(n -> n.op()).toList();
    }

    private static Map<String, HostTensor> x(long... shape) {
        return Map.of("x", random(7, shape));
    }

    @Test
    void productAndBiasAreALinearLayer() {
        OnnxFile f = tokens("N, L, 3")
                .tensor("onnx::MatMul_1", random(1, 3, 3))
                .tensor("fc.bias", 1, 2, 3)
                .node("MatMul", "/fc/MatMul", "x,onnx::MatMul_1", "h")
                .node("Add", "/fc/Add", "fc.bias,h", "y");
        assertThat(fused(f, x(2, 5, 3))).containsExactly(new Op.Linear());
        OnnxModel m = OnnxReader.read("test.onnx", f.bytes());
        // The file has [in, out], the published layout is [out, in].
        assertThat(m.weights().get("fc.weight").toFloats()[1])
                .isEqualTo(random(1, 3, 3).toFloats()[3]);
    }

    @Test
    void aMatrixThatIsReadInTwoWaysIsLeftAsItIs() {
        OnnxFile f = tokens("N, 3")
                .tensor("w", random(1, 3, 3))
                .node("MatMul", "a", "x,w", "h")
                .node("Add", "b", "h,w", "y");
        OnnxFile fixed = new OnnxFile(17)
                .input("x", DType.F32, "3, 3")
                .output("y", DType.F32, "3, 3")
                .tensor("w", random(1, 3, 3))
                .node("MatMul", "a", "x,w", "h")
                .node("Add", "b", "h,w", "y");
        assertThat(fused(fixed, x(3, 3))).doesNotContain(new Op.Linear());
        assertThat(OnnxReader.read("test.onnx", f.bytes()).weights().get("w").bitEquals(random(1, 3, 3)))
                .isTrue();
    }

    @Test
    void aMatrixMayServeSeveralLayers() {
        OnnxFile f = tokens("N, 3")
                .tensor("w", random(1, 3, 3))
                .tensor("b", 1, 2, 3)
                .node("MatMul", "p/one", "x,w", "h")
                .node("Add", "p/add", "h,b", "i")
                .node("MatMul", "p/two", "i,w", "y");
        assertThat(fused(f, x(2, 3))).containsExactly(new Op.Linear(), new Op.Linear());
    }

    @Test
    void anEmbeddingMayBeTiedToTheLastLayer() {
        OnnxFile f = new OnnxFile(17)
                .input("ids", DType.I64, "N, L")
                .output("y", DType.F32, "N, L, 9")
                .tensor("emb.weight", random(1, 9, 4))
                .node("Gather", "/emb/Gather", "emb.weight,ids", "e")
                .node("Transpose", "/head/Transpose", "emb.weight", "t", OnnxFile.ints("perm", 1, 0))
                .node("MatMul", "/head/MatMul", "e,t", "y");
        HostTensor ids = HostTensor.of(new long[] {0, 8, 3, 3, 1, 2}, 2, 3);
        assertThat(fused(f, Map.of("ids", ids))).containsExactly(new Op.Embedding(-1), new Op.Linear());
    }

    @Test
    void gemmsAreLinearLayersWhereTheyAreOne() {
        OnnxFile f = tokens("N, 3").tensor("w", random(1, 3, 3)).tensor("b", 1, 2, 3);
        f.node("Gemm", "/fc/Gemm", "x,w,b", "y");
        assertThat(fused(f, x(2, 3))).containsExactly(new Op.Linear());
        OnnxFile scaled = tokens("N, 3").tensor("w", random(1, 3, 3)).tensor("b", 1, 2, 3);
        scaled.node(
                "Gemm",
                "/fc/Gemm",
                "x,w,b",
                "y",
                OnnxFile.real("alpha", 0.5),
                OnnxFile.real("beta", 2),
                OnnxFile.number("transB", 1));
        assertThat(fused(scaled, x(2, 3))).contains(new Op.Linear()).hasSize(4);
    }

    private static OnnxFile normalised(boolean twice, boolean reciprocal) {
        OnnxFile f = tokens("N, L, 4")
                .tensor("norm.weight", 1, 2, 3, 4)
                .tensor("norm.bias", 4, 3, 2, 1)
                .scalar("two", 2)
                .scalar("eps", 1e-5)
                .node("ReduceMean", "/norm/ReduceMean", "x", "mean", OnnxFile.ints("axes", -1))
                .node("Sub", "/norm/Sub", "x,mean", "d")
                .node("Sub", "/norm/Sub_1", "x,mean", "again")
                .node("Pow", "/norm/Pow", twice ? "again,two" : "d,two", "square")
                .node("ReduceMean", "/norm/ReduceMean_1", "square", "var", OnnxFile.ints("axes", 2))
                .node("Add", "/norm/Add", "var,eps", "sum")
                .node("Sqrt", "/norm/Sqrt", "sum", "root");
        if (reciprocal) {
            f.node("Reciprocal", "/norm/Reciprocal", "root", "r").node("Mul", "/norm/Mul_2", "d,r", "n");
        } else {
            f.node("Div", "/norm/Div", "d,root", "n");
        }
        return f.node("Mul", "/norm/Mul", "norm.weight,n", "s").node("Add", "/norm/Add_1", "s,norm.bias", "y");
    }

    @Test
    void eachSpellingOfLayerNormalisationIsOne() {
        assertThat(fused(normalised(false, false), x(2, 5, 4))).containsExactly(new Op.LayerNorm(1, 1e-5));
        assertThat(fused(normalised(true, false), x(2, 5, 4))).containsExactly(new Op.LayerNorm(1, 1e-5));
        assertThat(fused(normalised(false, true), x(2, 5, 4))).containsExactly(new Op.LayerNorm(1, 1e-5));
    }

    @Test
    void aNormalisationOverAnotherAxisIsLeftAsItIs() {
        OnnxFile f = tokens("N, L, 4")
                .scalar("two", 2)
                .scalar("eps", 1e-5)
                .node("ReduceMean", "", "x", "mean", OnnxFile.ints("axes", 1))
                .node("Sub", "", "x,mean", "d")
                .node("Pow", "", "d,two", "square")
                .node("ReduceMean", "", "square", "var", OnnxFile.ints("axes", 1))
                .node("Add", "", "var,eps", "sum")
                .node("Sqrt", "", "sum", "root")
                .node("Div", "", "d,root", "y");
        assertThat(fused(f, x(2, 5, 4))).noneMatch(op -> op instanceof Op.LayerNorm);
    }

    @Test
    void exactGeluIsOneOp() {
        OnnxFile torch = tokens("N, 4")
                .scalar("root", Math.sqrt(2))
                .scalar("one", 1)
                .scalar("half", 0.5)
                .node("Div", "", "x,root", "a")
                .node("Erf", "", "a", "b")
                .node("Add", "", "b,one", "c")
                .node("Mul", "", "x,c", "d")
                .node("Mul", "", "d,half", "y");
        OnnxFile other = tokens("N, 4")
                .scalar("root", Math.sqrt(0.5))
                .scalar("one", 1)
                .scalar("half", 0.5)
                .node("Mul", "", "x,root", "a")
                .node("Erf", "", "a", "b")
                .node("Add", "", "one,b", "c")
                .node("Mul", "", "half,x", "d")
                .node("Mul", "", "d,c", "y");
        assertThat(fused(torch, x(2, 4))).containsExactly(new Op.Gelu(false));
        assertThat(fused(other, x(2, 4))).containsExactly(new Op.Gelu(false));
    }

    @Test
    void approximateGeluIsOneOp() {
        OnnxFile f = tokens("N, 4")
                .scalar("three", 3)
                .scalar("cube", 0.044715)
                .scalar("pi", Math.sqrt(2 / Math.PI))
                .scalar("one", 1)
                .scalar("half", 0.5)
                .node("Pow", "", "x,three", "a")
                .node("Mul", "", "a,cube", "b")
                .node("Add", "", "x,b", "c")
                .node("Mul", "", "c,pi", "d")
                .node("Tanh", "", "d", "e")
                .node("Add", "", "e,one", "f")
                .node("Mul", "", "x,half", "g")
                .node("Mul", "", "g,f", "y");
        assertThat(fused(f, x(2, 4))).containsExactly(new Op.Gelu(true));
    }

    @Test
    void anotherFactorIsNoGelu() {
        OnnxFile f = tokens("N, 4")
                .scalar("root", Math.sqrt(2))
                .scalar("one", 1)
                .scalar("part", 0.4)
                .node("Div", "", "x,root", "a")
                .node("Erf", "", "a", "b")
                .node("Add", "", "b,one", "c")
                .node("Mul", "", "x,c", "d")
                .node("Mul", "", "d,part", "y");
        assertThat(fused(f, x(2, 4))).doesNotContain(new Op.Gelu(false));
    }

    @Test
    void productsWithAFunctionOfThemselvesAreActivations() {
        assertThat(fused(tokens("N, 4").node("Sigmoid", "", "x", "s").node("Mul", "", "x,s", "y"), x(2, 4)))
                .containsExactly(new Op.Unary(UnaryKind.SILU));
        assertThat(fused(
                        tokens("N, 4")
                                .node("Softplus", "", "x", "s")
                                .node("Tanh", "", "s", "t")
                                .node("Mul", "", "t,x", "y"),
                        x(2, 4)))
                .containsExactly(new Op.Unary(UnaryKind.MISH));
        OnnxFile clipped = tokens("N, 4")
                .scalar("three", 3)
                .scalar("low", 0)
                .scalar("six", 6)
                .node("Add", "", "x,three", "a")
                .node("Clip", "", "a,low,six", "b")
                .node("Mul", "", "x,b", "c")
                .node("Div", "", "c,six", "y");
        assertThat(fused(clipped, x(2, 4))).containsExactly(new Op.Unary(UnaryKind.HARD_SWISH));
    }

    @Test
    void aBroadcastProductIsNoActivation() {
        OnnxFile f = new OnnxFile(17)
                .input("x", DType.F32, "N, 1")
                .output("y", DType.F32, "N, 4")
                .tensor("w", 1, 2, 3, 4)
                .node("Sigmoid", "", "x", "s")
                .node("Mul", "", "x,s", "a")
                .node("Add", "", "a,w", "y");
        assertThat(fused(f, x(2, 1))).contains(new Op.Unary(UnaryKind.SILU));
    }

    /** Attention with two heads of width 3, masked in one of several ways. */
    private static OnnxFile attention(String mask, DType maskType, String maskShape) {
        OnnxFile f = new OnnxFile(17)
                .input("q", DType.F32, "N, L, 6")
                .input("k", DType.F32, "N, S, 6")
                .input("v", DType.F32, "N, S, 6");
        if (!mask.isEmpty()) {
            f.input("mask", maskType, maskShape);
        }
        f.output("y", DType.F32, "N, L, 6")
                .longs("split", 0, 0, 2, 3)
                .longs("join", 0, 0, 6)
                .scalar("root", Math.sqrt(3))
                .scalar("low", -1e9)
                .node("Reshape", "/a/r1", "q,split", "q4")
                .node("Transpose", "/a/t1", "q4", "qt", OnnxFile.ints("perm", 0, 2, 1, 3))
                .node("Reshape", "/a/r2", "k,split", "k4")
                .node("Transpose", "/a/t2", "k4", "kt", OnnxFile.ints("perm", 0, 2, 3, 1))
                .node("Reshape", "/a/r3", "v,split", "v4")
                .node("Transpose", "/a/t3", "v4", "vt", OnnxFile.ints("perm", 0, 2, 1, 3))
                .node("MatMul", "/a/m1", "qt,kt", "scores")
                .node("Div", "/a/d", "scores,root", "scaled");
        switch (mask) {
            case "add" -> f.node("Add", "/a/mask", "mask,scaled", "masked");
            case "keep" -> f.node("Where", "/a/mask", "mask,scaled,low", "masked");
            case "drop" -> f.node("Where", "/a/mask", "mask,low,scaled", "masked");
            default -> f.node("Identity", "/a/mask", "scaled", "masked");
        }
        return f.node("Softmax", "/a/s", "masked", "p")
                .node("MatMul", "/a/m2", "p,vt", "context")
                .node("Transpose", "/a/t4", "context", "ct", OnnxFile.ints("perm", 0, 2, 1, 3))
                .node("Reshape", "/a/r4", "ct,join", "y");
    }

    private static Map<String, HostTensor> attended() {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put("q", random(1, 2, 4, 6));
        inputs.put("k", random(2, 2, 5, 6));
        inputs.put("v", random(3, 2, 5, 6));
        return inputs;
    }

    @Test
    void headsAndSoftmaxAreOneAttention() {
        Op whole = new Op.Attention(2, 0, false, 0);
        assertThat(fused(attention("", DType.F32, ""), attended())).containsExactly(whole);

        Map<String, HostTensor> added = attended();
        added.put("mask", random(4, 2, 1, 1, 5));
        assertThat(fused(attention("add", DType.F32, "N, 1, 1, S"), added)).containsExactly(whole);

        Map<String, HostTensor> kept = attended();
        kept.put(
                "mask",
                HostTensor.of(new long[] {1, 1, 1, 0, 0, 1, 0, 1, 0, 1}, 2, 1, 1, 5)
                        .cast(DType.BOOL));
        assertThat(fused(attention("keep", DType.BOOL, "N, 1, 1, S"), kept)).containsExactly(whole);
        assertThat(fused(attention("drop", DType.BOOL, "N, 1, 1, S"), kept))
                .containsExactly(new Op.Unary(UnaryKind.NOT), whole);
    }

    @Test
    void packedQueryKeyAndValueAreAttention() {
        OnnxFile f = new OnnxFile(17)
                .input("x", DType.F32, "N, L, 18")
                .output("y", DType.F32, "N, L, 6")
                .longs("split", 0, 0, 3, 2, 3)
                .longs("join", 0, 0, 6)
                .scalar("scale", 1 / Math.sqrt(3))
                .tensor("zero", HostTensor.scalar(0L))
                .tensor("one", HostTensor.scalar(1L))
                .tensor("two", HostTensor.scalar(2L))
                .node("Reshape", "/a/r", "x,split", "x5")
                .node("Transpose", "/a/t", "x5", "xt", OnnxFile.ints("perm", 2, 0, 3, 1, 4))
                .node("Gather", "/a/g0", "xt,zero", "q")
                .node("Gather", "/a/g1", "xt,one", "k")
                .node("Gather", "/a/g2", "xt,two", "v")
                .node("Mul", "/a/scale", "q,scale", "qs")
                .node("Transpose", "/a/tk", "k", "kt", OnnxFile.ints("perm", 0, 1, 3, 2))
                .node("MatMul", "/a/m1", "qs,kt", "scores")
                .node("Softmax", "/a/s", "scores", "p", OnnxFile.number("axis", -1))
                .node("MatMul", "/a/m2", "p,v", "c")
                .node("Transpose", "/a/tc", "c", "ct", OnnxFile.ints("perm", 0, 2, 1, 3))
                .node("Reshape", "/a/j", "ct,join", "y");
        assertThat(fused(f, x(2, 5, 18)))
                .contains(new Op.Attention(2, 0, false, 0))
                .noneMatch(op -> op instanceof Op.Softmax);
    }

    @Test
    void weightsThatAreReadElsewhereKeepAttentionApart() {
        OnnxFile f = attention("", DType.F32, "").output("p", DType.F32, "N, 2, L, S");
        assertThat(fused(f, attended())).noneMatch(op -> op instanceof Op.Attention);
    }
}
