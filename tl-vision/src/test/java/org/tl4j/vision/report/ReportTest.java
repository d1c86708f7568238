// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Example;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.model.Classification;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;

class ReportTest {
    @TempDir
    Path folder;

    private static Image plain(int width, int height, int grey) {
        byte[] rgb = new byte[3 * width * height];
        java.util.Arrays.fill(rgb, (byte) grey);
        return Image.of(width, height, rgb);
    }

    private static Classification answer(double ant) {
        Classification.LabelScore a = new Classification.LabelScore("ant", ant);
        Classification.LabelScore b = new Classification.LabelScore("bee", 1 - ant);
        return ant >= 0.5
                ? new Classification(List.of(a, b), List.of("ant"))
                : new Classification(List.of(b, a), List.of("bee"));
    }

    private static Example<ImageSource, List<String>> example(String name, String label, int grey) {
        return new Example<>(ImageSource.of(name, plain(40, 20, grey)), List.of(label), name);
    }

    @Test
    void theSheetShowsTheWorstFirstAndNoMoreThanItHasRoomFor() throws IOException {
        ContactSheet sheet = new ContactSheet(3);
        for (int i = 0; i < 1000; i++) {
            sheet.add(ImageSource.of("i" + i, plain(8, 8, i % 256)), false, (i * 37) % 1000, "loss " + (i * 37) % 1000);
        }
        assertThat(sheet.captions()).containsExactly("loss 999", "loss 998", "loss 997");

        sheet.write(folder.resolve("a/worst.png"));
        Image written = ImageSource.file(folder.resolve("a/worst.png")).read();
        assertThat(written.width()).isGreaterThan(written.height());
        // A red edge around a wrong answer.
        assertThat(written.rgb(11, 11)).isEqualTo(0xb3261e);
    }

    @Test
    void judgedImagesBecomeASheetAndAMatrix() {
        AnswerReport report = new AnswerReport();
        report.add(example("1.png", "ant", 10), answer(0.9));
        report.add(example("2.png", "bee", 20), answer(0.8));
        report.add(example("3.png", "bee", 30), answer(0.1));

        Map<String, String> files = report.write(folder);

        assertThat(files).containsOnlyKeys("worst.png", "confusion.png");
        Image matrix = ImageSource.file(folder.resolve("confusion.png")).read();
        long dark = 0;
        for (int y = 0; y < matrix.height(); y++) {
            for (int x = 0; x < matrix.width(); x++) {
                dark += matrix.rgb(x, y) == 0x124e8c ? 1 : 0;
            }
        }
        // All ants were answered ant: one full cell of 43 x 43, less its number.
        assertThat(dark).isBetween(43 * 43 - 200L, 43 * 43L);
    }

    @Test
    void severalLabelsAnImageMakeASheetAlone() {
        AnswerReport report = new AnswerReport();
        ImageSource image = ImageSource.of("1.png", plain(8, 8, 9));
        Classification both = new Classification(
                List.of(new Classification.LabelScore("ant", 0.9), new Classification.LabelScore("bee", 0.7)),
                List.of("ant", "bee"));
        report.add(new Example<>(image, List.of("bee", "ant"), "1.png"), both);

        assertThat(report.write(folder)).containsOnlyKeys("worst.png");
    }

    @Test
    void aMatrixOfManyClassesIsDrawnWithoutLetters() {
        int n = 300;
        long[][] counts = new long[n][n];
        for (int i = 0; i < n; i++) {
            counts[i][i] = 3;
        }
        List<String> labels = java.util.stream.IntStream.range(0, n)
                .mapToObj(i -> "class " + i)
                .toList();
        ConfusionPicture.write(labels, counts, folder.resolve("many.png"));
        assertThat(ImageSource.file(folder.resolve("many.png")).read().width()).isLessThan(2000);
        assertThatThrownBy(() -> ConfusionPicture.write(labels, new long[2][2], folder.resolve("x.png")))
                .isInstanceOf(ShapeMismatchException.class);
    }

    /** A model that looks at nothing but the upper left corner. */
    @Test
    void occlusionFindsWhatTheAnswerHangsOn() {
        Image image = plain(100, 60, 0);
        byte[] rgb = new byte[3 * 100 * 60];
        image.bytes().get(rgb);
        for (int y = 0; y < 12; y++) {
            java.util.Arrays.fill(rgb, 3 * (y * 100), 3 * (y * 100 + 20), (byte) 255);
        }
        ImageSource source = ImageSource.of("corner", Image.of(100, 60, rgb));

        OcclusionMap map = OcclusionMap.of(
                source,
                images -> images.stream()
                        .map(i -> answer((i.read().rgb(5, 5) & 0xff) > 200 ? 0.9 : 0.3))
                        .toList(),
                10);

        assertThat(map.label()).isEqualTo("ant");
        assertThat(map.rows()).isEqualTo(6);
        assertThat(map.columns()).isEqualTo(10);
        assertThat(map.drop(0, 0)).isCloseTo(Math.log(9) - Math.log(3.0 / 7), within(1e-9));
        assertThat(map.drop(5, 9)).isZero();
        map.write(folder.resolve("heat.png"));
        Image heat = ImageSource.file(folder.resolve("heat.png")).read();
        int corner = heat.rgb(2, 2);
        int far = heat.rgb(90, 50);
        assertThat((corner >> 16) - (corner & 0xff)).isGreaterThan(100);
        assertThat((far >> 16) - (far & 0xff)).isZero();
    }
}
