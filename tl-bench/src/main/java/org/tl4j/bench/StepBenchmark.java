// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Value;
import org.tl4j.model.Classification;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.Trainable;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * One step of training: forward, backward, clipping of the gradients, AdamW. The frozen layers are run in every step on
 * both sides; that TL4J's own training leaves them out is measured by {@link FrozenBenchmark}.
 */
final class StepBenchmark implements Benchmark {
    private static final double RATE = 2e-5;
    private static final double DECAY = 0.01;
    private static final double CLIP = 1;
    private static final int VERIFIED_STEPS = 3;

    @Override
    public String name() {
        return "step";
    }

    @Override
    public String title() {
        return "training step, AdamW, gradients clipped at 1: MiniLM-L6, 16 texts of 128 tokens, dropout 0.1; ResNet-18,"
                + " 16 pictures of 224 x 224, dropout 0.1 before the head";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(
                row(setup, "minilm-all", "step, all layers"),
                row(setup, "minilm-last-two", "step, last two layers"),
                row(setup, "minilm-head", "step, head"),
                row(setup, "resnet18-all", "step of ResNet-18, all layers"));
    }

    private static Comparison row(Setup setup, String name, String title) {
        return new Comparison(
                name,
                title,
                "s",
                Better.LESS,
                List.of(
                        new Rival("fused", "PyTorch eager, AdamW(fused=True)"),
                        new Rival("default", "PyTorch eager, AdamW()")),
                setup.of(2, 1),
                setup.of(15, 2),
                1,
                0,
                Map.of("loss without dropout", 1e-4));
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        SharedModel<?> shared = SharedModel.of(comparison, setup);
        shared.writeBackbone();
        WeightFile.writeSafetensors(Weights.of(shared.batch()), Map.of(), shared.weights(name()));
    }

    /** The names of the parameters that a row trains. */
    static Set<String> trained(Trainable<?, ?> model, String part) {
        int layers = model.layers().size();
        return SharedModel.parametersFrom(
                model,
                switch (part) {
                    case "all" -> 0;
                    case "last-two" -> layers - 2;
                    default -> layers;
                });
    }

    /** Matrices decay, vectors do not. */
    static TrainingSession session(Trainable<?, ?> model, Set<String> trained) {
        List<String> matrices = new ArrayList<>();
        List<String> vectors = new ArrayList<>();
        for (String name : trained) {
            Value v = model.graph().parameters().get(name);
            (v != null && v.shape().rank() > 1 ? matrices : vectors).add(name);
        }
        List<ParameterGroup> groups = List.of(
                new ParameterGroup("matrices", matrices, 1, DECAY), new ParameterGroup("vectors", vectors, 1, 0));
        return new TorchEngine()
                .load(
                        model.graph(),
                        model.weights(),
                        new TrainingEngine.Options(groups, Optimizer.adamW(), 0, Device.CPU));
    }

    @Override
    public Side open(String comparison, Setup setup) {
        SharedModel<?> shared = SharedModel.of(comparison, setup);
        Map<String, HostTensor> batch =
                new LinkedHashMap<>(WeightFile.read(shared.weights(name())).tensors());
        String target = SharedModel.TARGET;
        long rows = Objects.requireNonNull(batch.get(target), target).shape().size(0);
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f / rows));
        return new Steps(shared, SharedModel.part(comparison), batch);
    }

    private static final class Steps implements Side {
        private final SharedModel<?> shared;
        private final String part;
        private final Map<String, HostTensor> batch;
        private final Trainable<List<String>, Classification> model;
        private final List<TrainingSession> open = new ArrayList<>();
        private long seed;

        Steps(SharedModel<?> shared, String part, Map<String, HostTensor> batch) {
            this.shared = shared;
            this.part = part;
            this.batch = batch;
            this.model = shared.trainable(true);
        }

        @Override
        public Map<String, List<Double>> verify() {
            Trainable<List<String>, Classification> still = shared.trainable(false);
            List<Double> losses = new ArrayList<>();
            try (TrainingSession session = session(still, trained(still, part))) {
                for (int i = 0; i < VERIFIED_STEPS; i++) {
                    losses.add(session.backward(batch, i));
                    session.step(RATE, CLIP);
                }
            }
            return Map.of("loss without dropout", losses);
        }

        @Override
        public Measured measure() {
            if (open.isEmpty()) {
                open.add(session(model, trained(model, part)));
            }
            TrainingSession session = open.get(0);
            long begin = System.nanoTime();
            double loss = session.backward(batch, seed++);
            session.step(RATE, CLIP);
            return new Measured((System.nanoTime() - begin) / 1e9, Map.of("loss", List.of(loss)));
        }

        @Override
        public void close() {
            open.forEach(TrainingSession::close);
        }
    }
}
