// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.metric.Estimate;

/** The figures that scikit-learn gives; see {@code parity/make_anomaly_fixtures.py}. */
class ScoredTruthTest {
    private static final Offset<Double> SAME = within(1e-9);

    record Expected(
            int[] truth,
            double[] scores,
            double auroc,
            double aurocDeviation,
            double aurocLow,
            double aurocHigh,
            double averagePrecision,
            double threshold,
            double f1,
            double precision,
            double recall,
            int k,
            double precisionAtK,
            double bestF1) {
        ScoredTruth scored() {
            boolean[] anomalous = new boolean[truth.length];
            for (int i = 0; i < truth.length; i++) {
                anomalous[i] = truth[i] == 1;
            }
            return ScoredTruth.of(scores, anomalous);
        }
    }

    static Stream<Expected> expected() throws IOException {
        try (InputStream in = ScoredTruthTest.class.getResourceAsStream("/metric/expected.json")) {
            return Stream.of(new Gson()
                    .fromJson(
                            new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8),
                            Expected[].class));
        }
    }

    @ParameterizedTest
    @MethodSource("expected")
    void ranksAsScikitLearn(Expected e) {
        ScoredTruth scored = e.scored();
        assertThat(scored.auroc().value()).isCloseTo(e.auroc(), SAME);
        assertThat(scored.averagePrecision().value()).isCloseTo(e.averagePrecision(), SAME);
        if (e.k() > 0) {
            assertThat(scored.precisionAt(e.k()).value()).isCloseTo(e.precisionAtK(), SAME);
        }
    }

    @ParameterizedTest
    @MethodSource("expected")
    void hasTheVarianceOfDeLong(Expected e) {
        ScoredTruth scored = e.scored();
        assertThat(scored.aurocDeviation()).isCloseTo(e.aurocDeviation(), SAME);
        assertThat(scored.auroc().low()).isCloseTo(e.aurocLow(), SAME);
        assertThat(scored.auroc().high()).isCloseTo(e.aurocHigh(), SAME);
    }

    @ParameterizedTest
    @MethodSource("expected")
    void countsAtAThresholdAsScikitLearn(Expected e) {
        ScoredTruth.Flagged flagged = e.scored().above(e.threshold());
        assertThat(flagged.f1().value()).isCloseTo(e.f1(), SAME);
        assertThat(flagged.precision().value()).isCloseTo(e.precision(), SAME);
        assertThat(flagged.recall().value()).isCloseTo(e.recall(), SAME);
    }

    @ParameterizedTest
    @MethodSource("expected")
    void findsTheThresholdOfTheBestF1(Expected e) {
        ScoredTruth scored = e.scored();
        assertThat(scored.above(scored.bestThreshold()).f1().value()).isCloseTo(e.bestF1(), SAME);
    }

    @Test
    void doesNotDependOnTheOrderOfTiedRows() {
        ScoredTruth one = ScoredTruth.of(new double[] {2, 1, 1, 1}, new boolean[] {true, true, false, false});
        ScoredTruth other = ScoredTruth.of(new double[] {1, 1, 1, 2}, new boolean[] {false, false, true, true});
        assertThat(one.precisionAt(2).value())
                .isEqualTo(other.precisionAt(2).value())
                .isCloseTo(2.0 / 3, SAME);
        assertThat(one.averagePrecision()).isEqualTo(other.averagePrecision());
    }

    @Test
    void isSureOfAPerfectRankingOnlyAsFarAsThereAreRows() {
        Estimate few = ScoredTruth.of(new double[] {1, 2, 3, 4}, new boolean[] {false, false, true, true})
                .auroc();
        assertThat(few.value()).isEqualTo(1);
        assertThat(few.low()).isLessThan(0.5);
    }

    @Test
    void hasHalfTheAreaWhereAllScoresAreEqual() {
        assertThat(ScoredTruth.of(new double[4], new boolean[] {false, false, true, true})
                        .auroc()
                        .value())
                .isEqualTo(0.5);
    }

    @Test
    void refusesARankingOfOneKind() {
        assertThatThrownBy(() ->
                        ScoredTruth.of(new double[] {1, 2}, new boolean[2]).auroc())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 anomalies among 2 rows");
    }

    @Test
    void refusesRowsWithoutAScore() {
        assertThatThrownBy(() -> new ScoredTruth().add(Double.NaN, true))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("row 1");
    }

    @Test
    void refusesMoreRowsThanThereAre() {
        assertThatThrownBy(() -> ScoredTruth.of(new double[2], new boolean[2]).precisionAt(3))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("at most 2");
    }
}
