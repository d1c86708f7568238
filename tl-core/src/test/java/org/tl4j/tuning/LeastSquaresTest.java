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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidDataException;

/** Least squares from sums are scikit-learn's Ridge; {@code parity/make_series_head_fixtures.py} made the figures. */
class LeastSquaresTest {
    /** Both solve in double precision; Cholesky on squared columns keeps about half of its 16 digits. */
    private static final double TOLERANCE = 1e-7;

    private record Fit(double penalty, double[] weight, double[] bias) {}

    private record Case(
            String name,
            int rows,
            int width,
            float[] x,
            float[] y,
            float[] weights,
            int[] fold,
            List<Fit> fits,
            double chosen) {
        /** In batches of no more than {@code size} rows of one stretch. */
        LeastSquares sums(int size) {
            LeastSquares sums = new LeastSquares(width, 2);
            for (int from = 0; from < rows; ) {
                int to = from + 1;
                while (to < rows && to - from < size && fold[to] == fold[from]) {
                    to++;
                }
                sums.add(
                        fold[from],
                        Arrays.copyOfRange(x, from * width, to * width),
                        Arrays.copyOfRange(y, from * 2, to * 2),
                        Arrays.copyOfRange(weights, from, to));
                from = to;
            }
            return sums;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private record Fixture(List<Case> cases) {}

    static Stream<Case> cases() {
        try (InputStream in = LeastSquaresTest.class.getResourceAsStream("/training/ridge-sums.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class).cases().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isRidge(Case c) {
        for (Fit expected : c.fits()) {
            LinearHead solved = c.sums(7).solve(expected.penalty());
            for (int k = 0; k < 2; k++) {
                assertThat(solved.weight()[k])
                        .as("penalty %s, weights of output %d", expected.penalty(), k)
                        .containsExactly(
                                Arrays.copyOfRange(expected.weight(), k * c.width(), (k + 1) * c.width()),
                                within(TOLERANCE));
            }
            assertThat(solved.bias()).containsExactly(expected.bias(), within(TOLERANCE));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void choosesThePenaltyThatForecastsStretchesLeftOut(Case c) {
        assertThat(c.sums(100).solve(0).penalty()).isCloseTo(c.chosen(), within(1e-9 * c.chosen()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void doesNotDependOnBatches(Case c) {
        LinearHead one = c.sums(1).solve(0.5);
        LinearHead many = c.sums(100).solve(0.5);
        assertThat(one.weight()).isDeepEqualTo(many.weight());
        assertThat(one.bias()).isEqualTo(many.bias());
    }

    @Test
    void saysWhatIsWrongWithRows() {
        LeastSquares nothing = new LeastSquares(2, 1);
        nothing.add(0, new float[] {1, 2}, new float[] {3}, new float[] {0});
        assertThatThrownBy(() -> nothing.solve(0))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("nothing to regress on", "whether all targets are missing");
        LeastSquares endless = new LeastSquares(1, 1);
        endless.add(0, new float[] {Float.POSITIVE_INFINITY}, new float[] {1}, new float[] {1});
        assertThatThrownBy(() -> endless.solve(1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no finite answer");
    }
}
