// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.model.Backbones;
import org.tl4j.parity.Parity;

/** What {@link Parity} says of fixtures that do not hold. */
class ParityTest {
    private static final Path FIXTURES = Path.of("src/test/resources/parity");

    @TempDir
    Path folder;

    private Parity.Result compare(String number, String other) throws IOException {
        String json = Files.readString(FIXTURES.resolve("bert-two-layers.json"));
        assertThat(json).contains(number);
        Path changed = Files.writeString(folder.resolve("changed.json"), json.replace(number, other));
        Files.copy(FIXTURES.resolve("bert-two-layers.safetensors"), folder.resolve("changed.safetensors"));
        return new Parity(Backbones.installed(), new OnnxEngine(), new TorchEngine()).compare(changed);
    }

    @Test
    void passesWhatHolds() throws IOException {
        Parity.Result result = compare("-0.1680404394865036", "-0.1680404");

        assertThat(result.problems()).isEmpty();
        assertThat(result.unstable()).isEmpty();
        assertThat(result.toString()).startsWith("PASS changed");
    }

    @Test
    void seesALossThatIsAThousandthOff() throws IOException {
        Parity.Result result = compare("-0.1680404394865036", "-0.16825");

        assertThat(result.problems()).singleElement().asString().contains("loss of step 2", "expected -0.168250");
        assertThat(result.unstable()).isEmpty();
        assertThat(result.losses()).isBetween(1.1e-3, 1.4e-3);
        assertThat(result.toString()).startsWith("FAIL changed");
    }

    @Test
    void seesAGradientThatIsAThousandthOff() throws IOException {
        Parity.Result result = compare("0.6228416515550738", "0.62365");

        assertThat(result.problems())
                .singleElement()
                .asString()
                .contains("gradient of embeddings.position_embeddings.weight", "expected 0.623650");
    }

    @Test
    void seesParametersOfAnotherShapeOrName() throws IOException {
        assertThat(compare("\"embeddings.position_embeddings.weight\": [", "\"embeddings.positions\": [")
                        .problems())
                .containsExactly(
                        "parameter embeddings.position_embeddings.weight: found [24, 24], expected absent",
                        "parameter embeddings.positions: found absent, expected [24, 24]");
    }
}
