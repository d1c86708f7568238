// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** Recurrent networks as torch.onnx writes them; {@code parity/make_series_head_fixtures.py} made the files. */
class RecurrentImportTest {
    private static final Path FOLDER = Path.of("src/test/resources/onnx");
    /** Single precision over six steps of gates whose values lie within 1. */
    private static final double TOLERANCE = 1e-5;

    @ParameterizedTest
    @ValueSource(strings = {"lstm", "gru", "lstm-two-layers-both-ways", "gru-two-layers-without-bias"})
    void givesPyTorchsNumbersAndCanBeTrained(String name) {
        OnnxModel model = OnnxReader.read(FOLDER.resolve("recurrent-" + name + ".onnx"));
        Weights expected = WeightFile.read(FOLDER.resolve("recurrent-" + name + ".safetensors"));
        Map<String, HostTensor> inputs = Map.of("x", expected.get("x"));
        Graph graph = model.graph();
        try (InferenceSession session = new OnnxEngine().load(graph, model.weights(), Device.CPU)) {
            assertClose(session.run(inputs).get("y"), expected.get("y"));
        }

        // A loss that pulls at every answer: all weights are reached and move.
        Value target = graph.input("target", DType.F32, Shape.parse("N, 2"));
        Value d = graph.sub(graph.output("y"), target);
        graph.output(TrainingEngine.LOSS, graph.reduce(Op.ReduceKind.MEAN, graph.mul(d, d), false));
        List<String> names = List.copyOf(graph.parameters().keySet());
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("all", names, 1, 0)), Optimizer.adamW(), 0, Device.CPU);
        Map<String, HostTensor> batch =
                Map.of("x", expected.get("x"), "target", HostTensor.of(new float[] {1, -1, 0.5f, 0, -0.5f, 1}, 3, 2));
        try (TrainingSession session = new TorchEngine().load(graph, model.weights(), options)) {
            assertClose(session.run(batch).get("y"), expected.get("y"));
            double before = session.loss(batch);
            for (int step = 0; step < 300; step++) {
                session.backward(batch, step);
                if (step == 0) {
                    session.gradientNorms().forEach((p, norm) -> {
                        assertThat(norm).as("gradient of '%s'", p).isFinite();
                        // The answer is of the last step, the first one of the way back: no state is there yet.
                        if (!p.equals("rnn.weight_hh_l1_reverse")) {
                            assertThat(norm).as("gradient of '%s'", p).isPositive();
                        }
                    });
                }
                session.step(0.03, 0);
            }
            assertThat(session.loss(batch)).isLessThan(0.1 * before);
            // What was trained is written and read again under the same names.
            Graph answers = graph.extract(Map.of(), Map.of("y", graph.output("y")));
            Weights trained = session.weights();
            OnnxModel again = OnnxReader.read("again.onnx", OnnxWriter.bytes(answers, trained, Map.of("task", "test")));
            try (InferenceSession read = new OnnxEngine().load(again.graph(), again.weights(), Device.CPU)) {
                assertClose(read.run(inputs).get("y"), session.run(batch).get("y"));
            }
        }
    }

    /** Weights that the exporter stacked and made anonymous have PyTorch's names, layout and bits again. */
    @ParameterizedTest
    @ValueSource(strings = {"lstm", "gru", "lstm-two-layers-both-ways", "gru-two-layers-without-bias"})
    void givesWeightsTheirPublishedNames(String name) {
        OnnxModel model = OnnxReader.read(FOLDER.resolve("recurrent-" + name + ".onnx"));
        Map<String, String> published = new LinkedHashMap<>();
        WeightFile.read(FOLDER.resolve("recurrent-" + name + ".safetensors"))
                .hashes()
                .forEach((n, hash) -> {
                    if (n.startsWith("weights.")) {
                        published.put(n.substring("weights.".length()), hash);
                    }
                });
        assertThat(model.weights().hashes()).containsExactlyInAnyOrderEntriesOf(published);
        // And so they have after they were written and read once more.
        byte[] bytes = OnnxWriter.bytes(model.graph(), model.weights(), Map.of("task", "test"));
        assertThat(OnnxReader.read("again.onnx", bytes).weights().hashes())
                .containsExactlyInAnyOrderEntriesOf(published);
    }

    private static void assertClose(HostTensor actual, HostTensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.toDoubles()).containsExactly(expected.toDoubles(), within(TOLERANCE));
    }
}
