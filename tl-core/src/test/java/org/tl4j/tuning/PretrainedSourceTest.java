// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.CorruptFileException;
import org.tl4j.model.Config;

class PretrainedSourceTest {
    @Test
    void aFileIsKnownByTheFirstDigitsOfItsHash(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("w.pth"), "abc");

        assertThatCode(() -> PretrainedSource.requireHash(file, "ba7816bf")).doesNotThrowAnyException();
        assertThatThrownBy(() -> PretrainedSource.requireHash(file, "ba7816be"))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("w.pth")
                .hasMessageContaining("begins with ba7816be");
        assertThatThrownBy(() -> PretrainedSource.requireHash(folder.resolve("none"), "ba"))
                .isInstanceOf(CorruptFileException.class);
    }

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
