// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.model.Batch;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Task;
import org.tl4j.model.TensorClassification;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;

/**
 * ONNX files that no family describes are fine-tuned in all their layers, and the ONNX that comes out gives what the
 * training engine gives, for batches and lengths that were not trained on, too.
 */
class OnnxBackboneTest {
    private static final double LOGITS = 1e-4;

    @TempDir
    Path folder;

    @Test
    void fineTunesAllLayersOfMiniLmAsItWasPublished() throws IOException {
        Path file = folder.resolve("minilm.onnx");
        try (InputStream in = getClass().getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            Files.write(file, in.readAllBytes());
        }

        sameLogits(PretrainedSource.of(file.toString()), n -> tokens(n, 11), List.of(tokens(1, 4), tokens(7, 23)));
    }

    @Test
    void fineTunesPublishedMiniLmFromAValueInside() throws IOException {
        Path file = folder.resolve("minilm.onnx");
        try (InputStream in = getClass().getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            Files.write(file, in.readAllBytes());
        }
        Trainable<List<String>, Classification> whole;
        try (FineTuned<Map<String, HostTensor>, List<String>, Classification> all =
                tuned(PretrainedSource.of(file.toString()), n -> tokens(n, 6))) {
            whole = all.tuned().model();
        }
        String inside = whole.graph().nodes().stream()
                .filter(n -> n.outputs().get(0).shape().rank() == 3)
                .skip(20)
                .findFirst()
                .orElseThrow()
                .outputs()
                .get(0)
                .name();

        int parameters = sameLogits(
                PretrainedSource.of(file.toString()).withCut(inside).withPooling("cls"),
                n -> tokens(n, 6),
                List.of(tokens(5, 9)));

        assertThat(parameters).isLessThan(whole.graph().parameters().size());
    }

    @Test
    void fineTunesThePublishedSpeechEmbedding() throws IOException {
        String weights = System.getenv("TL4J_WEIGHTS");
        assumeTrue(weights != null, "TL4J_WEIGHTS names no folder of weights");
        Path file = Path.of(weights, "speech-embedding", "embedding_model.onnx");
        assumeTrue(Files.isRegularFile(file), file + " is not there");

        sameLogits(PretrainedSource.of(file.toString()), this::windows, List.of(windows(1), windows(5)));
    }

    private interface Examples {
        List<Map<String, HostTensor>> of(int count);
    }

    /** Trains on six examples of two classes, three at once, in all layers. */
    private FineTuned<Map<String, HostTensor>, List<String>, Classification> tuned(
            PretrainedSource backbone, Examples examples) {
        List<Example<Map<String, HostTensor>, List<String>>> train = new ArrayList<>();
        for (Map<String, HostTensor> inputs : examples.of(6)) {
            train.add(new Example<>(inputs, List.of(train.size() % 2 == 0 ? "even" : "odd"), "example"));
        }
        return Transfer.from(backbone)
                .to(new Task<>(
                        new TensorClassification(),
                        ClassificationHead.singleLabel(TensorClassification.NAME, LabelMap.of("even", "odd"))))
                .with(FineTuners.full().epochs(2).learningRate(1e-4))
                .with(TrainingOptions.defaults().withBatchSize(3).withKeepBest(false))
                .validationFraction(0)
                .fit(Dataset.of("random", train));
    }

    private int sameLogits(PretrainedSource backbone, Examples examples, List<List<Map<String, HostTensor>>> others) {
        try (FineTuned<Map<String, HostTensor>, List<String>, Classification> tuned = tuned(backbone, examples)) {
            SavedModel saved = tuned.save(folder.resolve("saved"));
            Trainable<List<String>, Classification> model = tuned.tuned().model();
            List<String> learned = new ArrayList<>(model.headParameters());
            model.layers().forEach(l -> learned.addAll(model.parameters(l)));
            TrainingEngine.Options options = new TrainingEngine.Options(
                    List.of(new ParameterGroup("all", learned, 1, 0)), Optimizer.adamW(), 0, Device.CPU);
            try (TrainingSession torch = new TorchEngine().load(model.graph(), model.weights(), options);
                    InferenceSession onnx = new OnnxEngine().load(saved.onnx(), Device.CPU)) {
                List<List<Map<String, HostTensor>>> batches = new ArrayList<>(others);
                batches.add(examples.of(3));
                for (List<Map<String, HostTensor>> batch : batches) {
                    Map<String, HostTensor> inputs = stacked(batch);
                    float[] found =
                            onnx.run(inputs).get(ClassificationHead.LOGITS).toFloats();
                    float[] expected =
                            torch.run(inputs).get(ClassificationHead.LOGITS).toFloats();
                    assertThat(found).hasSize(2 * batch.size());
                    for (int i = 0; i < found.length; i++) {
                        assertThat((double) found[i]).isCloseTo(expected[i], within(LOGITS));
                    }
                }
            }
            return model.graph().parameters().size();
        }
    }

    private static Map<String, HostTensor> stacked(List<Map<String, HostTensor>> examples) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        for (String name : examples.get(0).keySet()) {
            inputs.put(
                    name,
                    Batch.stack(name, examples.stream().map(e -> e.get(name)).toList(), 0));
        }
        return inputs;
    }

    private static List<Map<String, HostTensor>> tokens(int count, int length) {
        Random random = new Random(length);
        List<Map<String, HostTensor>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long[] mask = new long[length];
            // The last tokens of every other text are padding.
            Arrays.fill(mask, 0, i % 2 == 0 ? length : length - 2, 1);
            examples.add(Map.of(
                    "input_ids", HostTensor.of(random.longs(length, 1000, 30000).toArray(), length),
                    "attention_mask", HostTensor.of(mask, length),
                    "token_type_ids", HostTensor.of(new long[length], length)));
        }
        return examples;
    }

    /** Frames of a mel spectrogram, as the published front end scales them. */
    private List<Map<String, HostTensor>> windows(int count) {
        Random random = new Random(count);
        List<Map<String, HostTensor>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] mel = new float[76 * 32];
            for (int j = 0; j < mel.length; j++) {
                mel[j] = (float) (2 + random.nextGaussian());
            }
            examples.add(Map.of("input_1", HostTensor.of(mel, 76, 32, 1)));
        }
        return examples;
    }
}
