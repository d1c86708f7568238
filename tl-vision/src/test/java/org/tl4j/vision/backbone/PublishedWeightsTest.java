// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.vision.Fixtures;
import org.tl4j.vision.input.ImageInput;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.weights.Keras;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.WeightMapping;
import org.tl4j.weights.Weights;

/**
 * Weights as they were published, below the folder that {@code TL4J_WEIGHTS} names: squeezenet1.1, mobilenetv2,
 * resnet-cifar10, fastestdet, mlperf-tiny, espnet. What their own authors' code answers is recorded here.
 */
class PublishedWeightsTest {
    private static Path weights(String name) {
        return below("TL4J_WEIGHTS", name);
    }

    private static Path below(String variable, String name) {
        String folder = System.getenv(variable);
        assumeTrue(folder != null, variable + " names no folder");
        Path path = Path.of(folder).resolve(name);
        assumeTrue(Files.exists(path), name + " is not below " + variable);
        return path;
    }

    private static Backbone family(String variant) {
        return Backbones.installed().all().stream()
                .filter(b -> b.variants().stream().anyMatch(v -> v.id().equals(variant)))
                .findFirst()
                .orElseThrow();
    }

    /** The answers of a backbone with its published classifier, or its pooled vector. */
    private static float[] run(String variant, Path file, int classes, HostTensor image) {
        return run(variant, file, classes, classes == 0 ? "pooled" : "logits", image)
                .toFloats();
    }

