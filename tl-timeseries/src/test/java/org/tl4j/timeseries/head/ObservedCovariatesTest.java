// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.task.ForecastingTask;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;

/** Covariates that are observed up to the origin of a forecast and not known behind it. */
class ObservedCovariatesTest {
    private static final int CONTEXT = 8;
    private static final int HORIZON = 3;
    private static final int STEPS = 80;
    private static final int BORDER = 50;
    private static final int ORIGIN = 60;

    @TempDir
    private Path folder;

    /** What is to come follows the wind two steps before; from a step on both are other numbers. */
    private static TimeSeries series(int changed) {
        Random random = new Random(9);
        float[] power = new float[STEPS];
        float[] wind = new float[STEPS];
        float[] hour = new float[STEPS + 2 * HORIZON];
        for (int t = 0; t < STEPS; t++) {
            wind[t] = (float) (800 + 90 * random.nextGaussian());
            power[t] = (t < 2 ? 0 : (wind[t - 2] - 800) / 10) + (float) random.nextGaussian();
        }
        for (int t = 0; t < hour.length; t++) {
            hour[t] = t % 5;
        }
        for (int t = changed; t < STEPS; t++) {
            wind[t] = 1e7f * (t % 3) - 4e6f;
            power[t] = -1e6f * (t % 4);
        }
        return new TimeSeries(
                        "farm",
                        null,
                        null,
                        List.of("power"),
                        new float[][] {power},
                        List.of("hour"),
                        new float[][] {hour},
                        Map.of())
                .withObserved(List.of("wind"), new float[][] {wind});
    }

    private static WindowDataset train(TimeSeries series) {
        return WindowDataset.of("farm", List.of(new WindowDataset.Span(series, CONTEXT, BORDER)), HORIZON, 1);
    }

    private static Config settings(String family) {
        Config tiny = family.contains("former")
                ? Config.empty().with("d_model", 8).with("nhead", 2).with("dim_feedforward", 8)
                : Config.empty().with("hidden_size", 6);
        return Config.empty().with("family", family).with("context", CONTEXT).with("network", tiny);
    }

    private static FineTuned<SeriesWindow, Future, Forecast> fit(WindowDataset train, Config settings, int epochs) {
        ForecastingTask task = new ForecastingTask();
        return Transfer.from((modality, loader, hub) ->
                        task.ownBackbone(train, settings).orElseThrow().get())
                .to(new Task<>(task, task.create(train, settings)))
                .with(FineTuners.full().epochs(epochs).learningRate(0.01))
                .with(TrainingOptions.defaults().withSeed(4))
                .fit(train, null);
    }

    private static double[] forecast(FineTuned<SeriesWindow, Future, Forecast> model, TimeSeries series) {
        return model.predict(new SeriesWindow(series, ORIGIN)).point()[0];
    }

    /**
     * Whatever stands at the origin and behind it, forecasts have the same bits; what stands before it moves them. The
     * saved model answers as the one in memory.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lstm",
                "lstm-encoder-decoder",
                "gru",
                "gru-encoder-decoder",
                "transformer",
                "transformer-encoder",
                "informer"
            })
    void looksAtNothingFromTheOriginOn(String family) {
        TimeSeries series = series(STEPS);
        try (var model = fit(train(series), settings(family), 1)) {
            double[] expected = forecast(model, series);
            assertThat(forecast(model, series(ORIGIN))).containsExactly(expected);
            assertThat(forecast(model, series(ORIGIN - 1))).isNotEqualTo(expected);
            assertThat(forecast(model, withWind(series, 1))).isNotEqualTo(expected);
            model.save(folder.resolve(family));
            try (var saved = Predictor.load(folder.resolve(family), new ForecastingTask(), Device.CPU)) {
                assertThat(saved.predict(new SeriesWindow(series, ORIGIN)).point()[0])
                        .containsExactly(expected, within(1e-4));
            }
        }
    }

    /** The same series with another wind at the last step before the origin alone. */
    private static TimeSeries withWind(TimeSeries series, float more) {
        float[] wind = new float[STEPS];
        for (int t = 0; t < STEPS; t++) {
            wind[t] = series.observed(0, t) + (t == ORIGIN - 1 ? more : 0);
        }
        return series.withObserved(series.observed(), new float[][] {wind});
    }

    /** Scaling and every bit of the weights stay as they are, whatever comes behind the part to learn from. */
    @Test
    void learnsNothingFromBehindTheBorder() {
        try (var one = fit(train(series(STEPS)), settings("gru"), 2);
                var other = fit(train(series(BORDER)), settings("gru"), 2)) {
            assertThat(other.tuned().model().weights().hashes())
                    .isEqualTo(one.tuned().model().weights().hashes());
            assertThat(other.about().config("provenance").config("backbone"))
                    .isEqualTo(one.about().config("provenance").config("backbone"));
        }
    }

    /** The wind of two steps before is all that can be known of the power, and the error shows that it was used. */
    @Test
    void learnsFromWhatWasObserved() {
        TimeSeries series = series(STEPS);
        TimeSeries blind = new TimeSeries(
                "farm",
                null,
                null,
                series.variables(),
                new float[][] {values(series)},
                List.of(),
                new float[0][],
                Map.of());
        assertThat(error(series)).isLessThan(0.5 * error(blind));
    }

    private static float[] values(TimeSeries series) {
        float[] values = new float[series.length()];
        series.copy(0, 0, values.length, values, 0);
        return values;
    }

    /** The mean absolute error of the first two steps behind the border, in which the wind is seen already. */
    private static double error(TimeSeries series) {
        double sum = 0;
        int n = 0;
        try (var model = fit(train(series), settings("gru").with("normalisation", "none"), 60)) {
            for (int origin = BORDER; origin + HORIZON <= STEPS; origin++) {
                double[] point = model.predict(new SeriesWindow(series, origin)).point()[0];
                for (int h = 0; h < 2; h++) {
                    sum += Math.abs(point[h] - series.value(0, origin + h));
                    n++;
                }
            }
        }
        return sum / n;
    }

    /** In the words of what was found, what was expected, and what to do. */
    @ParameterizedTest
    @ValueSource(strings = {"nlinear", "dlinear", "patchtst", "rocket-small"})
    void saysWhichFamiliesCannotReadThem(String family) {
        ForecastingTask task = new ForecastingTask();
        WindowDataset train = train(series(STEPS));
        Config settings = Config.empty().with("family", family).with("context", 24);
        assertThatThrownBy(() -> task.ownBackbone(train, settings).orElseThrow().get())
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("covariates of the past alone")
                .hasMessageContaining("--past-columns wind")
                .hasMessageContaining("lstm, gru, transformer, informer")
                .hasMessageContaining("leave --past-columns away");
    }

    @Test
    void refusesSeriesWithoutThem() {
        TimeSeries series = series(STEPS);
        try (var model = fit(train(series), settings("gru"), 1)) {
            TimeSeries without = series.withObserved(List.of(), new float[0][]);
            assertThatThrownBy(() -> forecast(model, without))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("give the columns [wind] (--past-columns)");
            assertThatThrownBy(() -> forecast(model, withWind(series, Float.NaN)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("wind of series 'farm' at step 60");
            assertThatThrownBy(() -> Forecaster.next(model::predict, List.of(series), HORIZON + 1))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("[wind] up to step 83")
                    .hasMessageContaining("no further than the model's horizon of 3");
        }
    }
}
