// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.Dataset;
import org.tl4j.engine.Device;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.task.ForecastingTask;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Strategy;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.Weights;

/** Networks for series from windows to saved models: what they learn from, and that they learn the same again. */
class SeriesTrainingTest {
    private static final int CONTEXT = 6;
    private static final int HORIZON = 3;
    private static final Config LSTM = Config.empty()
            .with("family", "lstm")
            .with("context", CONTEXT)
            .with(
                    "network",
                    Config.empty().with("hidden_size", 4).with("num_layers", 2).with("dropout", 0.3));
    private static final Config NLINEAR =
            Config.empty().with("family", "nlinear").with("context", CONTEXT);

    @TempDir
    private Path folder;

    private static float[] wave(int steps, long seed) {
        Random random = new Random(seed);
        float[] values = new float[steps];
        for (int t = 0; t < steps; t++) {
            values[t] = (float) (20 + 0.05 * t + 5 * Math.sin(0.8 * t) + random.nextGaussian());
        }
        return values;
    }

    private static WindowDataset windows(TimeSeries series, int end) {
        return WindowDataset.of("wave", List.of(new WindowDataset.Span(series, CONTEXT, end)), HORIZON, 1);
    }

    private static FineTuned<SeriesWindow, Future, Forecast> fit(
            Dataset<SeriesWindow, Future> train, Config settings, Strategy strategy, long seed) {
        ForecastingTask task = new ForecastingTask();
        return Transfer.from((modality, loader, hub) ->
                        task.ownBackbone(train, settings).orElseThrow().get())
                .to(new Task<>(task, task.create(train, settings)))
                .with(strategy)
                .with(TrainingOptions.defaults().withSeed(seed))
                .fit(train, null);
    }

    private static Weights weights(Dataset<SeriesWindow, Future> train, Config settings, Strategy strategy, long seed) {
        try (var model = fit(train, settings, strategy, seed)) {
            return model.tuned().model().weights();
        }
    }

    // ------------------------------------------------------------------------------------------- no leakage

    /** Whatever comes behind the border: scaling, windows and every bit of the weights stay as they are. */
    @ParameterizedTest
    @ValueSource(strings = {"lstm", "nlinear"})
    void learnsNothingFromBehindTheBorder(String family) throws IOException {
        Config settings = family.equals("lstm") ? LSTM : NLINEAR;
        Strategy strategy = family.equals("lstm") ? FineTuners.full().epochs(2) : FineTuners.closedForm();
        int border = 60;
        List<Weights> trained = new ArrayList<>();
        List<Config> heads = new ArrayList<>();
        for (int variant = 0; variant < 2; variant++) {
            float[] values = wave(100, 1);
            for (int t = border; t < values.length && variant == 1; t++) {
                values[t] = 1e6f * (t % 7) - 3e5f;
            }
            StringBuilder csv = new StringBuilder("value\n");
            for (float v : values) {
                csv.append(v).append('\n');
            }
            Path file = Files.writeString(folder.resolve("series" + variant + ".csv"), csv);
            var data = SeriesReader.read(
                    file,
                    settings.with("horizon", HORIZON).with("splits", "60,20,20").with("target-column", "value"));
            Dataset<SeriesWindow, Future> train = data.parts().get("train");
            heads.add(new ForecastingTask().create(train, settings).config());
            trained.add(weights(train, settings, strategy, 7));
        }
        assertThat(heads.get(1)).isEqualTo(heads.get(0));
        assertThat(trained.get(1).hashes()).isEqualTo(trained.get(0).hashes());
    }

    // ------------------------------------------------------------------------------------------- numbers

    /** NLinear computed at once is the least squares solution that a QR decomposition of the same windows gives. */
    @Test
    void computesNLinearAsLeastSquares() {
        TimeSeries series = TimeSeries.of("wave", wave(80, 2));
        double penalty = 0.3;
        int end = 70;
        double mean = 0;
        for (int t = 0; t < end; t++) {
            mean += series.value(0, t) / end;
        }
        double squares = 0;
        for (int t = 0; t < end; t++) {
            squares += Math.pow(series.value(0, t) - mean, 2) / end;
        }
        double deviation = Math.sqrt(squares);
        int rows = end - HORIZON - CONTEXT + 1;
        // Ridge as ordinary least squares: a row of sqrt(penalty) for each weight, none for the intercept.
        RealMatrix x = new Array2DRowRealMatrix(rows + CONTEXT, CONTEXT + 1);
        RealMatrix y = new Array2DRowRealMatrix(rows + CONTEXT, HORIZON);
        for (int r = 0; r < rows; r++) {
            int origin = CONTEXT + r;
            double last = series.value(0, origin - 1);
            for (int j = 0; j < CONTEXT; j++) {
                x.setEntry(r, j, (series.value(0, r + j) - last) / deviation);
            }
            x.setEntry(r, CONTEXT, 1);
            for (int h = 0; h < HORIZON; h++) {
                y.setEntry(r, h, (series.value(0, origin + h) - last) / deviation);
            }
        }
        for (int j = 0; j < CONTEXT; j++) {
            x.setEntry(rows + j, j, Math.sqrt(penalty));
        }
        RealMatrix solved = new QRDecomposition(x).getSolver().solve(y);

        Weights weights =
                weights(windows(series, end), NLINEAR, FineTuners.closedForm().penalty(penalty), 1);
        double[] weight = weights.get("head.forecast.weight").toDoubles();
        double[] bias = weights.get("head.forecast.bias").toDoubles();
        for (int h = 0; h < HORIZON; h++) {
            for (int j = 0; j < CONTEXT; j++) {
                // Windows are scaled in single precision, in which 20 is known to 1e-6.
                assertThat(weight[h * CONTEXT + j])
                        .as("weight of step %d on step %d of the window", h, j)
                        .isCloseTo(solved.getEntry(j, h), within(1e-5));
            }
            assertThat(bias[h]).isCloseTo(solved.getEntry(CONTEXT, h), within(1e-5));
        }
    }

