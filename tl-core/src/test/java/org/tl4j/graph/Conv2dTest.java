// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Shape;

class Conv2dTest {
    private final Graph graph = new Graph();
    private final Value image = graph.input("image", DType.F32, Shape.parse("N, 6, H, W"));

    @Test
    void hasPyTorchsDefaults() {
        Value y = graph.conv2d("conv", image, Conv2d.of(4, 3, 5));

        assertThat(y.type()).hasToString("f32[N, 4, H - 2, W - 4]");
        assertThat(graph.parameters().get("conv.weight").shape()).isEqualTo(Shape.of(4, 6, 3, 5));
        assertThat(graph.parameters().get("conv.bias").shape()).isEqualTo(Shape.of(4));
    }

    @Test
    void samePaddingKeepsTheSizeHoweverDilated() {
        Conv2d dilated = Conv2d.of(4, 3, 5).withDilation(6).withSamePadding();

        assertThat(graph.conv2d("conv", image, dilated).shape().dims().subList(2, 4))
                .isEqualTo(image.shape().dims().subList(2, 4));
    }

    @Test
    void groupsDivideTheWeight() {
        graph.conv2d("conv", image, Conv2d.of(9, 1).withGroups(3).withoutBias());

        assertThat(graph.parameters()).containsOnlyKeys("conv.weight");
        assertThat(graph.parameters().get("conv.weight").shape()).isEqualTo(Shape.of(9, 2, 1, 1));
    }

    @Test
    void refusesGroupsThatDoNotDivideTheChannels() {
        for (Conv2d conv :
                new Conv2d[] {Conv2d.of(8, 1).withGroups(4), Conv2d.of(8, 1).withGroups(3)}) {
            assertThatThrownBy(() -> graph.at("stage").conv2d("conv", image, conv))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("stage.conv")
                    .hasMessageContaining("6 in, 8 out");
        }
    }
}
