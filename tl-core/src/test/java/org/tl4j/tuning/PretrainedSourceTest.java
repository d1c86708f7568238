// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.tl4j.model.Config;

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
}
