// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Table.Format;
import org.tl4j.data.Table.Header;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;

class TableTest {
    @TempDir
    private Path folder;

    @Test
    void readsQuotedCellsAndNamesTheirLines() throws IOException {
        Table table = Table.read(file("a.csv", "text,label\r\n\"one, \"\"two\"\"\nthree\",x\r\n\r\nfour,y\r\n"));

        assertThat(table.format()).isEqualTo(Format.CSV);
        assertThat(table.header()).isTrue();
        assertThat(table.columns()).containsExactly("text", "label");
        assertThat(table.texts(0)).containsExactly("one, \"two\"\nthree", "four");
        assertThat(table.rows()).extracting(Table.Row::source).containsExactly("a.csv line 2", "a.csv line 5");
        assertThat(table.notes()).containsExactly("a.csv: the first line was taken as a header.");
    }

    @Test
    void leavesStrayQuotesOfATsvAlone() throws IOException {
        Table table = Table.read(file("a.tsv", "ham\t\"Hi\nspam\the said \"yes\"\nham\t\"quoted\"\n"));

        assertThat(table.header()).isFalse();
        assertThat(table.columns()).containsExactly("1", "2");
        assertThat(table.texts(1)).containsExactly("\"Hi", "he said \"yes\"", "\"quoted\"");
    }

    @Test
    void readsQuotesOfATsvWhereAllAreWellFormed() throws IOException {
        Table table = Table.read(file("a.tsv", "ham\t\"he said \"\"yes\"\"\"\nspam\tplain\n"));

        assertThat(table.texts(1)).containsExactly("he said \"yes\"", "plain");
        assertThat(table.notes()).anyMatch(n -> n.contains("quotes were removed"));
    }

