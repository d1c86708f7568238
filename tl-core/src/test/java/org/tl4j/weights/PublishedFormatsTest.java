// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * Files that PyTorch, NumPy and Hugging Face's safetensors wrote ({@code parity/make_weight_fixtures.py}) give the
 * values that stand beside them, or are refused for the reason that stands beside them.
 */
class PublishedFormatsTest {
    private static Path folder() {
        URL found = PublishedFormatsTest.class.getResource("/weights/expected.json");
        try {
            return Path.of(Objects.requireNonNull(found, "expected.json").toURI())
                    .resolveSibling("");
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonObject expected() throws IOException {
        return JsonParser.parseString(Files.readString(folder().resolve("expected.json")))
                .getAsJsonObject();
    }

    static Stream<String> readable() throws IOException {
        return expected().getAsJsonObject("read").keySet().stream();
    }

    static Stream<String> refused() throws IOException {
        return expected().getAsJsonObject("refused").keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("readable")
    void readsWhatWasWritten(String file) throws IOException {
        String[] nameAndPart = file.split("#", 2);
        Path path = folder().resolve(nameAndPart[0]);

        Weights weights = nameAndPart.length == 1 ? WeightFile.read(path) : WeightFile.read(path, nameAndPart[1]);

        JsonObject tensors = expected().getAsJsonObject("read").getAsJsonObject(file);
        assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
        for (Map.Entry<String, JsonElement> t : tensors.entrySet()) {
            assertThat(weights.get(t.getKey()))
                    .as("%s of %s", t.getKey(), file)
                    .satisfies(found -> assertEqual(found, t.getValue().getAsJsonObject()));
        }
    }

    private static void assertEqual(HostTensor found, JsonObject expected) {
        assertThat(found.dtype().name()).isEqualTo(expected.get("dtype").getAsString());
        assertThat(found.shape()).isEqualTo(Shape.of(numbers(expected.getAsJsonArray("shape"))));
        JsonArray values = expected.getAsJsonArray("values");
        assertThat(found.elements()).isEqualTo(values.size());
        for (int i = 0; i < values.size(); i++) {
            if (found.dtype().isFloat()) {
                assertThat(found.doubleAt(i)).isEqualTo(values.get(i).getAsDouble());
            } else {
                assertThat(found.longAt(i)).isEqualTo(values.get(i).getAsLong());
            }
        }
    }

    private static long[] numbers(JsonArray a) {
        return a.asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesAndSaysWhy(String file) throws IOException {
        String reason = expected().getAsJsonObject("refused").get(file).getAsString();

        assertThatThrownBy(() -> WeightFile.read(folder().resolve(file)))
                .isInstanceOf(TlException.class)
                .hasMessageContaining(reason)
                .hasMessageContaining(file);
    }

    /** Every file cut short anywhere, and every file with one byte changed, is read or refused, and nothing else. */
    @ParameterizedTest
    @MethodSource("readable")
    void damageNeverEndsInAnotherException(String file) throws IOException {
        Path path = folder().resolve(file.split("#", 2)[0]);
        if (!Files.isRegularFile(path)) {
            return;
        }
        byte[] bytes = Files.readAllBytes(path);
        int step = Math.max(1, bytes.length / 400);
        for (int at = 0; at < bytes.length; at += step) {
            byte[] changed = bytes.clone();
            changed[at] ^= (byte) (1 << at % 8);
            readOrRefuse(changed);
            readOrRefuse(java.util.Arrays.copyOf(bytes, at));
        }
    }

    private static void readOrRefuse(byte[] bytes) {
        try {
            assertThat(WeightFile.read("damaged", bytes).names()).isNotNull();
        } catch (TlException e) {
            assertThat(e).hasMessageContaining("damaged");
        }
    }

    @Test
    void readsTiedTensorsAsOne() {
        Weights views = WeightFile.read(folder().resolve("views.pt"));

        assertThat(views.get("tied").bitEquals(views.get("tied_again"))).isTrue();
    }

    @Test
    void readsTheTextsBesideTheTensors() {
        assertThat(WeightFile.metadata(folder().resolve("types.safetensors")))
                .containsExactly(Map.entry("format", "pt <é>"));
    }

    @Test
    void writesTheBytesThatHuggingFaceWrites(@TempDir Path temp) throws IOException {
        Path published = folder().resolve("types.safetensors");

        WeightFile.writeSafetensors(
                WeightFile.read(published), WeightFile.metadata(published), temp.resolve("copy.safetensors"));

        assertThat(temp.resolve("copy.safetensors")).hasSameBinaryContentAs(published);
    }

    @Test
    void namesTheGlobalThatWouldHaveToBeCalled() {
        assertThatThrownBy(() -> WeightFile.read(folder().resolve("foreign.pt")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("'w' would be made by __main__.Foreign")
                .hasMessageContaining("torch.save(model.state_dict(), path)");
    }

    @Test
    void anUnknownPartNamesTheKeysThatThereAre() {
        assertThatThrownBy(() -> WeightFile.read(folder().resolve("checkpoint.pt"), "state_dct"))
                .isInstanceOf(org.tl4j.error.UnknownNameException.class)
                .hasMessageContaining("perhaps state_dict");
    }
}
