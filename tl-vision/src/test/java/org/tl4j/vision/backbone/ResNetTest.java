// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;

class ResNetTest {
    private final ResNet resnet = new ResNet();

    private Endpoints build(String settings) {
        return resnet.build(new Graph(), Config.parse("test", settings));
    }

    @Test
    void mapsFollowFromTheSizeOfThePicture() {
        Endpoints endpoints = build("{block: bottleneck, layers: [1, 1, 1, 1]}");

        assertThat(endpoints.maps())
                .extracting(m -> m.value().type().toString())
                .containsExactly(
                        "f32[N, 64, (H + 1)/2, (W + 1)/2]",
                        "f32[N, 256, (H + 3)/4, (W + 3)/4]",
                        "f32[N, 512, (H + 7)/8, (W + 7)/8]",
                        "f32[N, 1024, (H + 15)/16, (W + 15)/16]",
                        "f32[N, 2048, (H + 31)/32, (W + 31)/32]");
        assertThat(endpoints.requirePooled().type()).hasToString("f32[N, 2048]");
    }

    @Test
    void dilatedStagesKeepTheirStride() {
        Endpoints endpoints = build("{block: bottleneck, replace_stride_with_dilation: [false, true, true]}");

        assertThat(endpoints.maps()).extracting(Endpoints.FeatureMap::stride).containsExactly(2, 4, 8, 8, 8);
        assertThat(endpoints.maps().get(4).value().type()).hasToString("f32[N, 2048, (H + 7)/8, (W + 7)/8]");
    }

    @Test
    void thePublishedClassifierIsThereOnlyIfAskedFor() {
        assertThat(build("{}").outputs()).isEmpty();
        assertThat(build("{num_classes: 3}").outputs().get("logits").type()).hasToString("f32[N, 3]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{layers: [2, 2, 2]}",
                "{layers: [2, 2, 2, 0]}",
                "{layers: [2, 2, 2, 1.5]}",
                "{replace_stride_with_dilation: [true]}",
                "{groups: 0}",
                "{num_classes: -1}"
            })
    void refusesImpossibleSettings(String settings) {
        assertThatThrownBy(() -> build(settings)).isInstanceOf(InvalidArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{groups: 2}", "{width_per_group: 128}", "{replace_stride_with_dilation: [false, false, true]}"})
    void refusesWhatBasicBlocksDoNotHave(String settings) {
        assertThatThrownBy(() -> build(settings))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("resnet50");
    }

    @Test
    void refusesUnknownBlocksAndReferences() {
        assertThatThrownBy(() -> build("{block: botleneck}"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("bottleneck");
        assertThatThrownBy(() -> resnet.reference("torchvision:resnet19", Config.empty(), Config.empty()))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("torchvision:resnet18");
        assertThatThrownBy(() -> resnet.reference(
                        "torchvision:resnet18", Config.empty().with("norm_layer", "gn"), Config.empty()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("norm_layer");
    }
}
