// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Batch;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.vision.backbone.DeepLabV3;
import org.tl4j.vision.backbone.ResNet;
import org.tl4j.vision.backbone.SqueezeNet;
import org.tl4j.vision.backbone.UNet;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;
import org.tl4j.weights.Weights;

class SegmentationHeadTest {
    private static final LabelMap LABELS = LabelMap.of("a", "b", "c");

    /** {@code parity/make_segmentation_metric_fixtures.py} wrote these. */
    private record Fixture(
            float[] x,
            float[] weight,
            float[] bias,
            float[] auxWeight,
            float[] auxBias,
            int[] target,
            List<Case> cases) {}

    private record Case(
            String name,
            List<Double> weights,
            double smoothing,
            double aux,
            double dice,
            double loss,
            double[] weight,
            double[] bias,
            double[] auxWeight) {
        SegmentationHead head() {
            SegmentationHead head = SegmentationHead.of(LABELS)
                    .withDropout(0)
                    .withLabelSmoothing(smoothing)
                    .withAuxWeight(aux)
                    .withDiceWeight(dice);
            return weights.isEmpty()
                    ? head
                    : head.withClassWeights(Map.of("a", weights.get(0), "b", weights.get(1), "c", weights.get(2)));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final Fixture TORCH = read();

    private static Fixture read() {
        try (InputStream in = SegmentationHeadTest.class.getResourceAsStream("/vision/segmentation-losses.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8), Fixture.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Case> cases() {
        return TORCH.cases().stream();
    }

    private static Endpoints pixels(Graph g) {
        Value x = g.input("x", DType.F32, Shape.parse("N, 4, H, W"));
        return new Endpoints(
                Map.of("pixels", x, "aux_pixels", g.pool2d(Op.PoolKind.AVERAGE, x, 2, 2, 0, false)),
                null,
                null,
                List.of(),
                List.of());
    }

    private static Map<String, HostTensor> batch(SegmentationHead head, int... indices) {
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        List<Map<String, HostTensor>> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int[] classes = java.util.Arrays.copyOfRange(TORCH.target(), 24 * i, 24 * i + 24);
            Map<String, HostTensor> row =
                    new LinkedHashMap<>(head.encode(MaskSource.of("mask " + i, Mask.of(4, 6, classes))));
            all.add(new LinkedHashMap<>(row));
            int own = i;
            if (IntStream.of(indices).anyMatch(k -> k == own)) {
                row.put("x", HostTensor.of(java.util.Arrays.copyOfRange(TORCH.x(), 96 * i, 96 * i + 96), 4, 6, 4));
                rows.add(row);
            }
        }
        Map<String, HostTensor> batch = Batch.collate(rows, Map.of());
        double weight = head.weight(Batch.collate(all, Map.of()));
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / weight)));
        return batch;
    }

