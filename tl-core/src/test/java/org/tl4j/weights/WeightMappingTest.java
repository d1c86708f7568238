// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.TensorType;

class WeightMappingTest {
    private static Graph graph(String... names) {
        Graph g = new Graph();
        for (String name : names) {
            g.parameter(name, Shape.of(2), Init.zeros());
        }
        return g;
    }

    private static HostTensor floats(float... values) {
        return HostTensor.of(values, values.length);
    }

    private static Weights file(String... names) {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        for (String name : names) {
            all.put(name, floats(all.size(), 1));
        }
        return Weights.of(all);
    }

    @Test
    void takesNamesThatAreTheGraphsAsTheyAre() {
        WeightMapping.Loaded loaded =
                WeightMapping.strict().load(graph("a.weight", "a.bias"), file("a.bias", "a.weight"));

        assertThat(loaded.weights().names()).containsExactly("a.weight", "a.bias");
        assertThat(loaded.weights().get("a.weight").toFloats()).containsExactly(1, 1);
        assertThat(loaded.report().renamed()).isEmpty();
        assertThat(loaded.report()).hasToString("2 loaded");
    }

    @Test
    void stripsAPrefixOnlyWhereThatIsNeeded() {
        Graph g = graph("encoder.weight", "bert.special");

        WeightReport report = WeightMapping.strict()
                .strip("bert.")
                .load(g, file("bert.encoder.weight", "bert.special"))
                .report();

        assertThat(report.loaded()).containsExactly("encoder.weight", "bert.special");
        assertThat(report.renamed()).containsExactly(Map.entry("bert.encoder.weight", "encoder.weight"));
        assertThat(report).hasToString("""
                2 loaded
                1 renamed:
                  bert.encoder.weight to encoder.weight""");
    }

    @Test
    void unwrapsAsOftenAsNeededAndNoMore() {
        Graph g = graph("a", "model.b");

        WeightReport report = WeightMapping.strict()
                .unwrap()
                .load(g, file("module._orig_mod.model.a", "module.model.b"))
                .report();

        assertThat(report.loaded()).containsExactly("a", "model.b");
    }

    @Test
    void namesTheNormsOfTensorFlowAsTheyAreNamedNow() {
        Graph g = graph("LayerNorm.weight", "LayerNorm.bias", "scale.gamma");

        WeightReport report = WeightMapping.strict()
                .tensorFlowNorms()
                .load(g, file("LayerNorm.gamma", "LayerNorm.beta", "scale.gamma"))
                .report();

        assertThat(report.loaded()).containsExactly("LayerNorm.weight", "LayerNorm.bias", "scale.gamma");
    }

    @Test
    void renamesByRegularExpressionInTheOrderOfTheRules() {
        WeightReport report = WeightMapping.strict()
                .rename("^block(\\d+)_", "layer.$1.")
                .rename("_w$", ".weight")
                .load(graph("layer.3.conv.weight"), file("block3_conv_w"))
                .report();

        assertThat(report.loaded()).containsExactly("layer.3.conv.weight");
    }

    @Test
    void ignoresWhatItIsToldBeforeAndAfterRenaming() {
        WeightReport report = WeightMapping.strict()
                .strip("bert.")
                .ignore("cls.")
                .ignore("pooler.")
                .ignoreMatching("mask_token$")
                .load(graph("a"), file("bert.a", "cls.x", "bert.pooler.y", "deep.mask_token"))
                .report();

        assertThat(report.unexpected()).isEmpty();
    }

    @Test
    void passesOverBuffersThatChangeNoAnswer() {
        Graph g = graph("norm.weight");
        g.buffer("norm.num_batches_tracked", new TensorType(DType.I64, Shape.SCALAR), Init.zeros());

        WeightMapping.Loaded loaded = WeightMapping.strict()
                .load(g, file("norm.weight", "embeddings.position_ids", "other.num_batches_tracked"));

        assertThat(loaded.weights().get("norm.num_batches_tracked").toLongs()).containsExactly(0);
        assertThat(loaded.report().unexpected()).isEmpty();
    }

