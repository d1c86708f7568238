// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Batch;
import org.tl4j.model.Config;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;
import org.tl4j.onnx.OnnxModel;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.speech.Fixtures;
import org.tl4j.speech.input.AudioInput;
import org.tl4j.speech.input.AudioSource;
import org.tl4j.speech.input.Waveform;
import org.tl4j.tensor.HostTensor;
import org.tl4j.testkit.BackboneContract;
import org.tl4j.tuning.PretrainedSource;

class SpeechEmbeddingTest implements BackboneContract {
    private static final int WINDOW = 12_512;
    private static final int HOP = 1280;
    private static final int WINDOWS = 3;

    @TempDir
    Path folder;

    @Override
    public Backbone backbone() {
        return new SpeechEmbedding();
    }

    @Override
    public Map<String, Config> configurations() {
        return Map.of("published", Config.empty());
    }

    @Override
    public long length(String axis) {
        return axis.equals("T") ? WINDOW + (WINDOWS - 1L) * HOP : WINDOWS;
    }

    /** Noise, of which every second sound is one window shorter than the batch. */
    @Override
    public Map<String, HostTensor> inputs(Graph graph, int examples, Random random) {
        int length = (int) length("T");
        float[] audio = new float[examples * length];
        long[] windows = new long[examples * WINDOWS];
        Arrays.fill(windows, 1);
        for (int n = 0; n < examples; n++) {
            int end = length - n % 2 * HOP;
            for (int t = 0; t < end; t++) {
                audio[n * length + t] = (float) (0.1 * random.nextGaussian());
            }
            windows[n * WINDOWS + WINDOWS - 1] = 1L - n % 2;
        }
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put("audio", HostTensor.of(audio, examples, length));
        inputs.put("windows", HostTensor.of(windows, examples, WINDOWS));
        return inputs;
    }

    @Override
    public Map<String, HostTensor> alone(Graph graph, Map<String, HostTensor> batch, int row) {
        int windows = WINDOWS - row % 2;
        float[] audio = Arrays.copyOf(Batch.row(batch.get("audio"), row).toFloats(), WINDOW + (windows - 1) * HOP);
        long[] ones = new long[windows];
        Arrays.fill(ones, 1);
        return Map.of("audio", HostTensor.of(audio, 1, audio.length), "windows", HostTensor.of(ones, 1, windows));
    }

    /** Names as Keras numbers layers; the file itself has those of an exporter, which are replaced. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> names = new TreeSet<>(Set.of(
                "melspectrogram.conv_real.weight",
                "melspectrogram.conv_imag.weight",
                "melspectrogram.melW",
                "conv2d.weight",
                "batch_normalization.weight",
                "batch_normalization.bias",
                "batch_normalization.running_mean",
                "batch_normalization.running_var",
                "batch_normalization.num_batches_tracked",
                "conv2d_19.weight"));
        IntStream.rangeClosed(1, 18).forEach(i -> {
            names.add("conv2d_" + i + ".weight");
            names.add("conv2d_" + i + ".bias");
        });
        return Map.of("published", names);
    }

    private static Pretrained published() {
        Path weights = Fixtures.below("TL4J_WEIGHTS", "speech-embedding");
        return PretrainedSource.of("speech-embedding")
                .withWeights(weights)
                .load(Modality.AUDIO, SpeechEmbedding.class.getClassLoader());
    }

    /** A tone that rises through noise, 1.3 s and 0.5 s. */
    private static List<AudioSource> sounds() {
        Random random = new Random(7);
        return IntStream.of(21_000, 8_000)
                .mapToObj(n -> {
                    float[] samples = new float[n];
                    for (int t = 0; t < n; t++) {
                        double s = t / 16_000.0;
                        samples[t] = (float)
                                (0.3 * Math.sin(2 * Math.PI * (300 + 800 * s) * s) + 0.01 * random.nextGaussian());
                    }
                    return AudioSource.of(n + " samples", Waveform.of(16_000, samples));
                })
                .toList();
    }

