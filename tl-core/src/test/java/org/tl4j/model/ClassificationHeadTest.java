// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.metric.Estimate;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

class ClassificationHeadTest {
    private static final LabelMap LABELS = LabelMap.of("a", "b", "c");
    private static final float[] FEATURES = {1, 2, -1, 0.5f, 0, -2, 3, 1};
    private static final float[] WEIGHT = {0.5f, -1, 1, 0.25f, -0.5f, 2};
    private static final float[] BIAS = {0.1f, 0, -0.2f};

    private final ClassificationHead single =
            ClassificationHead.singleLabel("test", LABELS).withDropout(0);
    private final ClassificationHead several =
            ClassificationHead.multiLabel("test", LABELS).withDropout(0);

    private static Graph graph(ClassificationHead head) {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 2"));
        head.build(g, new Endpoints(Map.of(), x, null, List.of(), List.of()));
        head.buildLoss(g);
        return g;
    }

    private static Map<String, HostTensor> batch(ClassificationHead head, List<List<String>> targets) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>(
                Batch.collate(targets.stream().map(head::encode).toList(), Map.of()));
        inputs.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / weight(head, targets))));
        inputs.put("x", HostTensor.of(FEATURES, 4, 2));
        return inputs;
    }

    private static double weight(ClassificationHead head, List<List<String>> targets) {
        return head.weight(Batch.collate(targets.stream().map(head::encode).toList(), Map.of()));
    }

    private static double loss(ClassificationHead head, List<List<String>> targets) {
        Weights weights = Weights.of(Map.of(
                "head.classifier.weight", HostTensor.of(WEIGHT, 3, 2), "head.classifier.bias", HostTensor.of(BIAS, 3)));
        ParameterGroup group = new ParameterGroup("head", List.copyOf(weights.names()), 1, 0);
        TrainingEngine.Options options = new TrainingEngine.Options(List.of(group), Optimizer.sgd(0), 0, Device.CPU);
        try (TrainingSession session = new TorchEngine().load(graph(head), weights, options)) {
            return session.loss(batch(head, targets));
        }
    }

    private static double[][] logits() {
        double[][] z = new double[4][3];
        for (int n = 0; n < 4; n++) {
            for (int k = 0; k < 3; k++) {
                z[n][k] = BIAS[k] + WEIGHT[2 * k] * FEATURES[2 * n] + WEIGHT[2 * k + 1] * FEATURES[2 * n + 1];
            }
        }
        return z;
    }

    private static double logProbability(double[] z, int k) {
        return z[k] - Math.log(Math.exp(z[0]) + Math.exp(z[1]) + Math.exp(z[2]));
    }

    @Test
    void losesWhatPyTorchsMeanLoses() {
        List<List<String>> targets = List.of(List.of("a"), List.of("c"), List.of("b"), List.of("c"));
        int[] truth = {0, 2, 1, 2};
        double[] weights = {1, 2, 0.5};
        double smoothing = 0.1;
        double plain = 0;
        double weighted = 0;
        double total = 0;
        for (int n = 0; n < 4; n++) {
            double[] z = logits()[n];
            plain -= logProbability(z, truth[n]) / 4;
            double own = -weights[truth[n]] * logProbability(z, truth[n]);
            double all = 0;
            for (int k = 0; k < 3; k++) {
                all -= weights[k] * logProbability(z, k);
            }
            weighted += (1 - smoothing) * own + smoothing / 3 * all;
            total += weights[truth[n]];
        }

        assertThat(loss(single, targets)).isCloseTo(plain, within(1e-5));
        ClassificationHead other = single.withLabelSmoothing(smoothing)
                .withClassWeights(Map.of("a", 1.0, "b", 0.5, "c", 2.0))
                .withClassWeights(Map.of("a", 1.0, "b", 2.0, "c", 0.5));
        assertThat(weight(other, targets)).isEqualTo(total);
        assertThat(loss(other, targets)).isCloseTo(weighted / total, within(1e-5));
    }

    @Test
    void losesForSeveralLabelsWhatPyTorchsMeanLoses() {
        List<List<String>> targets = List.of(List.of("a", "b"), List.of(), List.of("c"), List.of("b"));
        double sum = 0;
        for (int n = 0; n < 4; n++) {
            for (int k = 0; k < 3; k++) {
                double p = 1 / (1 + Math.exp(-logits()[n][k]));
                boolean applies = targets.get(n).contains(LABELS.name(k));
                sum -= applies ? (k == 1 ? 3 : 1) * Math.log(p) : Math.log(1 - p);
            }
        }

        assertThat(weight(several, targets)).isEqualTo(12);
        assertThat(loss(several.withClassWeights(Map.of("b", 3.0)), targets)).isCloseTo(sum / 12, within(1e-5));
    }

    private static Map<String, HostTensor> outputs(float... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        int n = probabilities.length / 3;
        return Map.of(
                "probabilities", HostTensor.of(probabilities, n, 3),
                "logits", HostTensor.of(logits, n, 3));
    }

    @Test
    void ranksLabelsByProbability() {
        List<Classification> answers = single.decode(outputs(0.2f, 0.7f, 0.1f, 0.4f, 0.2f, 0.4f));

        assertThat(answers.get(0).best().label()).isEqualTo("b");
        assertThat(answers.get(0).labels()).containsExactly("b");
        assertThat(answers.get(0).score("c")).isCloseTo(0.1, within(1e-6));
        assertThat(answers.get(1).ranked())
                .extracting(Classification.LabelScore::label)
                .containsExactly("a", "c", "b");
        assertThatThrownBy(() -> answers.get(0).score("d")).isInstanceOf(UnknownNameException.class);
    }

    @Test
    void choosesEveryLabelOverItsThreshold() {
        assertThat(several.decode(outputs(0.6f, 0.7f, 0.1f, 0.4f, 0.2f, 0.4f)))
                .extracting(Classification::labels)
                .containsExactly(List.of("b", "a"), List.of());
    }

    @Test
    void measuresBesideTheMajority() {
        Evaluation evaluation = single.evaluate(
                List.of(outputs(0.2f, 0.7f, 0.1f), outputs(0.8f, 0.1f, 0.1f, 0.3f, 0.3f, 0.4f)),
                List.of(List.of(List.of("b")), List.of(List.of("a"), List.of("a"))),
                List.of(List.of("a"), List.of("b"), List.of("b")));

        assertThat(evaluation.value("accuracy")).isCloseTo(2 / 3.0, within(1e-9));
        assertThat(evaluation.baseline().get("accuracy")).isCloseTo(1 / 3.0, within(1e-9));
        assertThat(evaluation.metrics()).containsKeys(single.monitor());
        assertThat(evaluation.report()).contains("accuracy");
    }

    @Test
    void judgesWithIntervalsAndAConfusionMatrix() {
        Evaluation evaluation = single.evaluate(
                List.of(outputs(0.2f, 0.7f, 0.1f, 0.8f, 0.1f, 0.1f, 0.3f, 0.3f, 0.4f, 0.1f, 0.6f, 0.3f)),
                List.of(List.of(List.of("b"), List.of("a"), List.of("a"), List.of("c"))),
                List.of(List.of("a"), List.of("a"), List.of("b")));

        Estimate accuracy = Objects.requireNonNull(evaluation.metrics().get("accuracy"));
        assertThat(accuracy.low()).isLessThan(0.5);
        assertThat(accuracy.high()).isGreaterThan(0.5);
        assertThat(evaluation.value("macroF1")).isCloseTo((2 / 3.0 + 2 / 3.0 + 0) / 3, within(1e-9));
        assertThat(evaluation.value("logLoss")).isCloseTo(-Math.log(0.7 * 0.8 * 0.3 * 0.3) / 4, within(1e-6));
        assertThat(evaluation.baseline()).containsOnlyKeys(evaluation.metrics().keySet());
        // Shares of the training data, each label counted once more: a 3/6, b 2/6, c 1/6.
        assertThat(evaluation.baseline().get("logLoss"))
                .isCloseTo(-Math.log(2 / 6.0 * 3 / 6.0 * 3 / 6.0 * 1 / 6.0) / 4, within(1e-9));
        assertThat(evaluation.report()).contains("95 % interval", "majority class", "true \\ answered");
        assertThat(evaluation.details().toString()).contains("confusion", "precision");
    }

    @Test
    void judgesSetsOfLabels() {
        Evaluation evaluation = several.evaluate(
                List.of(outputs(0.6f, 0.7f, 0.1f, 0.4f, 0.2f, 0.9f)),
                List.of(List.of(List.of("a", "b"), List.of("b"))),
                List.of(List.of("b"), List.of("a", "b"), List.of("b")));

        assertThat(evaluation.value("accuracy")).isEqualTo(0.5);
        assertThat(evaluation.value("microF1")).isCloseTo(2 * 2 / (2 * 2 + 1 + 1.0), within(1e-9));
        assertThat(evaluation.baseline().get("accuracy")).isEqualTo(0.5);
        assertThat(evaluation.metrics()).containsKey(several.monitor());
    }

    @Test
    void addsHiddenLayers() {
        Graph g = graph(single.withHidden(List.of(8, 4)).withDropout(0.1));

        assertThat(g.parameters())
                .containsOnlyKeys(
                        "head.hidden.0.weight",
                        "head.hidden.0.bias",
                        "head.hidden.1.weight",
                        "head.hidden.1.bias",
                        "head.classifier.weight",
                        "head.classifier.bias");
        assertThat(g.outputs()).containsOnlyKeys("logits", "probabilities", "loss");
        assertThat(g.output("logits").type()).hasToString("f32[N, 3]");
    }

    @Test
    void isRestoredFromItsSettings() {
        ClassificationHead head = single.withHidden(List.of(8))
                .withLabelSmoothing(0.1)
                .withClassWeights(Map.of("a", 2.0, "b", 1.0, "c", 1.0));

        assertThat(ClassificationHead.restore(
                        "test", Config.parse("saved", head.config().toString())))
                .isEqualTo(head);
    }

    private static Dataset<String, List<String>> data(List<List<String>> targets) {
        return Dataset.of(
                "data", targets.stream().map(t -> new Example<>("x", t, "here")).toList());
    }

    @Test
    void followsTheData() {
        List<List<String>> one = new ArrayList<>(Collections.nCopies(3, List.of("ham")));
        one.add(List.of("spam"));
        Config settings = Config.parse("settings", "{class-weights: balanced, head-dropout: 0, label-smoothing: 0.2}");

        ClassificationHead head = ClassificationHead.forData("test", data(one), settings);

        assertThat(head.labels()).isEqualTo(LabelMap.of("ham", "spam"));
        assertThat(head.multiLabel()).isFalse();
        assertThat(weight(head, List.of(List.of("spam")))).isCloseTo(2, within(1e-9));
        assertThat(weight(head, one)).isCloseTo(4, within(1e-9));
        assertThat(ClassificationHead.forData("test", data(List.of(List.of("a"), List.of())), Config.empty())
                        .multiLabel())
                .isTrue();
        assertThatThrownBy(() -> ClassificationHead.forData(
                        "test", data(one), Config.empty().with("class-weights", "square")))
                .isInstanceOf(UnknownNameException.class);
    }

    @Test
    void refusesWhatItCannotLearn() {
        assertThatThrownBy(() -> single.encode(List.of("a", "b"))).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> single.encode(List.of("d"))).isInstanceOf(UnknownNameException.class);
        assertThatThrownBy(() -> ClassificationHead.singleLabel("test", LabelMap.of("a")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("at least 2");
        assertThatThrownBy(() -> single.withClassWeights(Map.of("d", 1.0))).isInstanceOf(UnknownNameException.class);
    }
}