    private static HostTensor run(String variant, Path file, int classes, String output, HostTensor image) {
        Backbone family = family(variant);
        Config config = family.variants().stream()
                .filter(v -> v.id().equals(variant))
                .findFirst()
                .orElseThrow()
                .config();
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config.with("num_classes", classes));
        graph.output(
                "answer",
                output.equals("pooled")
                        ? endpoints.requirePooled()
                        : endpoints.outputs().get(output));
        WeightMapping mapping = WeightMapping.strict().unwrap();
        for (Map.Entry<String, String> name : family.checkpointNames().renamed().entrySet()) {
            mapping = mapping.rename(name.getKey(), name.getValue());
        }
        Weights saved = WeightFile.read(file);
        if (Keras.looksLike(saved)) {
            mapping = mapping.ignore("dense.");
            saved = Keras.layers(saved);
        }
        Weights loaded = mapping.load(graph, saved).weights();
        try (InferenceSession session = new OnnxEngine().load(graph, loaded, Device.CPU)) {
            return session.run(Map.of("image", image)).get("answer");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void squeezeNetAnswersAsWasRecordedWithItsWeights(int set) {
        Path folder = weights("squeezenet1.1");
        Path recorded = folder.resolve("test_data_set_" + set);
        HostTensor image = WeightFile.read(recorded.resolve("input_0.npy"))
                .tensors()
                .values()
                .iterator()
                .next();
        float[] expected = WeightFile.read(recorded.resolve("output_0.npy"))
                .tensors()
                .values()
                .iterator()
                .next()
                .toFloats();

        float[] found = run("squeezenet1_1", folder.resolve("weights"), 1000, image);

        assertThat(found).hasSize(1000);
        for (int k = 0; k < 1000; k++) {
            assertThat(found[k]).as("class " + k).isCloseTo(expected[k], within(1e-3f));
        }
    }

    /** A picture of the fixtures' formula, up to a strength either way. */
    private static HostTensor picture(int size, float strength) {
        byte[] pixels = Fixtures.formula(size, size);
        float[] values = new float[3 * size * size];
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < size * size; i++) {
                values[c * size * size + i] = ((pixels[3 * i + c] & 0xff) - 127.5f) / 127.5f * strength;
            }
        }
        return HostTensor.of(values, 1, 3, size, size);
    }

    @ParameterizedTest
    @CsvSource({
        "resnet20, resnet20-12fca82f.th, -6.30557, -4.39464, -1.56202",
        "resnet32, resnet32-d509ac18.th, -1.64997, -4.17864, -1.16403",
        "resnet44, resnet44-014dd654.th, -6.39399, -3.53723, -2.39769",
        "resnet56, resnet56-4bfd9763.th, -8.15722, -1.13930, -2.68182"
    })
    void residualNetsForSmallPicturesAnswerAsTheirAuthorsCode(
            String variant, String file, float first, float second, float last) {
        float[] found = run(variant, weights("resnet-cifar10").resolve(file), 10, picture(32, 1));

        assertThat(found).hasSize(10);
        assertThat(found[0]).isCloseTo(first, within(1e-3f));
        assertThat(found[1]).isCloseTo(second, within(1e-3f));
        assertThat(found[9]).isCloseTo(last, within(1e-3f));
    }

    @Test
    void mobileNetAnswersAsTheSameNetworkInPyTorch() {
        float[] found = run("mobilenet_v2_gluon", weights("mobilenetv2").resolve("weights"), 0, picture(64, 8));

        assertThat(found).hasSize(1280);
        // Cut off at 6, as the paper has it, no mean could be above 6.
        assertThat(found[251]).isCloseTo(10.3188f, within(2e-3f));
        assertThat(found[753]).isCloseTo(9.9146f, within(2e-3f));
        assertThat(found[0]).isCloseTo(0.7656f, within(1e-3f));
    }

    @Test
    void shuffleNetAnswersAsItsAuthorsCode() {
        float[] found =
                run("shufflenet_v2_fastestdet", weights("fastestdet").resolve("shufflenetv2.pth"), 0, picture(64, 1));

        assertThat(found).hasSize(192);
        assertThat(found[8]).isCloseTo(0.60170f, within(1e-3f));
        assertThat(found[3]).isCloseTo(0.51272f, within(1e-3f));
        assertThat(found[91]).isCloseTo(0.40223f, within(1e-3f));
    }

    @Test
    void mobileNetOfKerasAnswersAsTheSameNetworkInPyTorch() {
        HostTensor picture = picture(96, 0.5f);
        float[] unit = picture.toFloats();
        for (int i = 0; i < unit.length; i++) {
            unit[i] += 0.5f;
        }

        float[] found = run(
                "mobilenet_vww_96", weights("mlperf-tiny").resolve("vww_96.h5"), 0, HostTensor.of(unit, 1, 3, 96, 96));

        assertThat(found).hasSize(256);
        assertThat(found[222]).isCloseTo(1.00252f, within(1e-3f));
        assertThat(found[13]).isCloseTo(0.93630f, within(1e-3f));
        assertThat(found[34]).isCloseTo(0.91066f, within(1e-3f));
    }

    /**
     * Scores of four pixels of a photograph, and how many pixels get the class that most of them get, as
     * {@code parity/vision_references.py} gives them with these weights for the photograph in 1024 x 512 by Pillow.
     */
    @ParameterizedTest
    @CsvSource({
        "espnet_p_2_q_8, decoder/espnet_p_2_q_8.pth, 20, 4.64813, 0.83772, 6.15021, -1.43436, 19, 293111",
        "espnet_p_2_q_8_camvid, decoder/espnet_p_2_q_8_camvid.pth, 12, 0.29428, -2.28766, 2.47872, 0.69457, 8, 183803",
        "espnet_c_p_2_q_8, encoder/espnet_p_2_q_8.pth, 20, 5.0846, -1.87142, 3.75569, -3.10229, 11, 165037"
    })
    void espNetSeesInAPhotographWhatItDoesInPyTorch(
            String variant,
            String file,
            int classes,
            float first,
            float second,
            float third,
            float fourth,
            int most,
            int pixels) {
        Path weights = weights("espnet/pretrained").resolve(file);
        Path photograph = below("TL4J_DATA", "hymenoptera/val/bees/1032546534_06907fe3b3.jpg");
        HostTensor image = ImageInput.of(family(variant).input(Config.empty()), null)
                .encode(ImageSource.file(photograph))
                .get("image")
                .reshape(1, 3, 512, 1024);

        HostTensor scores = run(variant, weights, classes, "out", image);

        assertThat(scores.shape()).isEqualTo(Shape.of(1, classes, 512, 1024));
        float[] found = scores.toFloats();
        int size = 512 * 1024;
        assertThat(found[100 * 1024 + 200]).isCloseTo(first, within(1e-3f));
        assertThat(found[2 * size + 256 * 1024 + 512]).isCloseTo(second, within(1e-3f));
        assertThat(found[8 * size + 400 * 1024 + 900]).isCloseTo(third, within(1e-3f));
        assertThat(found[10 * size + 50 * 1024 + 30]).isCloseTo(fourth, within(1e-3f));
        int count = 0;
        for (int i = 0; i < size; i++) {
            int best = 0;
            for (int k = 1; k < classes; k++) {
                best = found[k * size + i] > found[best * size + i] ? k : best;
            }
            count += best == most ? 1 : 0;
        }
        // Where two classes are as likely as each other to the sixth digit, rounding decides.
        assertThat(count).isCloseTo(pixels, within(20));
    }

    @Test
    void bringsThePreprocessingOfItsFamily() {
        Pretrained small = PretrainedSource.of("resnet20")
                .withWeights(weights("resnet-cifar10")
                        .resolve("resnet20-12fca82f.th")
                        .toString())
                .load(Modality.IMAGE, getClass().getClassLoader());

        assertThat(small.input().numbers("size")).containsExactly(3.0, 32.0, 32.0);
        assertThat(small.weights().names()).doesNotContain("linear.weight");
    }

    @Test
    void weightsOfAnotherVariantAreReportedWhole() {
        Path other = weights("resnet-cifar10").resolve("resnet32-d509ac18.th");

        assertThatThrownBy(() -> PretrainedSource.of("resnet44")
                        .withWeights(other.toString())
                        .load(Modality.IMAGE, getClass().getClassLoader()))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("layer1.5.conv1.weight");
    }
}
