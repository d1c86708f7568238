// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segmentation as a user types it. */
class SegmentationCommandTest {
    @TempDir
    private static Path folder;

    /** Bright bars on dark ground, at another place in each image. */
    private static void example(Path images, Path masks, int i) throws IOException {
        BufferedImage image = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
        BufferedImage mask = new BufferedImage(24, 20, BufferedImage.TYPE_BYTE_GRAY);
        for (int x = 0; x < 24; x++) {
            for (int y = 0; y < 20; y++) {
                boolean bar = x >= i && x < i + 7;
                image.setRGB(x, y, bar ? 0xe0d0c0 - 0x010203 * (y % 5) : 0x202830 + 0x010203 * (x % 7));
                mask.getRaster().setSample(x, y, 0, bar ? 255 : 0);
            }
        }
        ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
        ImageIO.write(mask, "png", masks.resolve(i + ".png").toFile());
    }

    @BeforeAll
    static void train() throws IOException {
        Path images = Files.createDirectories(folder.resolve("bars/images"));
        Path masks = Files.createDirectories(folder.resolve("bars/masks"));
        for (int i = 0; i < 12; i++) {
            example(images, masks, i);
        }
        TlResult result = tl(
                "finetune",
                "segmentation",
                "--backbone",
                "unet{width: 4, depth: 2}",
                "--from-scratch",
                "--data",
                folder.resolve("bars").toString(),
                "--set",
                "classes=ground,bar",
                "--set",
                "dice-weight=0.5",
                "--strategy",
                "full",
                "--epochs",
                "8",
                "--batch",
                "3",
                "--learning-rate",
                "1e-2",
                "--head-dropout",
                "0",
                "--augment",
                "crop=16,flip=both",
                "--out",
                folder.resolve("model").toString(),
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("meanIoU")
                .contains("Otsu's threshold")
                .contains("most frequent class");
        List<String> lines = result.out().lines().toList();
        assertThat(JsonParser.parseString(lines.get(lines.size() - 1))
                        .getAsJsonObject()
                        .getAsJsonObject("metrics")
                        .getAsJsonObject("test")
                        .getAsJsonObject("meanIoU")
                        .get("value")
                        .getAsDouble())
                .isGreaterThan(0.7);
    }

    @Test
    void writesAnswersAsPicturesAndPolygons() throws IOException {
        Path answers = folder.resolve("answers");
        TlResult result = tl(
                "predict",
                folder.resolve("model").toString(),
                folder.resolve("bars/images/3.png").toString(),
                folder.resolve("bars/images/4.png").toString(),
                "--save",
                answers.toString());

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("24x20").contains("bar").contains("ground");
        try (Stream<Path> files = Files.list(answers)) {
            assertThat(files.map(f -> String.valueOf(f.getFileName())))
                    .containsExactlyInAnyOrder(
                            "3-classes.png",
                            "3-overlay.png",
                            "3.geojson",
                            "3-coco.json",
                            "4-classes.png",
                            "4-overlay.png",
                            "4.geojson",
                            "4-coco.json");
        }
        BufferedImage classes = Objects.requireNonNull(
                ImageIO.read(answers.resolve("3-classes.png").toFile()));
        assertThat(classes.getWidth()).isEqualTo(24);
        assertThat(classes.getHeight()).isEqualTo(20);
        assertThat(JsonParser.parseString(Files.readString(answers.resolve("3.geojson")))
                        .getAsJsonObject()
                        .getAsJsonArray("features"))
                .isNotEmpty();
    }

    @Test
    void judgesASavedModel() {
        TlResult result = tl(
                "evaluate",
                folder.resolve("model").toString(),
                "--data",
                folder.resolve("bars").toString(),
                "--set",
                "classes=ground,bar");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("on 12 images");
    }

    @Test
    void namesTheMaskThatDoesNotFit() throws IOException {
        Path images = Files.createDirectories(folder.resolve("wrong/images"));
        Path masks = Files.createDirectories(folder.resolve("wrong/masks"));
        example(images, masks, 1);
        ImageIO.write(
                new BufferedImage(5, 6, BufferedImage.TYPE_BYTE_GRAY),
                "png",
                masks.resolve("1.png").toFile());
        TlResult result = tl(
                "finetune",
                "segmentation",
                "--backbone",
                "unet",
                "--from-scratch",
                "--data",
                folder.resolve("wrong").toString());

        assertThat(result.code()).isNotZero();
        assertThat(result.err())
                .contains("1.png")
                .contains("another size than its image")
                .contains("5x6")
                .doesNotContain("\tat ");
    }

    @Test
    void namesAnImageThatIsNotThere() {
        TlResult result = tl("predict", folder.resolve("model").toString(), "nothing.png");

        assertThat(result.code()).isNotZero();
        assertThat(result.err()).contains("nothing.png");
    }

    @Test
    void ranksNoLabels() {
        TlResult result = tl(
                "predict",
                folder.resolve("model").toString(),
                folder.resolve("bars/images/3.png").toString(),
                "--top",
                "2");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("--top 2", "rank no labels");
    }

    @Test
    void masksAreNotMixed() {
        TlResult result = tl(
                "finetune",
                "segmentation",
                "--backbone",
                "unet{width: 4, depth: 2}",
                "--from-scratch",
                "--data",
                folder.resolve("bars").toString(),
                "--set",
                "classes=ground,bar",
                "--augment",
                "flip=both,mixup=0.2",
                "--out",
                folder.resolve("mixed").toString());

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("mixup", "images with masks", "elastic");
    }
}
