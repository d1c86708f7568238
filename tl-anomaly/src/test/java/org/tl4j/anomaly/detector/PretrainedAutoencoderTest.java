// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Config;
import org.tl4j.parity.Fill;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** Against what numpy computes: parity/make_autoencoder_fixtures.py. */
class PretrainedAutoencoderTest {
    private static final List<Integer> TOYCAR = List.of(128, 128, 128, 128, 8, 128, 128, 128, 128, 640);

    /** Ten layers in singles against doubles. */
    private static final double ROUNDING = 1e-5;

    @TempDir
    private Path folder;

    private static JsonObject expected(String name) throws IOException {
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(PretrainedAutoencoderTest.class.getResourceAsStream("/detector/toycar.json")),
                StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject().getAsJsonObject(name);
        }
    }

    private static float[][] rows(float factor, float shift) {
        float[][] rows = new float[2][640];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 640; j++) {
                rows[i][j] = (float) ((37 * j + 11 * i) % 101 / 50.0 - 1) * factor + shift;
            }
        }
        return rows;
    }

    private static Weights filled() {
        Map<String, HostTensor> filled = new LinkedHashMap<>();
        PretrainedAutoencoder.network(TOYCAR)
                .graph()
                .parameters()
                .forEach((name, v) -> filled.put(name, Fill.of(name, v.dtype(), v.shape())));
        return Weights.of(filled);
    }

    private static void assertScores(double[] scores, JsonObject expected) {
        JsonArray wanted = expected.getAsJsonArray("scores");
        for (int i = 0; i < 2; i++) {
            double w = wanted.get(i).getAsDouble();
            assertThat(scores[i]).isCloseTo(w, within(ROUNDING * w));
        }
    }

    @Test
    void givesBackWhatNumpyDoesUnderTheFill() throws IOException {
        JsonObject expected = expected("fill");
        Weights weights = filled();
        long values = weights.tensors().entrySet().stream()
                .filter(e -> !e.getKey().endsWith("num_batches_tracked"))
                .mapToLong(e -> e.getValue().elements())
                .sum();
        assertThat(values).isEqualTo(expected.get("values").getAsLong());
        Graph graph = PretrainedAutoencoder.network(TOYCAR).graph();
        try (InferenceSession session = new OnnxEngine().load(graph, weights, Device.CPU)) {
            float[] given = Objects.requireNonNull(
                            session.run(Map.of("x", Rows.tensor(rows(1, 0)))).get("reconstruction"))
                    .toFloats();
            for (int i = 0; i < 2; i++) {
                JsonArray first = expected.getAsJsonArray("given").get(i).getAsJsonArray();
                for (int j = 0; j < first.size(); j++) {
                    assertThat((double) given[640 * i + j])
                            .isCloseTo(first.get(j).getAsDouble(), within(ROUNDING));
                }
            }
        }
    }

    @Test
    void readsAFileByItsOwnNamesAndScoresAsNumpyDoes() throws IOException {
        Path file = folder.resolve("toycar.safetensors");
        WeightFile.writeSafetensors(filled(), Map.of(), file);
        Detector detector = PretrainedAutoencoder.of(file).fit(rows(1, 0), 1);
        assertScores(detector.scores(rows(1, 0)), expected("fill"));
        double[] terms = detector.contributions(rows(1, 0)[0]).orElseThrow();
        assertThat(java.util.Arrays.stream(terms).sum()).isCloseTo(detector.scores(rows(1, 0))[0], within(1e-5));
        assertThat(detector.describe().numbers("layers"))
                .containsExactly(TOYCAR.stream().map(Integer::doubleValue).toArray(Double[]::new));
    }

    @Test
    void scoresAsNumpyDoesWithThePublishedWeights() throws IOException {
        String weights = System.getenv("TL4J_WEIGHTS");
        assumeTrue(weights != null, "TL4J_WEIGHTS names no folder");
        Path file = Path.of(weights, "mlperf-tiny", "ad01.h5");
        assumeTrue(Files.exists(file), file + " is not there");
        float[][] rows = rows(20, -30);
        assertScores(PretrainedAutoencoder.of(file).fit(rows, 1).scores(rows), expected("ad01"));
    }

    @Test
    void learnsMoreFromRowsOfItsUsers() {
        Path file = folder.resolve("toycar.safetensors");
        WeightFile.writeSafetensors(filled(), Map.of(), file);
        float[][] rows = new float[64][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = rows(1, 0.01f * i)[i % 2];
        }
        double before = mean(PretrainedAutoencoder.of(file).fit(rows, 1).scores(rows));
        double after =
                mean(new PretrainedAutoencoder(file, 3, 16, 1e-3).fit(rows, 1).scores(rows));
        assertThat(after).isLessThan(0.9 * before);
    }

    private static double mean(double[] values) {
        return java.util.Arrays.stream(values).average().orElseThrow();
    }

    @Test
    void saysWhatDoesNotFit() {
        Path file = folder.resolve("toycar.safetensors");
        WeightFile.writeSafetensors(filled(), Map.of(), file);
        PretrainedAutoencoder family = PretrainedAutoencoder.of(file);
        assertThatThrownBy(() -> family.fit(new float[][] {{1, 2}, {2, 3}}, 1))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("2 columns")
                .hasMessageContaining("640 columns");
        Path other = folder.resolve("other.safetensors");
        WeightFile.writeSafetensors(Weights.of(Map.of("a", HostTensor.of(new float[] {1}, 1))), Map.of(), other);
        assertThatThrownBy(() -> PretrainedAutoencoder.of(other).fit(rows(1, 0), 1))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("dense autoencoder");
        assertThatThrownBy(() -> Detectors.named("pretrained-autoencoder", Config.empty()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("weights=FILE");
    }
}