    /** The file that was saved answers as the model in memory does, in batches of any size. */
    @Test
    void answersAlikeFromItsFileInBatchesOfAnySize() {
        TimeSeries series = TimeSeries.of("wave", wave(60, 3));
        WindowDataset train = windows(series, 50);
        List<SeriesWindow> inputs = windows(series, 60).inputs();
        Path saved = folder.resolve("model");
        List<Forecast> expected;
        try (var model = fit(train, LSTM, FineTuners.full().epochs(1), 1)) {
            expected = model.predict(inputs);
            model.save(saved);
        }
        try (var predictor = Predictor.load(saved, new ForecastingTask(), Device.CPU)) {
            for (int size : List.of(1, 2, 7, inputs.size())) {
                for (int from = 0; from < inputs.size(); from += size) {
                    List<SeriesWindow> batch = inputs.subList(from, Math.min(inputs.size(), from + size));
                    List<Forecast> answers = predictor.predict(batch);
                    for (int i = 0; i < answers.size(); i++) {
                        assertThat(answers.get(i).steps())
                                .isEqualTo(expected.get(from + i).steps());
                        assertThat(answers.get(i).point()[0])
                                .as("window %d in a batch of %d", from + i, batch.size())
                                .containsExactly(expected.get(from + i).point()[0], within(1e-4));
                    }
                }
            }
        }
    }

    // ------------------------------------------------------------------------------------------- recursion

    /** Steps beyond the horizon are those of the series with the forecast appended by hand. */
    @Test
    void forecastsFurtherFromItsOwnForecasts() {
        TimeSeries series = TimeSeries.of("wave", wave(60, 4));
        try (var model = fit(windows(series, 60), NLINEAR, FineTuners.closedForm(), 1)) {
            Forecast further = Forecaster.next(model::predict, List.of(series), 2 * HORIZON + 1)
                    .get(0);
            List<Double> byHand = new ArrayList<>();
            float[] values = wave(60, 4);
            while (byHand.size() < 2 * HORIZON + 1) {
                Forecast next = model.predict(SeriesWindow.endOf(TimeSeries.of("wave", values)));
                float[] longer = java.util.Arrays.copyOf(values, values.length + HORIZON);
                for (int h = 0; h < HORIZON; h++) {
                    byHand.add(next.point()[0][h]);
                    longer[values.length + h] = (float) next.point()[0][h];
                }
                values = longer;
            }
            assertThat(further.point()[0])
                    .containsExactly(byHand.subList(0, 2 * HORIZON + 1).stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray());
            assertThat(further.steps()).hasSize(2 * HORIZON + 1).doesNotHaveDuplicates();
        }
    }

    // ------------------------------------------------------------------------------------------- the same again

    @Test
    void trainsAnLstmWithDropoutToTheSameBitsFromTheSameSeedAlone() {
        WindowDataset train = windows(TimeSeries.of("wave", wave(60, 5)), 60);
        Weights first = weights(train, LSTM, FineTuners.full().epochs(2), 11);
        assertThat(weights(train, LSTM, FineTuners.full().epochs(2), 11).hashes())
                .isEqualTo(first.hashes());
        assertThat(weights(train, LSTM, FineTuners.full().epochs(2), 12).hashes())
                .isNotEqualTo(first.hashes());
    }

    // ------------------------------------------------------------------------------------------- going on

    /** What was saved is gone on with: no step taken, every bit of the network and of a head that fits is there. */
    @Test
    void goesOnWithASavedNetworkAndItsHeadWhereThatFits() {
        TimeSeries one = TimeSeries.of("wave", wave(60, 6));
        Path saved = folder.resolve("model");
        Weights before;
        try (var model = fit(windows(one, 60), LSTM, FineTuners.full().epochs(2), 1)) {
            before = model.tuned().model().weights();
            model.save(saved);
        }
        Config from = Config.empty().with("from", saved.toString());
        ForecastingTask task = new ForecastingTask();
        WindowDataset other = windows(TimeSeries.of("other", wave(60, 7)), 60);
        var kept = task.ownBackbone(other, from).orElseThrow().get();
        assertThat(kept.weights().hashes()).isEqualTo(before.hashes());
        assertThat(kept.about().text("head")).isEqualTo("that of the model");

        Config quantiles = from.with("loss", "quantile").with("quantiles", List.of(0.1, 0.9));
        var fresh = task.ownBackbone(other, quantiles).orElseThrow().get();
        assertThat(fresh.weights().names()).noneMatch(n -> n.startsWith("head."));
        assertThat(fresh.weights().hashes())
                .allSatisfy((name, hash) -> assertThat(before.hashes()).containsEntry(name, hash));
        assertThat(fresh.about().text("head")).isEqualTo("new");
    }
}
