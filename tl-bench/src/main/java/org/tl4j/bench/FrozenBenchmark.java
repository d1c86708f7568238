// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.data.TextFile;
import org.tl4j.engine.TrainingSession;
import org.tl4j.model.Batch;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.nlp.dataset.TextDataset;
import org.tl4j.nlp.head.TextClassification;
import org.tl4j.nlp.head.TextClassificationTask;
import org.tl4j.nlp.input.TextInput;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;

/**
 * Training of the head on a frozen backbone, whole: from the folder and the texts to the trained model. TL4J runs the
 * frozen layers once; a loop over a frozen PyTorch model runs them in every epoch, unless its author keeps the features
 * by hand, which is the second rival.
 */
final class FrozenBenchmark implements Benchmark {
    private static final double RATE = 1e-2;
    private static final int VERIFIED_TEXTS = 16;

    @Override
    public String name() {
        return "frozen";
    }

    @Override
    public String title() {
        return "training of the head alone, MiniLM-L6, 256 texts of 128 tokens, 10 epochs of batches of 16";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(
                row(setup, "epochs", "10 frozen epochs", new Rival("rerun", "PyTorch, backbone in every epoch"), 8),
                row(setup, "epochs-kept", "10 frozen epochs", new Rival("kept", "PyTorch, features kept by hand"), 0));
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

    private static Path texts(Setup setup) {
        return setup.folder().resolve("frozen.json");
    }

    @Override
    public void prepare(Setup setup) {
        new SharedModel(setup).writeBackbone();
        // No message has more than a few dozen words: so many of them are never less than 128 tokens.
        SharedModel.writeTexts(texts(setup), SharedModel.texts(setup.of(256, 24), 16, 16));
    }

    private static TextDataset data(Setup setup) {
        Config file = Config.parse(texts(setup).toString(), TextFile.read(texts(setup)));
        List<String> texts = file.texts("texts");
        return TextDataset.of("frozen", texts, SharedModel.labels(texts.size()));
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return new Fits(new SharedModel(setup), data(setup), setup.of(10, 2));
    }

    private record Fits(SharedModel shared, TextDataset data, int epochs) implements Side {
        @Override
        public Map<String, List<Double>> verify() {
            Trainable<List<String>, Classification> model = shared.trainable(false);
            try (Preprocessor<String> input = TextInput.of(Config.empty(), shared.backbone());
                    TrainingSession session = StepBenchmark.session(model, model.headParameters())) {
                List<Map<String, HostTensor>> rows = new ArrayList<>();
                int count = Math.min(VERIFIED_TEXTS, data.size());
                for (int i = 0; i < count; i++) {
                    Map<String, HostTensor> row =
                            new LinkedHashMap<>(input.encode(data.get(i).input()));
                    row.putAll(model.head().encode(data.get(i).target()));
                    rows.add(row);
                }
                Map<String, HostTensor> batch = new LinkedHashMap<>(Batch.collate(rows, input.padding()));
                batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f / count));
                return Map.of("loss before training", List.of(session.loss(batch)));
            }
        }

        @Override
        public Measured measure() {
            long begin = System.nanoTime();
            try (FineTuned<String, List<String>, Classification> model = Transfer.from(
                            shared.backbone().toString())
                    .to(TextClassification.of(
                            ClassificationHead.singleLabel(TextClassificationTask.NAME, data.labels())))
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
