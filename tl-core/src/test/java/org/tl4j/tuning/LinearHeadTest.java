// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.InvalidDataException;

/** Linear heads against scikit-learn's {@code Ridge}, {@code RidgeCV} and {@code LogisticRegression}. */
class LinearHeadTest {
    private static final double TOLERANCE = 1e-4;

    /** {@code parity/make_training_fixtures.py} wrote these; the fourth feature is constant. */
    private record Fixture(
            float[][] x,
            int[] labels,
            double[][] several,
            double[] counts,
            List<Fit> ridge,
            List<Fit> logistic,
            List<Fit> each,
            List<Fit> ridgeChosen) {
        double[] counts(boolean weighted) {
            return weighted ? counts : ones(x.length);
        }

        /** 1 for the label of an example, -1 for the others. */
        double[][] signs() {
            double[][] signs = new double[labels.length][3];
            for (int i = 0; i < labels.length; i++) {
                Arrays.fill(signs[i], -1);
                signs[i][labels[i]] = 1;
            }
            return signs;
        }
    }

    private record Fit(double penalty, boolean weighted, double[][] weight, double[] bias) {
        @Override
        public String toString() {
            return "penalty " + penalty + (weighted ? ", weighted" : "");
        }
    }

    private static final Fixture SKLEARN = read();

