// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

class PatchMemoryBankTest {
    private static float[][] images(int n, int places, int channels, long seed) {
        Random random = new Random(seed);
        float[][] rows = new float[n][places * channels];
        for (float[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (random.nextGaussian() + i % channels);
            }
        }
        return rows;
    }

    private static Map<String, HostTensor> run(Graph graph, String input, HostTensor x) {
        try (InferenceSession session = new OnnxEngine().load(graph, Weights.none(), Device.CPU)) {
            return session.run(Map.of(input, x));
        }
    }

    @Test
    void scoresTheStrangestPlaceOnOnnxRuntimeAsInJava() {
        int places = 6;
        int channels = 150; // more than are projected to
        Detector detector = new PatchMemoryBank(channels, List.of(8), 0.2, 200).fit(images(40, places, channels, 1), 1);
        float[][] judged = images(5, places, channels, 2);
        judged[3][4 * channels + 7] += 40;
        double[] scores = detector.scores(judged);
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(List.of(Dim.named("N"), Dim.of(detector.width()))));
        Detector.Answer answer = detector.build(graph, x);
        graph.output("score", answer.score());
        graph.output("patches", Objects.requireNonNull(answer.patches()));
        Map<String, HostTensor> outputs = run(graph, "x", Rows.tensor(judged));
        float[] score = Objects.requireNonNull(outputs.get("score")).toFloats();
        float[] patches = Objects.requireNonNull(outputs.get("patches")).toFloats();
        assertThat(patches).hasSize(5 * places);
        int strangest = 0;
        for (int i = 0; i < 5; i++) {
            assertThat((double) score[i]).isCloseTo(scores[i], within(1e-5 * scores[i]));
            strangest = scores[i] > scores[strangest] ? i : strangest;
        }
        assertThat(strangest).isEqualTo(3);
        for (int p = 0; p < places; p++) {
            assertThat(patches[3 * places + p]).isLessThanOrEqualTo(patches[3 * places + 4]);
        }
        assertThat(detector.describe().integer("drawn")).isEqualTo(200);
        assertThat(detector.describe().integer("kept")).isEqualTo(40);
    }

    @Test
    void weighsByTheNeighbourhoodInTheBank() {
        // A bank of all places 0, 1, 2, ..., 10 and 30 (two of an image): the far one is a lonely place.
        float[][] normal = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 30}};
        Detector detector = new PatchMemoryBank(1, List.of(8), 1, 100).fit(normal, 1);
        double[] scores = detector.scores(new float[][] {{5, 12}, {5, 32}, {5, 5}});
        // Around 10 are 10, 9, ..., 2, at 2, 3, ..., 10 from 12; around 30 are 30, 10, 9, ..., 3, far away from 32.
        double near = 0;
        for (int d = 0; d < 9; d++) {
            near += Math.exp(d);
        }
        assertThat(scores[0]).isCloseTo((1 - 1 / near) * 2, within(1e-9));
        double far = 1;
        for (int d = 20; d < 28; d++) {
            far += Math.exp(d);
        }
        assertThat(scores[1]).isCloseTo((1 - 1 / far) * 2, within(1e-9)).isGreaterThan(scores[0]);
        assertThat(scores[2]).isZero();
        Detector alone = new PatchMemoryBank(1, List.of(8), 0.01, 100).fit(normal, 1);
        assertThat(alone.describe().integer("kept")).isEqualTo(1);
        assertThat(alone.scores(new float[][] {{0, 100}})[0]).isGreaterThan(60);
    }

    @Test
    void aPlaceIsAveragedOverItsNeighboursAndJoinsTheMaps() {
        Graph graph = new Graph();
        Value fine = graph.input("fine", DType.F32, Shape.parse("N, 2, H, W"));
        Value coarse = graph.pool2d(org.tl4j.graph.Op.PoolKind.MAX, fine, 2, 2, 0, false);
        Endpoints maps = new Endpoints(
                Map.of(),
                null,
                null,
                List.of(new Endpoints.FeatureMap(fine, 8, 2), new Endpoints.FeatureMap(coarse, 16, 2)),
                List.of());
        PatchMemoryBank family = PatchMemoryBank.defaults().on(maps);
        assertThat(family.channels()).isEqualTo(4);
        graph.output("places", family.places(graph, maps));
        float[] pixels = new float[2 * 4 * 4];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i;
        }
        float[] places = Objects.requireNonNull(
                        run(graph, "fine", HostTensor.of(pixels, 1, 2, 4, 4)).get("places"))
                .toFloats();
        assertThat(places).hasSize(16 * 4);
        // Second row, second column: the middle of 0 1 2 / 4 5 6 / 8 9 10, and the same 16 further.
        assertThat(places[5 * 4]).isCloseTo(5, within(1e-5f));
        assertThat(places[5 * 4 + 1]).isCloseTo(21, within(1e-5f));
        // In the corner zeros are around it: (0 + 1 + 4 + 5) / 9.
        assertThat(places[0]).isCloseTo(10 / 9f, within(1e-5f));
        // The coarse map 5 7 / 13 15 is 40 / 9 everywhere when averaged with zeros around it.
        for (int p = 0; p < 16; p++) {
            assertThat(places[4 * p + 2]).isCloseTo(40 / 9f, within(1e-5f));
        }
    }

    @Test
    void saysWhatItNeeds() {
        assertThatThrownBy(() -> PatchMemoryBank.defaults().fit(images(3, 2, 4, 1), 1))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("image-anomaly-detection");
        Graph graph = new Graph();
        Value map = graph.input("x", DType.F32, Shape.parse("N, 2, H, W"));
        Endpoints one = new Endpoints(Map.of(), null, null, List.of(new Endpoints.FeatureMap(map, 32, 2)), List.of());
        assertThatThrownBy(() -> PatchMemoryBank.defaults().on(one))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("[32]")
                .hasMessageContaining("[8, 16]");
    }
}
