// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.anomaly.input.SignalInput;
import org.tl4j.data.LabelledData;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;

class SignalTableTest {
    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static LabelledData<SignalPoint, Condition> read(Path file) {
        return SignalTable.read(file, Config.empty());
    }

    @Test
    void readsTimesAndValuesOfManyForms() throws IOException {
        LabelledData<SignalPoint, Condition> data = read(write(
                "a.csv",
                "timestamp,value\n2014-07-01 00:30:00,1\n2014-07-01T01:00:00.500,2.5\n2014-07-02,-3\n1404345600,4\n"));
        assertThat(data.all().inputs()).extracting(SignalPoint::value).containsExactly(1.0, 2.5, -3.0, 4.0);
        Signal signal = data.all().get(0).input().signal();
        assertThat(signal.time(0)).isEqualTo(LocalDateTime.of(2014, 7, 1, 0, 30));
        assertThat(signal.time(3)).isEqualTo(LocalDateTime.of(2014, 7, 3, 0, 0));
        assertThat(data.all().targets()).containsOnly(Condition.UNKNOWN);
        assertThat(data.all().get(1).source()).isEqualTo("a.csv line 3");
    }

    @Test
    void readsLabelsOrEpisodesAndSaysWhereTimeGoesBack() throws IOException {
        String rows =
                "timestamp,value,label\n2014-01-01 00:00:00,1,0\n2014-01-01 02:00:00,2,1\n2014-01-01 01:00:00,3,0\n";
        Path file = write("b.csv", rows);
        LabelledData<SignalPoint, Condition> data = read(file);
        assertThat(data.all().targets()).containsExactly(Condition.NORMAL, Condition.ANOMALOUS, Condition.NORMAL);
        assertThat(data.notes()).anyMatch(n -> n.contains("time goes back at 1 row"));
        Path windows = write(
                "windows.json", "{\"b.csv\": [[\"2014-01-01 00:30:00.000000\", \"2014-01-01 01:00:00.000000\"]]}");
        Config settings = Config.empty().with("windows", windows.toString());
        assertThat(SignalTable.read(file, settings).all().targets())
                .containsExactly(Condition.NORMAL, Condition.NORMAL, Condition.ANOMALOUS);
        Path other = write("c.csv", rows);
        assertThatThrownBy(() -> SignalTable.read(other, settings))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("says nothing of");
        Path broken = write("broken.json", "{\"b.csv\": 3}");
        assertThatThrownBy(() -> SignalTable.read(file, Config.empty().with("windows", broken.toString())))
                .isInstanceOf(CorruptFileException.class);
    }

    @Test
    void refusesGapsAndWhatIsNoTimeByTheirLines() throws IOException {
        Path gap = write("gap.csv", "timestamp,value\n2014-01-01,1\n2014-01-02,\n");
        assertThatThrownBy(() -> read(gap))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("gap.csv line 3");
        Path infinite = write("inf.csv", "value\n1\ninf\n");
        assertThatThrownBy(() -> read(infinite)).isInstanceOf(InvalidDataException.class);
        Path wrong = write("wrong.csv", "timestamp,value\nyesterday,1\n");
        assertThatThrownBy(() -> read(wrong))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'yesterday'");
        Path none = write("none.csv", "when,how much\n2014-01-01,1\n");
        assertThatThrownBy(() -> read(none)).hasMessageContaining("value-column");
    }

    @Test
    void aWindowEndsWithItsPointAndLooksNoFurther() {
        Signal signal = new Signal(
                "s",
                List.of(
                        LocalDateTime.of(2020, 1, 1, 0, 0),
                        LocalDateTime.of(2020, 1, 1, 6, 0),
                        LocalDateTime.of(2020, 1, 1, 12, 0)),
                10,
                13,
                11);
        SignalInput input = new SignalInput(2, true, true);
        assertThat(input.features())
                .containsExactly(
                        "value 1 before",
                        "value",
                        "difference 1 before",
                        "difference",
                        "time of day (sine)",
                        "time of day (cosine)");
        assertThat(encoded(input, signal.point(1))).containsExactly(new float[] {10, 13, 0, 3, 1, 0}, within(1e-6f));
        assertThat(encoded(input, signal.point(2))).containsExactly(new float[] {13, 11, 3, -2, 0, -1}, within(1e-6f));
        // Before the beginning the first value is repeated.
        assertThat(encoded(input, signal.point(0))).containsExactly(new float[] {10, 10, 0, 0, 0, 1}, within(1e-6f));
        assertThat(SignalInput.of(Config.parse("test", input.config().toString())))
                .isEqualTo(input);
        assertThatThrownBy(() -> input.encode(SignalTable.parse("1,2,3")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no times");
        assertThatThrownBy(() -> signal.point(3)).isInstanceOf(InvalidArgumentException.class);
    }

    private static float[] encoded(SignalInput input, SignalPoint point) {
        return Objects.requireNonNull(input.encode(point).get(SignalInput.INPUT))
                .toFloats();
    }

    @Test
    void readsTypedValues() {
        SignalPoint point = SignalTable.parse(" 1, 2 ,3.5");
        assertThat(point.value()).isEqualTo(3.5);
        assertThat(point.before(1)).isEqualTo(2);
        assertThatThrownBy(() -> SignalTable.parse("1,x"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'x' at place 2");
    }
}
