// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stripes with a spot in some of them: a bank of places finds the images, and shows where the spot is. */
class PatchesTest {
    private static final int SIDE = 96;

    @TempDir
    private Path folder;

    /** Stripes at any phase; where x is not negative, a dark spot with its corner there. */
    private static void picture(Path file, Random random, int x, int y) throws IOException {
        BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        int phase = random.nextInt(12);
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                boolean spot = x >= 0 && row >= y && row < y + 14 && column >= x && column < x + 14;
                int grey = spot ? 20 : (row + phase) % 12 < 6 ? 210 : 140;
                grey += random.nextInt(16);
                picture.setRGB(column, row, grey << 16 | grey << 8 | grey);
            }
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
    }

    @Test
    void showsWhereAnImageIsStrange() throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < 30; i++) {
            picture(folder.resolve("train/good/" + i + ".png"), random, -1, -1);
        }
        for (int i = 0; i < 12; i++) {
            picture(folder.resolve("test/good/" + i + ".png"), random, -1, -1);
            picture(
                    folder.resolve("test/spot/" + i + ".png"),
                    random,
                    10 + random.nextInt(66),
                    10 + random.nextInt(66));
        }
        Path shown = folder.resolve("shown.png");
        picture(shown, random, 64, 16);
        Path model = folder.resolve("stripes");
        TlResult fit = tl(
                "finetune",
                "image-anomaly-detection",
                "--backbone",
                "squeezenet1_1",
                "--from-scratch",
                "--preprocessing",
                "size=[3,96,96]",
                "--preprocessing",
                "resize=exact",
                "--family",
                "patch-memory-bank",
                "--detector-option",
                "fraction=0.05",
                "--detector-option",
                "strides=[4,8]",
                "--setting",
                "semi-supervised",
                "--normal-label",
                "good",
                "--threshold",
                "quantile:1",
                "--data",
                folder.resolve("train").toString(),
                "--test",
                folder.resolve("test").toString(),
                "--out",
                model.toString(),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        JsonObject line = JsonParser.parseString(
                        fit.out().lines().reduce((a, b) -> b).orElseThrow())
                .getAsJsonObject();
        double auroc = line.getAsJsonObject("metrics")
                .getAsJsonObject("test")
                .getAsJsonObject("auroc")
                .get("value")
                .getAsDouble();
        assertThat(auroc).isGreaterThan(0.95);

        Path why = folder.resolve("why");
        TlResult explained = tl("explain", model.toString(), shown.toString(), "--out", why.toString());
        assertThat(explained.code()).as(explained.err()).isZero();
        assertThat(explained.out()).startsWith("anomalous").contains("1.png");
        double[] centre = redness(ImageIO.read(why.resolve("1.png").toFile()));
        // The middle of the spot, a stride of the finest map around it, and half the neighbourhood.
        assertThat(centre[0]).isBetween(71 - 12.0, 71 + 12.0);
        assertThat(centre[1]).isBetween(23 - 12.0, 23 + 12.0);
    }

    /** The middle of what is red, in pixels of the image that was given. */
    private static double[] redness(BufferedImage picture) {
        double sum = 0;
        double[] centre = new double[2];
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int rgb = picture.getRGB(x, y);
                int red = (rgb >> 16 & 0xff) - (rgb & 0xff);
                sum += red;
                centre[0] += red * (double) x * SIDE / picture.getWidth();
                centre[1] += red * (double) y * SIDE / picture.getHeight();
            }
        }
        return new double[] {centre[0] / sum, centre[1] / sum};
    }

    @Test
    void saysWhatItTakesToExplain() throws IOException {
        Random random = new Random(4);
        for (String part : List.of("good", "spot")) {
            for (int i = 0; i < 12; i++) {
                picture(folder.resolve("few/" + part + "/" + i + ".png"), random, part.equals("spot") ? 30 : -1, 30);
            }
        }
        Path model = folder.resolve("whole");
        TlResult fit = tl(
                "finetune",
                "image-anomaly-detection",
                "--backbone",
                "resnet20",
                "--from-scratch",
                "--family",
                "mahalanobis",
                "--anomaly-label",
                "spot",
                "--data",
                folder.resolve("few").toString(),
                "--out",
                model.toString());
        assertThat(fit.code()).as(fit.err()).isZero();
        String one = folder.resolve("few/good/0.png").toString();
        TlResult explained = tl(
                "explain", model.toString(), one, "--out", folder.resolve("why").toString());
        assertThat(explained.code()).isNotZero();
        assertThat(explained.err()).contains("--family patch-memory-bank");
        TlResult tables = tl("finetune", "anomaly-detection", "--family", "patch-memory-bank", "--data", one);
        assertThat(tables.code()).isNotZero();
    }
}