    @Test
    void widensHalvesAndRoundsDoubles() {
        Graph g = graph("half", "brain", "doubled", "plain");
        ByteBuffer half =
                HostTensor.allocate(DType.F16, 2).putShort(0, (short) 0x3c00).putShort(2, (short) 0xc000);
        ByteBuffer brain =
                HostTensor.allocate(DType.BF16, 2).putShort(0, (short) 0x3f80).putShort(2, (short) 0xc000);
        ByteBuffer doubled = HostTensor.allocate(DType.F64, 2).putDouble(0, 1).putDouble(8, -2);
        Map<String, HostTensor> all = new LinkedHashMap<>();
        all.put("half", HostTensor.of(DType.F16, Shape.of(2), half));
        all.put("brain", HostTensor.of(DType.BF16, Shape.of(2), brain));
        all.put("doubled", HostTensor.of(DType.F64, Shape.of(2), doubled));
        all.put("plain", floats(1, -2));

        WeightMapping.Loaded loaded = WeightMapping.strict().load(g, Weights.of(all));

        assertThat(loaded.weights().tensors().values())
                .allSatisfy(t -> assertThat(t.dtype()).isEqualTo(DType.F32))
                .allSatisfy(t -> assertThat(t.toFloats()).containsExactly(1, -2));
        assertThat(loaded.report().cast())
                .containsExactly(
                        Map.entry("half", "f16 to f32"),
                        Map.entry("brain", "bf16 to f32"),
                        Map.entry("doubled", "f64 to f32"));
    }

    @Test
    void takesTheCounterOfOldVersionsForAScalar() {
        Graph g = new Graph();
        g.buffer("n.num_batches_tracked", new TensorType(DType.I64, Shape.SCALAR), Init.zeros());

        Weights w = WeightMapping.strict()
                .load(g, Weights.of(Map.of("n.num_batches_tracked", HostTensor.of(new long[] {5}, 1))))
                .weights();

        assertThat(w.get("n.num_batches_tracked").shape()).isEqualTo(Shape.SCALAR);
        assertThat(w.get("n.num_batches_tracked").toLongs()).containsExactly(5);
    }

    @Test
    void reportsAllThatDoesNotFitAtOnce() {
        Graph g = graph("encoder.weight", "encoder.bias", "head.weight");
        Weights w = Weights.of(Map.of("encoder.weight", floats(1, 2, 3)))
                .with(Weights.of(Map.of("encoder.bais", floats(1, 2))));

        assertThatThrownBy(() -> WeightMapping.strict().load(g, w))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessage("""
                        The weights do not fit the network.
                          found:    0 loaded
                                    2 missing:
                                      encoder.bias
                                      head.weight
                                    1 misshaped:
                                      encoder.weight is f32[3], not f32[2]
                                    1 unexpected:
                                      encoder.bais
                          expected: a tensor of the right shape for each of 3 parameters, and no others
                          fix:      choose the variant that the weights were made for, or rename them with a WeightMapping
                                    is 'encoder.bais' the missing 'encoder.bias'?""");
    }

    @Test
    void showsTenOfManyNamesAndTheirNumber() {
        String[] names = new String[25];
        for (int i = 0; i < names.length; i++) {
            names[i] = "layer" + i;
        }

        WeightReport report =
                WeightMapping.strict().match(graph(names), Weights.none()).report();

        assertThat(report.toString())
                .startsWith("0 loaded\n25 missing:\n  layer0\n")
                .endsWith("\n  layer9\n  and 15 more");
    }

    @Test
    void unexpectedNamesFailUnlessTheyAreAllowed() {
        Graph g = graph("a");
        Weights w = file("a", "extra");

        assertThatThrownBy(() -> WeightMapping.strict().load(g, w))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("1 unexpected:\n              extra");
        assertThat(WeightMapping.strict().allowUnexpected().load(g, w).report().unexpected())
                .containsExactly("extra");
    }

    @Test
    void doesNotTakeRealNumbersForWholeOnes() {
        Graph g = new Graph();
        g.buffer("steps", new TensorType(DType.I64, Shape.of(2)), Init.zeros());

        assertThat(WeightMapping.strict()
                        .match(g, Weights.of(Map.of("steps", floats(1, 2))))
                        .report()
                        .misshaped())
                .containsExactly("steps is f32[2], not i64[2]");
    }

    @Test
    void refusesTwoDifferentTensorsForOneParameter() {
        Graph g = graph("a");

        assertThatThrownBy(() -> WeightMapping.strict().unwrap().load(g, file("a", "module.a")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("'a' and 'module.a' both become 'a'");
        Weights same = Weights.of(Map.of("a", floats(1, 2), "module.a", floats(1, 2)));
        assertThat(WeightMapping.strict().unwrap().load(g, same).report().loaded())
                .containsExactly("a");
    }
}