    private static TrainingSession open(SegmentationHead head) {
        Graph g = new Graph();
        head.build(g, pixels(g));
        head.buildLoss(g);
        Map<String, HostTensor> start = new LinkedHashMap<>();
        start.put("head.classifier.weight", HostTensor.of(TORCH.weight(), 3, 4, 1, 1));
        start.put("head.classifier.bias", HostTensor.of(TORCH.bias(), 3));
        if (g.parameters().containsKey("head.aux_classifier.weight")) {
            start.put("head.aux_classifier.weight", HostTensor.of(TORCH.auxWeight(), 3, 4, 1, 1));
            start.put("head.aux_classifier.bias", HostTensor.of(TORCH.auxBias(), 3));
        }
        Weights weights = Weights.of(start);
        ParameterGroup group = new ParameterGroup("head", List.copyOf(weights.names()), 1, 0);
        return new TorchEngine()
                .load(g, weights, new TrainingEngine.Options(List.of(group), Optimizer.sgd(0), 0, Device.CPU));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void losesAndDescendsAsPyTorchDoes(Case c) {
        SegmentationHead head = c.head();
        try (TrainingSession session = open(head)) {
            assertThat(session.backward(batch(head, 0, 1, 2), 0)).isCloseTo(c.loss(), within(2e-6));
            session.step(1, 0);
            Weights after = session.weights();
            assertDescended(after, "head.classifier.weight", TORCH.weight(), c.weight());
            assertDescended(after, "head.classifier.bias", TORCH.bias(), c.bias());
            if (c.aux() > 0) {
                assertDescended(after, "head.aux_classifier.weight", TORCH.auxWeight(), c.auxWeight());
            }
        }
    }

    private static void assertDescended(Weights after, String name, float[] start, double[] gradient) {
        double[] found = after.get(name).toDoubles();
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).as("%s %d", name, i).isCloseTo(start[i] - gradient[i], within(2e-6));
        }
    }

    /** Cross-entropy is a sum over pixels; the Dice loss is one of each pass. */
    @ParameterizedTest
    @MethodSource("cases")
    void lossesOfPartsAddUp(Case c) {
        SegmentationHead head = c.head();
        try (TrainingSession session = open(head)) {
            double sum = session.loss(batch(head, 0)) + session.loss(batch(head, 1, 2));
            if (c.dice() == 0) {
                assertThat(sum).isCloseTo(c.loss(), within(2e-6));
            } else {
                assertThat(sum).isCloseTo(c.loss(), within(0.3)).isNotCloseTo(c.loss(), within(1e-9));
            }
        }
    }

    @Test
    void whatIsSavedHasNoAuxiliaryClassifier() {
        Graph g = new Graph();
        SegmentationHead head = SegmentationHead.of(LABELS);
        head.build(g, pixels(g));
        assertThat(g.outputs()).containsOnlyKeys("logits", "probabilities", "aux");
        head.buildLoss(g);

        assertThat(g.outputs()).containsOnlyKeys("logits", "probabilities", "loss");
    }

    // ------------------------------------------------------------------------------------------- on backbones

    private static HostTensor images(int count, int height, int width) {
        Random random = new Random(3);
        float[] values = new float[count * 3 * height * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, count, 3, height, width);
    }

    /** Whatever the size of the pictures is; the exported model gives what the training engine gives. */
    private static void assertAgrees(Backbone family, Config config, SegmentationHead head) {
        Graph g = new Graph();
        Endpoints endpoints = family.build(g, config);
        head.build(g, endpoints);
        head.buildLoss(g);
        assertThat(g.output("logits").type()).hasToString("f32[N, 3, H, W]");
        Weights weights = Weights.initial(g, 5);
        Map<String, Value> answers = Map.of("logits", g.output("logits"), "probabilities", g.output("probabilities"));
        List<String> own = g.parameters().keySet().stream()
                .filter(n -> n.startsWith("head.classifier."))
                .toList();
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("head", own, 1, 0)), Optimizer.adamW(), 0, Device.CPU);
        try (InferenceSession onnx = new OnnxEngine().load(g.extract(Map.of(), answers), weights, Device.CPU);
                TrainingSession torch = new TorchEngine().load(g, weights, options)) {
            for (int[] size : new int[][] {{64, 64}, {57, 83}}) {
                Map<String, HostTensor> given = Map.of("image", images(2, size[0], size[1]));
                Map<String, HostTensor> expected = torch.run(given);
                Map<String, HostTensor> found = onnx.run(given);
                assertThat(found.get("logits").shape()).isEqualTo(Shape.of(2, 3, size[0], size[1]));
                double largest = 1;
                for (float v : expected.get("logits").toFloats()) {
                    largest = Math.max(largest, Math.abs(v));
                }
                for (int i = 0; i < expected.get("logits").elements(); i++) {
                    assertThat(found.get("logits").doubleAt(i))
                            .isCloseTo(expected.get("logits").doubleAt(i), within(1e-4 * largest));
                }
            }
        }
    }

    @Test
    void segmentationNetworksKeepTheirTops() {
        SegmentationHead head = SegmentationHead.of(LABELS);

        assertAgrees(new UNet(), Config.parse("test", "{width: 4}"), head);
        assertAgrees(new DeepLabV3(), Config.parse("test", "{backbone: mobilenet_v3_large, aux_loss: true}"), head);
    }

    @ParameterizedTest
    @CsvSource({"unet", "fcn", "deeplabv3"})
    void otherNetworksGetADecoder(String decoder) {
        SegmentationHead head = SegmentationHead.restore(Config.empty()
                .with("labels", LABELS.names())
                .with("decoder", decoder)
                .with("widths", List.of(16, 8)));

        assertAgrees(new ResNet(), Config.parse("test", "{layers: [1, 1, 1, 1]}"), head);
        assertAgrees(new SqueezeNet(), Config.parse("test", "{version: '1_1'}"), head);
    }

    @Test
    void refusesBackbonesWithoutMaps() {
        Graph g = new Graph();
        Value x = g.input("x", DType.F32, Shape.parse("N, 3, H, W"));
        Endpoints endpoints = new Endpoints(Map.of(), g.globalAveragePool(x), null, List.of(), List.of());

        assertThatThrownBy(() -> SegmentationHead.of(LABELS).build(g, endpoints))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("feature maps");
    }

    // ------------------------------------------------------------------------------------------- targets and answers

    @Test
    void refusesClassesThatItDoesNotKnow() {
        MaskSource wrong = MaskSource.of("cells-7.png", Mask.of(3, 2, 0, 1, 2, 0, 9, 255));

        assertThatThrownBy(() -> SegmentationHead.of(LABELS).encode(wrong))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("cells-7.png")
                .hasMessageContaining("class 9 at column 1, row 1")
                .hasMessageContaining("0 to 2 (a, b, c)");
    }

    @Test
    void countsPixelsAndNotThoseThatAreNobodys() {
        SegmentationHead head = SegmentationHead.of(LABELS);
        Map<String, HostTensor> target = head.encode(MaskSource.of("m", Mask.of(2, 2, 0, 2, 255, 255)));

        assertThat(head.weight(target)).isEqualTo(2);
        assertThat(head.withClassWeights(Map.of("a", 0.5, "c", 3.0)).weight(target))
                .isEqualTo(3.5);
        assertThat(head.weight(head.encode(MaskSource.of("m", Mask.of(1, 1, 255)))))
                .isEqualTo(1);
    }

    @Test
    void balancesClassesByTheirPixels() {
        SegmentationHead head = SegmentationHead.of(LABELS)
                .withBalancedWeights(List.of(MaskSource.of("m", Mask.of(4, 2, 0, 0, 0, 0, 0, 0, 1, 255))));

        assertThat(head.config().config("classWeights").number("a")).isCloseTo(7 / 12.0, within(1e-12));
        assertThat(head.config().config("classWeights").number("b")).isCloseTo(7 / 2.0, within(1e-12));
        assertThat(head.config().config("classWeights").number("c")).isEqualTo(1);
    }

    @Test
    void answersTheLikeliestClassOfEveryPixel() {
        float[] logits = {1, 0, 5, 5, /* b */ 2, 0, 4, 5, /* c */ 0, 1, 6, 5};
        SegmentationHead head = SegmentationHead.of(LABELS);
        Map<String, HostTensor> outputs = Map.of("logits", HostTensor.of(logits, 1, 3, 2, 2));

        assertThat(head.decode(outputs)).containsExactly(new Segmentation(LABELS, Mask.of(2, 2, 1, 2, 2, 0)));
        assertThatThrownBy(() -> head.decode(Map.of("logits", HostTensor.of(logits, 1, 2, 2, 3))))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("f32[N, 3, H, W]");
    }

    @Test
    void judgesInTheSizeOfTheTrueMask() {
        SegmentationHead head = SegmentationHead.of(LabelMap.of("a", "b"));
        // 1 x 2 pixels answered, 2 x 4 true: the left half is a, the right half b.
        Map<String, HostTensor> outputs = Map.of("logits", HostTensor.of(new float[] {1, 0, 0, 1}, 1, 2, 1, 2));
        MaskSource truth = MaskSource.of("m", Mask.of(4, 2, 0, 0, 1, 1, 0, 1, 1, 255));
        TaskHead.Evaluator<MaskSource> evaluator = head.evaluator(List.of(truth));
        evaluator.add(outputs, List.of(truth));
        Evaluation evaluation = evaluator.evaluation();

        assertThat(evaluation.value("pixelAccuracy")).isCloseTo(6 / 7.0, within(1e-12));
        assertThat(evaluation.value("meanIoU")).isCloseTo((3 / 4.0 + 3 / 4.0) / 2, within(1e-12));
        // Always b: 4 of 7 pixels.
        assertThat(evaluation.baseline().get("pixelAccuracy")).isCloseTo(4 / 7.0, within(1e-12));
        assertThat(evaluation.baseline().get("meanIoU")).isCloseTo(4 / 7.0 / 2, within(1e-12));
        assertThat(evaluation.report()).contains("most frequent class");
        assertThat(evaluation.details().config("classes").config("a").number("iou"))
                .isCloseTo(0.75, within(1e-12));
    }

    @Test
    void refusesImpossibleSettings() {
        assertThatThrownBy(() -> SegmentationHead.of(LabelMap.of("a"))).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> SegmentationHead.of(LABELS).withDropout(1.5))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> SegmentationHead.of(LABELS).withWidths(List.of()))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> SegmentationHead.of(LABELS).withClassWeights(Map.of("d", 1.0)))
                .isInstanceOf(UnknownNameException.class);
        assertThatThrownBy(() -> SegmentationHead.restore(
                        Config.empty().with("labels", LABELS.names()).with("decoder", "u-net")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("unet");
    }
}
