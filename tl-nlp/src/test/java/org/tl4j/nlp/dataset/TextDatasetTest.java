// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Example;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

class TextDatasetTest {
    private static final String MESSAGES = "ham\tGo until \"jurong point\nspam\tFree entry, win now!\nham\tOk lar...\n";

    @TempDir
    private Path folder;

    @Test
    void readsNamedColumns() throws IOException {
        TextDataset data = TextDataset.csv(
                file("tickets.csv", "id,text,label\n1,\"Where, please, is it?\", delivery \n2,Money back,refund\n"),
                "text",
                "label");

        assertThat(data.examples())
                .containsExactly(
                        new Example<>("Where, please, is it?", List.of("delivery"), "tickets.csv line 2"),
                        new Example<>("Money back", List.of("refund"), "tickets.csv line 3"));
        assertThat(data.labels()).containsExactly("delivery", "refund");
        assertThat(data.singleLabel().targets()).containsExactly("delivery", "refund");
        assertThat(data.multiLabel()).isFalse();
        assertThat(data.notes()).isEmpty();
    }

    @Test
    void guessesALabelInFrontOfATextAndSaysSo() throws IOException {
        TextDataset data = TextDataset.read(file("sms.tsv", MESSAGES));

        assertThat(data.inputs()).containsExactly("Go until \"jurong point", "Free entry, win now!", "Ok lar...");
        assertThat(data.singleLabel().targets()).containsExactly("ham", "spam", "ham");
        assertThat(data.notes())
                .containsExactly(
                        "sms.tsv: no header line was found.",
                        "sms.tsv: labels are taken from column 1, which has 2 different values in 3 rows.",
                        "sms.tsv: texts are taken from column 2.");
    }

    @Test
    void guessesALabelBehindAText() throws IOException {
        TextDataset data = TextDataset.read(file("dev.tsv", "one long string\t0\nif you 've ever\t0\ngood\t1\n"));

        assertThat(data.labels()).containsExactly("0", "1");
        assertThat(data.get(2).input()).isEqualTo("good");
    }

    @Test
    void columnsByNumberMeanNoHeader() throws IOException {
        assertThat(TextDataset.csv(file("sms.tsv", MESSAGES), "2", "1").sha256())
                .isEqualTo(TextDataset.read(file("sms.tsv", MESSAGES)).sha256());
    }

    @Test
    void aNumberedColumnOfAFileWithHeaderIsPossible() throws IOException {
        Path file = file("a.csv", "label,text\nx,one\ny,two\n");

        assertThat(TextDataset.read(file, Columns.of("2", "1").withHeader(true)).labels())
                .containsExactly("x", "y");
        assertThat(TextDataset.read(file, Columns.of("2", "1")).notes())
                .anyMatch(n -> n.contains("looks like a header"));
    }

    @Test
    void guessesUsualNamesAmongManyColumns() throws IOException {
        TextDataset data =
                TextDataset.read(file("a.csv", "id,Category,Message,length\n1,ham,hello you,9\n2,spam,win now,7\n"));

        assertThat(data.labels()).containsExactly("ham", "spam");
        assertThat(data.inputs()).containsExactly("hello you", "win now");
        assertThat(data.notes())
                .contains(
                        "a.csv: labels are taken from column 'Category'.",
                        "a.csv: texts are taken from column 'Message'.");
    }

    @Test
    void guessesOneColumnFromTheOther() throws IOException {
        Path file = file("a.csv", "kind,words\nham,hello you\nspam,win now\n");

        assertThat(TextDataset.read(file, Columns.guessed().withText("words")).labels())
                .containsExactly("ham", "spam");
        assertThat(TextDataset.read(file, Columns.guessed().withLabel("kind")).inputs())
                .containsExactly("hello you", "win now");
    }

