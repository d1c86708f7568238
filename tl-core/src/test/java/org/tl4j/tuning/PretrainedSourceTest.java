// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.model.Modality;

class PretrainedSourceTest {
    @Test
    void changedCopiesKeepTheRest() {
        PretrainedSource source = PretrainedSource.of("resnet18")
                .withInput(Config.empty().with("size", "x"))
                .withPooling("cls")
                .withWeights(Path.of("w.pth"));

        assertThat(source.weights()).isEqualTo("w.pth");
        assertThat(source.input().text("size")).isEqualTo("x");
        assertThat(source.untrained().weights()).isNull();
        assertThat(source.untrained().isUntrained()).isTrue();
        assertThat(source.untrained().pooling()).isEqualTo("cls");
    }

    @Test
    void refusesToForgetTheWeightsOfAFile(@TempDir Path folder) {
        for (String name : List.of(folder.resolve("m.onnx").toString(), folder.toString())) {
            assertThatThrownBy(() -> PretrainedSource.of(name)
                            .untrained()
                            .load(Modality.TENSOR, getClass().getClassLoader()))
                    .isInstanceOf(UnsupportedFeatureException.class)
                    .hasMessageContainingAll("from scratch", "a family's variant");
        }
    }

    @Test
    void settingsOfAnotherKindAreRefusedByName() {
        assertThatThrownBy(() -> Config.parse("test", "{widths: [1, , 2]}").numbers("widths"))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContainingAll("'widths' is of the wrong kind", "a list of numbers");
        assertThatThrownBy(() -> Config.parse("test", "{names: [a, [b]]}").texts("names"))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContainingAll("'names' is of the wrong kind", "a list of texts");
    }
}
