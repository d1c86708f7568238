// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.weights.WeightFile;

/** The commands on pictures: red ones and blue ones, and a small network that starts from random weights. */
class PicturesTest {
    @TempDir
    private static Path folder;

    private static String at(String name) {
        return folder.resolve(name).toString();
    }

    @BeforeAll
    static void train() throws IOException {
        Random random = new Random(2);
        for (String colour : List.of("blue", "red")) {
            Path pictures = Files.createDirectories(folder.resolve("data").resolve(colour));
            for (int i = 0; i < 20; i++) {
                BufferedImage picture = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
                for (int y = 0; y < 20; y++) {
                    for (int x = 0; x < 24; x++) {
                        int strong = 150 + random.nextInt(100);
                        int weak = random.nextInt(100);
                        picture.setRGB(x, y, colour.equals("red") ? strong << 16 | weak : weak << 16 | strong);
                    }
                }
                ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
            }
        }
        TlResult result = tl(
                "finetune",
                "image-classification",
                "--backbone",
                "resnet20",
                "--from-scratch",
                "--strategy",
                "full",
                "--epochs",
                "6",
                "--learning-rate",
                "3e-3",
                "--preprocessing",
                "size=[3,16,16]",
                "--augment",
                "crop=0.5,flip",
                "--data",
                at("data"),
                "--out",
                at("model"),
                "--report",
                at("report"),
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        JsonObject test = result.lastLine().getAsJsonObject("metrics").getAsJsonObject("test");
        assertThat(test.getAsJsonObject("accuracy").get("value").getAsDouble()).isGreaterThan(0.8);
    }

    @Test
    void aTrainingReportsItsWorstAnswersAndItsConfusions() {
        assertThat(folder.resolve("report/worst.png")).isNotEmptyFile();
        assertThat(folder.resolve("report/confusion.png")).isNotEmptyFile();
    }

    @Test
    void predictsWithTopScoresAndEvaluates() {
        TlResult predicted = tl("predict", at("model"), at("data/red/1.png"), "--json");
        assertThat(predicted.code()).as(predicted.err()).isZero();
        assertThat(predicted.lastLine().getAsJsonObject("scores").keySet()).containsExactlyInAnyOrder("red", "blue");
        TlResult ranked = tl("predict", at("model"), at("data/red/1.png"), at("data/blue/1.png"), "--top", "2");
        assertThat(ranked.out().lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).contains("red (", "blue ("));

        TlResult evaluated = tl("evaluate", at("model"), "--data", at("data"), "--report", at("again"), "--json");
        assertThat(evaluated.code()).as(evaluated.err()).isZero();
        assertThat(evaluated.out()).contains("confusion.png");
        assertThat(folder.resolve("again/worst.png")).isNotEmptyFile();
    }

    @Test
    void explainsAnAnswerByAPicture() throws IOException {
        TlResult result = tl("explain", at("model"), at("data/red/1.png"), at("data/blue/2.png"), "--out", at("why"));

        assertThat(result.code()).as(result.err()).isZero();
        BufferedImage heat = ImageIO.read(folder.resolve("why/2.png").toFile());
        assertThat(heat.getWidth()).isEqualTo(24);
    }

    @Test
    void embedsPicturesAsNumbers() throws IOException {
        String[] command = {
            "embed",
            "image-classification",
            "--backbone",
            "resnet20",
            "--from-scratch",
            "--preprocessing",
            "size=[3,16,16]",
            "--data",
            at("data"),
            "--out",
            at("vectors.csv")
        };
        assertThat(tl(command).code()).isZero();
        List<String> lines = Files.readAllLines(folder.resolve("vectors.csv"));
        assertThat(lines).hasSize(41);
        assertThat(lines.get(0)).startsWith("source,target,v0,").endsWith(",v63");
        assertThat(lines.get(1)).contains("0.png\",\"blue\",");

        command[command.length - 1] = at("vectors.safetensors");
        assertThat(tl(command).code()).isZero();
        assertThat(WeightFile.read(folder.resolve("vectors.safetensors"))
                        .get("embeddings")
                        .type())
                .hasToString("f32[40, 64]");
    }

