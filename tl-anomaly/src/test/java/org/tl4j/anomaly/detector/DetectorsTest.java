// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** What every family promises. */
class DetectorsTest {
    private static final Cloud TRAIN = Cloud.of(300, 0, 5, 1);
    private static final Cloud TEST = Cloud.of(60, 20, 5, 2);

    static Stream<DetectorFamily> families() {
        return Stream.concat(
                Detectors.all().stream(),
                Stream.of(
                        new IsolationForest(40, 64, 2),
                        new IsolationForest(30, 300, 4),
                        new OneClassSvm(0.1, 0.3, 1e-4, "min-max"),
                        new NearestNeighbours(1, "none"),
                        new MemoryBank(0.5, 1, "standard"),
                        new Hbos(25, 0.01)));
    }

    @ParameterizedTest
    @MethodSource("families")
    void findsWhatLiesFarOutside(DetectorFamily family) {
        double[] scores = family.fit(TRAIN.rows(), 3).scores(TEST.rows());
        assertThat(ScoredTruth.of(scores, TEST.anomalous()).auroc().value()).isGreaterThan(0.97);
    }

    @ParameterizedTest
    @MethodSource("families")
    void answersOnOnnxRuntimeAsInJava(DetectorFamily family) {
        Detector detector = family.fit(TRAIN.rows(), 3);
        // Training rows lie on edges of bins and on stored rows, which is where rounding would show.
        for (float[][] rows : new float[][][] {TEST.rows(), TRAIN.rows()}) {
            double[] expected = detector.scores(rows);
            Map<String, HostTensor> outputs = onnx(detector, rows);
            float[] score = outputs.get("score").toFloats();
            assertThat(score).hasSameSizeAs(expected);
            for (int i = 0; i < score.length; i++) {
                assertThat((double) score[i])
                        .as("row %d", i)
                        .isCloseTo(expected[i], within(1e-5 * Math.max(1, Math.abs(expected[i]))));
            }
            if (outputs.containsKey("contributions")) {
                float[] terms = outputs.get("contributions").toFloats();
                double[] first = detector.contributions(rows[0]).orElseThrow();
                for (int j = 0; j < first.length; j++) {
                    assertThat((double) terms[j]).isCloseTo(first[j], within(1e-4 * Math.max(1, Math.abs(first[j]))));
                }
            }
        }
    }

    private static Map<String, HostTensor> onnx(Detector detector, float[][] rows) {
        Graph graph = new Graph();
        var x = graph.input("x", DType.F32, Shape.of(java.util.List.of(Dim.named("N"), Dim.of(detector.width()))));
        Detector.Answer answer = detector.build(graph.at("head"), x);
        graph.output("score", answer.score());
        Optional.ofNullable(answer.contributions()).ifPresent(c -> graph.output("contributions", c));
        try (InferenceSession session = new OnnxEngine().load(graph, Weights.none(), Device.CPU)) {
            return session.run(Map.of("x", Rows.tensor(rows)));
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void givesTheSameBitsForTheSameSeed(DetectorFamily family) {
        assertThat(family.fit(TRAIN.rows(), 5).scores(TEST.rows()))
                .isEqualTo(family.fit(TRAIN.rows(), 5).scores(TEST.rows()));
    }

    @ParameterizedTest
    @MethodSource("families")
    void takesConstantColumnsAndFewRows(DetectorFamily family) {
        float[][] rows = new float[24][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = TRAIN.rows()[i].clone();
            rows[i][1] = 7;
            rows[i][4] = 0;
        }
        double[] scores = family.fit(Arrays.copyOf(rows, 12), 3).scores(Arrays.copyOfRange(rows, 12, 24));
        assertThat(scores).hasSize(12);
        assertThat(Arrays.stream(scores)).allMatch(Double::isFinite);
        assertThat(Arrays.stream(scores).distinct().count())
                .as("different scores")
                .isGreaterThan(1);
    }

    @ParameterizedTest
    @MethodSource("families")
    void refusesRowsThatAreNoNumbers(DetectorFamily family) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[][] rows = Arrays.stream(TRAIN.rows()).map(float[]::clone).toArray(float[][]::new);
            rows[17][2] = bad;
            assertThatThrownBy(() -> family.fit(rows, 1))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("Row 18")
                    .hasMessageContaining("column 3");
            Detector detector = family.fit(TRAIN.rows(), 1);
            assertThatThrownBy(() -> detector.scores(rows)).isInstanceOf(InvalidDataException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void refusesRowsThatAreAllEqual(DetectorFamily family) {
        float[][] rows = new float[20][];
        Arrays.fill(rows, new float[] {1, 2, 3, 4, 5});
        assertThatThrownBy(() -> family.fit(rows, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("All rows are equal");
    }

    @ParameterizedTest
    @MethodSource("families")
    void refusesRowsOfAnotherWidth(DetectorFamily family) {
        Detector detector = family.fit(TRAIN.rows(), 1);
        assertThatThrownBy(() -> detector.scores(new float[][] {{1, 2}}))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("5 columns");
    }

    @ParameterizedTest
    @MethodSource("families")
    void refusesTooFewRows(DetectorFamily family) {
        assertThatThrownBy(() -> family.fit(new float[0][], 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 rows");
        assertThatThrownBy(() -> family.fit(new float[][] {{1, 2, 3, 4, 5}}, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 row");
    }

    @ParameterizedTest
    @MethodSource("families")
    void blamesTheColumnThatIsStrange(DetectorFamily family) {
        Detector detector = family.fit(TRAIN.rows(), 3);
        float[] row = new float[5];
        for (int j = 0; j < row.length; j++) {
            row[j] = 10 * j; // the middle of the cloud
        }
        row[3] += 60;
        Optional<double[]> found = detector.contributions(row);
        if (found.isPresent()) {
            double[] terms = found.get();
            for (int j = 0; j < terms.length; j++) {
                assertThat(terms[j]).as("feature %d", j).isLessThanOrEqualTo(terms[3]);
            }
        } else {
            assertThat(family.id()).isIn(OneClassSvm.ID, LinearOneClassSvm.ID, NearestNeighbours.ID, MemoryBank.ID);
        }
    }

    @Test
    void readsOptionsByTheirNames() {
        assertThat(Detectors.named("isolation-forest", Config.empty().with("trees", 7)))
                .isEqualTo(new IsolationForest(7, 256, 0));
    }

    @Test
    void namesTheOptionsThatAFamilyKnows() {
        assertThatThrownBy(() -> Detectors.named("hbos", Config.empty().with("trees", 7)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("trees")
                .hasMessageContaining("bins");
        assertThatThrownBy(() -> Detectors.named("isolation-forrest", Config.empty()))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("isolation-forest");
    }
}