    @Test
    void readsObjectsOfALineEach() throws IOException {
        Table table = Table.read(
                file(
                        "a.jsonl",
                        "{\"text\": \"one\", \"labels\": [\"x\", \"y\"]}\n\n{\"labels\": [], \"text\": \"two\", \"n\": 3}\n{\"text\": null}\n"));

        assertThat(table.columns()).containsExactly("text", "labels", "n");
        assertThat(table.rows().get(0).values(1)).containsExactly("x", "y");
        assertThat(table.rows().get(1).values(1)).isEmpty();
        assertThat(table.rows().get(1).text(2)).isEqualTo("3");
        assertThat(table.rows().get(2).text(0)).isEmpty();
        assertThat(table.rows().get(2).source()).isEqualTo("a.jsonl line 4");
        assertThatThrownBy(() -> table.rows().get(0).text(1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("[x, y] at a.jsonl line 1");
    }

    @Test
    void ignoresAByteOrderMark() throws IOException {
        assertThat(Table.read(file("a.csv", "\uFEFFtext,label\nü,x\n")).columns())
                .containsExactly("text", "label");
    }

    @Test
    void unpacksGzip() throws IOException {
        Path file = folder.resolve("a.tsv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("a\tb\n".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(Table.read(file).texts(1)).containsExactly("b");
        assertThatThrownBy(() -> Table.read(file("b.csv.gz", "text,label")))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("cannot be unpacked");
    }

    @Test
    void findsTheSeparator() throws IOException {
        assertThat(Table.read(file("a.csv", "text;label\nyes, no;x\nwell, well, well;y\n"))
                        .texts(1))
                .containsExactly("x", "y");
        assertThat(Table.read(file("b.csv", "text\tlabel\nyes, no\tx\n")).columns())
                .containsExactly("text", "label");
        Table bare = Table.read(file("c.txt", "0\tone\n1\ttwo\n"));
        assertThat(bare.format()).isEqualTo(Format.TSV);
        assertThat(bare.notes()).contains("c.txt: the file's ending says nothing; it was read as TSV.");
        assertThat(Table.read(file("d", "{\"text\": \"a, b\"}\n")).format()).isEqualTo(Format.JSONL);
        assertThat(Table.read(file("e.csv", "text,label\n\"a; b\",x\n\"c; d\",y\n"))
                        .columns())
                .containsExactly("text", "label");
    }

    @Test
    void takesAFirstLineOfNamesForAHeaderOnlyIfOneIsUsual() throws IOException {
        assertThat(Table.read(file("a.csv", "Message,Category\nhello there,ham\n"))
                        .header())
                .isTrue();
        assertThat(Table.read(file("b.csv", "wolf,animal\nrose,plant\n")).header())
                .isFalse();
        assertThat(Table.read(file("c.csv", "question,What is it?\nanswer,A door.\n"))
                        .header())
                .isFalse();
        assertThat(Table.read(file("d.csv", "question,hello\nquestion,bye\n")).header())
                .isFalse();
        assertThat(Table.read(file("e.csv", "wolf,animal\nrose,plant\n"), Header.PRESENT)
                        .columns())
                .containsExactly("wolf", "animal");
        Table absent = Table.read(file("f.csv", "text,label\nrose,plant\n"), Header.ABSENT);
        assertThat(absent.rows()).hasSize(2);
        assertThat(absent.notes()).anyMatch(n -> n.contains("line 1 looks like a header but was read as data"));
    }

    @Test
    void findsColumnsByNameOrNumber() throws IOException {
        Table table = Table.read(file("a.csv", "Text,Label,2\nx,y,z\n"), Header.PRESENT);

        assertThat(table.column("Label")).isEqualTo(1);
        assertThat(table.column("label")).isEqualTo(1);
        assertThat(table.column("1")).isZero();
        assertThat(table.column("2")).isEqualTo(2);
        assertThatThrownBy(() -> table.column("lable"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("Unknown column 'lable'.")
                .hasMessageContaining("perhaps Label")
                .hasMessageContaining("a.csv has the columns 'Text', 'Label', '2'");
        Table bare = Table.read(file("b.tsv", "x\ty\n"));
        assertThatThrownBy(() -> bare.column("3"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("b.tsv has no header line; give a number from 1 to 2");
        assertThatThrownBy(() -> bare.column("text")).hasMessageContaining("no header line");
    }

    @Test
    void namesAllRaggedRows() throws IOException {
        assertThatThrownBy(() -> Table.read(file("a.csv", "text,label\none,x\ntwo, three,y\n\nfour\n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.csv line 3: 3 cells")
                .hasMessageContaining("a.csv line 5: 1 cells")
                .hasMessageContaining("2 cells in every row, as in line 1");
    }

    @Test
    void namesTheLineOfAnOpenQuote() throws IOException {
        assertThatThrownBy(() -> Table.read(file("a.csv", "text,label\none,x\n\"two,y\nthree,z\n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("quoted cell that does not end")
                .hasMessageContaining("last sound row is line 2");
        assertThatThrownBy(() -> Table.read(file("b.csv", "text,label\n\"two\"s,y\n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("quoted cell that does not end");
    }

    @Test
    void namesTheLineThatIsNotUtf8() throws IOException {
        Path latin = folder.resolve("latin.csv");
        Files.writeString(latin, "text,label\nplain,x\nna\u00efve,y\n", Charset.forName("windows-1252"));
        assertThatThrownBy(() -> Table.read(latin))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'latin.csv' line 3 is not UTF-8.")
                .hasMessageContaining("byte 0xef after 'na'")
                .hasMessageContaining("iconv -f WINDOWS-1252");
        Path wide = folder.resolve("wide.csv");
        Files.writeString(wide, "text,label\n", StandardCharsets.UTF_16);
        assertThatThrownBy(() -> Table.read(wide)).hasMessageContaining("byte order mark of UTF-16");
        Path cut = folder.resolve("cut.csv");
        Files.write(cut, new byte[] {'a', ',', 'b', '\n', 'c', ',', (byte) 0xc3});
        assertThatThrownBy(() -> Table.read(cut)).hasMessageContaining("'cut.csv' line 2 is not UTF-8.");
    }

    @Test
    void namesTheLineThatIsNoObject() throws IOException {
        assertThatThrownBy(() -> Table.read(file("a.jsonl", "{\"text\": \"x\"}\n[1, 2]\n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a.jsonl' line 2 is not a JSON object.")
                .hasMessageContaining("[1, 2]");
        assertThatThrownBy(() -> Table.read(file("b.jsonl", "{\"text\": \n")))
                .hasMessageContaining("line 1 is not a JSON object");
    }

    @Test
    void refusesEmptyFilesAndEqualNames() throws IOException {
        assertThatThrownBy(() -> Table.read(file("a.csv", " \n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a.csv' is empty.");
        assertThatThrownBy(() -> Table.read(file("b.csv", "text,text \nx,y\n"), Header.PRESENT))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'text' twice");
    }

    @Test
    void namesNearFilesWhereOneIsMissing() throws IOException {
        file("tickets.csv", "x");
        assertThatThrownBy(() -> Table.read(folder.resolve("ticket.csv")))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("There is no file")
                .hasMessageContaining("in its folder: perhaps tickets.csv");
        assertThatThrownBy(() -> Table.read(folder)).hasMessageContaining("there is a folder");
        assertThatThrownBy(() -> Table.read(folder.resolve("no").resolve("a.csv")))
                .hasMessageContaining("no folder");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
