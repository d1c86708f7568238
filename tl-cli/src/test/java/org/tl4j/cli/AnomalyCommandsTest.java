// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Anomaly detection on the command line: from a table, or from texts on a backbone, to flagged rows. */
class AnomalyCommandsTest {
    @TempDir
    private Path folder;

    private Path table() throws IOException {
        StringBuilder rows = new StringBuilder("amount,hour,country,label\n");
        Random random = new Random(3);
        for (int i = 0; i < 240; i++) {
            boolean odd = i % 20 == 0;
            rows.append(String.format(
                    java.util.Locale.ROOT,
                    "%.2f,%.2f,%s,%d%n",
                    50 + 10 * random.nextGaussian() + (odd ? 120 : 0),
                    12 + 2 * random.nextGaussian() + (odd ? 11 : 0),
                    i % 3 == 0 ? "FR" : "DE",
                    odd ? 1 : 0));
        }
        return Files.writeString(folder.resolve("payments.csv"), rows);
    }

    @Test
    void fitsATableAndFlagsItsRows() throws IOException {
        Path data = table();
        Path model = folder.resolve("watch");
        TlResult fit = tl(
                "finetune",
                "anomaly-detection",
                "--data",
                data.toString(),
                "--family",
                "isolation-forest",
                "--detector-option",
                "trees=50",
                "--setting",
                "semi-supervised",
                "--out",
                model.toString(),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.out()).contains("setting: semi-supervised").contains("split conformal on");
        assertThat(fit.err()).contains("column 'label' holds the labels");
        JsonObject test = fit.lastLine().getAsJsonObject("metrics").getAsJsonObject("test");
        assertThat(test.getAsJsonObject("auroc").get("value").getAsDouble()).isGreaterThan(0.95);
        assertThat(test.keySet()).contains("averagePrecision", "precisionAtK", "f1", "falseAlarmRate");

        Path scores = folder.resolve("scores.csv");
        TlResult found = tl(
                "detect-anomalies",
                model.toString(),
                "--data",
                data.toString(),
                "--output",
                scores.toString(),
                "--json");
        assertThat(found.code()).as(found.err()).isZero();
        assertThat(found.lastLine().get("flagged").getAsInt()).isBetween(8, 40);
        assertThat(found.out()).contains("payments.csv line 2: anomalous");
        assertThat(Files.readAllLines(scores)).hasSize(241).first().isEqualTo("row,score,anomalous");

        TlResult typed = tl("predict", model.toString(), "{\"country\": \"DE\", \"hour\": 12, \"amount\": 51}");
        assertThat(typed.out()).startsWith("normal");
        TlResult lacking = tl("predict", model.toString(), "{\"hour\": 12, \"amount\": 51}");
        assertThat(lacking.code()).isNotZero();
        assertThat(lacking.err()).contains("without [country]");
        TlResult judged = tl("evaluate", model.toString(), "--data", data.toString(), "--json");
        assertThat(judged.code()).as(judged.err()).isZero();
    }

    @Test
    void putsADetectorOnABackboneOfTexts() throws IOException {
        StringBuilder rows = new StringBuilder("text,label\n");
        for (int i = 0; i < 30; i++) {
            rows.append("The train to town number ").append(i).append(" leaves at noon,ham\n");
            rows.append(i % 5 == 0 ? "WIN a free prize now call " + i + " to claim cash,spam\n" : "");
        }
        Path data = Files.writeString(folder.resolve("messages.csv"), rows);
        Path model = folder.resolve("texts");
        TlResult fit = tl(
                "finetune",
                "anomaly-detection",
                "--backbone",
                "all-minilm-l6-v2",
                "--family",
                "mahalanobis",
                "--setting",
                "semi-supervised",
                "--anomaly-label",
                "spam",
                // Four held-out messages are too few for a rate of false alarms.
                "--threshold",
                "quantile:1",
                "--data",
                data.toString(),
                "--test-fraction",
                "0.3",
                "--out",
                model.toString(),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.lastLine().get("task").getAsString()).isEqualTo("text-anomaly-detection");
        TlResult answers = tl("predict", model.toString(), "You won a cash prize, call to claim it for free", "--json");
        assertThat(answers.lastLine().get("anomalous").getAsBoolean()).isTrue();
    }

