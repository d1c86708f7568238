// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Series on the command line: what is refused, and with which words; models that are judged and gone on with. */
class SeriesCommandsTest {
    private static final int STEPS = 240;

    @TempDir
    private static Path folder;

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    /** Hours with a load and a temperature; a change may replace any line. */
    private static List<String> rows(int steps) {
        Random random = new Random(1);
        List<String> rows = new ArrayList<>(List.of("date,load,temp"));
        for (int i = 0; i < steps; i++) {
            rows.add(String.format(
                    Locale.ROOT,
                    "2024-01-%02d %02d:00,%.3f,%.3f",
                    1 + i / 24,
                    i % 24,
                    20 + 5 * Math.sin(0.26 * i) + random.nextGaussian(),
                    3 * Math.cos(0.26 * i)));
        }
        return rows;
    }

    private static void write(String name, List<String> rows) throws IOException {
        Files.write(folder.resolve(name), rows);
    }

    private static void writeChanged(String name, int line, String row) throws IOException {
        List<String> rows = rows(STEPS);
        rows.set(line - 1, row);
        write(name, rows);
    }

    private static void writeMapped(String name, String header, java.util.function.IntFunction<String> row)
            throws IOException {
        List<String> rows = new ArrayList<>(List.of(header));
        for (int i = 0; i < STEPS; i++) {
            rows.add(row.apply(i));
        }
        write(name, rows);
    }

    private static String hour(int i) {
        return String.format(Locale.ROOT, "2024-01-%02d %02d:00", 1 + i / 24, i % 24);
    }

    /** {@code tl finetune forecasting} on a file, of the usual shape, with options that come after the usual ones. */
    private static String[] finetune(String data, String... more) {
        List<String> all = new ArrayList<>(List.of("finetune", "forecasting", "--data", file(data)));
        List<String> given = Arrays.asList(more);
        for (String[] usual : new String[][] {
            {"--family", "nlinear"},
            {"--strategy", "closed-form"},
            {"--target-column", "load"},
            {"--context", "24"},
            {"--horizon", "6"},
            {"--out", file("out")}
        }) {
            if (!given.contains(usual[0])) {
                all.addAll(List.of(usual));
            }
        }
        all.addAll(given);
        return all.toArray(String[]::new);
    }

    @BeforeAll
    static void makeFiles() throws IOException {
        write("good.csv", rows(STEPS));
        List<String> swapped = rows(STEPS);
        swapped.add(40, swapped.remove(100));
        write("unsorted.csv", swapped);
        writeMapped(
                "irregular.csv",
                "date,load",
                i -> String.format(Locale.ROOT, "2024-01-%02d %02d:%02d,%d", 1 + i / 24, i % 24, i * 37 % 60, i));
        writeMapped("constant.csv", "date,load", i -> hour(i) + ",7");
        writeMapped("missing.csv", "date,load", i -> hour(i) + ",");
        writeMapped("nodates.csv", "load,temp", i -> i % 7 + ",1");
        writeMapped("others.csv", "date,price", i -> hour(i) + "," + i % 5);
        writeMapped(
                "daily.csv",
                "date,load",
                i -> java.time.LocalDate.of(2024, 1, 1).plusDays(i) + "," + i % 9);
        write("short.csv", rows(10));
        writeMapped("shortened.csv", "date,load", i -> hour(i) + "," + i % 9);
        write("one.csv", rows(1));
        write("empty.csv", rows(0));
        writeChanged("text.csv", 18, "2024-01-01 16:00,n.a.?,3");
        writeChanged("infinite.csv", 18, "2024-01-01 16:00,inf,3");
        writeChanged("date.csv", 18, "31.31.2024,5,3");
        writeChanged("ragged.csv", 18, "2024-01-01 16:00,5");
        // One model on load alone, one that also looks at the temperature.
        assertThat(tl(finetune("good.csv", "--out", file("model"))).code()).isZero();
        assertThat(tl(finetune("good.csv", "--out", file("warm"), "--known-columns", "temp"))
                        .code())
                .isZero();
    }

    private record Case(String name, String[] command, String... words) {}

    private static Case of(String name, String[] command, String... words) {
        return new Case(name, command, words);
    }

    private static String[] forecast(String model, String data, String... more) {
        return Stream.concat(Stream.of("forecast", file(model), "--data", file(data)), Stream.of(more))
                .toArray(String[]::new);
    }

