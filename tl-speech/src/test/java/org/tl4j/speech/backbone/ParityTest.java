// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.model.Backbones;
import org.tl4j.parity.Parity;

/** Fixtures that {@code parity/make_speech_fixtures.sh} made with PyTorch. */
class ParityTest {
    private static final Path FIXTURES = Path.of("src/test/resources/parity");

    static List<Path> fixtures() throws IOException {
        try (Stream<Path> files = Files.list(FIXTURES)) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void givesTheNumbersOfItsReference(Path fixture) {
        Parity parity = new Parity(Backbones.installed(), new OnnxEngine(), new TorchEngine());

        assertThat(parity.compare(fixture).problems()).isEmpty();
    }
}