    @Test
    void findsEpisodesOfASeriesAndDrawsThem() throws IOException {
        StringBuilder rows = new StringBuilder("timestamp,value,label\n");
        Random random = new Random(5);
        for (int i = 0; i < 1200; i++) {
            boolean odd = i >= 900 && i < 920;
            rows.append(String.format(
                    java.util.Locale.ROOT,
                    "2024-03-%02d %02d:%02d:00,%.4f,%d%n",
                    1 + i / 96,
                    i / 4 % 24,
                    i % 4 * 15,
                    10 * Math.sin(2 * Math.PI * i / 96) + random.nextGaussian() + (odd ? 30 : 0),
                    odd ? 1 : 0));
        }
        Path data = Files.writeString(folder.resolve("pump.csv"), rows);
        Path model = folder.resolve("pump");
        TlResult fit = tl(
                "finetune",
                "series-anomaly-detection",
                "--data",
                data.toString(),
                "--set",
                "context=8",
                "--set",
                "time-of-day=true",
                "--family",
                "mahalanobis",
                "--test-fraction",
                "0.5",
                "--threshold",
                "false-alarm-rate:0.01",
                "--out",
                model.toString(),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.out()).contains("episodes: 1, found 1.00").contains("NAB score, standard:");
        JsonObject details = fit.lastLine()
                .getAsJsonObject("metrics")
                .getAsJsonObject("details")
                .getAsJsonObject("episodes");
        assertThat(details.get("found").getAsDouble()).isEqualTo(1);
        Path plot = folder.resolve("pump.png");
        TlResult found = tl(
                "detect-anomalies",
                model.toString(),
                "--data",
                data.toString(),
                "--quiet",
                "48",
                "--plot",
                plot.toString(),
                "--json");
        assertThat(found.code()).as(found.err()).isZero();
        assertThat(found.out()).contains("pump.csv line 902: anomalous");
        assertThat(found.lastLine().get("flagged").getAsInt()).isBetween(1, 40);
        assertThat(javax.imageio.ImageIO.read(plot.toFile()).getWidth()).isEqualTo(1200);
        TlResult typed = tl("predict", model.toString(), "1,2,3");
        assertThat(typed.code()).isNotZero();
        assertThat(typed.err()).contains("no times");
    }

    @Test
    void saysWhereTheDataChange() throws IOException {
        Path model = folder.resolve("steady");
        Random random = new Random(6);
        StringBuilder learned = new StringBuilder("a,b\n");
        StringBuilder later = new StringBuilder("a,b\n");
        for (int i = 0; i < 1200; i++) {
            learned.append(random.nextGaussian() + "," + random.nextGaussian() + "\n");
            later.append((random.nextGaussian() + (i < 700 ? 0 : 1.5)) + "," + random.nextGaussian() + "\n");
        }
        Path train = Files.writeString(folder.resolve("train.csv"), learned);
        Path stream = Files.writeString(folder.resolve("stream.csv"), later);
        TlResult fit = tl(
                "finetune",
                "anomaly-detection",
                "--data",
                train.toString(),
                "--family",
                "mahalanobis",
                "--out",
                model.toString());
        assertThat(fit.code()).as(fit.err()).isZero();
        TlResult found =
                tl("detect-anomalies", model.toString(), "--data", stream.toString(), "--drift", "10000", "--json");
        assertThat(found.code()).as(found.err()).isZero();
        assertThat(found.out()).contains("no longer such as those that were learned from");
        assertThat(found.lastLine().getAsJsonArray("drift").get(0).getAsInt()).isBetween(705, 900);
        TlResult same =
                tl("detect-anomalies", model.toString(), "--data", train.toString(), "--drift", "1000000", "--json");
        assertThat(same.lastLine().getAsJsonArray("drift")).isEmpty();
    }

    @Test
    void refusesAFamilyThatIsNotThere() throws IOException {
        TlResult wrong =
                tl("finetune", "anomaly-detection", "--data", table().toString(), "--family", "isolation-forrest");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("isolation-forest");
    }

    @Test
    void asksWhatAFileOfABackboneLooksAt() throws IOException {
        TlResult unclear =
                tl("finetune", "anomaly-detection", "--data", table().toString(), "--backbone", "model.onnx");
        assertThat(unclear.code()).isEqualTo(2);
        assertThat(unclear.err()).contains("text-anomaly-detection");
    }

    @Test
    void listsDetectors() {
        assertThat(tl("families").out())
                .contains("detectors")
                .contains("one-class-svm")
                .contains("anomaly-detection");
    }
}
