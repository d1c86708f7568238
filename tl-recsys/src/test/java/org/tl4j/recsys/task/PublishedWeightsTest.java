// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Pretrained;
import org.tl4j.recsys.backbone.NeuralCollaborativeFiltering;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.Interaction;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.head.PairHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** GMF and MLP as their authors published them, beside numpy: src/test/python/make_fixtures.py. */
class PublishedWeightsTest {
    private static final String GMF = "ml-1m_GMF_8_1501651698.h5";
    private static final String MLP = "ml-1m_MLP_[64,32,16,8]_1501652038.h5";

    @TempDir
    private Path folder;

    record Expected(long[] users, long[] items, double[][] gmf, double[][] mlp) {}

    private static Path file(String name) {
        String weights = System.getenv("TL4J_WEIGHTS");
        assumeTrue(weights != null, "TL4J_WEIGHTS names no folder of weights");
        Path file = Path.of(weights, "ncf-ml1m", name);
        assumeTrue(Files.exists(file), file + " is not there");
        return file;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"gmf|" + GMF, "mlp|" + MLP})
    void scoresAsNumpy(String kind, String name) throws IOException {
        Weights saved = PublishedWeights.read(file(name));
        Expected e = Fixture.read("backbone/published.json", Expected.class);
        Graph graph = new Graph();
        Backbone.Variant variant = new NeuralCollaborativeFiltering()
                .variants().stream()
                        .filter(v -> v.id().equals(kind))
                        .findFirst()
                        .orElseThrow();
        Endpoints endpoints = new NeuralCollaborativeFiltering().build(graph, variant.config());
        PairHead head = PairHead.of(
                "recommendation", List.of(new History("u", List.of(new Interaction("i", 1, 1)))), 4, Config.empty());
        head.build(graph, endpoints);
        Map<String, HostTensor> weights = new LinkedHashMap<>(saved.tensors());
        weights.put("head.prediction.weight", saved.get("prediction.weight"));
        weights.put("head.prediction.bias", saved.get("prediction.bias"));
        assertThat(weights.keySet()).containsAll(graph.parameters().keySet());
        weights.keySet().retainAll(graph.parameters().keySet());
        int n = e.users().length;
        int k = e.items().length;
        long[] items = new long[n * k];
        for (int i = 0; i < items.length; i++) {
            items[i] = e.items()[i % k];
        }
        Map<String, HostTensor> inputs = Map.of(
                "user", HostTensor.of(e.users(), n),
                "items", HostTensor.of(items, n, k),
                "history", HostTensor.of(new float[n], n, 1));
        double[][] expected = kind.equals("gmf") ? e.gmf() : e.mlp();
        try (InferenceSession session = new OnnxEngine().load(graph, Weights.of(weights), Device.CPU)) {
            float[] scores = session.run(inputs).get("score").toFloats();
            for (int i = 0; i < scores.length; i++) {
                assertThat((double) scores[i]).as("pair %d", i).isCloseTo(expected[i / k][i % k], within(1e-5));
            }
        }
    }

    /** NeuMF of other users and items begins with the published layers, and with half of both predictions. */
    @Test
    void beginsWithThePublishedLayers() {
        Path gmf = file(GMF);
        Path mlp = file(MLP);
        Config settings = Config.empty()
                .with("family", "neumf")
                .with("gmf-weights", gmf.toString())
                .with("mlp-weights", mlp.toString());
        var train = InteractionSplit.examples("t", Fixture.tastes(12, 30, 5, 1));
        Pretrained network = new RecommendationTask()
                .ownBackbone(train, settings)
                .orElseThrow()
                .get();
        Weights published = PublishedWeights.read(mlp);
        for (String name : List.of("layer1.weight", "layer1.bias", "layer3.weight")) {
            assertThat(network.weights().get(name).bitEquals(published.get(name)))
                    .as(name)
                    .isTrue();
        }
        float[] first = PublishedWeights.read(gmf).get("prediction.weight").toFloats();
        float[] both = network.weights().get("head.prediction.weight").toFloats();
        assertThat(both).hasSize(16);
        assertThat(both[3]).isEqualTo(first[3] / 2);
        assertThat(network.weights().find("mlp_embedding_user.weight")).isNull();
    }

    @Test
    void refusesOtherFiles() {
        Path other = folder.resolve("other.safetensors");
        WeightFile.writeSafetensors(Weights.of(Map.of("a", HostTensor.scalar(1f))), Map.of(), other);
        assertThatThrownBy(() -> PublishedWeights.read(other))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("item_embedding_W");
    }
}
