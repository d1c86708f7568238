// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;

class BaselinesTest {
    static Stream<LocalForecaster> all() {
        return Baselines.all().stream();
    }

    private static double[] noisy(int n) {
        Random random = new Random(3);
        return IntStream.range(0, n)
                .mapToDouble(t -> 10 + 5 * Math.sin(2 * Math.PI * t / 12) + random.nextGaussian())
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("all")
    void answersAnyPast(LocalForecaster f) {
        Consumer<double[]> finite = values -> assertThat(Arrays.stream(values)).allMatch(Double::isFinite);
        double[] zeros = new double[40];
        double[] negative = Arrays.stream(noisy(60)).map(v -> -v).toArray();
        double[] mixed = Arrays.stream(noisy(60)).map(v -> v - 10).toArray();
        double[] someZeros = noisy(60);
        someZeros[7] = 0;
        double[] gaps = noisy(60);
        Arrays.fill(gaps, 20, 33, Double.NaN);
        gaps[0] = Double.NaN;
        gaps[59] = Double.NaN;
        double[] line = IntStream.range(0, 50).mapToDouble(t -> 3 + 2.0 * t).toArray();
        double[] large = Arrays.stream(noisy(60)).map(v -> v * 1e12).toArray();
        double[] small = Arrays.stream(noisy(60)).map(v -> v * 1e-12).toArray();
        double[] jump = noisy(60);
        jump[30] = 1e9;
        for (double[] past : new double[][] {zeros, negative, mixed, someZeros, gaps, line, large, small, jump}) {
            assertThat(f.forecast(past, 12, 30)).as(f.name()).hasSize(30).satisfies(finite);
        }
        for (int n = 1; n < 30; n++) {
            assertThat(f.forecast(noisy(n), 12, 5)).as(f.name() + " of " + n).satisfies(finite);
            assertThat(f.forecast(noisy(n), 1, 5)).as(f.name() + " of " + n).satisfies(finite);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void aConstantStaysWhatItIs(LocalForecaster f) {
        double[] past = new double[30];
        Arrays.fill(past, 7);
        assertThat(f.forecast(past, 4, 6)).as(f.name()).containsOnly(7);
    }

    @ParameterizedTest
    @MethodSource("all")
    void doesNotDependOnTheUnit(LocalForecaster f) {
        double[] past = noisy(72);
        double[] one = f.forecast(past, 12, 12);
        double[] other = f.forecast(Arrays.stream(past).map(v -> v * 1024).toArray(), 12, 12);
        for (int h = 0; h < one.length; h++) {
            assertThat(other[h]).as(f.name()).isCloseTo(1024 * one[h], within(1e-6 * Math.abs(other[h])));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void leavesThePastAsItIs(LocalForecaster f) {
        double[] past = noisy(40);
        past[5] = Double.NaN;
        double[] before = past.clone();
        f.forecast(past, 12, 3);
        assertThat(past).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("all")
    void refusesAPastWithoutValues(LocalForecaster f) {
        assertThatThrownBy(() -> f.forecast(new double[] {Double.NaN, Double.NaN}, 1, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("2 steps without a value");
        assertThatThrownBy(() -> f.forecast(new double[] {1, Double.POSITIVE_INFINITY}, 1, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("step 2 of 2");
    }

    @Test
    void naiveOnesAreWhatTheySay() {
        double[] past = {1, 2, 3, 4, 5, 7};
        assertThat(new Naive().forecast(past, 3, 2)).containsExactly(7, 7);
        assertThat(new SeasonalNaive().forecast(past, 3, 5)).containsExactly(4, 5, 7, 4, 5);
        assertThat(new SeasonalNaive().forecast(past, 9, 2)).containsExactly(7, 7);
        assertThat(new Drift().forecast(past, 3, 2)[1]).isCloseTo(9.4, within(1e-12));
        past[4] = Double.NaN;
        assertThat(new SeasonalNaive().forecast(past, 3, 3)).containsExactly(4, 2, 7);
    }

    @Test
    void seasonsThatMultiplyAreFound() {
        double[] past = IntStream.range(0, 96)
                .mapToDouble(t -> (100 + 2 * t) * (1 + 0.4 * Math.sin(2 * Math.PI * t / 12)))
                .toArray();
        double[] truth = IntStream.range(96, 108)
                .mapToDouble(t -> (100 + 2 * t) * (1 + 0.4 * Math.sin(2 * Math.PI * t / 12)))
                .toArray();
        for (String name : new String[] {"holt-winters", "ets"}) {
            double[] f = Baselines.of(name).forecast(past, 12, 12);
            for (int h = 0; h < 12; h++) {
                assertThat(f[h]).as(name).isCloseTo(truth[h], within(0.02 * truth[h]));
            }
        }
    }

    @Test
    void trendsAreFoundAndSeasonsThatAdd() {
        double[] past = IntStream.range(0, 96)
                .mapToDouble(t -> -50 + 2 * t + 20 * Math.sin(2 * Math.PI * t / 12))
                .toArray();
        double[] f = Baselines.of("ets").forecast(past, 12, 12);
        for (int h = 0; h < 12; h++) {
            double truth = -50 + 2 * (96 + h) + 20 * Math.sin(2 * Math.PI * h / 12);
            assertThat(f[h]).isCloseTo(truth, within(0.5));
        }
    }

    @Test
    void thetaOfWhatWasNeverNegativeIsNotNegative() {
        double[] falling = DoubleStream.iterate(40, v -> v - 1).limit(40).toArray();
        assertThat(Arrays.stream(Baselines.theta().forecast(falling, 1, 60))).allMatch(v -> v >= 0);
    }

    @Test
    void windowsAreForecastByVariable() {
        TimeSeries s = TimeSeries.of("s", 1, 2, 3, 4);
        assertThat(new Naive().forecast(new SeriesWindow(s, 2), 1, 1)).isDeepEqualTo(new double[][] {{2}});
    }

    @Test
    void unknownNamesAreRefused() {
        assertThatThrownBy(() -> Baselines.of("thetta"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("perhaps theta");
    }
}
