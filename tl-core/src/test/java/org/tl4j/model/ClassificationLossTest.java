// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.data.Batches;
import org.tl4j.data.LabelMap;
import org.tl4j.data.SoftLabels;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** Losses and their gradients against PyTorch's {@code CrossEntropyLoss} and {@code BCEWithLogitsLoss}. */
class ClassificationLossTest {
    /** {@code parity/make_training_fixtures.py} wrote these. */
    private record Fixture(
            float[][] x, float[][] weight, float[] bias, int[] single, int[][] several, List<Case> cases) {}

    private record Case(
            String name,
            boolean multiLabel,
            double labelSmoothing,
            List<Double> classWeights,
            double loss,
            double[][] weight,
            double[] bias) {
        ClassificationHead head() {
            ClassificationHead head = multiLabel
                    ? ClassificationHead.multiLabel("test", LABELS)
                    : ClassificationHead.singleLabel("test", LABELS);
            head = head.withDropout(0).withLabelSmoothing(labelSmoothing);
            return classWeights.isEmpty()
                    ? head
                    : head.withClassWeights(
                            Map.of("a", classWeights.get(0), "b", classWeights.get(1), "c", classWeights.get(2)));
        }

        List<String> target(int i) {
            if (!multiLabel) {
                return List.of(LABELS.name(TORCH.single()[i]));
            }
            List<String> target = new ArrayList<>();
            for (int k = 0; k < 3; k++) {
                if (TORCH.several()[i][k] == 1) {
                    target.add(LABELS.name(k));
                }
            }
            return target;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final LabelMap LABELS = LabelMap.of("a", "b", "c");
    private static final Fixture TORCH = read();

    private static Fixture read() {
        try (InputStream in = ClassificationLossTest.class.getResourceAsStream("/training/losses.json")) {
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Case> cases() {
        return TORCH.cases().stream();
    }

    private static TrainingSession open(ClassificationHead head) {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 4"));
        head.build(g, new Endpoints(Map.of(), x, null, List.of(), List.of()));
        head.buildLoss(g);
        float[] flat = new float[12];
        for (int k = 0; k < 3; k++) {
            System.arraycopy(TORCH.weight()[k], 0, flat, 4 * k, 4);
        }
        Weights start = Weights.of(Map.of(
                "head.classifier.weight", HostTensor.of(flat, 3, 4),
                "head.classifier.bias", HostTensor.of(TORCH.bias(), 3)));
        ParameterGroup group = new ParameterGroup("head", List.copyOf(start.names()), 1, 0);
        return new TorchEngine()
                .load(g, start, new TrainingEngine.Options(List.of(group), Optimizer.sgd(0), 0, Device.CPU));
    }

    /** Examples with their targets; the scale is that of the whole step. */
    private static Map<String, HostTensor> batch(Case c, int[] indices) {
        ClassificationHead head = c.head();
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        for (int i : indices) {
            Map<String, HostTensor> row = new LinkedHashMap<>(head.encode(c.target(i)));
            row.put("x", HostTensor.of(TORCH.x()[i], 4));
            rows.add(row);
        }
        List<Map<String, HostTensor>> all = new ArrayList<>();
        for (int i = 0; i < TORCH.x().length; i++) {
            all.add(head.encode(c.target(i)));
        }
        Map<String, HostTensor> batch = Batch.collate(rows, Map.of());
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / head.weight(Batch.collate(all, Map.of())))));
        return batch;
    }

    /** In one pass, and in passes over parts of equal and of unequal size, whose gradients add up. */
    @ParameterizedTest
    @MethodSource("cases")
    void losesAndDescendsAsPyTorchDoes(Case c) {
        int[] order = {0, 1, 2, 3, 4, 5, 6};
        for (int most : new int[] {7, 4, 3, 2, 1}) {
            try (TrainingSession session = open(c.head())) {
                double evaluated = 0;
                double trained = 0;
                for (int[] part : Batches.micro(order, most)) {
                    evaluated += session.loss(batch(c, part));
                    trained += session.backward(batch(c, part), 0);
                }
                assertThat(evaluated).as("loss in parts of " + most).isCloseTo(c.loss(), within(1e-6));
                assertThat(trained).as("loss in parts of " + most).isCloseTo(c.loss(), within(1e-6));
                session.step(1, 0);
                double[] weight =
                        session.weights().get("head.classifier.weight").toDoubles();
                for (int k = 0; k < 3; k++) {
                    for (int j = 0; j < 4; j++) {
                        assertThat(weight[4 * k + j])
                                .as("weight %d, %d, in parts of %d", k, j, most)
                                .isCloseTo(c.weight()[k][j], within(1e-6));
                    }
                }
                assertThat(session.weights().get("head.classifier.bias").toDoubles())
                        .containsExactly(c.bias(), within(1e-6));
            }
        }
    }

    /** Each example is 0.7 of its own label and 0.3 of the next one's; what PyTorch gives for these probabilities. */
    @ParameterizedTest
    @CsvSource({
        "0, false, 1.6613175, 0.1040543, 0.1511797",
        "0.1, false, 1.6377470, 0.0967537, 0.1357940",
        "0.1, true, 3.3676505, 0.1277777, 0.4913970"
    })
    void softLabelsLoseAndDescendAsPyTorchDoes(
            double smoothing, boolean weighted, double loss, double first, double last) {
        ClassificationHead head = ClassificationHead.singleLabel("test", LABELS)
                .withDropout(0)
                .withLabelSmoothing(smoothing)
                .withSoftTargets();
        head = weighted ? head.withClassWeights(Map.of("a", 0.5, "b", 1.0, "c", 3.0)) : head;
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            List<String> own = List.of(LABELS.name(TORCH.single()[i]));
            List<String> next = List.of(LABELS.name(TORCH.single()[(i + 1) % 7]));
            Map<String, HostTensor> row = new LinkedHashMap<>(head.encode(SoftLabels.mixed(own, next, 0.7)));
            row.put("x", HostTensor.of(TORCH.x()[i], 4));
            rows.add(row);
        }
        Map<String, HostTensor> batch = Batch.collate(rows, Map.of());
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / head.weight(batch))));
        try (TrainingSession session = open(head)) {
            assertThat(session.backward(batch, 0)).isCloseTo(loss, within(1e-6));
            session.step(1, 0);
            double[] weight = session.weights().get("head.classifier.weight").toDoubles();
            assertThat(TORCH.weight()[0][0] - weight[0]).isCloseTo(first, within(1e-6));
            assertThat(TORCH.weight()[2][3] - weight[11]).isCloseTo(last, within(1e-6));
        }
    }

    @Test
    void hardLabelsOfASoftHeadAreExactlyOne() {
        ClassificationHead head = ClassificationHead.singleLabel("test", LABELS).withSoftTargets();

        assertThat(head.encode(List.of("b")).get("target").toFloats()).containsExactly(0f, 1f, 0f);
        assertThat(ClassificationHead.restore("test", head.config())).isEqualTo(head);
        assertThatThrownBy(() -> head.encode(List.of("a", "b"))).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> SoftLabels.of(Map.of("a", 1.5))).isInstanceOf(InvalidArgumentException.class);
        assertThat(SoftLabels.mixed(List.of("a"), List.of("a"), 0.4)).containsExactly("a");
    }
}
