// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.data.LabelledData;
import org.tl4j.engine.Device;
import org.tl4j.error.CorruptFileException;
import org.tl4j.model.Classification;
import org.tl4j.model.Config;
import org.tl4j.serving.Predictor;
import org.tl4j.speech.Fixtures;
import org.tl4j.speech.dataset.AudioDataset;
import org.tl4j.speech.input.AudioSource;
import org.tl4j.speech.input.Waveform;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;

class AudioClassificationTest {
    @TempDir
    Path folder;

    /** Tones of any phase in noise: rising or falling, which no mean spectrum tells apart. */
    private static Dataset<AudioSource, List<String>> glides(int count, long seed) {
        Random random = new Random(seed);
        List<Example<AudioSource, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean rises = i % 2 == 0;
            float[] samples = new float[4000 + random.nextInt(4000)];
            double phase = 2 * Math.PI * random.nextDouble();
            for (int t = 0; t < samples.length; t++) {
                double part = (double) t / samples.length;
                phase += 2 * Math.PI * (300 + 1500 * (rises ? part : 1 - part)) / 8000;
                samples[t] = (float) (0.5 * Math.sin(phase) + 0.05 * random.nextGaussian());
            }
            String name = "glide " + i;
            examples.add(new Example<>(
                    AudioSource.of(name, Waveform.of(8000, samples)), List.of(rises ? "up" : "down"), name));
        }
        return Dataset.of("glides", examples);
    }

    @Test
    void learnsFromScratchAndAnswersTheSameWhenSaved() {
        Dataset<AudioSource, List<String>> test = glides(40, 2);
        Path saved = folder.resolve("model");
        Map<String, String> before;
        try (FineTuned<AudioSource, List<String>, Classification> model = Transfer.from(
                        PretrainedSource.of("m5-speech-commands").untrained())
                .to(AudioClassification.of(LabelMap.of("down", "up")))
                .with(FineTuners.full().epochs(8).learningRate(0.01))
                .with(TrainingOptions.defaults().withBatchSize(16).withKeepBest(false))
                .validationFraction(0)
                .fit(glides(160, 1))) {
            assertThat(model.evaluate(test).figures().config("accuracy").number("value"))
                    .isGreaterThan(0.9);
            before = test.inputs().stream()
                    .collect(Collectors.toMap(
                            AudioSource::name, s -> model.predict(s).best().toString()));
            model.save(saved);
        }

        try (Predictor<AudioSource, List<String>, Classification> predictor =
                Predictor.load(saved, new AudioClassificationTask(), Device.CPU)) {
            assertThat(test.inputs().stream()
                            .collect(Collectors.toMap(
                                    AudioSource::name,
                                    s -> predictor.predict(s).best().toString())))
                    .isEqualTo(before);
            assertThatThrownBy(() -> predictor.predict(AudioSource.bytes("mic", new byte[0])))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("'mic' is empty");
        }
    }

    /**
     * Published figures of this file are in docs/audio-classification.md; here is a floor below their intervals. All
     * that a saved model needs is one file of weights.
     */
    @ParameterizedTest
    @CsvSource({"index:0-4, 0.94", "'speaker:theo,yweweler', 0.96"})
    void tellsSpokenDigitsApartByTheFrozenEmbedding(String rule, double floor) throws IOException {
        Path recordings = Fixtures.below("TL4J_DATA", "fsdd/recordings");
        Path weights = Fixtures.below("TL4J_WEIGHTS", "speech-embedding");
        LabelledData<AudioSource, List<String>> data = AudioDataset.read(
                recordings,
                Config.empty().with("pattern", "{label}_{speaker}_{index}").with("test", rule));
        Path saved = folder.resolve("digits");
        try (FineTuned<AudioSource, List<String>, Classification> model = Transfer.from(
                        PretrainedSource.of("speech-embedding").withWeights(weights))
                .to(AudioClassification.of(LabelMap.fromLists(data.all().targets())))
                .with(FineTuners.closedForm())
                .fit(data.parts().get("train"))) {
            assertThat(model.evaluate(data.parts().get("test"))
                            .figures()
                            .config("accuracy")
                            .number("value"))
                    .isGreaterThan(floor);
            model.save(saved);
        }
        try (Stream<Path> files = Files.list(saved)) {
            assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".onnx")))
                    .hasSize(1);
        }
    }
}