    @Test
    void asksWhereColumnsAreUnclear() throws IOException {
        assertThatThrownBy(() -> TextDataset.read(file("a.csv", "1,one,x\n2,two,y\n")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("Which column of 'a.csv' holds the labels is not clear.")
                .hasMessageContaining("column 2: one")
                .hasMessageContaining("--text-column and --label-column");
        assertThatThrownBy(() -> TextDataset.read(file("b.csv", "label,a,b\nx,one,two\n")))
                .hasMessageContaining("holds the texts");
        assertThatThrownBy(() -> TextDataset.read(file("c.csv", "x,same\ny,same\n"), Columns.of("1", "1")))
                .hasMessageContaining("are the same column");
        String rows = "text %d\tlong words %d\n";
        StringBuilder unique = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            unique.append(rows.formatted(i, i));
        }
        assertThatThrownBy(() -> TextDataset.read(file("d.tsv", unique.toString())))
                .hasMessageContaining("not clear");
    }

    @Test
    void readsSeveralLabelsOfACell() throws IOException {
        TextDataset data = TextDataset.read(
                file("a.csv", "text,label\none,sport| politics\ntwo,\nthree,sport|sport\n"),
                Columns.of("text", "label").withLabelSeparator("|"));

        assertThat(data.multiLabel()).isTrue();
        assertThat(data.targets()).containsExactly(List.of("sport", "politics"), List.of(), List.of("sport"));
        assertThat(data.labels()).containsExactly("politics", "sport");
        assertThat(data.classCounts().count("sport")).isEqualTo(2);
        assertThatThrownBy(data::singleLabel)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("several labels an example");
    }

    @Test
    void readsListsOfJson() throws IOException {
        TextDataset data = TextDataset.read(file(
                "a.jsonl",
                "{\"text\": \"one\", \"labels\": [\"a\", \"b\"]}\n{\"text\": \"two\", \"labels\": [\"b\"]}\n"));

        assertThat(data.multiLabel()).isTrue();
        assertThat(data.targets()).containsExactly(List.of("a", "b"), List.of("b"));
    }

    @Test
    void refusesOrSkipsEmptyRows() throws IOException {
        Path file = file("a.csv", "text,label\none,x\n  ,y\ntwo,\n,x\nthree,y\n");

        assertThatThrownBy(() -> TextDataset.csv(file, "text", "label"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a.csv' has rows without text.")
                .hasMessageContaining("a.csv line 3\n")
                .hasMessageContaining("a.csv line 5");
        TextDataset skipped = TextDataset.read(file, Columns.of("text", "label").withEmptyRows(Columns.EmptyRows.SKIP));
        assertThat(skipped.inputs()).containsExactly("one", "three");
        assertThat(skipped.notes())
                .containsExactly(
                        "a.csv: 2 rows without text skipped, the first at a.csv line 3.",
                        "a.csv: 1 row without label skipped, the first at a.csv line 4.");
    }

    @Test
    void refusesAFileWithoutRows() throws IOException {
        assertThatThrownBy(() -> TextDataset.csv(file("a.csv", "text,label\n"), "text", "label"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a.csv' holds no examples.");
    }

    @Test
    void namesTheColumnsWhereOneIsMissing() throws IOException {
        assertThatThrownBy(() -> TextDataset.csv(file("a.csv", "text,label\none,x\n"), "text", "lable"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("perhaps label")
                .hasMessageContaining("a.csv has the columns 'text', 'label'");
    }

    @Test
    void followsASplitColumn() throws IOException {
        TextDataset data = TextDataset.read(
                file("a.csv", "text,label,part\none,x,train\ntwo,y,test\nthree,y,train\n"),
                Columns.of("text", "label").withSplit("part"));

        assertThat(data.prescribedSplit().orElseThrow().train().inputs()).containsExactly("one", "three");
        assertThat(data.prescribedSplit().orElseThrow().heldOut().inputs()).containsExactly("two");
        assertThat(TextDataset.of("toy", List.of("a"), List.of("x")).prescribedSplit())
                .isEmpty();
    }

    @Test
    void takesListsOfTheCaller() {
        TextDataset data = TextDataset.of("toy", List.of("a", "b", "c", "d"), List.of("x", "y", "x", "y"));

        assertThat(data.get(1).source()).isEqualTo("toy text 2");
        assertThat(data.split(0.5, 1).heldOut().targets()).containsExactlyInAnyOrder(List.of("x"), List.of("y"));
        assertThatThrownBy(() -> TextDataset.of("toy", List.of("a"), List.of()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("1 texts, 0 labels");
        assertThatThrownBy(() -> Columns.guessed().withLabelSeparator(""))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("empty separator");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
