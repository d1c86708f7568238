// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.CorruptFileException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** Steps of the optimisers, parameter by parameter, against what {@code torch.optim} made of the same network. */
class OptimizerTest {
    /** {@code parity/make_training_fixtures.py} wrote these. */
    private record Fixture(List<Case> cases) {}

    private record Case(
            String name,
            Rule optimizer,
            List<ParameterGroup> groups,
            double clip,
            double averaging,
            List<Double> rates,
            List<Double> losses,
            List<Double> norms) {
        TrainingEngine.Options options() {
            List<ParameterGroup> own = groups.stream()
                    .map(g -> new ParameterGroup("a group", g.parameters(), g.rateScale(), g.weightDecay()))
                    .toList();
            return new TrainingEngine.Options(own, optimizer.get(), averaging, Device.CPU);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private record Rule(Double beta1, Double beta2, Double epsilon, Double momentum, boolean nesterov) {
        Optimizer get() {
            return beta1 != null ? new Optimizer.AdamW(beta1, beta2, epsilon) : new Optimizer.Sgd(momentum, nesterov);
        }
    }

    private static final double RELATIVE = 1e-6;
    private static final Weights TENSORS = tensors();

    static Stream<Case> cases() throws IOException {
        try (InputStream in = OptimizerTest.class.getResourceAsStream("/training/optimizers.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class).cases().stream();
        }
    }

    private static Weights tensors() {
        try (InputStream in = OptimizerTest.class.getResourceAsStream("/training/optimizers.safetensors")) {
            return WeightFile.read("optimizers.safetensors", in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two linear layers with a hyperbolic tangent between them, under the mean cross-entropy. */
    private static Graph graph() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 4"));
        Value y = g.input("y", DType.I64, Shape.parse("N"));
        Value scale = g.input("loss_scale", DType.F32, Shape.SCALAR);
        Value logits = g.linear("fc2", g.tanh(g.linear("fc1", x, 5)), 3);
        Value loss = g.add("loss", new Op.CrossEntropy(0, -100), logits, y).get(0);
        g.output(TrainingEngine.LOSS, g.mul(loss, scale));
        return g;
    }

    private static Weights start() {
        Map<String, HostTensor> start = new LinkedHashMap<>();
        graph().parameters().keySet().forEach(name -> start.put(name, TENSORS.get("start/" + name)));
        return Weights.of(start);
    }

    private static Map<String, HostTensor> batch(int step) {
        HostTensor x = Batch.row(TENSORS.get("x"), step);
        return Map.of(
                "x", x,
                "y", Batch.row(TENSORS.get("y"), step),
                "loss_scale", HostTensor.scalar(1f / x.shape().size(0)));
    }

    private static TrainingSession open(Case c) {
        return new TorchEngine().load(graph(), start(), c.options());
    }

    private static double step(TrainingSession session, Case c, int step) {
        session.backward(batch(step), step);
        return session.step(c.rates().get(step), c.clip());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void stepsAsPyTorchDoes(Case c) {
        try (TrainingSession session = open(c)) {
            for (int step = 0; step < c.rates().size(); step++) {
                double loss = session.backward(batch(step), step);
                double norm = session.step(c.rates().get(step), c.clip());

                assertThat(loss).isCloseTo(c.losses().get(step), within(1e-6));
                assertThat(norm).isCloseTo(c.norms().get(step), within(1e-6));
                for (String name : graph().parameters().keySet()) {
                    assertClose(session.weights().get(name), c.name() + "/" + name, step);
                    if (c.averaging() > 0) {
                        assertClose(session.averages().get(name), c.name() + "/average/" + name, step);
                    }
                }
            }
        }
    }

    private static void assertClose(HostTensor actual, String name, int step) {
        double[] expected = Batch.row(TENSORS.get(name), step).toDoubles();
        double largest = 0;
        for (double e : expected) {
            largest = Math.max(largest, Math.abs(e));
        }
        assertThat(actual.toDoubles())
                .as(name + " after step " + step)
                .containsExactly(expected, within(RELATIVE * largest));
    }

    /** Interrupted after any step, with only what state() and weights() give. */
    @ParameterizedTest
    @MethodSource("cases")
    void goesOnFromItsStateInTheSameBits(Case c) {
        int steps = c.rates().size();
        Weights wholeWeights;
        Weights wholeState;
        try (TrainingSession session = open(c)) {
            for (int step = 0; step < steps; step++) {
                step(session, c, step);
            }
            wholeWeights = session.weights();
            wholeState = session.state();
        }
        for (int at = 0; at < steps; at += 3) {
            Weights weights;
            Weights state;
            try (TrainingSession session = open(c)) {
                for (int step = 0; step < at; step++) {
                    step(session, c, step);
                }
                weights = session.weights();
                state = session.state();
            }
            try (TrainingSession session = open(c)) {
                session.set(weights);
                session.restore(state);
                for (int step = at; step < steps; step++) {
                    step(session, c, step);
                }
                assertThat(session.weights().hashes()).isEqualTo(wholeWeights.hashes());
                assertThat(session.state().hashes()).isEqualTo(wholeState.hashes());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refusesAStateThatIsNotWhole(Case c) {
        try (TrainingSession session = open(c)) {
            step(session, c, 0);
            Map<String, HostTensor> part = new LinkedHashMap<>(session.state().tensors());
            String gone = part.keySet().iterator().next();
            part.remove(gone);
            assertThatThrownBy(() -> session.restore(Weights.of(part)))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining(gone);
        }
    }

    @Test
    void theGradientsOfSeveralPassesAddUp() throws IOException {
        Case c = cases().findFirst().orElseThrow();
        Map<String, HostTensor> whole = batch(0);
        Map<String, Double> norms;
        Weights expected;
        try (TrainingSession once = open(c)) {
            once.backward(whole, 1);
            norms = once.gradientNorms();
            once.step(0.01, 0);
            expected = once.weights();
        }
        try (TrainingSession thrice = open(c)) {
            double loss = 0;
            for (int[] part : new int[][] {{0, 1, 2, 3, 4}, {5, 6}, {7}}) {
                loss += thrice.backward(rows(whole, part), 1);
            }
            assertThat(loss).isCloseTo(c.losses().get(0), within(1e-6));
            assertThat(thrice.gradientNorms().keySet()).isEqualTo(norms.keySet());
            thrice.gradientNorms()
                    .forEach((name, n) -> assertThat(n).as(name).isCloseTo(norms.get(name), within(1e-6)));
            thrice.step(0.01, 0);
            Weights actual = thrice.weights();
            expected.tensors()
                    .forEach((name, t) -> assertThat(actual.get(name).toDoubles())
                            .as(name)
                            .containsExactly(t.toDoubles(), within(1e-6)));
            assertThat(thrice.gradientNorms().values())
                    .as("gradients are cleared by a step")
                    .containsOnly(0.0);
        }
    }

    private static Map<String, HostTensor> rows(Map<String, HostTensor> batch, int[] rows) {
        Map<String, HostTensor> part = new LinkedHashMap<>(batch);
        for (String name : List.of("x", "y")) {
            part.put(
                    name,
                    Batch.stack(
                            name,
                            IntStream.of(rows)
                                    .mapToObj(i -> Batch.row(batch.get(name), i))
                                    .toList(),
                            0));
        }
        return part;
    }
}
