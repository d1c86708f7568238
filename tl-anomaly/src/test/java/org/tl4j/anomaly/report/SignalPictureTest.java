// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.anomaly.dataset.Signal;
import org.tl4j.anomaly.metric.Episode;
import org.tl4j.error.ShapeMismatchException;

class SignalPictureTest {
    @TempDir
    private Path folder;

    @Test
    void drawsValuesAlarmsAndEpisodes() throws IOException {
        int n = 5000;
        double[] values = new double[n];
        double[] scores = new double[n];
        boolean[] alarms = new boolean[n];
        for (int i = 0; i < n; i++) {
            values[i] = Math.sin(i / 50.0);
        }
        values[2500] = 9;
        scores[2500] = 4;
        alarms[2500] = true;
        Path file = folder.resolve("s.png");
        SignalPicture.write(
                new Signal("s", List.of(), values), scores, 3, alarms, List.of(new Episode(2400, 2600)), file);
        BufferedImage picture = ImageIO.read(file.toFile());
        // The spike is one of five rows on its pixel, and is drawn up to the top of its panel.
        assertThat(count(picture, 0x1f5a96)).isGreaterThan(1000);
        assertThat(count(picture, 0xd22b2b)).isGreaterThan(300);
        assertThat(count(picture, 0xffe7a8)).isGreaterThan(3000);
    }

    private static long count(BufferedImage picture, int rgb) {
        return IntStream.range(0, picture.getWidth() * picture.getHeight())
                .filter(i -> (picture.getRGB(i % picture.getWidth(), i / picture.getWidth()) & 0xffffff) == rgb)
                .count();
    }

    @Test
    void refusesScoresOfAnotherSeries() {
        assertThatThrownBy(() -> SignalPicture.write(
                        new Signal("s", List.of(), 1, 2),
                        new double[1],
                        3,
                        new boolean[2],
                        List.of(),
                        folder.resolve("s.png")))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("1 scores");
    }
}
