// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Batches;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Fingerprint;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * What every {@link Head} has to pass, with the {@link TaskHead} that it makes for some data.
 *
 * <p>The head is put on a tiny backbone. Unless the test gives another one, that is a layer over a vector of 8 numbers
 * which follow from the example, enough for tasks that answer whole examples.
 *
 * @param <X> an example
 * @param <Y> what is learned for it
 * @param <P> what is answered for it
 */
public interface HeadContract<X, Y, P> {
    /** The task under test. */
    Head<X, Y, P> head();

    /** Some examples, at least 4, of every kind of target that the task knows. */
    Dataset<X, Y> data();

    /** A target that a head for {@link #data} has never heard of. */
    Y unknownTarget();

    /** Settings with which the head is made. */
    default Config settings() {
        return Config.empty();
    }

    /** Builds the tiny backbone. */
    default Endpoints backbone(Graph graph) {
        Value x = graph.input("x", DType.F32, Shape.parse("N, 8"));
        Value pooled = graph.tanh(graph.at("layer").linear("fc", x, 8));
        return new Endpoints(Map.of("pooled", pooled), pooled, null, List.of(), List.of(Endpoints.Layer.of("layer")));
    }

    /** What the tiny backbone reads of an example, without the batch axis. */
    default Map<String, HostTensor> inputs(X example) {
        String hash = new Fingerprint().add(example).sha256();
        float[] x = new float[8];
        for (int i = 0; i < x.length; i++) {
            x[i] = Integer.parseInt(hash.substring(4 * i, 4 * i + 4), 16) / 32768f - 1;
        }
        return Map.of("x", HostTensor.of(x, x.length));
    }

    /** What shorter examples and targets of a batch are filled up with, by input name. */
    default Map<String, Double> padding() {
        return Map.of();
    }

    // ------------------------------------------------------------------------------------------- descriptions

    /** Task, title and modality are there; {@link java.util.ServiceLoader} finds it by a public constructor. */
    @Test
    default void isFoundByItsTask() throws NoSuchMethodException {
        Class<?> type = head().getClass();
        assertThat(head().task()).as("task").matches("[a-z0-9]+(-[a-z0-9]+)*");
        assertThat(head().title()).as("title").isNotBlank().doesNotContain("\n");
        assertThat(head().modality()).as("modality").isNotNull();
        assertThat(Modifier.isPublic(type.getModifiers())
                        && Modifier.isPublic(type.getDeclaredConstructor().getModifiers()))
                .as("the class and its constructor without arguments are public")
                .isTrue();
        assertThat(Heads.load(type.getClassLoader()).get(head().task()))
                .as("installed head '%s'; is it listed in META-INF/services?", head().task())
                .hasSameClassAs(head());
        assertThat(made().task()).as("task of the head that was made").isEqualTo(head().task());
    }

    /** No engine is loaded, not even a class of one, to list a task. */
    @Test
    default void needsNoEngineToBeListed() throws ReflectiveOperationException {
        ClassLoader loader = new EngineFree(head().getClass().getClassLoader());
        Class<?> type = loader.loadClass(head().getClass().getName());
        Object there = type.getDeclaredConstructor().newInstance();
        for (String method : List.of("task", "title", "modality")) {
            type.getMethod(method).invoke(there);
        }
    }

    /** Its settings, also once written and read, make an equal head that builds an equal graph. */
    @Test
    default void isRestoredFromItsSettings() {
        TaskHead<Y, P> made = made();
        for (Config c : List.of(
                made.config(), Config.parse("the head's settings", made.config().toString()))) {
            TaskHead<Y, P> restored = head().restore(c);
            assertThat(restored).as("head restored from %s", c).isEqualTo(made);
            assertThat(restored.config()).as("settings of the restored head").isEqualTo(made.config());
            assertThat(GraphRules.describe(new BuiltHead<>(this, restored).graph))
                    .as("graph of the restored head")
                    .isEqualTo(GraphRules.describe(new BuiltHead<>(this, made).graph));
        }
    }

    // ------------------------------------------------------------------------------------------- the graph

