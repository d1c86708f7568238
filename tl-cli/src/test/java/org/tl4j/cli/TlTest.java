// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line as a user types it: what it prints, what it writes, and how it ends. */
class TlTest {
    @TempDir
    private static Path folder;

    private static Path model = Path.of("");

    private static Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
    }

    @BeforeAll
    static void train() throws IOException {
        StringBuilder rows = new StringBuilder("text,label\n");
        for (int i = 0; i < 25; i++) {
            rows.append("I love it number ")
                    .append(i)
                    .append(",pos\nI hate it number ")
                    .append(i)
                    .append(",neg\n");
        }
        write("good.csv", rows.toString());
        write("empty.csv", "text,label\nhello,a\n,b\nx,a\ny,b\n");
        write("one.csv", "text,label\n" + "hello,a\n".repeat(8));
        write("unknown.csv", "text,label\nfine,meh\n");
        write("junk.safetensors", "hi");
        write("broken.onnx", "this is not a model");
        Files.createDirectories(folder.resolve("without-tokenizer"));
        try (InputStream onnx = TlTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            byte[] bytes = onnx.readAllBytes();
            Files.write(folder.resolve("without-tokenizer/model.onnx"), bytes);
            Files.write(folder.resolve("truncated.onnx"), Arrays.copyOf(bytes, 1_000_000));
        }
        model = folder.resolve("model");
        TlResult result = tl(
                "finetune",
                "text-classification",
                "--data",
                folder.resolve("good.csv").toString(),
                "--epochs",
                "3",
                "--out",
                model.toString(),
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        JsonObject last = result.lastLine();
        assertThat(last.keySet())
                .contains(
                        "task",
                        "backbone",
                        "strategy",
                        "seed",
                        "seconds",
                        "trainedParameters",
                        "totalParameters",
                        "model",
                        "metrics");
        JsonObject test = last.getAsJsonObject("metrics").getAsJsonObject("test");
        assertThat(test.getAsJsonObject("accuracy").get("value").getAsDouble()).isGreaterThan(0.8);
        assertThat(result.err()).contains("frozen tensors").contains("bit-identical");
    }

    @Test
    void predictsArgumentsFilesAndStandardInput() throws IOException {
        TlResult arguments = tl("predict", model.toString(), "I love it", "I hate it");
        assertThat(arguments.code()).as(arguments.err()).isZero();
        assertThat(arguments.out().lines()).hasSize(2);
        assertThat(arguments.out()).contains("pos (").contains("neg (");

        Path lines = write("lines.txt", "I love it\nI hate it\n");
        TlResult file = tl("predict", model.toString(), "--input", lines.toString());
        assertThat(file.out()).isEqualTo(arguments.out());

        InputStream in = System.in;
        System.setIn(new ByteArrayInputStream("I love it\nI hate it\n".getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(tl("predict", model.toString(), "-").out()).isEqualTo(arguments.out());
        } finally {
            System.setIn(in);
        }
        JsonObject answer =
                tl("predict", model.toString(), "I love it", "--json").lastLine();
        assertThat(answer.get("labels").getAsJsonArray().get(0).getAsString()).isEqualTo("pos");
    }

    @Test
    void ranksAsManyLabelsAsAreWanted() {
        TlResult best = tl("predict", model.toString(), "I love it", "--top", "1");
        assertThat(best.out()).matches("pos \\(\\d\\.\\d\\d\\)\\R");

        // More than there are.
        TlResult all = tl("predict", model.toString(), "I love it", "I hate it", "--top", "9");
        assertThat(all.code()).as(all.err()).isZero();
        assertThat(all.out().lines())
                .satisfiesExactly(
                        line -> assertThat(line).matches("pos \\(\\d\\.\\d\\d\\), neg \\(\\d\\.\\d\\d\\)"),
                        line -> assertThat(line).matches("neg \\(\\d\\.\\d\\d\\), pos \\(\\d\\.\\d\\d\\)"));

        JsonObject answer = tl("predict", model.toString(), "I hate it", "--top", "1", "--json")
                .lastLine();
        assertThat(answer.getAsJsonObject("scores").keySet()).containsExactly("neg");
        assertThat(answer.getAsJsonArray("labels").get(0).getAsString()).isEqualTo("neg");

        TlResult none = tl("predict", model.toString(), "I hate it", "--top", "0");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("--top", "0");
    }

    @Test
    void evaluates() {
        TlResult result = tl(
                "evaluate",
                model.toString(),
                "--data",
                folder.resolve("good.csv").toString(),
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        JsonObject metrics = result.lastLine().getAsJsonObject("metrics");
        assertThat(metrics.getAsJsonObject("baseline").get("accuracy").getAsDouble())
                .isEqualTo(0.5);
    }

    @Test
    void exports() {
        for (String format : List.of("onnx", "torchscript", "safetensors")) {
            Path file = folder.resolve("exported." + format);
            TlResult result = tl("export", model.toString(), "--format", format, "--out", file.toString());
            assertThat(result.code()).as(format + ": " + result.err()).isZero();
            assertThat(file).isNotEmptyFile();
        }
    }

    @Test
    void aConfigurationFileStandsInForFlags() throws IOException {
        Path config = write(
                "run.yaml",
                "data: " + folder.resolve("good.csv") + "\nstrategy: ridge\nout: " + folder.resolve("ridge") + "\n");
        TlResult result = tl("finetune", "text-classification", "--config", config.toString(), "--json");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.lastLine().get("strategy").getAsString()).isEqualTo("ridge");
        TlResult wrong = tl(
                "finetune",
                "text-classification",
                "--config",
                write("wrong.yaml", "epcohs: 3\n").toString());
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("epcohs").contains("epochs");
    }

    @Test
    void theDoctorFindsWhatWouldMislead() throws IOException {
        StringBuilder rows = new StringBuilder("text,label\n");
        for (int i = 0; i < 40; i++) {
            rows.append("I love it number ").append(i).append(",pos\n");
            // One of them is labelled wrongly.
            rows.append("I hate it number ").append(i).append(i < 1 ? ",pos\n" : ",neg\n");
        }
        rows.append("the same,pos\n  The   SAME ,neg\n,neg\nonce,rare\n");
        rows.append("very ".repeat(400)).append("long,neg\n");
        Path train = write("sick.csv", rows.toString());
        Path test = write("sick-test.csv", "text,label\ni love it  number 3,pos\nother,strange\n");

        TlResult result =
                tl("doctor", "text-classification", "--data", train.toString(), "--test", test.toString(), "--json");

        assertThat(result.code()).as(result.err()).isEqualTo(1);
        assertThat(result.out())
                .contains("1 inputs are in more than one of [train, test]")
                .contains("'strange' at")
                .contains("1 row without text skipped")
                .contains("the same", "-> pos or neg")
                .contains("rare: 1")
                .contains("longer than the model reads (256 tokens)")
                .contains("perhaps neg");
        JsonObject last = result.lastLine();
        assertThat(last.get("problems").getAsInt()).isEqualTo(2);
        List<String> doubted = last.getAsJsonArray("findings").asList().stream()
                .map(f -> f.getAsJsonObject())
                .filter(f -> f.get("check").getAsString().equals("label-noise"))
                .flatMap(f -> f.getAsJsonArray("places").asList().stream())
                .map(p -> p.getAsString())
                .toList();
        assertThat(doubted).anyMatch(p -> p.contains("hate it number 0"));

        TlResult healthy = tl(
                "doctor",
                "text-classification",
                "--data",
                folder.resolve("good.csv").toString());
        assertThat(healthy.code()).as(healthy.out()).isZero();
    }

    @Test
    void listsAndHelps() {
        assertThat(tl("families").out())
                .contains("bert")
                .contains("text-classification")
                .contains("head-only");
        assertThat(tl("presets").out()).contains("all-minilm-l6-v2").contains("Apache-2.0");
        assertThat(tl("--help").code()).isZero();
        assertThat(tl("generate-completion").out()).contains("complete");
    }

    static Stream<Arguments> badInput() {
        String good = folder.resolve("good.csv").toString();
        String finetune = "finetune text-classification --epochs 1 --out " + folder.resolve("bad") + " --data ";
        return Stream.of(
                arguments(finetune + folder.resolve("goood.csv"), 1, "There is no file", "perhaps good.csv"),
                arguments(finetune + good + " --text-column body", 2, "Unknown column 'body'", "'text'"),
                arguments(finetune + folder.resolve("empty.csv"), 1, "without text", "line 3"),
                arguments(finetune + folder.resolve("one.csv"), 1, "nothing to tell apart", "[a]"),
                arguments(
                        finetune + good + " --test " + folder.resolve("unknown.csv"),
                        1,
                        "Unknown label 'meh'",
                        "line 2"),
                arguments(finetune + good + " --backbone all-minilm", 2, "Unknown backbone", "all-minilm-l6-v2"),
                arguments(finetune + good + " --strategy hed-only", 2, "Unknown strategy", "head-only"),
                arguments("finetune text-clasification --data " + good, 2, "Unknown task", "text-classification"),
                arguments(
                        finetune + good + " --backbone " + folder.resolve("truncated.onnx"),
                        1,
                        "not a whole ONNX file",
                        "1000000 bytes"),
                arguments(finetune + good + " --backbone " + folder.resolve("broken.onnx"), 1, "ONNX file", "fix:"),
                arguments(
                        finetune + good + " --backbone " + folder.resolve("without-tokenizer/model.onnx"),
                        1,
                        "no tokenizer",
                        "--tokenizer"),
                arguments(
                        finetune + good + " --backbone all-minilm-l6-v2 --weights "
                                + folder.resolve("junk.safetensors"),
                        1,
                        "no whole safetensors file",
                        "fix:"),
                arguments(finetune + good + " --device cuda", 1, "CUDA was asked for", "--device cpu"),
                arguments(finetune + good + " --device tpu", 2, "tpu", "cuda"),
                arguments(finetune + good + " --xyzzy", 2, "--xyzzy", "Usage"),
                arguments("finetune", 2, "needs TASK", "--help"),
                arguments("predict " + folder.resolve("nowhere") + " hello", 1, "no saved model", "fix:"),
                arguments("predict " + model, 2, "not clear what to answer", "--input"),
                arguments(
                        "evaluate " + model + " --data " + folder.resolve("unknown.csv"),
                        1,
                        "Unknown label 'meh'",
                        "line 2"));
    }

    @ParameterizedTest
    @MethodSource
    void badInput(String command, int code, String what, String help) {
        TlResult result = tl(command.split(" "));
        assertThat(result.err()).contains(what).contains(help).doesNotContain("did not foresee");
        assertThat(result.code()).isEqualTo(code);
        assertThat(folder.resolve("bad")).doesNotExist();
        assertThat(folder.resolve("bad.run")).doesNotExist();
    }
}