    /**
     * The two published files, run as openWakeWord runs them (each sound by itself, {@code x / 10 + 2}, windows of 76
     * frames that move by 8), against the one graph over both sounds together. Answers are of size 10, the networks 20
     * layers deep in single precision.
     */
    @Test
    void answersAsThePublishedFilesDo() throws IOException {
        Path weights = Fixtures.below("TL4J_WEIGHTS", "speech-embedding");
        Pretrained p = published();
        p.graph().output("tokens", p.endpoints().outputs().get("tokens"));
        p.graph().output("pooled", p.endpoints().requirePooled());
        AudioInput input = AudioInput.of(p.input());
        List<Map<String, HostTensor>> encoded = input.encodeAll(sounds());
        Map<String, HostTensor> batch = new LinkedHashMap<>();
        for (String name : List.of("audio", "windows")) {
            batch.put(
                    name,
                    Batch.stack(name, encoded.stream().map(e -> e.get(name)).toList(), 0));
        }
        OnnxEngine engine = new OnnxEngine();
        try (InferenceSession one = engine.load(p.graph(), p.weights(), Device.CPU);
                InferenceSession mel = file(engine, weights.resolve("melspectrogram.onnx"));
                InferenceSession embedding = file(engine, weights.resolve("embedding_model.onnx"))) {
            Map<String, HostTensor> found = one.run(batch);
            for (int n = 0; n < encoded.size(); n++) {
                float[][] expected = published(mel, embedding, encoded.get(n).get("audio"));
                float[] tokens = Batch.row(found.get("tokens"), n).toFloats();
                float[] pooled = Batch.row(found.get("pooled"), n).toFloats();
                assertThat(expected).hasNumberOfRows(n == 0 ? 7 : 1);
                for (int d = 0; d < 96; d++) {
                    double sum = 0;
                    for (int w = 0; w < expected.length; w++) {
                        sum += expected[w][d];
                        assertThat(tokens[w * 96 + d])
                                .as("sound %s, window %s, number %s", n, w, d)
                                .isCloseTo(expected[w][d], within(2e-4f));
                    }
                    assertThat(pooled[d]).isCloseTo((float) (sum / expected.length), within(2e-4f));
                }
            }
        }
    }

    private static InferenceSession file(OnnxEngine engine, Path file) {
        OnnxModel model = OnnxReader.read(file);
        return engine.load(model.graph(), model.weights(), Device.CPU);
    }

    private static float[][] published(InferenceSession mel, InferenceSession embedding, HostTensor audio) {
        float[] samples = audio.toFloats();
        for (int i = 0; i < samples.length; i++) {
            samples[i] *= 32768;
        }
        float[] frames = mel.run(Map.of("input", HostTensor.of(samples, 1, samples.length)))
                .get("output")
                .toFloats();
        float[][] out = new float[1 + (frames.length / 32 - 76) / 8][];
        for (int w = 0; w < out.length; w++) {
            float[] window = Arrays.copyOfRange(frames, w * 8 * 32, (w * 8 + 76) * 32);
            for (int i = 0; i < window.length; i++) {
                window[i] = window[i] / 10 + 2;
            }
            out[w] = embedding
                    .run(Map.of("input_1", HostTensor.of(window, 1, 76, 32, 1)))
                    .get("conv2d_19")
                    .toFloats();
        }
        return out;
    }

    @Test
    void readsEveryNumberOfBothFiles() {
        Pretrained p = published();

        assertThat(p.weights().get("conv2d_19.weight").shape().toArray()).containsExactly(96, 96, 3, 1);
        assertThat(p.about().text("family")).isEqualTo("speech-embedding");
        assertThat(p.input().integer("window")).isEqualTo(WINDOW);
    }

    @Test
    void saysWhichFileAFolderLacks() throws IOException {
        Files.write(folder.resolve("melspectrogram.onnx"), new byte[0]);
        PretrainedSource source = PretrainedSource.of("speech-embedding");
        ClassLoader loader = SpeechEmbedding.class.getClassLoader();

        assertThatThrownBy(() -> source.withWeights(folder).load(Modality.AUDIO, loader))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no embedding_model.onnx")
                .hasMessageContaining("melspectrogram.onnx");
        assertThatThrownBy(() -> source.withWeights(folder.resolve("melspectrogram.onnx"))
                        .load(Modality.AUDIO, loader))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("a file")
                .hasMessageContaining("a folder that holds [melspectrogram.onnx, embedding_model.onnx]");
    }
}
