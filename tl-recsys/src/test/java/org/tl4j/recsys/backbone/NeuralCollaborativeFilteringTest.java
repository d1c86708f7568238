// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.tensor.HostTensor;
import org.tl4j.testkit.BackboneContract;
import org.tl4j.weights.Weights;

/** The contract, and numpy's forward pass: src/test/python/make_fixtures.py. */
class NeuralCollaborativeFilteringTest implements BackboneContract {
    record Expected(Map<String, float[][]> tensors, double[][] gmf, double[][] mlp, double[][] neumf) {}

    @Override
    public Backbone backbone() {
        return new NeuralCollaborativeFiltering();
    }

    private static Config config(String kind) {
        return Config.empty()
                .with("kind", kind)
                .with("users", 3)
                .with("items", 5)
                .with("mf_dim", 4)
                .with("layers", List.of(8, 6, 2));
    }

    @Override
    public Map<String, Config> configurations() {
        return Map.of("gmf", config("gmf"), "mlp", config("mlp"), "neumf", config("neumf"));
    }

    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> layers = new LinkedHashSet<>();
        for (int i = 1; i < 3; i++) {
            layers.add("layer" + i + ".weight");
            layers.add("layer" + i + ".bias");
        }
        Set<String> two = Set.of("user_embedding.weight", "item_embedding.weight");
        Set<String> mlp = new LinkedHashSet<>(two);
        mlp.addAll(layers);
        Set<String> both = new LinkedHashSet<>(layers);
        for (String table :
                List.of("mf_embedding_user", "mf_embedding_item", "mlp_embedding_user", "mlp_embedding_item")) {
            both.add(table + ".weight");
        }
        return Map.of("gmf", two, "mlp", mlp, "neumf", both);
    }

    /** Numbers of users and items that are there. */
    @Override
    public Map<String, HostTensor> inputs(Graph graph, int examples, Random random) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put("user", HostTensor.of(random.longs(examples, 0, 3).toArray(), examples));
        inputs.put("items", HostTensor.of(random.longs(examples * 7L, 0, 5).toArray(), examples, 7));
        return inputs;
    }

    private static HostTensor tensor(Expected e, String name) {
        float[][] rows = e.tensors().get(name);
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = rows[i / rows[0].length][i % rows[0].length];
        }
        return HostTensor.of(flat, rows.length, rows[0].length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gmf", "mlp", "neumf"})
    void scoresAsNumpy(String kind) throws IOException {
        Expected e = Fixture.read("backbone/ncf.json", Expected.class);
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        boolean both = kind.equals("neumf");
        weights.put(
                both ? "mf_embedding_user.weight" : "user_embedding.weight",
                tensor(e, kind.equals("mlp") ? "user_embedding.mlp" : "user_embedding.gmf"));
        weights.put(
                both ? "mf_embedding_item.weight" : "item_embedding.weight",
                tensor(e, kind.equals("mlp") ? "item_embedding.mlp" : "item_embedding.gmf"));
        weights.put("mlp_embedding_user.weight", tensor(e, "user_embedding.mlp"));
        weights.put("mlp_embedding_item.weight", tensor(e, "item_embedding.mlp"));
        for (int i = 1; i < 3; i++) {
            HostTensor bias = tensor(e, "layer" + i + ".bias");
            weights.put("layer" + i + ".weight", tensor(e, "layer" + i));
            weights.put("layer" + i + ".bias", bias.reshape(bias.elements()));
        }
        Graph graph = new Graph();
        Endpoints endpoints = backbone().build(graph, config(kind));
        weights.keySet().retainAll(graph.parameters().keySet());
        float[] gmf = tensor(e, "prediction.gmf").toFloats();
        float[] mlp = tensor(e, "prediction.mlp").toFloats();
        float[] prediction = new float[both ? 6 : kind.equals("gmf") ? 4 : 2];
        for (int i = 0; i < prediction.length; i++) {
            prediction[i] = kind.equals("mlp") ? mlp[i] : i < 4 ? gmf[i] : mlp[i - 4];
        }
        double bias = e.tensors().get(kind.equals("mlp") ? "bias.mlp" : "bias.gmf")[0][0];
        Value logit = graph.add(
                graph.matMul(endpoints.tokens(), graph.constant(HostTensor.of(prediction, prediction.length, 1))),
                graph.scalar(bias));
        graph.output("score", graph.unary(Op.UnaryKind.SIGMOID, logit));
        long[] items = IntStream.range(0, 15).mapToLong(i -> i % 5).toArray();
        Map<String, HostTensor> inputs =
                Map.of("user", HostTensor.of(new long[] {0, 1, 2}, 3), "items", HostTensor.of(items, 3, 5));
        double[][] expected = both ? e.neumf() : kind.equals("gmf") ? e.gmf() : e.mlp();
        try (InferenceSession session = new OnnxEngine().load(graph, Weights.of(weights), Device.CPU)) {
            float[] scores = session.run(inputs).get("score").toFloats();
            for (int i = 0; i < 15; i++) {
                assertThat((double) scores[i]).isCloseTo(expected[i / 5][i % 5], within(1e-6));
            }
        }
    }

    @Test
    void refusesLayersThatDoNotFit() {
        assertThatThrownBy(() -> backbone().build(new Graph(), config("mlp").with("layers", List.of(7, 3))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("[7, 3]");
    }
}