    @Test
    void brokenPicturesAreNamedAndLeftOutOnlyIfAskedTo() throws IOException {
        Path data = folder.resolve("broken");
        for (String colour : List.of("blue", "red")) {
            Files.createDirectories(data.resolve(colour));
            for (int i = 0; i < 8; i++) {
                Files.copy(
                        folder.resolve("data").resolve(colour).resolve(i + ".png"),
                        data.resolve(colour).resolve(i + ".png"));
            }
        }
        Files.write(data.resolve("red/empty.png"), new byte[0]);
        Files.writeString(data.resolve("red/text.jpg"), "this is no picture");
        byte[] whole = Files.readAllBytes(data.resolve("blue/1.png"));
        Files.write(data.resolve("blue/cut.png"), java.util.Arrays.copyOf(whole, whole.length / 2));

        TlResult refused = tl("evaluate", at("model"), "--data", data.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("3 of 19", "empty.png", "text.jpg", "cut.png", "skip");

        TlResult skipped = tl("evaluate", at("model"), "--data", data.toString(), "--broken-images", "skip");
        assertThat(skipped.code()).as(skipped.err()).isZero();
        assertThat(skipped.out()).contains("on 16 examples");
        assertThat(skipped.err() + skipped.out()).contains("3 of 19 images were left out", "cut.png");
    }

    private static TlResult mixed(String strategy, String name) {
        return tl(
                "finetune",
                "image-classification",
                "--backbone",
                "resnet20",
                "--from-scratch",
                "--strategy",
                strategy,
                "--epochs",
                "12",
                "--learning-rate",
                "3e-3",
                "--preprocessing",
                "size=[3,16,16]",
                "--augment",
                "crop=0.5,flip,mixup=0.2,cutmix=1.0",
                "--data",
                at("data"),
                "--out",
                at(name),
                "--json");
    }

    @Test
    void mixesPicturesForAHeadThatLearnsLabelsInPart() throws IOException {
        TlResult result = mixed("full", "mixed");

        assertThat(result.code()).as(result.err()).isZero();
        JsonObject test = result.lastLine().getAsJsonObject("metrics").getAsJsonObject("test");
        assertThat(test.getAsJsonObject("accuracy").get("value").getAsDouble()).isGreaterThan(0.8);
        assertThat(Files.readString(folder.resolve("mixed/model.json"))).containsPattern("\"softTargets\": ?true");
        // What was saved answers with whole labels as any other head does.
        assertThat(tl("predict", at("mixed"), at("data/red/1.png")).out()).contains("red (");
    }

    @Test
    void mixesPicturesBeforeFrozenLayersToo() {
        TlResult result = mixed("head-only", "mixed-frozen");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.err()).contains("view 4 of 4").contains("bit-identical");
    }

    @Test
    void saysWhereLabelsInPartCannotBeLearned() {
        TlResult result = mixed("ridge", "mixed-ridge");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("no closed form", "mixup and cutmix");
        assertThat(folder.resolve("mixed-ridge")).doesNotExist();
    }

    @Test
    void saysWhatATaskDoesNotHave() throws IOException {
        Files.writeString(folder.resolve("texts.csv"), "text,label\n" + "good,a\nbad,b\n".repeat(10));
        String[] command = {
            "finetune", "text-classification", "--data", at("texts.csv"), "--out", at("texts"), "--augment", "mixup=0.2"
        };
        TlResult result = tl(command);
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("text-classification", "--augment");
    }

    @Test
    void aBackboneOfOtherChannelsIsRefused() {
        TlResult result = tl(
                "finetune",
                "image-classification",
                "--backbone",
                "resnet20",
                "--from-scratch",
                "--preprocessing",
                "size=[1,16,16]",
                "--data",
                at("data"),
                "--out",
                at("grey"));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("[N, 3, H, W]", ", 1, 16, 16]");
    }
}
