// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.engine.TrainingSession;
import org.tl4j.model.Batch;
import org.tl4j.model.Classification;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.TrainingOptions;

/**
 * Training of the head on a frozen backbone, whole: from the files of weights and examples to the trained model. TL4J
 * runs the frozen layers once; a loop over a frozen PyTorch model runs them in every epoch, unless its author keeps the
 * features by hand, which is the second rival.
 */
final class FrozenBenchmark implements Benchmark {
    private static final double RATE = 1e-2;
    private static final int VERIFIED = 16;

    @Override
    public String name() {
        return "frozen";
    }

    @Override
    public String title() {
        return "training of the head alone, 10 epochs of batches of 16: MiniLM-L6, 256 texts of 128 tokens; ResNet-18, 128"
                + " pictures of 224 x 224";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(
                rerun(setup, "minilm", "10 frozen epochs"),
                kept(setup, "minilm", "10 frozen epochs"),
                rerun(setup, "resnet18", "10 frozen epochs of ResNet-18"),
                kept(setup, "resnet18", "10 frozen epochs of ResNet-18"));
    }

    private static Comparison rerun(Setup setup, String model, String title) {
        return row(setup, model + "-epochs", title, new Rival("rerun", "PyTorch, backbone in every epoch"), 8);
    }

    private static Comparison kept(Setup setup, String model, String title) {
        return row(setup, model + "-epochs-kept", title, new Rival("kept", "PyTorch, features kept by hand"), 0);
    }

    private static Comparison row(Setup setup, String name, String title, Rival rival, double target) {
        return new Comparison(
                name,
                title,
                "s",
                Better.LESS,
                List.of(rival),
                setup.of(1, 0),
                setup.of(5, 1),
                target,
                0,
                Map.of("loss before training", 1e-4));
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        SharedModel<?> shared = SharedModel.of(comparison, setup);
        shared.writeBackbone();
        shared.writeExamples(name(), setup.of(shared instanceof MiniLm ? 256 : 128, 24), true);
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return fits(SharedModel.of(comparison, setup), setup.of(10, 2));
    }

    private <X> Fits<X> fits(SharedModel<X> shared, int epochs) {
        return new Fits<>(shared, shared.examples(name()), epochs);
    }

    private record Fits<X>(SharedModel<X> shared, Dataset<X, List<String>> data, int epochs) implements Side {
        @Override
        public Map<String, List<Double>> verify() {
            Trainable<List<String>, Classification> model = shared.trainable(false);
            try (Preprocessor<X> input = shared.preprocessor();
                    TrainingSession session = StepBenchmark.session(model, model.headParameters())) {
                List<Map<String, HostTensor>> rows = new ArrayList<>();
                for (Example<X, List<String>> example : data.head(VERIFIED)) {
                    Map<String, HostTensor> row = new LinkedHashMap<>(input.encode(example.input()));
                    row.putAll(model.head().encode(example.target()));
                    rows.add(row);
                }
                Map<String, HostTensor> batch = new LinkedHashMap<>(Batch.collate(rows, input.padding()));
                batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f / rows.size()));
                return Map.of("loss before training", List.of(session.loss(batch)));
            }
        }

        @Override
        public Measured measure() {
            long begin = System.nanoTime();
            try (FineTuned<X, List<String>, Classification> model = shared.source()
                    .to(shared.task())
                    .with(FineTuners.headOnly()
                            .epochs(epochs)
                            .learningRate(RATE)
                            .schedule(new Schedule.Constant(0)))
                    .with(TrainingOptions.defaults())
                    .fit(data, null)) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                return new Measured(
                        seconds, Map.of("loss", model.tuned().history().losses()));
            }
        }

        @Override
        public void close() {}
    }
}
