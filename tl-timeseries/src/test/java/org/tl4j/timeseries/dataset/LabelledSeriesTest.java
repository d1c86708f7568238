// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;

class LabelledSeriesTest {
    private static final String HEAD =
            "#A comment.\n@problemName Test\n@timeStamps false\n@classLabel true up down\n\n";

    @TempDir
    private Path folder;

    private LabelledData<TimeSeries, List<String>> read(String name, String text, Config settings) throws IOException {
        return LabelledSeries.read(Files.writeString(folder.resolve(name), text), settings);
    }

    private LabelledData<TimeSeries, List<String>> read(String name, String text) throws IOException {
        return read(name, text, Config.empty());
    }

    @Test
    void readsSeveralVariablesOfUnequalLengths() throws IOException {
        LabelledData<TimeSeries, List<String>> data =
                read("a.ts", HEAD + "@data\n1,2,3:-1,-2.5,-3e1:up\r\n4,5:6,7:down\n");
        assertThat(data.all().size()).isEqualTo(2);
        TimeSeries first = data.all().get(0).input();
        assertThat(first.variables()).containsExactly("x1", "x2");
        assertThat(first.value(1, 2)).isEqualTo(-30);
        assertThat(data.all().get(1).input().length()).isEqualTo(2);
        assertThat(data.all().targets()).containsExactly(List.of("up"), List.of("down"));
        assertThat(data.all().get(1).source()).isEqualTo("a.ts line 8");
        assertThat(data.notes()).anyMatch(n -> n.contains("2 series of 2 variables and 2 to 3 steps"));
    }

    @Test
    void readsARowForEachSeries() throws IOException {
        LabelledData<TimeSeries, List<String>> data =
                read("a.csv", "t0,t1,t2,label\n1,2,3,up\n4,5,,down\n", Config.empty());
        assertThat(data.all().get(0).input().length()).isEqualTo(3);
        assertThat(data.all().get(1).input().length()).isEqualTo(2);
        assertThat(data.all().targets()).containsExactly(List.of("up"), List.of("down"));
        LabelledData<TimeSeries, List<String>> parts = read(
                "b.csv",
                "kind,part,t0,t1\nx,train,1,2\ny,test,3,4\n",
                Config.empty().with("label-column", "kind").with("split-column", "part"));
        assertThat(parts.parts()).containsOnlyKeys("train", "test");
        assertThat(parts.parts().get("test").get(0).input().value(0, 1)).isEqualTo(4);
    }

    @Test
    void refusesWhatItCannotUse() throws IOException {
        refused("a.ts", HEAD + "@data\n1,2:left\n", "'left' at line 7").hasMessageContaining("[up, down]");
        refused("a.ts", HEAD + "@data\n1,x:up\n", "'x' in variable 1, value 2 at line 7");
        refused("a.ts", HEAD + "@data\n1,?:up\n", "'?' in variable 1, value 2 at line 7")
                .hasMessageContaining("--missing leave");
        refused("a.ts", HEAD + "@data\n1,2:3,4:up\n1,2:up\n", "1 at line 8");
        refused("a.ts", HEAD + "@data\n1,2:3:up\n", "1 values of variable 2 at line 7");
        refused("a.ts", HEAD + "1,2:up\n", "before '@data'");
        refused("a.ts", HEAD, "no line @data");
        refused("a.ts", HEAD + "@data\n", "holds no series");
        refused("a.ts", "@targetlabel true\n@data\n1:2\n", "no classes");
        refused("a.csv", "a,b\n1,2\n", "[a, b]").hasMessageContaining("--label-column");
        refused("a.csv", "label,a\nup,1,2\n", "3 cells at line 2");
        refused("a.csv", "label,a\n,1\n", "column 'label' at line 2");
        refused("a.csv", "label,a\nup,\n", "without values");
        assertThatThrownBy(() -> read("a.ts", HEAD.replace("false", "true") + "@data\n(0,1):up\n"))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("@timeStamps true at line 3");
        assertThatThrownBy(() -> read("a.csv", "label,a\nup,1\n", Config.empty().with("label-column", "lable")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("one of a, label");
        assertThat(read("a.ts", HEAD + "@data\n1,?:up\n", Config.empty().with("missing", "leave"))
                        .notes())
                .anyMatch(n -> n.contains("1 values are missing"));
    }

    private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
            String name, String text, String found) {
        return assertThatThrownBy(() -> read(name, text))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(found);
    }

    @ParameterizedTest
    @CsvSource({
        "GunPoint, 50, 150, 1, 150, 150, 2",
        "ItalyPowerDemand, 67, 1029, 1, 24, 24, 2",
        "ArrowHead, 36, 175, 1, 251, 251, 3",
        "BasicMotions, 40, 40, 6, 100, 100, 4",
        "JapaneseVowels, 270, 370, 12, 7, 29, 9",
    })
    void readsTheArchive(String name, int train, int test, int variables, int shortest, int longest, int labels) {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path set = Path.of(folder, "ucr", name);
        assumeTrue(Files.isDirectory(set), set + " is not there");
        LabelledData<TimeSeries, List<String>> a = LabelledSeries.read(set.resolve(name + "_TRAIN.ts"), Config.empty());
        LabelledData<TimeSeries, List<String>> b = LabelledSeries.read(set.resolve(name + "_TEST.ts"), Config.empty());
        assertThat(a.all().size()).isEqualTo(train);
        assertThat(b.all().size()).isEqualTo(test);
        assertThat(a.all().targets().stream().distinct().count()).isEqualTo(labels);
        assertThat(a.all().inputs()).allMatch(s -> s.variables().size() == variables);
        java.util.stream.Stream.concat(a.all().inputs().stream(), b.all().inputs().stream())
                .forEach(s -> assertThat(s.length()).isBetween(shortest, longest));
    }
}
