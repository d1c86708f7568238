// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** A backbone of three layers with all that training has to take care of, and vectors of three classes for it. */
final class TinyModel {
    static final LabelMap LABELS = LabelMap.of("a", "b", "c");
    static final int WIDTH = 6;

    private TinyModel() {}

    /**
     * Three layers of 8, the second with a batch norm and dropout, under a linear head.
     *
     * @param dropout after the second layer
     */
    static Trainable<List<String>, Classification> of(double dropout, ClassificationHead head) {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, " + WIDTH));
        x = g.tanh(g.at("layer0").linear("fc", x, 8));
        x = g.batchNorm("layer1.bn", g.at("layer1").linear("fc", x, 8), 1e-5, 0.1);
        x = g.dropout(g.tanh(x), dropout);
        x = g.tanh(g.at("layer2").linear("fc", x, 8));
        List<Endpoints.Layer> layers =
                List.of(Endpoints.Layer.of("layer0"), Endpoints.Layer.of("layer1"), Endpoints.Layer.of("layer2"));
        head.build(g, new Endpoints(Map.of(), x, null, List.of(), layers));
        head.buildLoss(g);
        return new Trainable<>(g, Weights.initial(g, 7), layers, head, Map.of());
    }

    static Trainable<List<String>, Classification> withDropout() {
        return of(0.3, ClassificationHead.singleLabel("test", LABELS).withDropout(0.2));
    }

    static Trainable<List<String>, Classification> withoutDropout() {
        return of(0, ClassificationHead.singleLabel("test", LABELS).withDropout(0));
    }

    /** Vectors around three centres, in turns. */
    static Vectors vectors(int count, long seed) {
        Random random = new Random(seed);
        List<float[]> rows = new ArrayList<>();
        List<List<String>> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] row = new float[WIDTH];
            for (int j = 0; j < WIDTH; j++) {
                row[j] = (float) (0.7 * random.nextGaussian() + (j % 3 == i % 3 ? 1 : 0));
            }
            rows.add(row);
            labels.add(List.of(LABELS.name(i % 3)));
        }
        return new Vectors(rows, labels, "vectors " + count + " of " + seed);
    }

    /** Examples that are there. */
    record Vectors(List<float[]> rows, List<List<String>> labels, String fingerprint)
            implements Examples<List<String>> {
        @Override
        public int size() {
            return rows.size();
        }

        Map<String, HostTensor> inputs(int index) {
            return Map.of("x", HostTensor.of(rows.get(index), rows.get(index).length));
        }

        @Override
        public Prepared<List<String>> get(int index, long view) {
            return new Prepared<>(inputs(index), target(index));
        }

        @Override
        public int views() {
            return 0;
        }

        @Override
        public List<String> target(int index) {
            return labels.get(index);
        }

        @Override
        public int length(int index) {
            return 0;
        }
    }

    static Tuned<List<String>, Classification> train(
            Trainable<List<String>, Classification> model,
            List<Phase> phases,
            TrainingOptions options,
            TrainingListener listener) {
        return Training.run(
                model, phases, vectors(12, 1), vectors(9, 2), options, new OnnxEngine(), new TorchEngine(), listener);
    }
}
