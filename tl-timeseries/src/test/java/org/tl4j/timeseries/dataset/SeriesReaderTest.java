// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import blue.strategic.parquet.ParquetWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Types;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.LabelledData;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

@SuppressWarnings("StringConcatToTextBlock") // lines of a file stand one by one
class SeriesReaderTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("shop.csv"), text);
    }

    private SeriesData load(String text, String... settings) throws IOException {
        return SeriesReader.load(file(text), config(settings));
    }

    private static Config config(String... settings) {
        Config c = Config.empty();
        for (int i = 0; i < settings.length; i += 2) {
            c = settings[i + 1].matches("[0-9]+") && !settings[i].endsWith("column")
                    ? c.with(settings[i], Integer.parseInt(settings[i + 1]))
                    : c.with(settings[i], settings[i + 1]);
        }
        return c;
    }

    private AbstractThrowableAssert<?, ? extends Throwable> refused(String text, String... settings)
            throws IOException {
        Path file = file(text);
        return assertThatThrownBy(() -> SeriesReader.load(file, config(settings)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("shop.csv");
    }

    private static float[] values(TimeSeries s, int variable) {
        float[] out = new float[s.length()];
        s.copy(variable, 0, out.length, out, 0);
        return out;
    }

    private static final String HOURS =
            "date,a,b\n2020-01-01 00:00:00,1,10\n2020-01-01 01:00:00,2.5,-2e1\n" + "2020-01-01 02:00:00,3,30\n";

    @Test
    void readsAColumnForEachVariable() throws IOException {
        SeriesData data = load(HOURS);
        TimeSeries s = data.series().get(0);
        assertThat(s.name()).isEqualTo("shop");
        assertThat(s.variables()).containsExactly("a", "b");
        assertThat(values(s, 0)).containsExactly(1, 2.5f, 3);
        assertThat(values(s, 1)).containsExactly(10, -20, 30);
        assertThat(s.frequency()).isEqualTo(Frequency.parse("H"));
        assertThat(s.first()).isEqualTo(LocalDateTime.parse("2020-01-01T00:00"));
        assertThat(data.notes())
                .anyMatch(n -> n.contains("'date' holds the times"))
                .anyMatch(n -> n.contains("[a, b]"))
                .anyMatch(n -> n.contains("one step is H"));
        assertThat(load(HOURS, "target-column", "b").series().get(0).variables())
                .containsExactly("b");
        assertThat(load(HOURS, "target-column", "B,2").series().get(0).variables())
                .containsExactly("b", "a");
    }

    @Test
    void readsOtherSeparatorsQuotesMarksAndPackedFiles() throws IOException {
        String semicolons = "\ufeff\"date\";a\r\n\"2020-01-01\";1\r\n\r\n2020-01-02;2\r\n";
        assertThat(values(load(semicolons).series().get(0), 0)).containsExactly(1, 2);
        assertThat(load("date\ta\n2020-01-01\t1\n2020-01-02\t2\n")
                        .series()
                        .get(0)
                        .frequency())
                .isEqualTo(Frequency.parse("D"));
        Path packed = folder.resolve("packed.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(HOURS.getBytes(StandardCharsets.UTF_8));
        }
        TimeSeries s = SeriesReader.series(packed, Config.empty()).get(0);
        assertThat(s.name()).isEqualTo("packed");
        assertThat(s.length()).isEqualTo(3);
        Files.write(packed, new byte[] {31, (byte) 139, 8, 0});
        assertThatThrownBy(() -> SeriesReader.series(packed, Config.empty()))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("packed.csv.gz");
    }

    @Test
    void readsSeriesOneBelowTheOther() throws IOException {
        String text = "shop,day,sales,city\nx,2020-01-01,1,Bonn\ny,2020-01-05,7,Ulm\nx,2020-01-02,2,Bonn\n"
                + "y,2020-01-06,8,Ulm\nx,2020-01-03,3,Bonn\n";
        SeriesData data = load(text, "series-column", "shop", "category-columns", "city");
        assertThat(data.series()).extracting(TimeSeries::name).containsExactly("x", "y");
        assertThat(values(data.series().get(0), 0)).containsExactly(1, 2, 3);
        assertThat(values(data.series().get(1), 0)).containsExactly(7, 8);
        assertThat(data.series().get(1).label(0)).isEqualTo("2020-01-05");
        assertThat(data.series().get(0).categories()).containsEntry("city", "Bonn");
        refused(text.replace("3,Bonn", "3,Ulm"), "series-column", "shop", "category-columns", "city")
                .hasMessageContaining("'Ulm' in column 'city' at line 6, before that 'Bonn', series 'x'");
    }

    @Test
    void readsARowForEachSeries() throws IOException {
        String text = "\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"605\",\"586\",\"\"\n\"H2\",\"1\",\"2\",\"3\"\n";
        SeriesData data = load(text);
        assertThat(data.series()).extracting(TimeSeries::name).containsExactly("H1", "H2");
        assertThat(values(data.series().get(0), 0)).containsExactly(605, 586);
        assertThat(data.notes()).anyMatch(n -> n.contains("every line is a series"));
        assertThat(load(text, "layout", "rows", "frequency", "H")
                        .series()
                        .get(1)
                        .frequency())
                .isEqualTo(Frequency.parse("H"));
        refused("V1,V2,V3,V4\nH1,1,,3\n").hasMessageContaining("nothing in cell 3 at line 2, series 'H1'");
        refused("V1,V2,V3,V4\nH1,1,2,3\nH1,1,2,3\n").hasMessageContaining("'H1' at line 3");
        refused("V1,V2,V3,V4\nH1,1,2,3\nH2,1,x,3\n", "layout", "rows").hasMessageContaining("'x' in cell 3 at line 3");
    }

    @Test
    void continuesSeriesWithASecondFile() throws IOException {
        Path next = Files.writeString(folder.resolve("next.csv"), "V1,V2,V3\nH2,30,31\nH1,7,8\nH9,1,1\n");
        SeriesData data = load("V1,V2,V3,V4\nH1,605,586,\nH2,1,2,3\n", "continued-by", next.toString());
        assertThat(values(data.series().get(0), 0)).containsExactly(605, 586, 7, 8);
        assertThat(values(data.series().get(1), 0)).containsExactly(1, 2, 3, 30, 31);
        assertThat(data.continued()).containsExactly(2, 3);
        assertThat(data.notes()).anyMatch(n -> n.contains("1 series of 'next.csv' were left out") && n.contains("H9"));
        Files.writeString(next, "V1,V2,V3\nH1,7,8\n");
        refused("V1,V2,V3,V4\nH1,605,586,\nH2,1,2,3\n", "continued-by", next.toString())
                .hasMessageContaining("no series 'H2'");
        Files.writeString(next, "date,a,b\n2020-01-01 03:00,4,40\n2020-01-01 04:00,5,50\n");
        assertThat(values(load(HOURS, "continued-by", next.toString()).series().get(0), 0))
                .containsExactly(1, 2.5f, 3, 4, 5);
        Files.writeString(next, "date,a,b\n2020-01-01 04:00,4,40\n2020-01-01 05:00,5,50\n");
        refused(HOURS, "continued-by", next.toString())
                .hasMessageContaining("from 2020-01-01 04:00")
                .hasMessageContaining("from 2020-01-01 03:00");
    }

    @Test
    void namesCellsThatAreNoNumbers() throws IOException {
        refused(HOURS.replace("2.5", "much"))
                .hasMessageContaining("'much' in column 'a' at line 3")
                .hasMessageContaining("--target-column");
        for (String infinite : List.of("inf", "-Infinity", "1e39")) {
            refused(HOURS.replace("2.5", infinite))
                    .hasMessageContaining("infinite")
                    .hasMessageContaining(infinite + " in column 'a' at line 3");
        }
        refused(HOURS.replace("2.5", "1f")).hasMessageContaining("'1f'");
    }

    @Test
    void refusesGapsAndFillsThemWhenAsked() throws IOException {
        String text = "date,a\n2020-01-01,\n2020-01-02,1\n2020-01-03,NaN\n2020-01-05,4\n2020-01-06,\n";
        refused(text)
                .hasMessageContaining("4, the first: nothing in column 'a' at line 2 (2020-01-01)")
                .hasMessageContaining("--missing linear");
        refused("date,a\n2020-01-01,1\n2020-01-02,2\n2020-01-04,3\n").hasMessageContaining("1: no row for 2020-01-03");
        SeriesData linear = load(text, "missing", "linear");
        assertThat(values(linear.series().get(0), 0)).containsExactly(1, 1, 2, 3, 4, 4);
        assertThat(linear.notes())
                .anyMatch(n -> n.contains("2 missing values were put on the line") && n.contains("2020-01-03"))
                .anyMatch(n -> n.contains("1 missing values at the beginning"))
                .anyMatch(n -> n.contains("1 missing values at the end took the last value"));
        assertThat(values(load(text, "missing", "previous").series().get(0), 0)).containsExactly(1, 1, 1, 1, 4, 4);
        SeriesData left = load(text, "missing", "leave");
        assertThat(values(left.series().get(0), 0)).containsExactly(Float.NaN, 1, Float.NaN, Float.NaN, 4, Float.NaN);
        assertThat(left.notes()).anyMatch(n -> n.contains("4 values are missing and stay so"));
        Path file = file(text);
        assertThatThrownBy(() -> SeriesReader.load(file, config("missing", "drop")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("leave, linear, previous, refuse");
    }

    @Test
    void refusesColumnsWithoutValuesAndNotesConstantOnes() throws IOException {
        refused("date,a,b\n2020-01-01,1,\n2020-01-02,2,\n", "missing", "linear")
                .hasMessageContaining("Column 'b'")
                .hasMessageContaining("no value at all");
        assertThat(load("date,a\n2020-01-01,3\n2020-01-02,3\n").notes())
                .anyMatch(n -> n.contains("1 series never change: a of series 'shop'"));
    }

    @Test
    void refusesTimesOutOfOrder() throws IOException {
        refused("date,a\n2020-01-02,1\n2020-01-01,2\n")
                .hasMessageContaining("2020-01-01 at line 3 after 2020-01-02 at line 2")
                .hasMessageContaining("--series-column");
        refused("shop,date,a\nx,2020-01-02,1\nx,2020-01-01,2\n", "series-column", "shop")
                .hasMessageContaining("series 'x'")
                .hasMessageContaining("sort the file by time");
    }

    @Test
    void refusesIrregularTimes() throws IOException {
        refused("date,a\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n2020-01-01 02:00,3\n2020-01-01 02:30,4\n")
                .hasMessageContaining("2020-01-01 02:30 at line 5 lies between two steps of H")
                .hasMessageContaining("--frequency");
        assertThat(load(
                                "date,a\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n2020-01-01 01:30,3\n",
                                "frequency",
                                "30min",
                                "missing",
                                "linear")
                        .series()
                        .get(0)
                        .length())
                .isEqualTo(4);
        refused("date,a\n2020-01-01 00:00,1\n2020-01-01 00:01,2\n2120-01-01 00:00,3\n")
                .hasMessageContaining("3 rows for 52594561 steps");
        refused("date,a\nyesterday,1\n", "time-column", "date")
                .hasMessageContaining("'yesterday' in column 'date' at line 2")
                .hasMessageContaining("2020-01-31");
        refused("date,a\n2020-02-30,1\n", "time-column", "date").hasMessageContaining("'2020-02-30'");
        refused("date,a\n2020-02-28,1\n")
                .hasMessageContaining("1 different times")
                .hasMessageContaining("--frequency");
    }

    @Test
    void answersDuplicatesAsTold() throws IOException {
        String text = "date,a\n2020-01-01,1\n2020-01-02,2\n2020-01-02,4\n2020-01-03,5\n";
        refused(text)
                .hasMessageContaining("2020-01-02 at lines 3 and 4")
                .hasMessageContaining("--duplicates")
                .hasMessageContaining("--time-zone");
        assertThat(values(load(text, "duplicates", "first").series().get(0), 0)).containsExactly(1, 2, 5);
        assertThat(values(load(text, "duplicates", "last").series().get(0), 0)).containsExactly(1, 4, 5);
        SeriesData mean = load(text, "duplicates", "mean");
        assertThat(values(mean.series().get(0), 0)).containsExactly(1, 3, 5);
        assertThat(mean.notes()).anyMatch(n -> n.contains("1 rows with a time that is there already were averaged"));
    }

    @Test
    void infersFrequenciesOfTheCalendar() throws IOException {
        assertThat(frequency("2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"))
                .isEqualTo("M");
        assertThat(frequency("2020-01", "2020-02", "2020-03")).isEqualTo("M");
        assertThat(frequency("2020Q1", "2020-Q2", "2020Q3")).isEqualTo("Q");
        assertThat(frequency("1821", "1822", "1823")).isEqualTo("Y");
        assertThat(frequency("2020-01-06", "2020-01-13", "2020-01-20")).isEqualTo("W");
        assertThat(frequency("2020-01-06T00:00:00Z", "2020-01-06T00:15:00Z", "2020-01-06T00:30:00Z"))
                .isEqualTo("15min");
        assertThat(frequency("1577836800", "1577836801", "1577836802")).isEqualTo("s");
        assertThat(frequency("20200106", "20200108", "20200110")).isEqualTo("2D");
        assertThat(frequency("2020/01/06", "2020/01/07")).isEqualTo("D");
        TimeSeries ends = load("date,a\n2020-01-31,1\n2020-02-29,2\n2020-03-31,3\n")
                .series()
                .get(0);
        assertThat(ends.label(2)).isEqualTo("2020-03-01");
        assertThat(load(",0\n1821,269\n1822,321\n").series().get(0).label(1)).isEqualTo("1822-01-01");
    }

    private String frequency(String... stamps) throws IOException {
        StringBuilder text = new StringBuilder("date,a\n");
        for (String s : stamps) {
            text.append(s).append(",1\n");
        }
        return String.valueOf(load(text.toString()).series().get(0).frequency());
    }

    /** Clocks of Berlin went from 2 to 3 on 29 March 2020 and from 3 to 2 on 25 October 2020. */
    @Test
    void bringsDaylightSavingToRegularSteps() throws IOException {
        String spring = "date,a\n2020-03-29 00:00,0\n2020-03-29 01:00,1\n2020-03-29 03:00,2\n2020-03-29 04:00,3\n";
        refused(spring).hasMessageContaining("no row for 2020-03-29 02:00");
        SeriesData data = load(spring, "time-zone", "Europe/Berlin");
        assertThat(values(data.series().get(0), 0)).containsExactly(0, 1, 2, 3);
        assertThat(data.notes()).anyMatch(n -> n.contains("Europe/Berlin") && n.contains("standard time"));
        String autumn = "date,a\n2020-10-25 01:00,0\n2020-10-25 02:00,1\n2020-10-25 02:00,2\n2020-10-25 03:00,3\n";
        refused(autumn).hasMessageContaining("--time-zone");
        TimeSeries s = load(autumn, "time-zone", "Europe/Berlin").series().get(0);
        assertThat(values(s, 0)).containsExactly(0, 1, 2, 3);
        assertThat(s.label(0)).isEqualTo("2020-10-25 00:00");
        assertThat(s.label(3)).isEqualTo("2020-10-25 03:00");
        String halves = "date,a\n2020-10-25 02:00,0\n2020-10-25 02:30,1\n2020-10-25 02:00,2\n2020-10-25 02:30,3\n"
                + "2020-10-25 03:00,4\n";
        assertThat(values(load(halves, "time-zone", "Europe/Berlin").series().get(0), 0))
                .containsExactly(0, 1, 2, 3, 4);
        refused(spring.replace("03:00,2", "02:00,2"), "time-zone", "Europe/Berlin")
                .hasMessageContaining("2020-03-29 02:00 at line 4")
                .hasMessageContaining("--time-zone");
        String offsets =
                "date,a\n2020-10-25T02:00:00+02:00,1\n2020-10-25T02:00:00+01:00,2\n2020-10-25T03:00:00+01:00,3\n";
        SeriesData utc = load(offsets);
        assertThat(values(utc.series().get(0), 0)).containsExactly(1, 2, 3);
        assertThat(utc.series().get(0).label(0)).isEqualTo("2020-10-25 00:00");
        assertThat(utc.notes()).anyMatch(n -> n.contains("UTC"));
        // Days stay days, wherever clocks are turned between them.
        String days = "date,a\n2020-10-24T00:00:00+02:00,1\n2020-10-25T00:00:00+02:00,2\n2020-10-26T00:00:00+01:00,3\n";
        assertThat(load(days, "time-zone", "Europe/Berlin").series().get(0).frequency())
                .isEqualTo(Frequency.parse("D"));
        Path file = file(days);
        assertThatThrownBy(() -> SeriesReader.load(file, config("time-zone", "Europe/Berlim")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Europe/Berlin");
    }

    @Test
    void covariatesReachIntoTheFuture() throws IOException {
        String text = "date,a,holiday\n2020-01-01,1,1\n2020-01-02,2,0\n2020-01-03,,0\n2020-01-04,,1\n";
        TimeSeries s = load(text, "known-columns", "holiday").series().get(0);
        assertThat(s.variables()).containsExactly("a");
        assertThat(s.length()).isEqualTo(2);
        assertThat(s.knownLength()).isEqualTo(4);
        assertThat(s.known(0, 3)).isEqualTo(1);
        SeriesReader.requireFuture(s, 2, null);
        assertThatThrownBy(() -> SeriesReader.requireFuture(s, 3, "shop.csv"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("[holiday] up to 2020-01-04 in 'shop.csv'")
                .hasMessageContaining("up to 2020-01-05");
        refused(text.replace("2020-01-03,,0", "2020-01-03,,"), "known-columns", "holiday")
                .hasMessageContaining("column 'holiday' at line 4")
                .hasMessageContaining("known in the future");
    }

    /** Rows of the future do not need them, and what stands there is not taken in. */
    @Test
    void covariatesOfThePastEndWithTheValues() throws IOException {
        String text = "date,a,holiday,rain\n2020-01-01,1,1,5\n2020-01-02,2,0,6\n2020-01-03,,0,7\n2020-01-04,,1,\n";
        String[] settings = {"known-columns", "holiday", "past-columns", "rain"};
        TimeSeries s = load(text, settings).series().get(0);
        assertThat(s.variables()).containsExactly("a");
        assertThat(s.observed()).containsExactly("rain");
        assertThat(s.length()).isEqualTo(2);
        assertThat(s.observedLength()).isEqualTo(2);
        assertThat(List.of(s.observed(0, 0), s.observed(0, 1))).containsExactly(5f, 6f);
        assertThatThrownBy(() -> s.observed(0, 2)).isInstanceOf(ArrayIndexOutOfBoundsException.class);
        String gap = text.replace("2,0,6", "2,0,");
        refused(gap, settings).hasMessageContaining("column 'rain' at line 3");
        TimeSeries filled = load(gap, "known-columns", "holiday", "past-columns", "rain", "missing", "previous")
                .series()
                .get(0);
        assertThat(filled.observed(0, 1)).isEqualTo(5f);
        refused(text, "known-columns", "holiday,rain", "past-columns", "rain")
                .hasMessageContaining("'rain'")
                .hasMessageContaining("two tasks");
        refused(text, "target-column", "rain", "known-columns", "holiday", "past-columns", "rain")
                .hasMessageContaining("two tasks");
        refused("date,a,rain\n2020-01-01,1,\n2020-01-02,2,\n", "past-columns", "rain")
                .hasMessageContaining("Column 'rain'")
                .hasMessageContaining("no value at all");
    }

    /** The second file goes on with them, too; a window that touches a gap in one is left out. */
    @Test
    void covariatesOfThePastAreContinuedAndLeaveWindowsOut() throws IOException {
        Path next = Files.writeString(folder.resolve("next.csv"), "date,a,rain\n2020-01-03,3,8\n2020-01-04,4,9\n");
        String text = "date,a,rain\n2020-01-01,1,5\n2020-01-02,2,6\n";
        TimeSeries s = load(text, "past-columns", "rain", "continued-by", next.toString())
                .series()
                .get(0);
        assertThat(s.length()).isEqualTo(4);
        assertThat(List.of(s.observed(0, 1), s.observed(0, 2), s.observed(0, 3)))
                .containsExactly(6f, 8f, 9f);
        StringBuilder days = new StringBuilder("date,a,rain\n");
        for (int t = 0; t < 30; t++) {
            days.append(String.format(Locale.ROOT, "2020-01-%02d,%d,%s%n", t + 1, t, t == 12 ? "" : t % 4));
        }
        Config settings = Config.empty()
                .with("past-columns", "rain")
                .with("missing", "leave")
                .with("context", 3)
                .with("horizon", 2);
        var all = (WindowDataset)
                SeriesReader.read(file(days.toString()), settings).all();
        assertThat(all.inputs())
                .isNotEmpty()
                .allSatisfy(w -> assertThat(w.origin()).matches(o -> o < 12 || o > 15));
    }

    @Test
    void refusesColumnsThatAreNotThere() throws IOException {
        Path file = file(HOURS);
        for (String key : List.of("time-column", "target-column", "series-column", "known-columns", "past-columns")) {
            assertThatThrownBy(() -> SeriesReader.load(file, config(key, "datum")))
                    .isInstanceOf(UnknownNameException.class)
                    .hasMessageContaining("'datum'")
                    .hasMessageContaining("[date, a, b]")
                    .hasMessageContaining("--" + key);
        }
        refused(HOURS, "target-column", "a", "known-columns", "a").hasMessageContaining("two tasks");
        refused(HOURS + "2020-01-01 03:00:00,4\n").hasMessageContaining("2 cells at line 5");
        refused("date,a\n").hasMessageContaining("no series");
        assertThatThrownBy(() -> SeriesReader.series(folder.resolve("shopp.csv"), Config.empty()))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("shop.csv");
    }

    private static String steps(int n) {
        StringBuilder text = new StringBuilder("date,a\n");
        for (int t = 0; t < n; t++) {
            text.append(LocalDateTime.parse("2020-01-01T00:00")
                            .plusHours(t)
                            .toString()
                            .replace('T', ' '))
                    .append(',')
                    .append(t % 7)
                    .append('\n');
        }
        return text.toString();
    }

    private static List<Integer> origins(LabelledData<SeriesWindow, Future> data, String part) {
        return data.parts().get(part).examples().stream()
                .map(e -> e.input().origin())
                .toList();
    }

    @Test
    void cutsPartsByTime() throws IOException {
        Path file = file(steps(100));
        LabelledData<SeriesWindow, Future> data =
                SeriesReader.read(file, config("context", "10", "horizon", "5", "splits", "60,20,20"));
        assertThat(origins(data, "train"))
                .isEqualTo(IntStream.rangeClosed(10, 55).boxed().toList());
        assertThat(origins(data, "validation"))
                .isEqualTo(IntStream.rangeClosed(60, 75).boxed().toList());
        assertThat(origins(data, "test"))
                .isEqualTo(IntStream.rangeClosed(80, 95).boxed().toList());
        assertThat(data.all().size()).isEqualTo(86);
        assertThat(SeriesReader.read(file, config("context", "10", "horizon", "5", "splits", "0.6,0.2,0.2"))
                        .parts()
                        .get("test")
                        .size())
                .isEqualTo(16);
        assertThat(origins(
                        SeriesReader.read(
                                file, config("context", "10", "horizon", "5", "splits", "60,20", "stride", "4")),
                        "test"))
                .containsExactly(60, 64, 68, 72);
        LabelledData<SeriesWindow, Future> usual = SeriesReader.read(file, config("context", "10", "horizon", "5"));
        assertThat(usual.notes())
                .anyMatch(n -> n.contains("the last fifth"))
                .anyMatch(n -> n.contains("to learn from"));
        assertThat(origins(usual, "test"))
                .isEqualTo(IntStream.rangeClosed(80, 95).boxed().toList());
        for (String bad : List.of("0.6,0.6", "1", "a,b", "0,5", "1,2,3,4")) {
            assertThatThrownBy(() -> SeriesReader.read(file, config("horizon", "5", "splits", bad + ",")))
                    .as(bad)
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("8640,2880,2880");
        }
        assertThatThrownBy(() -> SeriesReader.read(file, config("horizon", "5", "splits", "90,20")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("100 steps")
                .hasMessageContaining("110");
        assertThatThrownBy(() -> SeriesReader.read(file, config("horizon", "5", "splits", "90,4")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("4 steps");
        assertThatThrownBy(() -> SeriesReader.read(file, config("horizon", "200")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("100 steps in the longest")
                .hasMessageContaining("horizon 200");
        assertThatThrownBy(() -> SeriesReader.read(file, Config.empty()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("'horizon' is missing");
    }

    @Test
    void noTargetOfTrainingLiesBehindItsBorder() throws IOException {
        Path file = file(steps(100));
        for (String splits : List.of("60,20,20", "0.5,0.1,0.4", "70,30")) {
            LabelledData<SeriesWindow, Future> data =
                    SeriesReader.read(file, config("context", "7", "horizon", "3", "splits", splits));
            int last = data.parts().get("train").targets().stream()
                    .mapToInt(f -> f.origin() + f.horizon())
                    .max()
                    .orElseThrow();
            String next = data.parts().containsKey("validation") ? "validation" : "test";
            assertThat(last).isLessThanOrEqualTo(origins(data, next).get(0));
        }
    }

    @Test
    void leavesOutWindowsThatTouchAGap() throws IOException {
        List<String> lines = new ArrayList<>(List.of(steps(60).split("\n")));
        lines.remove(21); // step 20
        Path file = file(String.join("\n", lines));
        LabelledData<SeriesWindow, Future> data =
                SeriesReader.read(file, config("context", "4", "horizon", "3", "splits", "40,20", "missing", "leave"));
        List<Integer> expected = IntStream.rangeClosed(4, 37)
                .filter(o -> o + 3 <= 20 || o - 4 > 20)
                .boxed()
                .toList();
        assertThat(origins(data, "train")).isEqualTo(expected);
        assertThat(data.notes()).anyMatch(n -> n.contains((34 - expected.size()) + " windows were left out"));
        assertThat(origins(data, "test")).hasSize(18);
    }

    @Test
    void manySeriesAreJudgedByTheirEnds() throws IOException {
        StringBuilder text = new StringBuilder("V1,V2\n");
        for (int s = 0; s < 12; s++) {
            text.append("S").append(s);
            for (int t = 0; t < 30 + s; t++) {
                text.append(',').append(t);
            }
            text.append('\n');
        }
        text.append("tiny,1,2,3,4\n");
        LabelledData<SeriesWindow, Future> data =
                SeriesReader.read(file(text.toString()), config("layout", "rows", "context", "8", "horizon", "4"));
        assertThat(data.parts().get("test").size()).isEqualTo(12);
        assertThat(data.parts().get("validation").size()).isEqualTo(12);
        assertThat(data.notes()).anyMatch(n -> n.contains("too short to learn from") && n.contains("'tiny'"));
    }

    @Test
    void readsParquet() throws IOException {
        MessageType schema = Types.buildMessage()
                .required(PrimitiveType.PrimitiveTypeName.INT64)
                .as(LogicalTypeAnnotation.timestampType(false, LogicalTypeAnnotation.TimeUnit.MILLIS))
                .named("time")
                .optional(PrimitiveType.PrimitiveTypeName.DOUBLE)
                .named("load")
                .named("table");
        Path file = folder.resolve("load.parquet");
        try (ParquetWriter<Integer> out = ParquetWriter.writeFile(schema, file.toFile(), (t, values) -> {
            values.write("time", t * 3_600_000L);
            if (t != 2) {
                values.write("load", t * 1.5);
            }
        })) {
            for (int t = 0; t < 5; t++) {
                out.write(t);
            }
        }
        assertThatThrownBy(() -> SeriesReader.series(file, Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("column 'load' at line 3 (1970-01-01 02:00)");
        TimeSeries s = SeriesReader.series(file, config("missing", "linear")).get(0);
        assertThat(s.name()).isEqualTo("load");
        assertThat(s.frequency()).isEqualTo(Frequency.parse("H"));
        assertThat(values(s, 0)).containsExactly(0, 1.5f, 3, 4.5f, 6);
    }

    /** 12, 4 and 4 months of 30 days, the split of the papers on long horizons. */
    @Test
    void cutsEttAsThePapersDo() {
        String data = System.getenv("TL4J_DATA");
        assumeTrue(data != null, "TL4J_DATA names no folder of data sets");
        Path file = Path.of(data, "ett", "ETTh1.csv");
        assumeTrue(Files.exists(file), file + " is not there");
        LabelledData<SeriesWindow, Future> ett =
                SeriesReader.read(file, config("context", "336", "horizon", "96", "splits", "8640,2880,2880"));
        assertThat(ett.parts().get("train").size()).isEqualTo(8640 - 336 - 96 + 1);
        assertThat(ett.parts().get("validation").size()).isEqualTo(2880 - 96 + 1);
        assertThat(ett.parts().get("test").size()).isEqualTo(2880 - 96 + 1);
        assertThat(ett.parts().get("test").get(0).input().origin()).isEqualTo(11520);
        assertThat(ett.parts().get("train").get(0).input().series().variables())
                .containsExactly("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT");
    }

    @Test
    void numbersAreThoseOfJava() throws IOException {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder("date,a\n");
        List<String> numbers =
                new ArrayList<>(List.of("0", "-0.0", "1.", ".5", "5.827000141143799", "+7", "1e3", " 2 "));
        for (int i = 0; i < 2000; i++) {
            numbers.add(String.valueOf((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12))));
            numbers.add(String.format(Locale.ROOT, "%.3f", random.nextGaussian() * 1000));
        }
        for (int i = 0; i < numbers.size(); i++) {
            text.append(1000 + i).append(',').append(numbers.get(i)).append('\n');
        }
        float[] read = values(load(text.toString()).series().get(0), 0);
        for (int i = 0; i < read.length; i++) {
            assertThat(read[i]).isEqualTo((float) Double.parseDouble(numbers.get(i)));
        }
    }

    @Test
    void aMillionRowsTakeSeconds() throws IOException {
        Path file = folder.resolve("large.csv");
        try (var out = Files.newBufferedWriter(file)) {
            out.write("date,a,b,c,d,e,f,g\n");
            LocalDateTime at = LocalDateTime.parse("2000-01-01T00:00:00");
            for (int t = 0; t < 1_000_000; t++) {
                out.write(at.plusMinutes(t).toString().replace('T', ' '));
                for (int v = 0; v < 7; v++) {
                    out.write("," + t % 97 + "." + (100 + v * 100 + t % 10));
                }
                out.write('\n');
            }
        }
        long begin = System.nanoTime();
        TimeSeries s = SeriesReader.series(file, Config.empty()).get(0);
        double seconds = (System.nanoTime() - begin) / 1e9;
        assertThat(s.length()).isEqualTo(1_000_000);
        assertThat(s.value(6, 999_999)).isEqualTo(999_999 % 97 + 0.709f);
        assertThat(seconds).isLessThan(20);
    }
}
