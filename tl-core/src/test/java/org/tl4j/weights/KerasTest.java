// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.TlException;
import org.tl4j.tensor.HostTensor;

/** {@code parity/make_keras_fixture.py} wrote the files. */
class KerasTest {
    private static byte[] file(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(KerasTest.class.getResourceAsStream("/weights/" + name), name)) {
            return in.readAllBytes();
        }
    }

    @Test
    void readsEveryDatasetOfNumbersUnderItsPath() throws IOException {
        Weights saved = WeightFile.read("keras.h5", file("keras.h5"));

        assertThat(saved.names())
                .contains("model_weights.conv.conv.kernel:0", "optimizer_weights.Adam.iter:0")
                .hasSize(10);
        assertThat(saved.get("model_weights.conv.conv.kernel:0").type()).hasToString("f32[3, 2, 4, 5]");
        assertThat(saved.get("optimizer_weights.Adam.iter:0").longAt(0)).isEqualTo(7);
    }

    @Test
    void layersGetTheNamesAndTheLayoutOfAGraph() throws IOException {
        Weights saved = WeightFile.read("keras.h5", file("keras.h5"));
        Weights expected = WeightFile.read("keras.safetensors", file("keras.safetensors"));

        assertThat(Keras.looksLike(saved)).isTrue();
        assertThat(Keras.looksLike(expected)).isFalse();
        Weights layers = Keras.layers(saved);
        assertThat(layers.names()).containsExactlyInAnyOrderElementsOf(expected.names());
        expected.tensors()
                .forEach((name, t) ->
                        assertThat(layers.get(name).bitEquals(t)).as(name).isTrue());
    }

    @Test
    void refusesAKernelOfUnknownLayout() {
        Weights odd = Weights.of(Map.of("conv.kernel:0", HostTensor.of(new float[24], 2, 3, 4)));

        assertThatThrownBy(() -> Keras.layers(odd))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("conv.kernel:0");
    }

    @Test
    void namesAFileThatIsCutShortOrDamaged() throws IOException {
        byte[] whole = file("keras.h5");
        for (int length : new int[] {8, 100, 600, whole.length / 2}) {
            assertThatThrownBy(() -> WeightFile.read("cut.h5", Arrays.copyOf(whole, length)))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("cut.h5");
        }
        for (int at = 8; at < whole.length; at += 97) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0xff;
            try {
                WeightFile.read("damaged.h5", damaged);
            } catch (TlException e) {
                assertThat(e).hasMessageContaining("damaged.h5");
            }
        }
    }
}
