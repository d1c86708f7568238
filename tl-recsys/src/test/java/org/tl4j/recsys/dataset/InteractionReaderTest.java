// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

class InteractionReaderTest {
    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private InteractionReader.Content read(String name, String text) throws IOException {
        return InteractionReader.read(file(name, text), Config.empty());
    }

    @Test
    void readsMovieLensFiles() throws IOException {
        InteractionReader.Content c = read("ratings.dat", "1::0104257::8::1364690142\n2::0104257::0::1364690143\n");
        assertThat(c.rated()).isTrue();
        assertThat(c.timed()).isTrue();
        assertThat(c.rows())
                .containsExactly(
                        new InteractionRow("1", new Interaction("0104257", 8, 1364690142L), "ratings.dat line 1"),
                        new InteractionRow("2", new Interaction("0104257", 0, 1364690143L), "ratings.dat line 2"));
    }

    @Test
    void readsTablesByTheUsualNames() throws IOException {
        InteractionReader.Content c =
                read("r.csv", "time,userId,movieId,rating\n1970-01-02,a,x,3.5\n1970-01-01T00:00:09Z,b,y,1\n");
        assertThat(c.rows().get(0).interaction()).isEqualTo(new Interaction("x", 3.5f, 86400));
        assertThat(c.rows().get(1).interaction()).isEqualTo(new Interaction("y", 1, 9));
        InteractionReader.Content clicks = read("c.tsv", "a\tx\nb\ty\n");
        assertThat(clicks.rated()).isFalse();
        assertThat(clicks.rows().get(1).interaction().rating()).isEqualTo(1);
        assertThat(clicks.notes()).anyMatch(n -> n.contains("no column of times"));
    }

    @Test
    void readsTheColumnsThatAreNamed() throws IOException {
        Path file = file("r.csv", "who,what,when\na,x,5\n");
        Config columns = Config.empty()
                .with("user-column", "who")
                .with("item-column", "what")
                .with("time-column", "when");
        assertThat(InteractionReader.read(file, columns).rows().get(0).interaction())
                .isEqualTo(new Interaction("x", 1, 5));
        assertThatThrownBy(() -> InteractionReader.read(file, Config.empty().with("user-column", "whom")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("who");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1::x::eight::5|ratings.dat line 2, column '3' holds no rating|'eight'",
                "1::x::::5|ratings.dat line 2, column '3' holds no rating|an empty cell",
                "1::x::NaN::5|ratings.dat line 2, column '3' holds no rating|'NaN'",
                "::x::8::5|ratings.dat line 2, column '1' names no user|an empty cell",
                "1::::8::5|ratings.dat line 2, column '2' names no item|an empty cell",
                "1::x::8::soon|ratings.dat line 2, column '4' holds no time|'soon'",
                "1::x::8|ratings.dat line 2 does not hold what the other lines do|3 cells"
            })
    void namesRowAndColumnOfWhatIsWrong(String line, String what, String found) {
        assertThatThrownBy(() -> read("ratings.dat", "0::y::1::1\n" + line + "\n"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(what)
                .hasMessageContaining("found:")
                .hasMessageContaining(found)
                .hasMessageContaining("expected:")
                .hasMessageContaining("fix:");
    }

    @Test
    void refusesFilesWithoutInteractions() {
        assertThatThrownBy(() -> read("ratings.dat", " \n")).hasMessageContaining("holds no interactions");
        assertThatThrownBy(() -> read("ratings.csv", "user,item\n")).hasMessageContaining("holds no interactions");
        assertThatThrownBy(() -> read("ratings.csv", "")).hasMessageContaining("is empty");
        assertThatThrownBy(() -> InteractionReader.read(folder.resolve("none.dat"), Config.empty()))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void keepsTheLatestOfRepeatedRows() throws IOException {
        InteractionReader.Content c = read("r.dat", "1::x::3::5\n1::x::9::7\n1::x::4::6\n1::y::4::6\n");
        assertThat(c.rows()).hasSize(2);
        assertThat(c.rows().get(0).interaction().rating()).isEqualTo(9);
        assertThat(c.notes()).anyMatch(n -> n.contains("2 rows repeat") && n.contains("line 2"));
    }

    @Test
    void leavesLowRatingsOutAndCountsThem() throws IOException {
        Path file = file("r.dat", "1::x::3::5\n1::y::9::7\n2::x::7::6\n");
        InteractionReader.Content c =
                InteractionReader.read(file, Config.empty().with("positive-from", "7"));
        assertThat(c.rows()).extracting(r -> r.interaction().rating()).containsExactly(9f, 7f);
        assertThat(c.notes()).anyMatch(n -> n.contains("1 rows with a rating below 7"));
        assertThatThrownBy(() -> InteractionReader.read(file, Config.empty().with("positive-from", "10")))
                .hasMessageContaining("3 rows, all with a rating below 10");
    }
}
