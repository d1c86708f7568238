// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.model.Backbones;
import org.tl4j.parity.Parity;

/** Every family gives the numbers of its reference implementation; parity/make_vision_fixtures.sh made the fixtures. */
class ParityTest {
    private static final Path FIXTURES = Path.of("src/test/resources/parity");
    private static final int LARGEST = 100_000;

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

    /** The losses are PyTorch's own; one thread more, and it gives others. */
    @Test
    void saysWhichNumbersOfTrainingRoundingAloneMoves(@TempDir Path folder) throws IOException {
        String json = Files.readString(FIXTURES.resolve("resnext50_32x4d.json"));
        String loss = "1.0728569030761719";
        assertThat(json).contains(loss);
        Path longer = Files.writeString(
                folder.resolve("longer.json"),
                json.replace(loss, loss + ", -0.307649, -1.881046")
                        .replace("\"statistics\"", "\"statistics of step 1\""));
        Files.copy(FIXTURES.resolve("resnext50_32x4d.safetensors"), folder.resolve("longer.safetensors"));

        Parity.Result result = new Parity(Backbones.installed(), new OnnxEngine(), new TorchEngine()).compare(longer);

        assertThat(result.problems()).isEmpty();
        assertThat(result.unstable()).anySatisfy(s -> assertThat(s).contains("loss of step 3 is unstable"));
    }

    @Test
    void fixturesStaySmall() throws IOException {
        try (Stream<Path> files = Files.list(FIXTURES)) {
            assertThat(files).allSatisfy(f -> assertThat(Files.size(f)).isLessThan(LARGEST));
        }
    }
}
