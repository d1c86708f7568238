// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;

/** Files that pandas wrote; see {@code parity/make_parquet_fixtures.py}. */
class ParquetRowsTest {
    @TempDir
    private Path folder;

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = ParquetRowsTest.class.getResourceAsStream("/data/" + name)) {
            Files.write(file, Objects.requireNonNull(in).readAllBytes());
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"snappy", "zstd", "lz4", "none"})
    void readsWhatPandasWrote(String codec) throws IOException {
        Table table = Table.read(resource(codec + ".parquet"));
        assertThat(table.format()).isEqualTo(Table.Format.PARQUET);
        assertThat(table.columns()).containsExactly("time", "utc", "day", "double", "float", "whole", "text", "flag");
        assertThat(table.texts(0).get(1)).isEqualTo("2020-01-01T01:00");
        assertThat(table.texts(1).get(1)).isEqualTo("2020-01-01T01:00:00Z");
        assertThat(table.texts(2).get(4)).isEqualTo("2020-01-05");
        assertThat(table.texts(3)).containsExactly("0.5", "1.25", "", "-3.0E10", "4.0");
        assertThat(table.texts(4).get(0)).isEqualTo("0.1");
        assertThat(table.texts(5)).containsExactly("1", "2", "3", "4", "5");
        assertThat(table.texts(6)).containsExactly("a", "b", "ä,\"ö", "", "");
        assertThat(table.texts(7).get(1)).isEqualTo("false");
        assertThat(table.rows().get(2).source()).isEqualTo(codec + ".parquet row 3");
        assertThat(table.column("whole")).isEqualTo(5);
    }

    @Test
    void refusesWhatIsNoParquetFile() throws IOException {
        Path whole = resource("snappy.parquet");
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(bytes, bytes.length - 20));
        assertThatThrownBy(() -> Table.read(cut))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("cut.parquet");
        Path text = Files.writeString(folder.resolve("text.parquet"), "a,b\n1,2\n");
        assertThatThrownBy(() -> Table.read(text))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("text.parquet");
        byte[] bent = bytes.clone();
        Arrays.fill(bent, 4, bent.length / 3, (byte) 0x5a);
        Path broken = Files.write(folder.resolve("broken.parquet"), bent);
        assertThatThrownBy(() -> Table.read(broken))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("broken.parquet");
        assertThatThrownBy(() -> Table.read(folder.resolve("snapy.parquet")))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("snappy.parquet");
    }

    @Test
    void refusesWhatOnlyHadoopUnpacks() throws IOException {
        Path file = resource("gzip.parquet");
        assertThatThrownBy(() -> Table.read(file))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("'gzip.parquet'")
                .hasMessageContaining("GZIP")
                .hasMessageContaining("snappy");
    }

    @Test
    void refusesColumnsOfLists() throws IOException {
        Path lists = resource("lists.parquet");
        assertThatThrownBy(() -> Table.read(lists))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("'list.list.element' of 'lists.parquet' is not flat");
    }
}
