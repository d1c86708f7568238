// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightMapping;
import org.tl4j.weights.Weights;

class SegmentationNetworksTest {
    private static Endpoints build(Backbone family, String settings) {
        return family.build(new Graph(), Config.parse("test", settings));
    }

    private static Set<String> parameters(Backbone family, String settings) {
        Graph graph = new Graph();
        family.build(graph, Config.parse("test", settings));
        return graph.parameters().keySet();
    }

    @Test
    void classesComeOutInTheSizeOfThePicture() {
        Endpoints fcn = build(new Fcn(), "{num_classes: 5, aux_loss: true}");

        assertThat(fcn.outputs().get("out").type()).hasToString("f32[N, 5, H, W]");
        assertThat(fcn.outputs().get("aux").type()).hasToString("f32[N, 5, H, W]");
        assertThat(fcn.outputs().get("pixels").type()).hasToString("f32[N, 512, (H + 7)/8, (W + 7)/8]");
        assertThat(fcn.outputs().get("aux_pixels").type()).hasToString("f32[N, 256, (H + 7)/8, (W + 7)/8]");
        assertThat(build(new DeepLabV3(), "{backbone: mobilenet_v3_large}")
                        .outputs()
                        .get("pixels")
                        .type())
                .hasToString("f32[N, 256, (H + 15)/16, (W + 15)/16]");
        assertThat(build(new LrAspp(), "{num_classes: 2}").outputs().get("out").type())
                .hasToString("f32[N, 2, H, W]");
        assertThat(build(new UNet(), "{num_classes: 2}").outputs().get("out").type())
                .hasToString("f32[N, 2, H, W]");
        assertThat(build(new EspNet(), "{num_classes: 7}").outputs().get("out").type())
                .hasToString("f32[N, 7, H, W]");
        assertThat(build(new EspNet(), "{}").outputs().get("pixels").type())
                .hasToString("f32[N, 20, (H + 1)/2, (W + 1)/2]");
        assertThat(build(new EspNet(), "{decoder: false, num_classes: 7}")
                        .outputs()
                        .get("pixels")
                        .type())
                .hasToString("f32[N, 256, (H + 7)/8, (W + 7)/8]");
        assertThat(build(new UNet(), "{num_classes: 2, padding: valid, mirror: true}")
                        .outputs()
                        .get("out")
                        .type())
                .hasToString("f32[N, 2, H, W]");
    }

    @Test
    void theAuxiliaryClassifierIsThereOnlyIfAskedFor() {
        Set<String> without = parameters(new Fcn(), "{num_classes: 5}");
        Set<String> added = new HashSet<>(parameters(new Fcn(), "{num_classes: 5, aux_loss: true}"));
        added.removeAll(without);

        assertThat(added).isNotEmpty().allMatch(name -> name.startsWith("aux_classifier."));
        assertThat(without).noneMatch(name -> name.startsWith("aux_classifier."));
    }

    /** Figure 1 of the paper: 572 x 572 pixels give classes for the 388 x 388 in the middle. */
    @Test
    void thePapersNetworkGivesThePapersSizes() {
        assertThat(classes("{width: 1, padding: valid, batch_norm: false, num_classes: 2}", 572, 572))
                .isEqualTo(Shape.of(1, 2, 388, 388));
        assertThat(classes("{width: 1, padding: valid, batch_norm: false, num_classes: 2, mirror: true}", 388, 301))
                .isEqualTo(Shape.of(1, 2, 388, 301));
        assertThat(classes("{width: 1, num_classes: 2}", 97, 50)).isEqualTo(Shape.of(1, 2, 97, 50));
    }

    private static Shape classes(String settings, int height, int width) {
        Graph graph = new Graph();
        Endpoints endpoints = new UNet().build(graph, Config.parse("test", settings));
        graph.output("out", java.util.Objects.requireNonNull(endpoints.outputs().get("out")));
        HostTensor image = HostTensor.of(new float[3 * height * width], 1, 3, height, width);
        try (InferenceSession session = new OnnxEngine().load(graph, Weights.initial(graph, 1), Device.CPU)) {
            return java.util.Objects.requireNonNull(
                            session.run(Map.of("image", image)).get("out"))
                    .shape();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{width: 0}", "{depth: 0}", "{n_channels: 0}", "{num_classes: -1}", "{dropout: 2}"})
    void refusesImpossibleSettings(String settings) {
        assertThatThrownBy(() -> build(new UNet(), settings)).isInstanceOf(InvalidArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{width: 4}", "{num_classes: 3}", "{p: 0}", "{q: 0}"})
    void refusesImpossibleSettingsOfEspNet(String settings) {
        assertThatThrownBy(() -> build(new EspNet(), settings))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining(settings.substring(1, settings.indexOf(':')));
    }

    @Test
    void theDecoderOfEspNetIsAsWideAsItsClasses() {
        Graph graph = new Graph();
        new EspNet().build(graph, Config.parse("test", "{skip: b1, width: 12}"));

        assertThat(graph.parameters().get("conv.conv.weight").shape()).isEqualTo(Shape.of(12, 31, 3, 3));
        assertThat(graph.parameters()).doesNotContainKey("classifier.weight");
        assertThatThrownBy(() -> build(new EspNet(), "{skip: level2}"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("level1")
                .hasMessageContaining("b1");
    }

    @Test
    void refusesUnknownTrunksAndPaddings() {
        assertThatThrownBy(() -> build(new Fcn(), "{backbone: resnet5}"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("resnet50");
        assertThatThrownBy(() -> build(new UNet(), "{padding: vaild}"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("valid");
    }

    @Test
    void refusesWeightsOfAnotherVariant() {
        Graph wide = new Graph();
        new UNet().build(wide, Config.parse("test", "{width: 8}"));
        Weights weights = Weights.initial(wide, 1);
        Graph narrow = new Graph();
        new UNet().build(narrow, Config.parse("test", "{width: 4}"));
        Graph plain = new Graph();
        new UNet().build(plain, Config.parse("test", "{width: 8, batch_norm: false}"));

        assertThatThrownBy(() -> WeightMapping.strict().load(narrow, weights))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("inc.double_conv.0.weight")
                .hasMessageContaining("[4, 3, 3, 3]");
        assertThatThrownBy(() -> WeightMapping.strict().allowUnexpected().load(plain, weights))
                .isInstanceOf(WeightMismatchException.class)
                .hasMessageContaining("inc.double_conv.2.weight");
    }
}
