// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tuning.Examples;
import org.tl4j.tuning.Phase;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.Training;
import org.tl4j.tuning.TrainingListener;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Tuned;
import org.tl4j.weights.Weights;

/** Three layers with batch norm and dropout under a linear head, and vectors of three classes to learn. */
final class TinyTraining {
    private static final LabelMap LABELS = LabelMap.of("a", "b", "c");
    private static final int WIDTH = 6;
    private static final Trainable<List<String>, Classification> MODEL = build();
    private static final Vectors DATA = new Vectors(24);

    private TinyTraining() {}

    private static Trainable<List<String>, Classification> build() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, " + WIDTH));
        x = g.tanh(g.at("layer0").linear("fc", x, 8));
        x = g.at("layer1").linear("fc", x, 8);
        x = g.dropout(g.tanh(g.at("layer1").batchNorm("bn", x, 1e-5, 0.1)), 0.2);
        x = g.tanh(g.at("layer2").linear("fc", x, 8));
        List<Endpoints.Layer> layers =
                List.of(Endpoints.Layer.of("layer0"), Endpoints.Layer.of("layer1"), Endpoints.Layer.of("layer2"));
        ClassificationHead head = ClassificationHead.singleLabel("contract", LABELS);
        head.build(g, new Endpoints(Map.of(), x, null, List.of(), layers));
        head.buildLoss(g);
        return new Trainable<>(g, Weights.initial(g, 3), layers, head, Map.of());
    }

    /** The model before training. */
    static Trainable<List<String>, Classification> model() {
        return MODEL;
    }

    /** Names of the parameters and buffers of a layer, or of the head. */
    static Set<String> tensors(String scope) {
        Set<String> names = new LinkedHashSet<>(MODEL.graph().parameters().keySet());
        names.removeIf(name -> !name.startsWith(scope + "."));
        return names;
    }

    static Tuned<List<String>, Classification> run(List<Phase> phases, long seed) {
        TrainingOptions options = TrainingOptions.defaults().withBatchSize(8).withSeed(seed);
        return Training.run(
                MODEL, phases, DATA, null, options, new OnnxEngine(), new TorchEngine(), TrainingListener.NONE);
    }

    /** The share of the training data that is answered rightly. */
    static double accuracy(Tuned<List<String>, Classification> tuned) {
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        for (int i = 0; i < DATA.size(); i++) {
            rows.add(DATA.get(i, Examples.PLAIN).inputs());
        }
        Graph graph = tuned.model().inferenceGraph();
        try (InferenceSession session =
                new OnnxEngine().load(graph, tuned.model().weights(), Device.CPU)) {
            List<Classification> answers = tuned.model().head().decode(session.run(Batch.collate(rows, Map.of())));
            int right = 0;
            for (int i = 0; i < answers.size(); i++) {
                right += answers.get(i).labels().equals(DATA.target(i)) ? 1 : 0;
            }
            return right / (double) answers.size();
        }
    }

    /** Vectors around three centres, in turns. */
    private record Vectors(List<HostTensor> rows) implements Examples<List<String>> {
        Vectors(int count) {
            this(draw(count));
        }

        private static List<HostTensor> draw(int count) {
            Random random = new Random(5);
            List<HostTensor> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                float[] row = new float[WIDTH];
                for (int j = 0; j < WIDTH; j++) {
                    row[j] = (float) (0.5 * random.nextGaussian() + (j % 3 == i % 3 ? 1 : 0));
                }
                rows.add(HostTensor.of(row, WIDTH));
            }
            return rows;
        }

        @Override
        public int size() {
            return rows.size();
        }

        @Override
        public Prepared<List<String>> get(int index, long view) {
            return new Prepared<>(Map.of("x", rows.get(index)), target(index));
        }

        @Override
        public int views() {
            return 0;
        }

        @Override
        public List<String> target(int index) {
            return List.of(LABELS.name(index % 3));
        }

        @Override
        public int length(int index) {
            return 0;
        }

        @Override
        public String fingerprint() {
            return "contract";
        }
    }
}