    /** It has outputs and a loss {@code f32[]}, keeps to its scope, and reads what {@link TaskHead#encode} gives. */
    @Test
    default void buildsOnATinyBackbone() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        assertThat(built.graph.outputs().keySet())
                .as("outputs")
                .hasSizeGreaterThan(1)
                .contains(TrainingEngine.LOSS);
        assertThat(built.graph.output(TrainingEngine.LOSS).type())
                .as("type of the loss")
                .hasToString("f32[]");
        assertThat(built.headParameters())
                .as("parameters under '%s'", TaskHead.SCOPE)
                .isNotEmpty();
        assertThat(built.graph.parameters().keySet())
                .as("parameters of the backbone or under '%s.'", TaskHead.SCOPE)
                .allMatch(name -> built.ofBackbone.contains(name) || name.startsWith(TaskHead.SCOPE + "."));
        assertThat(built.graph.inputs()).as("inputs").containsKey(TaskHead.LOSS_SCALE);
        data().targets()
                .forEach(t -> assertThat(built.graph.inputs().keySet())
                        .as("inputs, for the target %s", t)
                        .containsAll(built.head.encode(t).keySet()));
    }

    /** ONNX Runtime and libtorch give the same outputs; none needs a target. */
    @Test
    default void answersAlikeOnBothEngines() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        Map<String, HostTensor> batch = built.batch(all(), false);
        Map<String, HostTensor> onnx = built.answer(batch);
        onnx.forEach(Closeness::assertFinite);
        try (TrainingSession session = built.train()) {
            Closeness.assertClose("libtorch beside ONNX Runtime", session.run(batch), onnx, BackboneContract.TOLERANCE);
        }
    }

    // ------------------------------------------------------------------------------------------- the loss

    /** The loss of a step is finite and the sum of the losses of its parts, however it is divided. */
    @Test
    default void losesAsMuchInPartsAsInOne() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        Map<String, HostTensor> batch = built.batch(all(), true);
        double weight = built.head.weight(batch);
        assertThat(weight).as("weight of all targets").isPositive().isFinite();
        try (TrainingSession session = built.train()) {
            double whole = session.loss(batch);
            assertThat(whole).as("loss of all examples").isFinite();
            batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (2 / weight)));
            assertThat(session.loss(batch))
                    .as("loss under twice the scale")
                    .isCloseTo(2 * whole, within(1e-4 * Math.max(1, Math.abs(whole))));
            for (int size = 1; size < data().size(); size += 2) {
                double sum = 0;
                double weights = 0;
                for (int[] indices : parts(size)) {
                    Map<String, HostTensor> part = built.batch(indices, true);
                    part.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / weight)));
                    sum += session.loss(part);
                    weights += built.head.weight(part);
                }
                assertThat(weights)
                        .as("weights of parts of %d, together", size)
                        .isCloseTo(weight, within(1e-6 * weight));
                assertThat(sum)
                        .as("losses of parts of %d, each scaled by 1 over the weight of all", size)
                        .isCloseTo(whole, within(1e-4 * Math.max(1, Math.abs(whole))));
            }
        }
    }

    /**
     * Gradients reach every parameter of the head; over some steps the loss falls, and the answers to what was learned
     * become no worse.
     */
    @Test
    default void learns() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        Map<String, HostTensor> batch = built.batch(all(), true);
        double score = score(evaluate(built, data().size(), List.of()), built.head);
        try (TrainingSession session = built.train()) {
            double before = session.loss(batch);
            for (int step = 0; step < 100; step++) {
                session.backward(batch, step);
                if (step == 0) {
                    assertThat(session.gradientNorms().keySet())
                            .as("parameters that a gradient reaches")
                            .containsExactlyInAnyOrderElementsOf(built.headParameters());
                }
                assertThat(session.step(0.05, 1)).as("norm of the gradients").isFinite();
            }
            assertThat(session.loss(batch)).as("loss after 100 steps").isLessThan(before);
            built.set(session.weights());
        }
        assertThat(score(evaluate(built, data().size(), List.of()), built.head))
                .as("'%s' of the examples that were learned, after 100 steps", built.head.monitor())
                .isGreaterThanOrEqualTo(score);
    }

    private double score(Evaluation evaluation, TaskHead<Y, P> head) {
        return head.monitor().equals(TrainingEngine.LOSS) ? 0 : evaluation.value(head.monitor());
    }

    // ------------------------------------------------------------------------------------------- targets, answers

    /** A target that it does not know is refused, and the example that has it is named. */
    @Test
    default void refusesTargetsThatItDoesNotKnow() {
        TaskHead<Y, P> made = made();
        made.requireKnown(data());
        assertThatThrownBy(() -> made.encode(unknownTarget()))
                .as("encoding %s", unknownTarget())
                .isInstanceOfAny(UnknownNameException.class, InvalidDataException.class);
        Example<X, Y> first = data().get(0);
        Dataset<X, Y> wrong =
                Dataset.of("wrong", List.of(new Example<>(first.input(), unknownTarget(), "wrong.csv, line 7")));
        assertThatThrownBy(() -> made.requireKnown(wrong))
                .isInstanceOf(TlException.class)
                .hasMessageContaining("wrong.csv, line 7");
    }

    /** There is one answer an example, the same alone as in a batch, that people and scripts can read. */
    @Test
    default void answersEachExample() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        List<P> together = built.head.decode(built.answer(built.batch(all(), false)));
        assertThat(together).as("answers to %d examples", data().size()).hasSize(data().size());
        for (int i = 0; i < data().size(); i++) {
            List<P> alone = built.head.decode(built.answer(built.batch(new int[] {i}, false)));
            assertThat(alone).as("answers to example %d alone", i).hasSize(1);
            assertThat(head().render(alone.get(0)))
                    .as("answer to example %d alone, beside the one in a batch", i)
                    .isEqualTo(head().render(together.get(i)))
                    .isNotBlank()
                    .doesNotContain("\n");
            assertThat(head().describe(alone.get(0)).keys())
                    .as("what scripts are told of example %d", i)
                    .isNotEmpty();
        }
    }

    /** The metric that chooses epochs is among those measured, and so is all that the baseline is judged by. */
    @Test
    default void measuresWhatItIsMonitoredBy() {
        BuiltHead<X, Y, P> built = new BuiltHead<>(this, made());
        Evaluation inOne = evaluate(built, data().size(), data().targets());
        String monitor = built.head.monitor();
        if (!monitor.equals(TrainingEngine.LOSS)) {
            assertThat(inOne.metrics().keySet()).as("metrics").contains(monitor);
        }
        assertThat(inOne.metrics()).as("metrics").isNotEmpty();
        // A baseline may have less to say, as one of points where quantiles are asked for.
        assertThat(inOne.metrics().keySet())
                .as("metrics, beside the figures of the baseline")
                .containsAll(inOne.baseline().keySet());
        assertThat(inOne.baseline()).as("figures of the baseline").isNotEmpty();
        assertThat(inOne.baselineName()).as("name of the baseline").isNotBlank();
        assertThat(inOne.report()).as("report").isNotBlank();
        inOne.metrics()
                .forEach((name, m) -> assertThat(m.value()).as(name).isFinite().isBetween(m.low(), m.high()));
        Evaluation inParts = evaluate(built, 2, data().targets());
        assertThat(inParts.metrics().keySet())
                .as("metrics of batches of 2")
                .isEqualTo(inOne.metrics().keySet());
        inParts.metrics()
                .forEach((name, m) -> assertThat(m.value())
                        .as("%s, of batches of 2", name)
                        .isCloseTo(inOne.value(name), within(1e-6)));
        // Epochs are judged without a baseline.
        assertThat(evaluate(built, 3, List.of()).metrics().keySet())
                .as("metrics where nothing is known of the training data")
                .isEqualTo(inOne.metrics().keySet());
    }

    private Evaluation evaluate(BuiltHead<X, Y, P> built, int batch, List<Y> trainingTargets) {
        TaskHead.Evaluator<Y> evaluator = built.head.evaluator(trainingTargets);
        for (int[] part : parts(batch)) {
            List<Y> targets =
                    IntStream.of(part).mapToObj(i -> data().get(i).target()).toList();
            evaluator.add(built.answer(built.batch(part, false)), targets);
        }
        return evaluator.evaluation();
    }

    private List<int[]> parts(int size) {
        return Batches.sequential(data().size(), size);
    }

    private TaskHead<Y, P> made() {
        assertThat(data().size()).as("examples").isGreaterThanOrEqualTo(4);
        return head().create(data(), settings());
    }

    private int[] all() {
        return IntStream.range(0, data().size()).toArray();
    }
}
