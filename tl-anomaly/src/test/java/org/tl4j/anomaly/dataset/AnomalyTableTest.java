// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.anomaly.input.TableInput;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.model.Config;

class AnomalyTableTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("rows.csv"), text);
    }

    private LabelledData<TableRow, Condition> read(String text) throws IOException {
        return AnomalyTable.read(file(text), Config.empty());
    }

    @Test
    void readsNumbersTextsAndLabels() throws IOException {
        LabelledData<TableRow, Condition> data = read("amount,country,label\n1.5,DE,0\n-2e3,FR,1\n7,DE,\n");
        assertThat(data.all().inputs().get(1))
                .isEqualTo(new TableRow(List.of("amount", "country"), List.of(-2000.0, "FR")));
        assertThat(data.all().targets()).containsExactly(Condition.NORMAL, Condition.ANOMALOUS, Condition.UNKNOWN);
        assertThat(data.notes()).anyMatch(n -> n.contains("'label' holds the labels"));
    }

    @Test
    void readsRowsWithoutLabels() throws IOException {
        LabelledData<TableRow, Condition> data = read("a,b\n1,2\n3,4\n");
        assertThat(data.all().targets()).containsOnly(Condition.UNKNOWN);
        assertThat(data.notes()).anyMatch(n -> n.contains("nothing is known of any row"));
    }

    @Test
    void asksWhichLabelMeansAnAnomaly() throws IOException {
        Path file = file("a,label\n1,ham\n2,spam\n");
        assertThatThrownBy(() -> AnomalyTable.read(file, Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("[ham, spam]")
                .hasMessageContaining("--anomaly-label");
        assertThat(AnomalyTable.read(file, Config.empty().with("anomaly-label", "spam"))
                        .all()
                        .targets())
                .containsExactly(Condition.NORMAL, Condition.ANOMALOUS);
        // Where a file may hold nothing but normal rows, theirs is the label to name.
        assertThat(AnomalyTable.read(file, Config.empty().with("normal-label", "ham"))
                        .all()
                        .targets())
                .isEqualTo(AnomalyTable.read(file, Config.empty().with("anomaly-label", "spam"))
                        .all()
                        .targets());
        assertThatThrownBy(() -> AnomalyTable.read(file, Config.empty().with("normal-label", "eggs")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("--normal-label");
        assertThatThrownBy(() -> AnomalyTable.read(
                        file, Config.empty().with("normal-label", "ham").with("anomaly-label", "spam")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Both");
        assertThatThrownBy(() -> AnomalyTable.read(file, Config.empty().with("anomaly-label", "eggs")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("eggs");
    }

    @Test
    void namesRowsWithMissingAndInfiniteValues() throws IOException {
        for (String bad : List.of("", "NaN", "inf", "-Infinity")) {
            Path file = file("a,b,label\n1,2,0\n3," + bad + ",0\n5,6,1\n");
            assertThatThrownBy(() -> AnomalyTable.read(file, Config.empty()))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("rows.csv line 3")
                    .hasMessageContaining("column 'b'")
                    .hasMessageContaining("--empty-rows skip");
            LabelledData<TableRow, Condition> rest =
                    AnomalyTable.read(file, Config.empty().with("empty-rows", "skip"));
            assertThat(rest.all().size()).isEqualTo(2);
            assertThat(rest.notes()).anyMatch(n -> n.contains("skipped 1 rows"));
        }
    }

    @Test
    void aColumnWithoutAnyNumberLeavesNothing() throws IOException {
        Path file = file("a,b\n1,nan\n2,nan\n3,inf\n");
        assertThatThrownBy(() -> AnomalyTable.read(file, Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("3 such rows")
                .hasMessageContaining("NaN in column 'b'");
        LabelledData<TableRow, Condition> skipped =
                AnomalyTable.read(file, Config.empty().with("empty-rows", "skip"));
        assertThat(skipped.notes()).anyMatch(n -> n.contains("skipped 3 rows"));
        assertThatThrownBy(() -> TableInput.of(skipped.all()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 rows");
    }

    @Test
    void refusesAFileThatIsNotThere() {
        assertThatThrownBy(() -> AnomalyTable.read(folder.resolve("none.npz"), Config.empty()))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("X and y");
    }

    private TableInput input(String text) throws IOException {
        return TableInput.of(read(text).all());
    }

    @Test
    void encodesTextsAndSaysSo() throws IOException {
        TableInput input = input("amount,country\n1,DE\n2,FR\n3,DE\n");
        assertThat(input.features()).containsExactly("amount", "country=DE", "country=FR");
        assertThat(input.notes()).singleElement().asString().contains("country").contains("2");
        assertThat(input.encode(TableRow.of(Map.of("amount", 5, "country", "FR")))
                        .get("x")
                        .toFloats())
                .containsExactly(5, 0, 1);
        // A text that was never seen is none of the known ones.
        assertThat(input.encode(TableRow.of(Map.of("amount", 5, "country", "IT")))
                        .get("x")
                        .toFloats())
                .containsExactly(5, 0, 0);
    }

    @Test
    void countsTextsWhereThereAreMany() {
        List<Example<TableRow, Condition>> rows = IntStream.range(0, 100)
                .mapToObj(i ->
                        new Example<>(new TableRow(List.of("id"), List.of("u" + i % 50)), Condition.NORMAL, "row " + i))
                .collect(Collectors.toList());
        TableInput input = TableInput.of(Dataset.of("users", rows));
        assertThat(input.features()).containsExactly("id");
        assertThat(input.notes().get(0)).contains("50 different texts");
        assertThat(input.encode(TableRow.of(Map.of("id", "u3"))).get("x").toFloats())
                .containsExactly(0.02f);
    }

    @Test
    void aColumnOfAMillionTextsStaysSmall() {
        int n = 1_000_000;
        List<Example<TableRow, Condition>> rows = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            String id = i % 10 == 0 ? "often" : "id-" + i;
            rows.add(new Example<>(
                    new TableRow(List.of("id", "x"), List.of(id, (double) i)), Condition.UNKNOWN, "row " + i));
        }
        TableInput input = TableInput.of(Dataset.of("many", rows));
        assertThat(input.features()).containsExactly("id", "x");
        assertThat(input.notes().get(0))
                .contains("more than 10000 different texts")
                .contains("hash");
        String saved = input.config().toString();
        assertThat(saved.length()).isLessThan(4_000_000);
        TableInput back = TableInput.of(Config.parse("test", saved));
        for (String text : List.of("often", "id-7", "never seen")) {
            TableRow row = new TableRow(List.of("id", "x"), List.of(text, 1.0));
            float share = back.encode(row).get("x").toFloats()[0];
            assertThat(share).isEqualTo(input.encode(row).get("x").toFloats()[0]);
            // Of 900,000 others about 14 have the same hash.
            assertThat((double) share).isCloseTo(text.equals("often") ? 0.1 : 0, within(1e-4));
        }
    }

    @Test
    void matchesColumnsByName() throws IOException {
        TableInput input = input("a,b\n1,2\n3,4\n");
        TableRow turned = new TableRow(List.of("b", "extra", "a"), List.of(20.0, "x", 10.0));
        assertThat(input.encode(turned).get("x").toFloats()).containsExactly(10, 20);
    }

    @Test
    void refusesRowsThatLackColumns() throws IOException {
        TableInput input = input("a,b\n1,2\n3,4\n");
        assertThatThrownBy(() -> input.encode(TableRow.of(Map.of("a", 1))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("without [b]");
        assertThatThrownBy(() -> input.encode(TableRow.of(1, 2, 3)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("3 values")
                .hasMessageContaining("[a, b]");
    }

    @Test
    void refusesTextsWhereNumbersWereLearned() throws IOException {
        TableInput input = input("a,b\n1,2\n3,4\n");
        assertThatThrownBy(() -> input.encode(TableRow.of(Map.of("a", "many", "b", 2))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("Column 'a'")
                .hasMessageContaining("'many'");
    }

    @Test
    void refusesAColumnOfNumbersWithAFewTexts() throws IOException {
        LabelledData<TableRow, Condition> data = read("a,b\n1,2\nunknown,3\n3,4\n4,5\n");
        assertThatThrownBy(() -> TableInput.of(data.all()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("Column 'a'")
                .hasMessageContaining("line 3");
    }

    @Test
    void comesBackFromItsSettings() throws IOException {
        TableInput input = input("amount,country\n1,DE\n2,FR\n3,DE\n");
        TableInput again = TableInput.of(Config.parse("test", input.config().toString()));
        assertThat(again.features()).isEqualTo(input.features());
        assertThat(again.config()).isEqualTo(input.config());
    }

    @Test
    void readsRowsAsTheyAreTyped() {
        assertThat(AnomalyTable.parse("1.5, DE,\"a, b\""))
                .isEqualTo(new TableRow(List.of(), List.of(1.5, "DE", "a, b")));
        assertThat(AnomalyTable.parse("{\"b\": 2, \"c\": \"x\"}"))
                .isEqualTo(new TableRow(List.of("b", "c"), List.of(2.0, "x")));
    }

    /** A NumPy archive with rows of float64: a header of 118 bytes and a line feed after ten bytes of preamble. */
    private Path archive(String name, double[]... rows) throws IOException {
        String header =
                "{'descr': '<f8', 'fortran_order': False, 'shape': (" + rows.length + ", " + rows[0].length + "), }";
        ByteBuffer npy = ByteBuffer.allocate(128 + 8 * rows.length * rows[0].length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) 118)
                .put((header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
        for (double[] row : rows) {
            for (double value : row) {
                npy.putDouble(value);
            }
        }
        Path file = folder.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("X.npy"));
            zip.write(npy.array());
        }
        return file;
    }

    private static Dataset<TableRow, Condition> rows(Path file) {
        return AnomalyTable.read(file, Config.empty()).all();
    }

    @Test
    void arraysAreMatchedByPositionAndWidth() throws IOException {
        TableInput input = TableInput.of(rows(archive("train.npz", new double[] {1, 2, 3}, new double[] {4, 5, 6})));
        assertThat(input.features()).containsExactly("x1", "x2", "x3");
        TableRow known =
                rows(archive("known.npz", new double[] {7, 8, 9})).inputs().get(0);
        assertThat(input.encode(known).get("x").toFloats()).containsExactly(7, 8, 9);

        for (double[] other : List.of(new double[] {1, 2}, new double[] {1, 2, 3, 4})) {
            TableRow row = rows(archive("other.npz", other)).inputs().get(0);
            assertThatThrownBy(() -> input.encode(row))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining(other.length + " values")
                    .hasMessageContaining("3 columns: [x1, x2, x3]");
        }
        // What was learned from an array knows columns of these names, too.
        assertThat(input.encode(TableRow.of(Map.of("x1", 1, "x2", 2, "x3", 3, "x4", 4)))
                        .get("x")
                        .toFloats())
                .containsExactly(1, 2, 3);
    }

    @Test
    void namesPlacesOfArraysWithoutNumbers() throws IOException {
        Path file = archive("holes.npz", new double[] {1, 2}, new double[] {3, Double.NaN});
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("holes.npz row 2")
                .hasMessageContaining("column 'x2'");
    }
}
