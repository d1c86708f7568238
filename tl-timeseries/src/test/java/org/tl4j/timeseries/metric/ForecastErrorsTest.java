// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.metric.Estimate;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.TimeSeries;

class ForecastErrorsTest {
    record Window(int series, int origin, double[][] point, double[][] naive2, double[][][] quantiles) {}

    record Case(
            int season,
            int horizon,
            List<Double> levels,
            double[] deviations,
            List<List<List<Float>>> data,
            List<Window> windows,
            Map<String, double[]> expected,
            Map<String, Double> values) {}

    private static Case[] cases() throws IOException {
        try (InputStream in = ForecastErrorsTest.class.getResourceAsStream("/metric/expected.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8), Case[].class);
        }
    }

    private static TimeSeries series(String name, List<List<Float>> rows) {
        float[][] values = new float[rows.size()][];
        for (int v = 0; v < values.length; v++) {
            List<Float> row = rows.get(v);
            values[v] = new float[row.size()];
            for (int t = 0; t < row.size(); t++) {
                values[v][t] = row.get(t) == null ? Float.NaN : row.get(t);
            }
        }
        List<String> names =
                IntStream.range(0, values.length).mapToObj(v -> "v" + v).toList();
        return new TimeSeries(name, null, null, names, values, List.of(), new float[0][], Map.of());
    }

    /** The formulas of numpy and scikit-learn; see {@code parity/make_series_fixtures.py}. */
    @Test
    void agreesWithTheFormulas() throws IOException {
        for (Case c : cases()) {
            ForecastErrors errors = new ForecastErrors(c.season(), c.levels(), c.deviations());
            List<TimeSeries> all = IntStream.range(0, c.data().size())
                    .mapToObj(i -> series("s" + i, c.data().get(i)))
                    .toList();
            for (Window w : c.windows()) {
                errors.add(
                        new Future(all.get(w.series()), w.origin(), c.horizon()), w.point(), w.quantiles(), w.naive2());
            }
            Map<String, Estimate> metrics = errors.metrics();
            assertThat(errors.windows()).isEqualTo(c.windows().size());
            assertThat(errors.unscaled()).isZero();
            c.expected().forEach((name, e) -> {
                Estimate m = metrics.get(name);
                double precision = 1e-9 * e[2];
                assertThat(m.value()).as(name).isCloseTo(e[0], within(precision));
                assertThat(m.low()).as(name + " low").isCloseTo(e[1], within(precision));
                assertThat(m.high()).as(name + " high").isCloseTo(e[2], within(precision));
            });
            c.values()
                    .forEach((name, e) ->
                            assertThat(metrics.get(name).value()).as(name).isCloseTo(e, within(1e-9)));
            assertThat(metrics.get("coverage80").low())
                    .isBetween(0.0, metrics.get("coverage80").value());
            double[] steps = errors.maeByStep();
            assertThat(steps).hasSize(c.horizon());
            if (errors.missing() == 0) {
                assertThat(Arrays.stream(steps).average().orElseThrow())
                        .isCloseTo(metrics.get("mae").value(), within(1e-9));
                assertThat(Arrays.stream(errors.coverageByStep().get("coverage95"))
                                .average()
                                .orElseThrow())
                        .isCloseTo(metrics.get("coverage95").value(), within(1e-9));
                assertThat(Arrays.stream(errors.smapeByStep()).average().orElseThrow())
                        .isCloseTo(metrics.get("smape").value(), within(1e-9));
                assertThat(errors.mseByVariable().values().stream()
                                .mapToDouble(d -> d)
                                .average()
                                .orElseThrow())
                        .isCloseTo(metrics.get("mse").value(), within(1e-9));
            }
        }
    }

    /**
     * Windows of one series that overlap: what is to come is an autoregression whose mean absolute error is known, and
     * the interval should hold it 95 times in a hundred. Over 400 series the standard error of that is 1.1 of them.
     */
    @Test
    void intervalsOfWindowsThatOverlapAreWideEnough() {
        Random random = new Random(2);
        int horizon = 24;
        double truth = Math.sqrt(2 / Math.PI / (1 - 0.25));
        int held = 0;
        for (int i = 0; i < 400; i++) {
            float[] values = new float[1000];
            double last = random.nextGaussian() / Math.sqrt(0.75);
            for (int t = 0; t < values.length; t++) {
                values[t] = (float) last;
                last = 0.5 * last + random.nextGaussian();
            }
            TimeSeries s = TimeSeries.of("s", values);
            ForecastErrors errors = new ForecastErrors(1);
            double[][] zero = new double[1][horizon];
            for (int origin = 1; origin + horizon <= values.length; origin++) {
                errors.add(new Future(s, origin, horizon), zero);
            }
            Estimate mae = errors.metrics().get("mae");
            held += mae.low() <= truth && truth <= mae.high() ? 1 : 0;
        }
        assertThat(held).as("of 400").isBetween(364, 392);
    }

    @Test
    void scalesFollowOriginsForwardsAndBack() {
        TimeSeries s = TimeSeries.of("s", 1, 3, 2, 6, 5, 9, 1, 4);
        double[][] zero = {{0, 0}};
        ForecastErrors there = new ForecastErrors(1);
        ForecastErrors back = new ForecastErrors(1);
        for (int origin = 3; origin <= 6; origin++) {
            there.add(new Future(s, origin, 2), zero);
            back.add(new Future(s, 9 - origin, 2), zero);
        }
        assertThat(back.metrics().get("mase").value())
                .isCloseTo(there.metrics().get("mase").value(), within(1e-12));
    }

    @Test
    void countsNothingWhereTruthIsMissing() {
        TimeSeries s = TimeSeries.of("s", 1, 2, 4, Float.NaN, 8);
        ForecastErrors errors = new ForecastErrors(1);
        errors.add(new Future(s, 3, 2), new double[][] {{99, 7}});
        assertThat(errors.metrics().get("mae").value()).isEqualTo(1);
        assertThat(errors.missing()).isEqualTo(1);
        assertThat(errors.maeByStep()[0]).isNaN();
    }

    @Test
    void leavesRowsWithoutAScaleOutAndCountsThem() {
        ForecastErrors errors = new ForecastErrors(1);
        errors.add(new Future(TimeSeries.of("flat", 5, 5, 5, 6), 3, 1), new double[][] {{5}});
        errors.add(new Future(TimeSeries.of("short", 5, 6), 1, 1), new double[][] {{5}});
        assertThat(errors.unscaled()).isEqualTo(2);
        assertThat(errors.metrics().get("mase").value()).isNaN();
        assertThat(errors.metrics().get("mae").value()).isEqualTo(1);
    }

    @Test
    void zeroForZeroIsNoError() {
        ForecastErrors errors = new ForecastErrors(1);
        errors.add(new Future(TimeSeries.of("s", 1, 0, 0), 1, 2), new double[][] {{0, 0}});
        assertThat(errors.metrics().get("smape").value()).isZero();
    }

    @Test
    void aSingleUnitSaysNothingOfTheSpread() {
        ForecastErrors errors = new ForecastErrors(1);
        errors.add(new Future(TimeSeries.of("s", 1, 2, 3), 2, 1), new double[][] {{1}});
        assertThat(errors.metrics().get("mae")).isEqualTo(new Estimate(2, 2, 2));
        assertThat(errors.metrics()).doesNotContainKeys("owa", "pinball", "rawMae");
    }

    @Test
    void nothingAddedIsNoNumber() {
        assertThat(new ForecastErrors(1).metrics().get("mse").value()).isNaN();
    }

    @Test
    void refusesWhatDoesNotFit() {
        TimeSeries s = TimeSeries.of("sales", 1, 2, 3, 4);
        Future future = new Future(s, 2, 2);
        ForecastErrors errors = new ForecastErrors(1);
        assertThatThrownBy(() -> errors.add(future, new double[][] {{1}}))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("'sales'")
                .hasMessageContaining("[1, 2]");
        assertThatThrownBy(() -> errors.add(future, new double[][] {{1, Double.NaN}}))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("NaN for value at step 4");
        assertThatThrownBy(() -> errors.add(future, new double[][] {{1, 2}}, new double[1][1][2], null))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("1 levels");
        errors.add(future, new double[][] {{1, 2}});
        assertThatThrownBy(() -> errors.add(future, new double[][] {{1, 2}}, null, new double[][] {{1, 2}}))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Naive2");
        assertThatThrownBy(() -> new ForecastErrors(1, List.of(0.9, 0.1), null))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("[0.9, 0.1]");
    }

    @Test
    void seasonsAreThoseOfM4() {
        assertThat(List.of("H", "D", "W", "M", "Q", "Y").stream().map(f -> ForecastErrors.m4Season(Frequency.parse(f))))
                .containsExactly(24, 1, 1, 12, 4, 1);
    }
}
