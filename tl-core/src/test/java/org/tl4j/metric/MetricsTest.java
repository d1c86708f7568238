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
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidArgumentException;

/** The figures that scikit-learn and statsmodels give; see {@code parity/make_metric_fixtures.py}. */
class MetricsTest {
    private static final Offset<Double> SAME = within(1e-9);

    record Single(
            int labels,
            List<Integer> truth,
            List<List<Double>> probabilities,
            List<Integer> answer,
            double accuracy,
            double accuracyLow,
            double accuracyHigh,
            double macroF1,
            double macroF1Deviation,
            double matthews,
            double logLoss,
            List<Double> precision,
            List<Double> recall,
            List<Double> f1,
            List<Long> support) {}

    record Several(
            int labels,
            List<List<Integer>> truth,
            List<List<Integer>> answer,
            double accuracy,
            double microF1,
            double macroF1,
            double microF1Deviation,
            double macroF1Deviation) {}

    record Expected(List<Single> single, List<Several> several) {}

    private static Expected expected() throws IOException {
        try (InputStream in = MetricsTest.class.getResourceAsStream("/metric/expected.json")) {
            return new Gson()
                    .fromJson(
                            new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8), Expected.class);
        }
    }

    static Stream<Single> single() throws IOException {
        return expected().single().stream();
    }

    static Stream<Several> several() throws IOException {
        return expected().several().stream();
    }

    private static List<String> names(int n) {
        return IntStream.range(0, n).mapToObj(k -> "class " + k).toList();
    }

    /** Half an interval over the deviation that the bootstrap finds: about the normal quantile. */
    private static void isAboutAsWide(Estimate e, double deviation) {
        assertThat((e.high() - e.low()) / 2 / deviation).isBetween(1.6, 2.4);
    }

    @ParameterizedTest
    @MethodSource
    void single(Single s) {
        ConfusionMatrix m = new ConfusionMatrix(names(s.labels()));
        Calibration calibration = new Calibration();
        for (int i = 0; i < s.truth().size(); i++) {
            List<Double> p = s.probabilities().get(i);
            double sum = p.stream().mapToDouble(Double::doubleValue).sum();
            m.add(s.truth().get(i), s.answer().get(i));
            calibration.add(
                    p.get(s.answer().get(i)) / sum,
                    s.truth().get(i).equals(s.answer().get(i)),
                    p.get(s.truth().get(i)) / sum);
        }

        assertThat(m.accuracy().value()).isCloseTo(s.accuracy(), SAME);
        assertThat(m.accuracy().low()).isCloseTo(s.accuracyLow(), SAME);
        assertThat(m.accuracy().high()).isCloseTo(s.accuracyHigh(), SAME);
        assertThat(m.macroF1().value()).isCloseTo(s.macroF1(), SAME);
        isAboutAsWide(m.macroF1(), s.macroF1Deviation());
        assertThat(m.matthews()).isCloseTo(s.matthews(), SAME);
        assertThat(calibration.logLoss().value()).isCloseTo(s.logLoss(), within(1e-6));
        for (int k = 0; k < s.labels(); k++) {
            assertThat(m.precision(k)).isCloseTo(s.precision().get(k), SAME);
            assertThat(m.recall(k)).isCloseTo(s.recall().get(k), SAME);
            assertThat(m.f1(k)).isCloseTo(s.f1().get(k), SAME);
            assertThat(m.support(k)).isEqualTo(s.support().get(k));
        }
    }

    @ParameterizedTest
    @MethodSource
    void several(Several s) {
        LabelSets sets = new LabelSets(names(s.labels()));
        for (int i = 0; i < s.truth().size(); i++) {
            sets.add(s.truth().get(i), s.answer().get(i));
        }

        assertThat(sets.accuracy().value()).isCloseTo(s.accuracy(), SAME);
        assertThat(sets.microF1().value()).isCloseTo(s.microF1(), SAME);
        assertThat(sets.macroF1().value()).isCloseTo(s.macroF1(), SAME);
        isAboutAsWide(sets.microF1(), s.microF1Deviation());
        isAboutAsWide(sets.macroF1(), s.macroF1Deviation());
    }

    @Test
    void aPerfectScoreIsNotCertain() {
        ConfusionMatrix m = new ConfusionMatrix(names(2));
        for (int i = 0; i < 20; i++) {
            m.add(i % 2, i % 2);
        }
        // Wilson's interval for 20 of 20.
        assertThat(m.accuracy().low()).isCloseTo(0.8389, within(1e-4));
        assertThat(m.macroF1().low()).isCloseTo(0.8389, within(1e-4));
        assertThat(m.macroF1().high()).isEqualTo(1);
        assertThat(m.matthews()).isCloseTo(1, SAME);
    }

    @Test
    void nothingCountedIsNoNumber() {
        ConfusionMatrix m = new ConfusionMatrix(names(2));
        assertThat(m.accuracy().value()).isNaN();
        assertThat(m.macroF1().value()).isNaN();
        assertThat(new Calibration().expectedError()).isNaN();
        assertThat(new LabelSets(names(2)).microF1().value()).isNaN();
    }

    @Test
    void calibrationComparesConfidenceWithAccuracy() {
        Calibration calibration = new Calibration();
        // Four answers in the bin (0.8667, 0.9333], three of them right; one at 1, which belongs to the last bin.
        for (int i = 0; i < 4; i++) {
            calibration.add(0.9, i > 0, i > 0 ? 0.9 : 0.1);
        }
        calibration.add(1, true, 1);
        assertThat(calibration.expectedError()).isCloseTo(Math.abs(3 - 3.6) / 5, SAME);
    }

    @Test
    void tablesAreForPeople() {
        ConfusionMatrix m = new ConfusionMatrix(List.of("ham", "spam"));
        m.add(0, 0);
        m.add(0, 1);
        m.add(1, 1);
        assertThat(m.table()).isEqualTo("""
                true \\ answered  ham  spam
                ham                1     1
                spam               .     1""");
        assertThat(m.classTable().lines()).hasSize(3).anyMatch(l -> l.matches("ham +1.0000 +0.5000 +0.6667 +2"));
    }

    @Test
    void refusesStrangers() {
        assertThatThrownBy(() -> new ConfusionMatrix(names(2)).add(2, 0))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> new Estimate(0.5, 0.6, 0.7)).isInstanceOf(InvalidArgumentException.class);
    }
}