    /** Every message says what was found, where, and how to mend it; none is a stack trace. */
    @TestFactory
    Stream<DynamicTest> refusesWithWordsThatHelp() {
        String[] lstm = {"--family", "lstm", "--strategy", "full", "--epochs", "1", "--network"};
        return Stream.of(
                        of(
                                "unsorted",
                                finetune("unsorted.csv"),
                                "not in the order of time",
                                "line 41",
                                "sort the file"),
                        of("irregular", finetune("irregular.csv"), "not regular", "at line", "--frequency"),
                        of("all missing", finetune("missing.csv"), "'load'", "no value at all", "240 steps"),
                        of(
                                "all missing, filled",
                                finetune("missing.csv", "--missing", "linear"),
                                "'load'",
                                "no value at all"),
                        of("short", finetune("short.csv"), "no window to learn from", "--context or --horizon"),
                        of("one row", finetune("one.csv"), "distance of steps", "1 different times", "--frequency"),
                        of("no row", finetune("empty.csv"), "holds no series", "no row of values"),
                        of("horizon longer than the data", finetune("good.csv", "--horizon", "400"), "400", "shorten"),
                        of(
                                "parts longer than the data",
                                finetune("good.csv", "--splits", "150,40,500"),
                                "shorter than its parts",
                                "240 steps",
                                "690"),
                        of("no parts", finetune("good.csv", "--splits", "a,b,c"), "no parts", "[a, b, c]"),
                        of("a text", finetune("text.csv"), "'n.a.?'", "column 'load'", "line 18"),
                        of("an infinity", finetune("infinite.csv"), "inf", "column 'load'", "line 18"),
                        of("a time", finetune("date.csv"), "'31.31.2024'", "column 'date'", "line 18"),
                        of("a short row", finetune("ragged.csv"), "2 cells", "line 18", "[date, load, temp]"),
                        of("no file", finetune("nosuch.csv"), "no file", "nosuch.csv"),
                        of(
                                "unknown family",
                                finetune("good.csv", "--family", "lstmm"),
                                "'lstmm'",
                                "perhaps lstm",
                                "tl families --task forecasting"),
                        of(
                                "unknown column",
                                finetune("good.csv", "--target-column", "nothing"),
                                "'nothing'",
                                "date, load, temp",
                                "--target-column"),
                        of(
                                "unknown covariate",
                                finetune("good.csv", "--known-columns", "nothing"),
                                "'nothing'",
                                "--known-columns"),
                        of("no frequency", finetune("good.csv", "--frequency", "3X"), "'3X'", "15min"),
                        of("no context", finetune("good.csv", "--context", "0"), "context", "0", "at least 1"),
                        of("no horizon", finetune("good.csv", "--horizon", "-1"), "horizon", "-1", "at least 1"),
                        of("no stride", finetune("good.csv", "--stride", "0"), "stride", "0", "at least 1"),
                        of(
                                "no levels",
                                finetune("good.csv", "--loss", "quantile"),
                                "'quantile'",
                                "--quantiles 0.1,0.5,0.9"),
                        of(
                                "levels that fall",
                                finetune("good.csv", "--quantiles", "0.9,0.1"),
                                "[0.9, 0.1]",
                                "ascending levels between 0 and 1"),
                        of("levels above 1", finetune("good.csv", "--quantiles", "0.5,1.5"), "[0.5, 1.5]"),
                        of(
                                "levels of a squared error",
                                finetune("good.csv", "--loss", "mse", "--quantiles", "0.5"),
                                "'mse'",
                                "leave --quantiles away"),
                        of("levels that are none", finetune("good.csv", "--quantiles", "0.1,x"), "--quantiles", "'x'"),
                        of("unknown loss", finetune("good.csv", "--loss", "mape"), "'mape'", "student-t"),
                        of(
                                "a loss without closed form",
                                finetune("good.csv", "--loss", "mae"),
                                "cannot be computed at once",
                                "loss mae",
                                "--strategy head-only"),
                        of("unknown scaling", finetune("good.csv", "--scaling", "robust"), "'robust'", "standard"),
                        of(
                                "unknown normalisation",
                                finetune("good.csv", "--normalisation", "lastt"),
                                "'lastt'",
                                "perhaps last"),
                        of(
                                "calendar without dates",
                                finetune("nodates.csv", "--calendar"),
                                "no dates",
                                "--time-column"),
                        of(
                                "a setting that is no number",
                                finetune("good.csv", with(lstm, "hidden_size=abc")),
                                "hidden_size",
                                "abc"),
                        of(
                                "a setting out of range",
                                finetune("good.csv", with(lstm, "hidden_size=-3")),
                                "hidden_size",
                                "-3",
                                "at least 1"),
                        of(
                                "an unknown setting",
                                finetune("good.csv", with(lstm, "hidden_sizee=3")),
                                "hidden_sizee",
                                "perhaps hidden_size"),
                        of(
                                "no future covariates",
                                forecast("warm", "good.csv"),
                                "Covariates",
                                "2024-01-10 23:00",
                                "2024-01-11 05:00",
                                "add rows"),
                        of("another frequency", forecast("model", "daily.csv"), "another frequency", "D", "H"),
                        of("other variables", forecast("model", "others.csv"), "'load'", "price", "--target-column"),
                        of("no steps", forecast("model", "good.csv", "--steps", "0"), "steps", "0", "at least 1"),
                        of("no coverage", forecast("model", "good.csv", "--intervals", "1.5"), "--intervals", "1.5"),
                        of(
                                "too short to calibrate",
                                forecast("model", "short.csv", "--intervals", "0.8"),
                                "too short to calibrate",
                                "10 steps",
                                "106"),
                        of("no model", forecast("nosuch", "good.csv"), "no saved model", "nosuch"),
                        of(
                                "judged on another frequency",
                                new String[] {"evaluate", file("model"), "--data", file("daily.csv"), "--horizon", "6"},
                                "another frequency"),
                        of("from nothing", finetune("good.csv", "--from", file("nosuch")), "no saved model", "nosuch"),
                        of(
                                "from a model of another family",
                                finetune("good.csv", "--from", file("model"), "--family", "lstm"),
                                "another family",
                                "--family lstm",
                                "nlinear",
                                "leave --family away"),
                        of(
                                "judged without its column",
                                new String[] {"evaluate", file("model"), "--data", file("others.csv")},
                                "'load'",
                                "price",
                                "--target-column"),
                        of(
                                "judged on other windows",
                                new String[] {
                                    "evaluate",
                                    file("model"),
                                    "--data",
                                    file("others.csv"),
                                    "--target-column",
                                    "price",
                                    "--horizon",
                                    "9"
                                },
                                "not what this head forecasts",
                                "9 steps of [price]",
                                "6 steps of [load]"),
                        of(
                                "a text to predict",
                                new String[] {"predict", file("model"), "1,2,three"},
                                "'three'",
                                "place 3"))
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    TlResult r = tl(c.command());
                    assertThat(r.code()).as(r.out() + r.err()).isNotZero();
                    assertThat(r.err())
                            .contains(c.words())
                            .doesNotContain("did not foresee")
                            .doesNotContain("\tat ");
                    assertThat(folder.resolve("out")).doesNotExist();
                }));
    }

    private static String[] with(String[] options, String last) {
        String[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = last;
        return all;
    }

    /** There is nothing to learn of a series that never changes, and nothing to fail at: figures are null, not NaN. */
    @Test
    void learnsAConstantSeries() {
        TlResult r = tl(finetune("constant.csv", "--out", file("constant"), "--json"));
        assertThat(r.code()).as(r.err()).isZero();
        assertThat(r.err()).contains("never change");
        JsonObject test = r.lastLine().getAsJsonObject("metrics").getAsJsonObject("test");
        assertThat(test.getAsJsonObject("mae").get("value").getAsDouble()).isLessThan(1e-3);
        assertThat(test.getAsJsonObject("mase").get("value").isJsonNull()).isTrue();
        TlResult next = tl(forecast("constant", "constant.csv"));
        assertThat(next.code()).as(next.err()).isZero();
        assertThat(next.out()).contains("load,7.0");
    }

    /** A model answers for files that it was never trained on, and is judged on them. */
    @Test
    void judgesASavedModelOnAnotherFile() throws IOException {
        List<String> other = rows(STEPS);
        for (int i = 1; i < other.size(); i++) {
            String[] cells = other.get(i).split(",");
            other.set(i, cells[0] + "," + (100 + 3 * Double.parseDouble(cells[1])) + "," + cells[2]);
        }
        write("other.csv", other);
        JsonObject test = figures("model", "other.csv");
        assertThat(test.getAsJsonObject("mase").get("value").getAsDouble()).isBetween(0.1, 1.5);
        assertThat(figures("model", "other.csv", "--target-column", "load")).isEqualTo(test);
        // Without the temperature this one could not answer at all.
        assertThat(figures("warm", "other.csv")
                        .getAsJsonObject("mae")
                        .get("value")
                        .getAsDouble())
                .isPositive();
    }

    private static JsonObject figures(String model, String data, String... more) {
        TlResult r = evaluate(model, data, more);
        assertThat(r.code()).as(r.err()).isZero();
        return r.lastLine().getAsJsonObject("metrics").getAsJsonObject("test");
    }

    private static TlResult evaluate(String model, String data, String... more) {
        return tl(Stream.concat(Stream.of("evaluate", file(model), "--data", file(data), "--json"), Stream.of(more))
                .toArray(String[]::new));
    }

    /** How a file was read is part of the model; what is said again is said otherwise. */
    @Test
    void remembersHowItsFileWasRead() throws IOException {
        List<String> rows = new ArrayList<>(List.of("shop,began,when,load"));
        for (String shop : List.of("Berlin", "Ulm")) {
            List<String> one = rows(120);
            one.remove(60);
            for (String row : one.subList(1, one.size())) {
                String[] cells = row.split(",");
                rows.add(shop + ",1990-01-01," + cells[0] + "," + cells[1]);
            }
        }
        write("shops.csv", rows);
        String[] said = {"--series-column", "shop", "--time-column", "when", "--missing", "linear"};
        TlResult made = tl(finetune(
                "shops.csv",
                Stream.concat(Stream.of(said), Stream.of("--out", file("shops")))
                        .toArray(String[]::new)));
        assertThat(made.code()).as(made.err()).isZero();
        JsonObject again = figures("shops", "shops.csv");
        assertThat(figures("shops", "shops.csv", said)).isEqualTo(again);
        TlResult next = tl(forecast("shops", "shops.csv"));
        assertThat(next.code()).as(next.err()).isZero();
        assertThat(next.out()).contains("Berlin,2024-01-06 00:00,load", "Ulm,2024-01-06 00:00,load");
        TlResult refused = evaluate("shops", "shops.csv", "--missing", "refuse");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("missing values", "2024-01-03 11:00");
        TlResult otherTime = evaluate("shops", "shops.csv", "--time-column", "began");
        assertThat(otherTime.code()).isNotZero();
        assertThat(otherTime.err()).contains("1 different times");
    }

    @Test
    void saysWhenTheFirstValueStandsForWhatIsMissing() {
        TlResult r = tl(forecast("model", "short.csv"));
        assertThat(r.code()).as(r.err()).isZero();
        assertThat(r.err()).contains("1 series are shorter than the 24 steps", "short");
    }

    /** Going on with a model keeps its head where that fits, and the saved model says whose it is. */
    @Test
    void goesOnWithASavedModel() throws IOException {
        String[] tiny = {"--family", "lstm", "--strategy", "full", "--epochs", "1", "--batch", "64"};
        TlResult first = tl(finetune(
                "good.csv",
                Stream.concat(Stream.of(tiny), Stream.of("--network", "hidden_size=4", "--out", file("lstm")))
                        .toArray(String[]::new)));
        assertThat(first.code()).as(first.err()).isZero();
        TlResult next = tl(
                "finetune",
                "forecasting",
                "--data",
                file("good.csv"),
                "--target-column",
                "load",
                "--from",
                file("lstm"),
                "--strategy",
                "full",
                "--epochs",
                "1",
                "--batch",
                "64",
                "--out",
                file("next"));
        assertThat(next.code()).as(next.err()).isZero();
        assertThat(next.err()).contains("the head is that of the model");
        assertThat(about("next")).contains("that of the model");
        TlResult other = tl(
                "finetune",
                "forecasting",
                "--data",
                file("good.csv"),
                "--target-column",
                "load",
                "--from",
                file("lstm"),
                "--strategy",
                "full",
                "--epochs",
                "1",
                "--batch",
                "64",
                "--quantiles",
                "0.1,0.9",
                "--loss",
                "quantile",
                "--out",
                file("quantiles"));
        assertThat(other.code()).as(other.err()).isZero();
        assertThat(other.err()).contains("the head is new");
        assertThat(about("quantiles")).contains("\"head\": \"new\"");
    }

    /** What a model says is read first; whoever uses its numbers still goes through every byte of them. */
    @Test
    void refusesAModelWithAChangedByte() throws IOException {
        Path changed = Files.createDirectories(folder.resolve("changed"));
        try (Stream<Path> files = Files.list(folder.resolve("model"))) {
            for (Path f : files.toList()) {
                Files.copy(f, changed.resolve(f.getFileName()));
            }
        }
        byte[] onnx = Files.readAllBytes(changed.resolve("model.onnx"));
        onnx[onnx.length / 2] ^= 1;
        Files.write(changed.resolve("model.onnx"), onnx);
        for (String[] command : new String[][] {
            finetune("good.csv", "--from", changed.toString()),
            forecast("changed", "good.csv"),
            {"evaluate", changed.toString(), "--data", file("good.csv")}
        }) {
            TlResult r = tl(command);
            assertThat(r.code()).as(command[0]).isNotZero();
            assertThat(r.err()).contains("model.onnx", "changed or cut short");
        }
    }

    /** The saved model says which columns they were; without one it says which is not there. */
    @Test
    void remembersCovariatesOfThePast() {
        String[] lstm = {
            "--family", "lstm", "--network", "hidden_size=4", "--strategy", "full", "--epochs", "1", "--batch", "64"
        };
        TlResult made = tl(finetune(
                "good.csv",
                Stream.concat(Stream.of(lstm), Stream.of("--past-columns", "temp", "--out", file("observed")))
                        .toArray(String[]::new)));
        assertThat(made.code()).as(made.err()).isZero();
        assertThat(figures("observed", "good.csv"))
                .isEqualTo(figures("observed", "good.csv", "--past-columns", "temp"));
        TlResult next = tl(forecast("observed", "good.csv"));
        assertThat(next.code()).as(next.err()).isZero();
        assertThat(next.out()).contains("2024-01-11 05:00,load");
        for (TlResult r : List.of(
                evaluate("observed", "shortened.csv"),
                tl(forecast("observed", "shortened.csv")),
                tl(forecast("observed", "good.csv", "--steps", "7")))) {
            assertThat(r.code()).isNotZero();
            assertThat(r.err()).contains("temp").doesNotContain("did not foresee");
        }
        assertThat(tl(forecast("observed", "shortened.csv")).err())
                .contains("'temp'", "--past-columns", "[date, load]");
        TlResult linear = tl(finetune("good.csv", "--past-columns", "temp"));
        assertThat(linear.code()).isNotZero();
        assertThat(linear.err())
                .contains(
                        "Family 'nlinear' does not read", "--past-columns temp", "lstm, gru, transformer", "--family");
    }

    private static String about(String model) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder.resolve(model))) {
            for (Path f : files.filter(p -> p.toString().endsWith(".json")).toList()) {
                all.append(Files.readString(f));
            }
        }
        return all.toString();
    }

    /** An LSTM with dropout that was killed between two checkpoints ends with the bits of one that was not. */
    @Test
    void resumesAKilledRunToTheSameBits() throws Exception {
        Path here = Files.createDirectories(folder.resolve("killed"));
        Files.copy(folder.resolve("good.csv"), here.resolve("good.csv"));
        TlProcess process = new TlProcess(here);
        String[] command = {
            "finetune",
            "forecasting",
            "--data",
            "good.csv",
            "--target-column",
            "load",
            "--context",
            "24",
            "--horizon",
            "6",
            "--family",
            "lstm",
            "--network",
            "hidden_size=8",
            "--network",
            "num_layers=2",
            "--network",
            "dropout=0.3",
            "--strategy",
            "full",
            "--epochs",
            "60",
            "--checkpoint-steps",
            "3",
            "--out"
        };
        Process killed = process.start(with(command, "killed"));
        Path run = here.resolve("killed.run");
        while (!(Files.exists(run.resolve("checkpoint.safetensors")) && Files.exists(run.resolve("arguments.json")))
                && killed.isAlive()) {
            Thread.sleep(2);
        }
        boolean isKilled = killed.isAlive();
        killed.destroyForcibly().waitFor();
        assertThat(isKilled && Files.exists(run)).as("killed in the middle").isTrue();
        TlProcess.Result resumed = process.run("finetune", "--resume", "killed");
        assertThat(resumed.code()).as(resumed.err()).isZero();
        TlProcess.Result whole = process.run(with(command, "whole"));
        assertThat(whole.code()).as(whole.err()).isZero();
        assertThat(Files.readAllBytes(here.resolve("killed/model.onnx")))
                .isEqualTo(Files.readAllBytes(here.resolve("whole/model.onnx")));
    }
}
