// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidArgumentException;

/** Against scikit-learn; {@code parity/make_segmentation_metric_fixtures.py} made the masks. */
class RegionOverlapTest {
    private static final int IGNORE = 255;

    private record Fixture(
            int labels,
            List<Integer> seen,
            int[][] truth,
            int[][] answer,
            double accuracy,
            double[] iou,
            double meanIou,
            double[] dice,
            double meanDice,
            Deviations deviations) {
        RegionOverlap counted() {
            RegionOverlap overlap = new RegionOverlap(
                    IntStream.range(0, labels).mapToObj(k -> "class " + k).toList());
            for (int i = 0; i < truth.length; i++) {
                for (int p = 0; p < truth[i].length; p++) {
                    if (truth[i][p] != IGNORE) {
                        overlap.add(truth[i][p], answer[i][p]);
                    }
                }
                overlap.endImage();
            }
            return overlap;
        }

        @Override
        public String toString() {
            return truth.length + " images, " + labels + " classes";
        }
    }

    private record Deviations(double accuracy, double meanIou, double meanDice) {}

    static Stream<Fixture> fixtures() throws IOException {
        try (InputStream in = RegionOverlapTest.class.getResourceAsStream("/metric/overlap.json")) {
            return Stream.of(new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture[].class));
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void measuresAsScikitLearnDoes(Fixture f) {
        RegionOverlap overlap = f.counted();

        assertThat(overlap.pixelAccuracy().value()).isCloseTo(f.accuracy(), within(1e-12));
        assertThat(overlap.meanIou().value()).isCloseTo(f.meanIou(), within(1e-12));
        assertThat(overlap.meanDice().value()).isCloseTo(f.meanDice(), within(1e-12));
        for (int i = 0; i < f.seen().size(); i++) {
            int k = f.seen().get(i);
            assertThat(overlap.iou(k).value()).isCloseTo(f.iou()[i], within(1e-12));
            assertThat(overlap.dice(k).value()).isCloseTo(f.dice()[i], within(1e-12));
        }
        assertThat(overlap.images()).isEqualTo(f.truth().length);
    }

    /** A normal interval is as wide as 3.92 deviations; the bootstrap over whole images says how large those are. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void intervalsAreThoseOfWholeImages(Fixture f) {
        RegionOverlap overlap = f.counted();

        assertWidth(overlap.pixelAccuracy(), f.deviations().accuracy());
        assertWidth(overlap.meanIou(), f.deviations().meanIou());
        assertWidth(overlap.meanDice(), f.deviations().meanDice());
    }

    private static void assertWidth(Estimate e, double deviation) {
        assertThat((e.high() - e.low()) / 3.92).isCloseTo(deviation, within(0.15 * deviation));
        assertThat(e.value()).isBetween(e.low(), e.high());
    }

    @Test
    void classesThatNeitherOccurNorAreAnsweredDoNotCount() {
        RegionOverlap overlap = new RegionOverlap(List.of("a", "b", "c"));
        overlap.add(0, 0);
        overlap.add(0, 1);
        overlap.add(1, 1);
        overlap.endImage();

        assertThat(overlap.meanIou().value()).isCloseTo((0.5 + 0.5) / 2, within(1e-12));
        assertThat(overlap.iou(2).value()).isNaN();
        assertThat(overlap.classTable()).contains("NaN");
    }

    @Test
    void aPerfectAnswerOfFewImagesIsNotCertain() {
        RegionOverlap overlap = new RegionOverlap(List.of("a", "b"));
        for (int i = 0; i < 4; i++) {
            overlap.add(0, 0);
            overlap.add(1, 1);
            overlap.endImage();
        }

        assertThat(overlap.meanIou().value()).isEqualTo(1);
        assertThat(overlap.meanIou().low()).isLessThan(0.6);
    }

    @Test
    void refusesClassesThatItDoesNotHave() {
        RegionOverlap overlap = new RegionOverlap(List.of("a", "b"));

        assertThatThrownBy(() -> overlap.add(0, 2))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("answer 2");
    }
}