    private static Fixture read() {
        try (InputStream in = LinearHeadTest.class.getResourceAsStream("/training/linear.json")) {
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static void assertClose(LinearHead actual, Fit expected) {
        assertThat(actual.converged()).isTrue();
        for (int k = 0; k < expected.weight().length; k++) {
            assertThat(actual.weight()[k]).as("weight " + k).containsExactly(expected.weight()[k], within(TOLERANCE));
        }
        assertThat(actual.bias()).as("bias").containsExactly(expected.bias(), within(TOLERANCE));
    }

    // ------------------------------------------------------------------------------------------- scikit-learn

    static Stream<Fit> ridge() {
        return SKLEARN.ridge().stream();
    }

    @ParameterizedTest
    @MethodSource
    void ridge(Fit expected) {
        LinearHead actual =
                LinearHead.ridge(SKLEARN.x(), SKLEARN.signs(), SKLEARN.counts(expected.weighted()), expected.penalty());
        assertClose(actual, expected);
        assertThat(actual.penalty()).isEqualTo(expected.penalty());
    }

    static Stream<Fit> ridgeChosen() {
        return SKLEARN.ridgeChosen().stream();
    }

    /** Without a penalty of its own it takes that of the grid with the least leave-one-out error, as RidgeCV does. */
    @ParameterizedTest
    @MethodSource
    void ridgeChosen(Fit expected) {
        LinearHead actual = LinearHead.ridge(SKLEARN.x(), SKLEARN.signs(), SKLEARN.counts(expected.weighted()), 0);
        assertThat(actual.penalty()).isCloseTo(expected.penalty(), within(1e-6 * expected.penalty()));
        assertClose(actual, expected);
    }

    /** With fewer examples than features, some of which never vary, it is still the least of the penalised error. */
    @ParameterizedTest
    @ValueSource(ints = {5, 20, 60, 200})
    void ridgeOfFewExamplesLeavesNoGradient(int width) {
        Random random = new Random(width);
        float[][] x = new float[30][width];
        double[][] y = new double[30][1];
        double[] counts = new double[30];
        for (int i = 0; i < x.length; i++) {
            counts[i] = 0.5 + random.nextDouble();
            y[i][0] = random.nextGaussian();
            for (int d = 0; d < width; d++) {
                x[i][d] = d % 4 == 3 ? 0 : d % 4 == 2 ? x[i][d - 1] : (float) random.nextGaussian();
            }
        }

        LinearHead head = LinearHead.ridge(x, y, counts, 2);

        double[] gradient = new double[width + 1];
        for (int i = 0; i < x.length; i++) {
            double error = head.bias()[0] - y[i][0];
            for (int d = 0; d < width; d++) {
                error += head.weight()[0][d] * x[i][d];
            }
            for (int d = 0; d < width; d++) {
                gradient[d] += counts[i] * error * x[i][d];
            }
            gradient[width] += counts[i] * error;
        }
        for (int d = 0; d < width; d++) {
            gradient[d] += 2 * head.weight()[0][d];
        }
        assertThat(gradient).containsOnly(new double[width + 1], within(1e-9));
    }

    static Stream<Fit> logistic() {
        return SKLEARN.logistic().stream();
    }

    @ParameterizedTest
    @MethodSource
    void logistic(Fit expected) {
        LinearHead actual = LinearHead.logistic(
                SKLEARN.x(), SKLEARN.labels(), 3, SKLEARN.counts(expected.weighted()), expected.penalty(), 1);
        assertClose(actual, expected);
        assertThat(actual.penalty()).isEqualTo(expected.penalty());
    }

    static Stream<Fit> each() {
        return SKLEARN.each().stream();
    }

    @ParameterizedTest
    @MethodSource
    void each(Fit expected) {
        assertClose(LinearHead.logisticEach(SKLEARN.x(), SKLEARN.several(), ones(3), expected.penalty(), 1), expected);
    }

    // ------------------------------------------------------------------------------------------- the penalty

    /** Features that say everything need little of a penalty, features that say nothing all of it. */
    @Test
    void logisticChoosesThePenaltyByWhatIsHeldOut() {
        Random random = new Random(1);
        int n = 90;
        float[][] telling = new float[n][4];
        float[][] noise = new float[n][4];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 3;
            for (int j = 0; j < 4; j++) {
                telling[i][j] = (float) (0.3 * random.nextGaussian() + (j == labels[i] ? 2 : 0));
                noise[i][j] = (float) random.nextGaussian();
            }
        }
        double little = LinearHead.logistic(telling, labels, 3, ones(n), 0, 1).penalty();
        double much = LinearHead.logistic(noise, labels, 3, ones(n), 0, 1).penalty();
        assertThat(little).isLessThan(0.1);
        assertThat(much).isGreaterThan(10);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        LinearHead one = LinearHead.logistic(SKLEARN.x(), SKLEARN.labels(), 3, SKLEARN.counts(), 0, 5);
        LinearHead two = LinearHead.logistic(SKLEARN.x(), SKLEARN.labels(), 3, SKLEARN.counts(), 0, 5);
        assertThat(two.weight()).isDeepEqualTo(one.weight());
        assertThat(two.bias()).isEqualTo(one.bias());
    }

    // ------------------------------------------------------------------------------------------- edges

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-6, 1})
    void constantFeaturesGetNoWeight(double penalty) {
        float[][] x = new float[20][3];
        int[] labels = new int[20];
        double[][] y = new double[20][2];
        for (int i = 0; i < 20; i++) {
            labels[i] = i % 2;
            x[i] = new float[] {1e6f, labels[i] + 0.1f * (i % 5), -3};
            y[i] = new double[] {1 - 2.0 * labels[i], 2.0 * labels[i] - 1};
        }
        for (LinearHead head : List.of(
                LinearHead.ridge(x, y, ones(20), penalty), LinearHead.logistic(x, labels, 2, ones(20), penalty, 1))) {
            for (double[] row : head.weight()) {
                assertThat(row[0]).isCloseTo(0, within(1e-15));
                assertThat(row[2]).isCloseTo(0, within(1e-15));
                assertThat(Math.abs(row[1])).isGreaterThan(1e-3);
            }
            assertThat(right(head, x, labels)).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void oneExampleAClassIsEnough(double penalty) {
        float[][] x = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
        int[] labels = {0, 1, 2};
        double[][] y = {{1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
        assertThat(right(LinearHead.ridge(x, y, ones(3), penalty), x, labels)).isEqualTo(3);
        assertThat(right(LinearHead.logistic(x, labels, 3, ones(3), penalty, 1), x, labels))
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void oneExampleAltogetherIsAnsweredByItsLabel(double penalty) {
        float[][] x = {{1, 2}};
        assertThat(right(LinearHead.ridge(x, new double[][] {{1, -1}}, ones(1), penalty), x, new int[] {0}))
                .isEqualTo(1);
        LinearHead logistic = LinearHead.logistic(x, new int[] {1}, 2, ones(1), penalty, 1);
        assertThat(logistic.weight()).isDeepEqualTo(new double[2][2]);
        assertThat(right(logistic, x, new int[] {1})).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void moreFeaturesThanExamples(double penalty) {
        Random random = new Random(2);
        float[][] x = new float[6][40];
        double[][] y = new double[6][2];
        int[] labels = new int[6];
        for (int i = 0; i < 6; i++) {
            labels[i] = i % 2;
            y[i] = new double[] {1 - 2.0 * labels[i], 2.0 * labels[i] - 1};
            for (int j = 0; j < 40; j++) {
                x[i][j] = (float) random.nextGaussian();
            }
        }
        for (LinearHead head : List.of(
                LinearHead.ridge(x, y, ones(6), penalty), LinearHead.logistic(x, labels, 2, ones(6), penalty, 1))) {
            assertThat(Arrays.stream(head.weight()).flatMapToDouble(Arrays::stream))
                    .allMatch(Double::isFinite);
            if (penalty > 0) {
                assertThat(right(head, x, labels)).isEqualTo(6);
            }
        }
    }

    /** Classes that a line separates have no best logistic fit without a penalty; a small one is given in the end. */
    @Test
    void separableClassesConverge() {
        float[][] x = new float[40][1];
        int[] labels = new int[40];
        for (int i = 0; i < 40; i++) {
            labels[i] = i % 2;
            x[i][0] = labels[i] == 0 ? -1 - i / 40f : 1 + i / 40f;
        }
        LinearHead head = LinearHead.logistic(x, labels, 2, ones(40), 0, 1);
        assertThat(head.converged()).isTrue();
        assertThat(head.penalty()).isPositive();
        assertThat(right(head, x, labels)).isEqualTo(40);
    }

    /** A label that occurs nowhere, such as one of the whole data that the training part lacks. */
    @Test
    void aLabelWithoutExamplesIsNeverAnswered() {
        int[] labels = IntStream.of(SKLEARN.labels()).map(l -> l == 2 ? 0 : l).toArray();
        LinearHead head = LinearHead.logistic(SKLEARN.x(), labels, 3, ones(labels.length), 1, 1);
        assertThat(head.converged()).isTrue();
        for (float[] row : SKLEARN.x()) {
            assertThat(answer(head, row)).isNotEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesFeaturesThatAreNotFinite(float wrong) {
        float[][] x = {{1, 2}, {3, wrong}};
        assertThatThrownBy(() -> LinearHead.ridge(x, new double[2][2], ones(2), 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("example 2")
                .hasMessageContaining(String.valueOf(wrong));
        assertThatThrownBy(() -> LinearHead.logistic(x, new int[] {0, 1}, 2, ones(2), 1, 1))
                .isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> LinearHead.logisticEach(x, new double[2][2], ones(2), 1, 1))
                .isInstanceOf(InvalidDataException.class);
    }

    @Test
    void refusesNothingAtAll() {
        assertThatThrownBy(() -> LinearHead.ridge(new float[0][], new double[0][], new double[0], 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 examples");
        assertThatThrownBy(() -> LinearHead.ridge(new float[1][2], new double[1][2], new double[1], 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("count 0.0");
    }

    private static int right(LinearHead head, float[][] x, int[] labels) {
        return (int) IntStream.range(0, x.length)
                .filter(i -> answer(head, x[i]) == labels[i])
                .count();
    }

    private static int answer(LinearHead head, float[] row) {
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < head.bias().length; k++) {
            double score = head.bias()[k];
            for (int j = 0; j < row.length; j++) {
                score += head.weight()[k][j] * row[j];
            }
            if (score > highest) {
                highest = score;
                best = k;
            }
        }
        return best;
    }
}
