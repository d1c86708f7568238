// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Activations;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Preset;
import org.tl4j.tensor.HostTensor;

class BertTest {
    private static final Config TINY = Config.empty()
            .with("vocab_size", 40)
            .with("hidden_size", 16)
            .with("num_hidden_layers", 2)
            .with("num_attention_heads", 2)
            .with("intermediate_size", 32)
            .with("max_position_embeddings", 24);

    private final Bert bert = new Bert();

    static List<Backbone.Variant> variants() {
        return new Bert().variants();
    }

    private static long parameters(Graph graph) {
        return graph.parameters().values().stream()
                .mapToLong(v -> v.shape().elements())
                .sum();
    }

    @Test
    void isFoundByItsName() {
        assertThat(Backbones.installed().get("bert")).isInstanceOf(Bert.class);
        assertThat(Backbones.installed().problems()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "bert-base-uncased, 109482240",
        "bert-base-cased, 108310272",
        "bert-large-uncased, 335141888",
        "bert_uncased_L-2_H-128_A-2, 4385920",
        "MiniLM-L6-H384-uncased, 22713216",
        "MiniLM-L12-H384-uncased, 33360000",
        "distilbert-base-uncased, 66362880",
        // without the pooler of 590,592 values (1,049,600 in the large one), which only `pooling: pooler` builds
        "roberta-base, 124055040",
        "roberta-large, 354310144",
    })
    void hasAsManyParametersAsPublished(String variant, long count) {
        Graph graph = new Graph();
        Config config = bert.variants().stream()
                .filter(v -> v.id().equals(variant))
                .findFirst()
                .orElseThrow()
                .config();
        bert.build(graph, config);

        assertThat(parameters(graph)).isEqualTo(count);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void givesEveryParameterToOneLayer(Backbone.Variant variant) {
        Graph graph = new Graph();
        Endpoints endpoints = bert.build(graph, variant.config());

        assertThat(graph.parameters().keySet())
                .allSatisfy(name -> assertThat(endpoints.layers())
                        .filteredOn(layer -> layer.holds(name))
                        .hasSize(1));
        assertThat(endpoints.layers().get(0).name()).isEqualTo("embeddings");
    }

    @Test
    void takesTextsOfAnyNumberAndLength() {
        Graph graph = new Graph();
        Endpoints endpoints = bert.build(graph, TINY.with("output_hidden_states", true));

        assertThat(graph.inputs()).containsOnlyKeys("input_ids", "attention_mask", "token_type_ids");
        assertThat(graph.inputs().values()).allSatisfy(v -> assertThat(v.type()).hasToString("i64[N, L]"));
        assertThat(endpoints.outputs())
                .containsOnlyKeys(
                        "last_hidden_state", "pooler_output", "hidden_states.0", "hidden_states.1", "hidden_states.2");
        assertThat(type(endpoints.tokens())).isEqualTo("f32[N, L, 16]");
        assertThat(type(endpoints.pooled())).isEqualTo("f32[N, 16]");
        assertThat(graph.outputs()).isEmpty();
    }

    private static String type(@Nullable Value value) {
        return value == null ? "none" : value.type().toString();
    }

    @Test
    void usesPublishedNamesOfBert() {
        Graph graph = new Graph();
        bert.build(graph, TINY.with("num_hidden_layers", 1));

        assertThat(graph.parameters().keySet())
                .containsExactlyInAnyOrder(
                        "embeddings.word_embeddings.weight",
                        "embeddings.position_embeddings.weight",
                        "embeddings.token_type_embeddings.weight",
                        "embeddings.LayerNorm.weight",
                        "embeddings.LayerNorm.bias",
                        "encoder.layer.0.attention.self.query.weight",
                        "encoder.layer.0.attention.self.query.bias",
                        "encoder.layer.0.attention.self.key.weight",
                        "encoder.layer.0.attention.self.key.bias",
                        "encoder.layer.0.attention.self.value.weight",
                        "encoder.layer.0.attention.self.value.bias",
                        "encoder.layer.0.attention.output.dense.weight",
                        "encoder.layer.0.attention.output.dense.bias",
                        "encoder.layer.0.attention.output.LayerNorm.weight",
                        "encoder.layer.0.attention.output.LayerNorm.bias",
                        "encoder.layer.0.intermediate.dense.weight",
                        "encoder.layer.0.intermediate.dense.bias",
                        "encoder.layer.0.output.dense.weight",
                        "encoder.layer.0.output.dense.bias",
                        "encoder.layer.0.output.LayerNorm.weight",
                        "encoder.layer.0.output.LayerNorm.bias",
                        "pooler.dense.weight",
                        "pooler.dense.bias");
    }

    @Test
    void usesPublishedNamesOfDistilBert() {
        Graph graph = new Graph();
        Config tiny = Config.parse(
                "tiny", "{model_type: distilbert, vocab_size: 9, dim: 8, n_layers: 1, n_heads: 2, hidden_dim: 12}");
        Endpoints endpoints = bert.build(graph, tiny);

        assertThat(graph.inputs()).containsOnlyKeys("input_ids", "attention_mask");
        assertThat(endpoints.layers())
                .extracting(Endpoints.Layer::name)
                .containsExactly("embeddings", "transformer.layer.0");
        assertThat(graph.parameters().keySet())
                .filteredOn(n -> n.endsWith(".weight"))
                .containsExactlyInAnyOrder(
                        "embeddings.word_embeddings.weight",
                        "embeddings.position_embeddings.weight",
                        "embeddings.LayerNorm.weight",
                        "transformer.layer.0.attention.q_lin.weight",
                        "transformer.layer.0.attention.k_lin.weight",
                        "transformer.layer.0.attention.v_lin.weight",
                        "transformer.layer.0.attention.out_lin.weight",
                        "transformer.layer.0.sa_layer_norm.weight",
                        "transformer.layer.0.ffn.lin1.weight",
                        "transformer.layer.0.ffn.lin2.weight",
                        "transformer.layer.0.output_layer_norm.weight");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mean", "cls"})
    void leavesThePoolerOutWhereNothingReadsIt(String pooling) {
        Graph graph = new Graph();
        Endpoints endpoints = bert.build(graph, TINY.with("pooling", pooling));

        assertThat(graph.parameters().keySet()).noneMatch(n -> n.startsWith("pooler"));
        assertThat(endpoints.outputs()).containsOnlyKeys("last_hidden_state");
        assertThat(type(endpoints.pooled())).isEqualTo("f32[N, 16]");
    }

    @Test
    void keepsThePaddingTokenWhereItIs() {
        assertThat(paddings(TINY)).containsExactlyInAnyOrder(0L, -1L);
        assertThat(paddings(TINY.with("pad_token_id", -1))).containsExactlyInAnyOrder(39L, -1L);
        assertThat(paddings(TINY.with("model_type", "roberta"))).containsExactlyInAnyOrder(1L, 1L, -1L);
        assertThat(paddings(Config.parse("no padding", "{pad_token_id: null}").with(TINY)))
                .containsOnly(-1L);
    }

    private List<Long> paddings(Config config) {
        Graph graph = new Graph();
        bert.build(graph, config);
        return graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Embedding)
                .map(n -> ((Op.Embedding) n.op()).paddingIndex())
                .toList();
    }

    @Test
    void dropsNothingWhereAReferenceIsBuilt() {
        Graph graph = new Graph();
        bert.build(graph, TINY);
        assertThat(graph.nodes().stream().filter(n -> n.op() instanceof Op.Dropout))
                .hasSize(5);

        Graph still = new Graph();
        bert.build(still, bert.reference("transformers:BertModel", Config.empty(), TINY));
        assertThat(still.nodes()).noneMatch(n -> n.op() instanceof Op.Dropout);
        assertThat(still.nodes()).noneMatch(n -> n.op() instanceof Op.Attention a && a.dropout() > 0);
    }

    @Test
    void knowsEveryActivationByItsPublishedName() {
        for (String name : Activations.names()) {
            Graph graph = new Graph();
            bert.build(graph, TINY.with("hidden_act", name));
            assertThat(graph.parameters().containsKey("encoder.layer.1.intermediate.intermediate_act_fn.weight"))
                    .isEqualTo(name.equals("prelu"));
        }
    }

    @Test
    void refusesAnUnknownActivationWithTheNearestNames() {
        assertThatThrownBy(() -> bert.build(new Graph(), TINY.with("hidden_act", "gelu_neu")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("gelu_new");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{is_decoder: true}",
                "{add_cross_attention: true}",
                "{output_attentions: true}",
                "{position_embedding_type: relative_key}",
                "{pruned_heads: {\"0\": [1]}}",
                "{model_type: distilbert, pooling: pooler}"
            })
    void refusesWhatItCannotBuild(String settings) {
        assertThatThrownBy(() -> bert.build(new Graph(), Config.parse("test", settings)))
                .isInstanceOf(UnsupportedFeatureException.class);
    }

    @Test
    void refusesHeadsThatDoNotDivideTheWidth() {
        assertThatThrownBy(() -> bert.build(new Graph(), TINY.with("num_attention_heads", 3)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("hidden_size = 16, num_attention_heads = 3");
    }

    @Test
    void refusesModelsOfOtherFamilies() {
        assertThatThrownBy(() -> bert.build(new Graph(), TINY.with("model_type", "gpt2")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("model_type");
        assertThatThrownBy(() -> bert.build(new Graph(), TINY.with("pooling", "max")))
                .isInstanceOf(UnknownNameException.class);
    }

    @Test
    void fillsInWhatAReferenceIsNotGiven() {
        HostTensor ids = HostTensor.of(new long[] {5, 6, 7, 8, 9, 10}, 2, 3);

        Map<String, HostTensor> all = bert.referenceInputs(Map.of("input_ids", ids));

        assertThat(all.keySet()).containsExactlyInAnyOrder("input_ids", "attention_mask", "token_type_ids");
        assertThat(all.get("attention_mask"))
                .satisfies(t -> assertThat(t.toLongs()).containsOnly(1));
        assertThat(all.get("token_type_ids"))
                .satisfies(t -> assertThat(t.toLongs()).containsOnly(0));
    }

    @Test
    void presetsHaveAsManyParametersAsTheirGraphs() {
        List<Preset> presets = Preset.installed(getClass().getClassLoader(), Backbones.installed());

        assertThat(presets).extracting(Preset::id).contains("all-minilm-l6-v2");
        assertThat(presets).allSatisfy(preset -> {
            Graph graph = new Graph();
            Backbones.installed().get(preset.family()).build(graph, preset.config());
            assertThat(parameters(graph)).isEqualTo(preset.parameters());
        });
    }
}
