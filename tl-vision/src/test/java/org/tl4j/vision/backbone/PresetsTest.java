// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbones;
import org.tl4j.model.Modality;
import org.tl4j.model.Preset;
import org.tl4j.vision.head.ImageClassificationTask;

class PresetsTest {
    private static final Backbones BACKBONES = Backbones.installed();

    private static List<Preset> presets() {
        return Preset.installed(PresetsTest.class.getClassLoader(), BACKBONES).stream()
                .filter(p -> BACKBONES.get(p.family()).modality() == Modality.IMAGE)
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> presetsHaveAsManyParametersAsTheirGraphsAndAPreprocessing() {
        return presets().stream()
                .map(preset -> DynamicTest.dynamicTest(preset.id(), () -> {
                    Graph graph = new Graph();
                    BACKBONES.get(preset.family()).build(graph, preset.config());
                    long trained = graph.parameters().values().stream()
                            .filter(v -> !v.name().matches(".*(running_mean|running_var|num_batches_tracked)"))
                            .map(Value::shape)
                            .mapToLong(s -> s.elements())
                            .sum();
                    assertThat(trained).isEqualTo(preset.parameters());
                    assertThat(preset.source()).startsWith("https://download.pytorch.org/models/");
                    assertThat(preset.licence()).isNotEmpty();
                    var input = new ImageClassificationTask().preprocessor(preset.input(), null);
                    List<Double> size = preset.input().numbers("size");
                    assertThat((double) input.height()).isEqualTo(size.get(1));
                }));
    }

    @Test
    void everyFamilyOfTorchvisionHasOne() {
        assertThat(presets())
                .extracting(Preset::id)
                .contains(
                        "vgg16.imagenet1k_v1",
                        "resnet50.imagenet1k_v2",
                        "resnext50_32x4d.imagenet1k_v1",
                        "inception_v3.imagenet1k_v1",
                        "googlenet.imagenet1k_v1",
                        "mobilenet_v2.imagenet1k_v2",
                        "mobilenet_v3_large.imagenet1k_v1",
                        "squeezenet1_1.imagenet1k_v1",
                        "shufflenet_v2_x1_0.imagenet1k_v1",
                        "efficientnet_b0.imagenet1k_v1",
                        "convnext_tiny.imagenet1k_v1",
                        "vit_b_16.imagenet1k_v1");
    }
}
