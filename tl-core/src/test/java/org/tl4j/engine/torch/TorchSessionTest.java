// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

class TorchSessionTest {
    private static final TorchEngine ENGINE = new TorchEngine();

    private static TrainingEngine.Options options(String... parameters) {
        return new TrainingEngine.Options(
                List.of(new ParameterGroup("group", List.of(parameters), 1, 0)), Optimizer.sgd(0), 0, Device.CPU);
    }

    /** The squared distance of {@code fc(x)} from {@code y}, summed. */
    private static Graph regression() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 2"));
        Value y = g.input("y", DType.F32, Shape.parse("N, 1"));
        Value d = g.sub(g.linear("fc", x, 1), y);
        g.output(TrainingEngine.LOSS, g.reduce(Op.ReduceKind.SUM, g.mul(d, d), false, 0, 1));
        return g;
    }

    private static final Weights LINE = Weights.of(Map.of(
            "fc.weight", HostTensor.of(new float[] {1, -1}, 1, 2), "fc.bias", HostTensor.of(new float[] {0.5f}, 1)));
    private static final Map<String, HostTensor> POINT =
            Map.of("x", HostTensor.of(new float[] {2, 1}, 1, 2), "y", HostTensor.of(new float[] {0.5f}, 1, 1));

    @Test
    void trainsAGraphOfNothingButALoss() {
        try (TrainingSession session = ENGINE.load(regression(), LINE, options("fc.weight", "fc.bias"))) {
            assertThat(session.run(POINT)).isEmpty();
            assertThat(session.loss(POINT)).isEqualTo(1);
            // The derivative of (2 w0 + w1 + b - 0.5)^2 where it is 1 is twice the coefficients.
            assertThat(session.backward(POINT, 0)).isEqualTo(1);
            assertThat(session.gradientNorms())
                    .containsEntry("fc.weight", Math.sqrt(20))
                    .containsEntry("fc.bias", 2.0);
            session.step(0.25, 0);
            assertThat(session.weights().get("fc.weight").toFloats()).containsExactly(0, -1.5f);
            assertThat(session.weights().get("fc.bias").toFloats()).containsExactly(0);
        }
    }

    @Test
    void gradientsReachOnlyWhatIsTrained() {
        try (TrainingSession session = ENGINE.load(regression(), LINE, options("fc.bias"))) {
            session.backward(POINT, 0);
            assertThat(session.gradientNorms()).containsOnlyKeys("fc.bias");
            session.step(0.1, 0);
            assertThat(session.weights().get("fc.weight").bitEquals(LINE.get("fc.weight")))
                    .isTrue();
            assertThat(session.weights().get("fc.bias").bitEquals(LINE.get("fc.bias")))
                    .isFalse();
        }
    }

    @Test
    void clipsAllGradientsTogether() {
        try (TrainingSession session = ENGINE.load(regression(), LINE, options("fc.weight", "fc.bias"))) {
            session.backward(POINT, 0);
            double norm = session.step(1, 0.6);
            // Gradients 4, 2 and 2 of norm sqrt(24), scaled down to norm 0.6.
            assertThat(norm).isCloseTo(Math.sqrt(24), within(1e-6));
            double scale = 0.6 / (Math.sqrt(24) + 1e-6);
            assertThat(session.weights().get("fc.weight").toDoubles())
                    .containsExactly(new double[] {1 - 4 * scale, -1 - 2 * scale}, within(1e-6));
        }
    }

    // ------------------------------------------------------------------------------------------- batch norm

    private static Graph convolutions() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 3, H, W"));
        Value y = g.input("y", DType.I64, Shape.parse("N"));
        Value scale = g.input("loss_scale", DType.F32, Shape.SCALAR);
        x = g.relu(g.batchNorm("bn1", g.conv2d("conv1", x, 4, 3, 1, 1, 1, false), 1e-5, 0.1));
        x = g.relu(g.batchNorm("bn2", g.conv2d("conv2", x, 4, 3, 2, 1, 1, false), 1e-5, 0.1));
        Value logits = g.linear("fc", g.globalAveragePool(x), 3);
        g.output("logits", logits);
        Value loss = g.add("loss", new Op.CrossEntropy(0, -100), logits, y).get(0);
        g.output(TrainingEngine.LOSS, g.mul(loss, scale));
        return g;
    }

    /** PyTorch's steps with the first layer trained, or frozen and in evaluation mode. */
    @ParameterizedTest
    @ValueSource(strings = {"trained", "frozen"})
    void batchNormsMoveAsPyTorchsOrNotAtAll(String name) throws IOException {
        Weights tensors = WeightFile.read("batchnorm.safetensors", resource("batchnorm.safetensors"));
        JsonObject expected =
                new Gson().fromJson(new String(resource("batchnorm.json"), StandardCharsets.UTF_8), JsonObject.class);
        Graph graph = convolutions();
        Map<String, HostTensor> start = new LinkedHashMap<>();
        Set<String> trained = new LinkedHashSet<>();
        graph.parameters().forEach((p, v) -> {
            start.put(p, tensors.get("start/" + p));
            boolean first = p.startsWith("conv1") || p.startsWith("bn1");
            if (v.origin() instanceof Value.Parameter own && !own.buffer() && !(first && name.equals("frozen"))) {
                trained.add(p);
            }
        });
        try (TrainingSession session = ENGINE.load(graph, Weights.of(start), options(trained.toArray(String[]::new)))) {
            for (int step = 0; step < 4; step++) {
                Map<String, HostTensor> batch = new LinkedHashMap<>();
                batch.put("x", Batch.row(tensors.get("x"), step));
                batch.put("y", Batch.row(tensors.get("y"), step));
                batch.put("loss_scale", HostTensor.scalar(1 / 6f));
                double loss = session.backward(batch, step);
                assertThat(loss)
                        .isCloseTo(
                                expected.getAsJsonObject("losses")
                                        .getAsJsonArray(name)
                                        .get(step)
                                        .getAsDouble(),
                                within(1e-5));
                session.step(expected.get("rate").getAsDouble(), 0);
                // Judging between the steps of training moves nothing.
                Weights before = session.weights();
                session.loss(batch);
                session.run(batch);
                assertThat(session.weights().hashes()).isEqualTo(before.hashes());
            }
            session.weights().tensors().forEach((p, t) -> {
                if (name.equals("frozen") && (p.startsWith("conv1") || p.startsWith("bn1"))) {
                    assertThat(t.bitEquals(tensors.get("start/" + p))).as(p).isTrue();
                } else {
                    assertThat(t.toDoubles())
                            .as(p)
                            .containsExactly(tensors.get(name + "/" + p).toDoubles(), within(1e-5));
                    assertThat(t.bitEquals(tensors.get("start/" + p))).as(p).isFalse();
                }
            });
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = TorchSessionTest.class.getResourceAsStream("/training/" + name)) {
            return in.readAllBytes();
        }
    }

    // ------------------------------------------------------------------------------------------- the same bits

    @Test
    void dropoutFollowsFromTheSeedOfThePass() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 50"));
        Value weighted = g.mul(g.dropout(x, 0.5), g.parameter("w", Shape.of(50), new Init.Fill(1)));
        g.output("answer", weighted);
        g.output(TrainingEngine.LOSS, g.reduce(Op.ReduceKind.SUM, weighted, false, 0, 1));
        float[] values = new float[200];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Map<String, HostTensor> batch = Map.of("x", HostTensor.of(values, 4, 50));
        try (TrainingSession session = ENGINE.load(g, Weights.initial(g, 1), options("w"))) {
            double first = session.backward(batch, 11);
            double other = session.backward(batch, 12);
            assertThat(session.backward(batch, 11)).isEqualTo(first);
            assertThat(other).isNotEqualTo(first);
            // Between passes of training, in evaluation, nothing is dropped.
            assertThat(session.loss(batch)).isEqualTo(199 * 100);
            assertThat(session.run(batch).get("answer").bitEquals(batch.get("x")))
                    .isTrue();
        }
    }

    // ------------------------------------------------------------------------------------------- refusals

    @Test
    void refusesWhatDoesNotFitTheGraph() {
        Graph noLoss = new Graph();
        noLoss.output("x", noLoss.linear("fc", noLoss.input("x", DType.F32, Shape.parse("N, 2")), 1));
        assertThatThrownBy(() -> ENGINE.load(noLoss, LINE, options("fc.bias")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("loss");
        assertThatThrownBy(() -> ENGINE.load(regression(), Weights.none(), options("fc.bias")))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("fc.weight");
        Weights misshaped = LINE.with(Weights.of(Map.of("fc.bias", HostTensor.of(new float[2], 2))));
        assertThatThrownBy(() -> ENGINE.load(regression(), misshaped, options("fc.bias")))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("fc.bias")
                .hasMessageContaining("f32[2]")
                .hasMessageContaining("f32[1]");
        assertThatThrownBy(() -> ENGINE.load(regression(), LINE, options("fc.bais")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("fc.bias");
        assertThatThrownBy(() -> ENGINE.load(regression(), LINE, options("fc.bias", "fc.bias")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("two groups");
        Graph norms = convolutions();
        assertThatThrownBy(() -> ENGINE.load(norms, Weights.initial(norms, 0), options("bn1.running_mean")))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("buffer");
    }

    @Test
    void refusesInputsThatDoNotFit() {
        try (TrainingSession session = ENGINE.load(regression(), LINE, options("fc.bias"))) {
            assertThatThrownBy(() -> session.backward(Map.of("x", POINT.get("x")), 0))
                    .isInstanceOf(ShapeMismatchException.class)
                    .hasMessageContaining("'y' is missing");
            assertThatThrownBy(() ->
                            session.backward(Map.of("x", HostTensor.of(new float[3], 1, 3), "y", POINT.get("y")), 0))
                    .isInstanceOf(ShapeMismatchException.class)
                    .hasMessageContaining("[1, 3]");
            assertThatThrownBy(() ->
                            session.backward(Map.of("x", HostTensor.of(new long[2], 1, 2), "y", POINT.get("y")), 0))
                    .isInstanceOf(ShapeMismatchException.class)
                    .hasMessageContaining("i64[1, 2]");
            assertThatThrownBy(() -> session.set(Weights.of(Map.of("fc.wight", POINT.get("x")))))
                    .isInstanceOf(UnknownNameException.class)
                    .hasMessageContaining("fc.weight");
            assertThatThrownBy(() -> session.set(Weights.of(Map.of("fc.weight", POINT.get("y")))))
                    .isInstanceOf(ShapeMismatchException.class);
            // Nothing of all that has moved anything or left gradients behind.
            assertThat(session.gradientNorms()).isEmpty();
            assertThat(session.weights().hashes()).isEqualTo(LINE.hashes());
        }
    }

    @Test
    void namesTheNodeThatFailsInTheGeneratedCode() {
        Graph g = new Graph();
        Value ids = g.input("ids", DType.I64, Shape.parse("N"));
        Value x = g.at("words").embedding("table", ids, 4, 2, -1, new Init.Fill(1));
        g.output(TrainingEngine.LOSS, g.reduce(Op.ReduceKind.SUM, x, false, 0, 1));
        try (TrainingSession session = ENGINE.load(g, Weights.initial(g, 1), options("words.table.weight"))) {
            assertThatThrownBy(() -> session.backward(Map.of("ids", HostTensor.of(new long[] {1, 9}, 2)), 0))
                    .isInstanceOf(EngineFailureException.class)
                    .hasMessageContaining("words.table")
                    .hasMessageContaining("i64[2]");
            assertThat(session.backward(Map.of("ids", HostTensor.of(new long[] {1, 3}, 2)), 0))
                    .as("a session outlives a failed pass")
                    .isEqualTo(4);
        }
    }

    @Test
    void aSecondSessionWaitsForTheFirst() throws InterruptedException {
        TrainingSession first = ENGINE.load(regression(), LINE, options("fc.bias"));
        boolean[] opened = {false};
        Thread other = new Thread(() -> {
            try (TrainingSession second = ENGINE.load(regression(), LINE, options("fc.bias"))) {
                opened[0] = second.loss(POINT) == 1;
            }
        });
        other.start();
        other.join(300);
        assertThat(other.isAlive()).as("waits").isTrue();
        assertThat(opened[0]).isFalse();
        first.close();
        first.close();
        other.join(20_000);
        assertThat(opened[0]).isTrue();
    }
}
