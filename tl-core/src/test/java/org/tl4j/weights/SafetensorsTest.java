// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

class SafetensorsTest {
    private static final String TWO_FLOATS = "{'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";

    @TempDir
    private Path temp;

    private static byte[] file(long header, String json, int data) {
        byte[] text = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header)
                .put(text)
                .array();
    }

    private static byte[] file(String json, int data) {
        return file(json.getBytes(StandardCharsets.UTF_8).length, json, data);
    }

    private static Weights read(byte[] bytes) {
        return WeightFile.read("a.safetensors", bytes);
    }

    @Test
    void readsWhatItWrote() {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        for (DType d : DType.values()) {
            ByteBuffer b = HostTensor.allocate(d, 3);
            b.put(0, (byte) 1);
            all.put("of " + d, HostTensor.of(d, Shape.of(3, 1), b));
        }
        all.put("scalar", HostTensor.scalar(7L));
        all.put("empty", HostTensor.zeros(DType.F32, Shape.of(0, 4)));
        Path file = temp.resolve("new folder").resolve("all.safetensors");

        WeightFile.writeSafetensors(Weights.of(all), Map.of("b", "2", "a", "1"), file);

        Weights back = WeightFile.read(file);
        assertThat(back.names()).containsExactlyInAnyOrderElementsOf(all.keySet());
        all.forEach(
                (name, t) -> assertThat(back.get(name).bitEquals(t)).as(name).isTrue());
        assertThat(WeightFile.metadata(file)).containsExactly(Map.entry("a", "1"), Map.entry("b", "2"));
    }

    @Property(tries = 50)
    void everySetOfNamesAndLengthsComesBack(@ForAll @Size(max = 8) Map<String, @IntRange(max = 5) Integer> lengths)
            throws IOException {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        lengths.forEach((name, n) -> all.put(
                new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8),
                HostTensor.of(new float[n], n)));
        Path file = Files.createTempFile("names", ".safetensors");
        try {
            WeightFile.writeSafetensors(Weights.of(all), Map.of(), file);

            assertThat(WeightFile.read(file).hashes()).isEqualTo(Weights.of(all).hashes());
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void equalWeightsGiveEqualBytesWhateverTheirOrder() throws IOException {
        HostTensor floats = HostTensor.of(new float[] {1, 2}, 2);
        HostTensor longs = HostTensor.of(new long[] {3}, 1);
        Map<String, HostTensor> one = new LinkedHashMap<>();
        one.put("b", floats);
        one.put("a", floats);
        one.put("c", longs);
        Map<String, HostTensor> other = new LinkedHashMap<>();
        other.put("c", longs);
        other.put("a", floats);
        other.put("b", floats);

        WeightFile.writeSafetensors(Weights.of(one), Map.of(), temp.resolve("one"));
        WeightFile.writeSafetensors(Weights.of(other), Map.of(), temp.resolve("other"));

        assertThat(temp.resolve("one")).hasSameBinaryContentAs(temp.resolve("other"));
        assertThat(WeightFile.read(temp.resolve("one")).names()).containsExactly("c", "a", "b");
    }

    @Test
    void mapsLargeFilesAndSurvivesBeingWrittenOverWhatItRead() {
        float[] values = new float[5 << 20];
        values[values.length - 1] = 42;
        Path file = temp.resolve("large.safetensors");
        WeightFile.writeSafetensors(Weights.of(Map.of("w", HostTensor.of(values, values.length))), Map.of(), file);
        Weights read = WeightFile.read(file);

        WeightFile.writeSafetensors(read, Map.of("again", "yes"), file);

        assertThat(read.get("w").bytes().hasArray()).isFalse();
        assertThat(WeightFile.read(file).hashes()).isEqualTo(read.hashes());
        assertThat(read.get("w").floats().get(values.length - 1)).isEqualTo(42);
    }

    @Test
    void refusesToWriteTheNameOfTheMetadata() {
        Weights w = Weights.of(Map.of("__metadata__", HostTensor.scalar(1f)));

        assertThatThrownBy(() -> WeightFile.writeSafetensors(w, Map.of(), temp.resolve("a")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("A tensor has a name that safetensors keeps for itself.")
                .hasMessageContaining("fix:      rename the tensor");
        assertThat(temp).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 60, 99_999_999, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE})
    void refusesAHeaderLengthThatIsNotInTheFile(long length) {
        assertThatThrownBy(() -> read(file(length, TWO_FLOATS, 0)))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("'a.safetensors' is no whole safetensors file.")
                .hasMessageContaining("expected: a header that lies inside the file")
                .hasMessageContaining("fix:      download or copy the file again");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}      | after a gap",
                "12 | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}       | 12 bytes after the header",
                "7  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}       | 7 bytes after the header",
                "8  | {'w':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}       | tensor 'w' at bytes [0, 8]",
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}       | tensor 'w' at bytes [8, 0]",
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0]}}         | without all its parts",
                "8  | {'w':{'dtype':'F32','shape':[2]}}                            | without all its parts",
                "8  | {'w':{'dtype':'F32','data_offsets':[0,8]}}                   | without all its parts",
                "8  | {'w':{'shape':[2],'data_offsets':[0,8]}}                     | without all its parts",
                "8  | {'w':{'dtype':'Q9','shape':[2],'data_offsets':[0,8]}}        | of element type 'Q9'",
                "8  | {'w':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}      | offset of -2",
                "8  | {'w':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}     | offset of 2.0",
                "8  | {'w':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}}     | offset of STRING",
                "8  | {'w':{'dtype':'F32','shape':[1e9],'data_offsets':[0,8]}}     | offset of 1e9",
                "8  | {'w':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | offset of 999",
                "0  | {'w':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}} | offset of 4611",
                "0  | {'w':{'dtype':'F32','shape':[900000000000000000,900000000000000000],'data_offsets':[0,0]}} | bytes [0, 0]",
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} x     | a header that is not right",
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},}      | a header that is not right",
                "8  | {'w':[]}                                                     | a header that is not right",
                "8  | {w:{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}         | a header that is not right",
                "0  | {'__metadata__':{'a':{}}}                                    | a header that is not right",
                "0  | {'__metadata__':{'a':'1'},'__metadata__':{'b':'2'}}          | two entries __metadata__",
                "8  | {'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | two tensors 'w'",
                "12 | {'v':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'w':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | inside another",
                "8  | {'v':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | inside another",
            })
    void refusesAHeaderThatDoesNotTellTheTruth(int data, String json, String found) {
        assertThatThrownBy(() -> read(file(json, data)))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("'a.safetensors' is no whole safetensors file.")
                .hasMessageContaining(found);
    }

    @Test
    void refusesAHeaderThatIsNoUtf8() {
        byte[] bytes = file(TWO_FLOATS, 8);
        bytes[10] = (byte) 0xff;

        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("a header that is no UTF-8");
    }

    @Test
    void refusesABottomlessHeader() {
        assertThatThrownBy(() -> read(file("{'w':{'x':" + "[".repeat(100_000) + "}}", 0)))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("a header that is not right");
    }

    @Test
    void namesAnElementTypeThatIsNotRead() {
        assertThatThrownBy(() -> read(file("{'w':{'dtype':'F8_E4M3','shape':[2],'data_offsets':[0,2]}}", 2)))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("tensor 'w' of F8_E4M3")
                .hasMessageContaining("fix:      save it as F32");
    }

    @Test
    void acceptsWhatItDoesNotKnowInsideAnEntry() {
        Weights w = read(file("{'w':{'dtype':'F32','shape':[2],'new':{'a':[1]},'data_offsets':[0,8]}}   ", 8));

        assertThat(w.get("w").shape()).isEqualTo(Shape.of(2));
    }
}
