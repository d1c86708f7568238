// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** A head that is computed at once stands where the gradients of its own loss and of the penalty cancel out. */
class ClosedFormTest {
    private static final TinyModel.Vectors SINGLE = TinyModel.vectors(30, 1);
    private static final Map<String, Double> WEIGHTS = Map.of("a", 3.0, "b", 0.5, "c", 1.0);

    /** The same vectors, each with a label, its neighbour's too, or none. */
    private static TinyModel.Vectors several() {
        List<List<String>> labels = new ArrayList<>();
        for (int i = 0; i < SINGLE.size(); i++) {
            labels.add(
                    i % 5 == 0
                            ? List.of()
                            : i % 2 == 0
                                    ? SINGLE.target(i)
                                    : List.of("a", SINGLE.target(i).get(0)).stream()
                                            .distinct()
                                            .toList());
        }
        return new TinyModel.Vectors(SINGLE.rows(), labels, "several");
    }

    static Stream<Arguments> losses() {
        ClassificationHead one = ClassificationHead.singleLabel("test", TinyModel.LABELS);
        ClassificationHead many = ClassificationHead.multiLabel("test", TinyModel.LABELS);
        return Stream.of(
                arguments("one label", one, SINGLE),
                arguments("one label, smoothed", one.withLabelSmoothing(0.2), SINGLE),
                arguments("one label, weighted", one.withClassWeights(WEIGHTS), SINGLE),
                arguments(
                        "one label, smoothed and weighted",
                        one.withLabelSmoothing(0.2).withClassWeights(WEIGHTS),
                        SINGLE),
                arguments("several labels", many, several()),
                arguments("several labels, smoothed", many.withLabelSmoothing(0.2), several()),
                arguments("several labels, weighted", many.withClassWeights(WEIGHTS), several()),
                arguments(
                        "several labels, smoothed and weighted",
                        many.withLabelSmoothing(0.2).withClassWeights(WEIGHTS),
                        several()));
    }

    private static Tuned<List<String>, Classification> fit(
            ClassificationHead head, Examples<List<String>> data, Phase.ClosedForm phase) {
        return Training.run(
                TinyModel.of(0.3, head),
                List.of(phase),
                data,
                null,
                TrainingOptions.defaults(),
                new OnnxEngine(),
                new TorchEngine(),
                TrainingListener.NONE);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void minimisesTheHeadsOwnLoss(String name, ClassificationHead head, TinyModel.Vectors data) {
        double penalty = 0.3;
        Tuned<List<String>, Classification> tuned = fit(head, data, new Phase.ClosedForm(true, penalty));
        Weights before = tuned.model().weights();
        Weights after = stepped(tuned.model(), data);
        double[] weight = before.get("head.classifier.weight").toDoubles();
        double[] moved = after.get("head.classifier.weight").toDoubles();
        for (int i = 0; i < weight.length; i++) {
            // A step of plain descent at rate 1 takes the gradient off; that of the penalty would undo it.
            assertThat(moved[i] - weight[i]).as(name).isCloseTo(penalty * weight[i], within(2e-4));
        }
        double[] bias = before.get("head.classifier.bias").toDoubles();
        assertThat(after.get("head.classifier.bias").toDoubles()).containsExactly(bias, within(2e-4));
    }

    /** The weights after one step of plain gradient descent at rate 1 down the summed loss, without dropout. */
    private static Weights stepped(Trainable<List<String>, Classification> trained, TinyModel.Vectors data) {
        ClassificationHead still = ((ClassificationHead) trained.head()).withDropout(0);
        Trainable<List<String>, Classification> model = TinyModel.of(0, still);
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            Map<String, HostTensor> row = new LinkedHashMap<>(data.inputs(i));
            row.putAll(still.encode(data.target(i)));
            rows.add(row);
        }
        Map<String, HostTensor> batch = Batch.collate(rows, Map.of());
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f));
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("head", List.copyOf(model.headParameters()), 1, 0)),
                Optimizer.sgd(0),
                0,
                Device.CPU);
        try (TrainingSession session = new TorchEngine().load(model.graph(), trained.weights(), options)) {
            session.backward(batch, 0);
            session.step(1, 0);
            return session.weights();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void movesTheHeadAlone(boolean logistic) {
        Tuned<List<String>, Classification> tuned = fit(
                ClassificationHead.singleLabel("test", TinyModel.LABELS), SINGLE, new Phase.ClosedForm(logistic, 0));
        Weights start = TinyModel.withDropout().weights();
        tuned.model()
                .weights()
                .tensors()
                .forEach((name, t) ->
                        assertThat(t.bitEquals(start.get(name))).as(name).isEqualTo(!name.startsWith("head.")));
        assertThat(tuned.history().losses()).isEmpty();
        assertThat(tuned.trainedParameters()).isEqualTo(3 * 8 + 3);
    }

    @Test
    void saysHowItWent() {
        List<String> notes = new ArrayList<>();
        Training.run(
                TinyModel.withDropout(),
                List.of(new Phase.ClosedForm(true, 0.5)),
                SINGLE,
                null,
                TrainingOptions.defaults(),
                new OnnxEngine(),
                new TorchEngine(),
                new TrainingListener() {
                    @Override
                    public void note(String sentence) {
                        notes.add(sentence);
                    }
                });
        assertThat(notes)
                .anySatisfy(n -> assertThat(n)
                        .contains("30 feature vectors of width 8")
                        .contains("penalty 0.5")
                        .doesNotContain("NOT converged"));
    }

    @Test
    void refusesHeadsThatAreNotOneLinearLayer() {
        ClassificationHead hidden =
                ClassificationHead.singleLabel("test", TinyModel.LABELS).withHidden(List.of(4));
        assertThatThrownBy(() -> fit(hidden, SINGLE, new Phase.ClosedForm(true, 0)))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("one linear layer")
                .hasMessageContaining("--strategy head-only");
    }

    @Test
    void refusesAHeadOverManyVectorsAnExample() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 6"));
        Value tokens = g.tanh(g.at("layer").linear("fc", g.reshape(x, 0, 3, 2), 4)); // f32[N, 3, 4]
        List<Endpoints.Layer> layers = List.of(Endpoints.Layer.of("layer"));
        ClassificationHead head = ClassificationHead.multiLabel("test", TinyModel.LABELS);
        head.build(g, new Endpoints(Map.of(), tokens, tokens, List.of(), layers));
        head.buildLoss(g);
        Trainable<List<String>, Classification> model =
                new Trainable<>(g, Weights.initial(g, 1), layers, head, Map.of());
        assertThatThrownBy(() -> Training.run(
                        model,
                        List.of(new Phase.ClosedForm(true, 0)),
                        SINGLE,
                        null,
                        TrainingOptions.defaults(),
                        new OnnxEngine(),
                        new TorchEngine(),
                        TrainingListener.NONE))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("one frozen vector an example");
    }

    @Test
    void ridgeRefusesWeightsThatItCannotHonour() {
        ClassificationHead weighted =
                ClassificationHead.multiLabel("test", TinyModel.LABELS).withClassWeights(WEIGHTS);
        assertThatThrownBy(() -> fit(weighted, several(), new Phase.ClosedForm(false, 0)))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("class weights")
                .hasMessageContaining("closed-form");
    }
}
