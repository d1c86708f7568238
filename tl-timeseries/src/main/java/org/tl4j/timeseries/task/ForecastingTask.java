// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Finding;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Illustration;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;
import org.tl4j.model.Providers;
import org.tl4j.model.TaskHead;
import org.tl4j.timeseries.baseline.Baselines;
import org.tl4j.timeseries.baseline.LocalForecaster;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.head.Forecast;
import org.tl4j.timeseries.head.ForecastHead;
import org.tl4j.timeseries.head.ForecastIllustration;
import org.tl4j.timeseries.input.WindowInput;
import org.tl4j.timeseries.metric.ForecastErrors;

/** Forecasting, as a description. */
public final class ForecastingTask implements Head<SeriesWindow, Future, Forecast> {
    /** The task's name. */
    public static final String NAME = "forecasting";

    /** Forecasts, one for each window and variable, that a method which is fitted for each of them is asked for. */
    private static final int MOST_FITS = 500;

    /** Steps of past that such a method looks at. */
    private static final int MOST_PAST = 3000;

    /** Numbers of forecasts that are held before their errors are added up. */
    private static final int MOST_HELD = 1_000_000;

    /** Figures of the methods beside a model; the table has room for no more. */
    private static final List<String> SHOWN = List.of("mae", "mse", "smape", "mase", "owa");

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "The next values of series, as points, quantiles or a distribution";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public Preprocessor<SeriesWindow> preprocessor(Config config, @Nullable Path folder) {
        return WindowInput.of(config);
    }

    @Override
    public ForecastHead restore(Config config) {
        return ForecastHead.restore(NAME, config);
    }

    /** See {@link SeriesReader#read}; a model to begin with ({@code from}) says context and horizon. */
    @Override
    public LabelledData<SeriesWindow, Future> read(Path file, Config columns) {
        return SeriesReader.read(file, SeriesNetwork.resolved(columns));
    }

    /** The columns that the model was made with and how its file was read, and how far it looks back and ahead. */
    @Override
    public Config reading(Config input) {
        return WindowInput.of(input).reading();
    }

    /** The settings are those of {@link SeriesNetwork}. */
    @Override
    public ForecastHead create(Dataset<SeriesWindow, Future> train, Config settings) {
        return SeriesNetwork.head(NAME, SeriesNetwork.windows(train), settings);
    }

    @Override
    public Optional<Supplier<Pretrained>> ownBackbone(Dataset<SeriesWindow, Future> train, Config settings) {
        WindowDataset windows = SeriesNetwork.windows(train);
        return Optional.of(SeriesNetwork.network(windows, settings, Backbones.load(Providers.contextLoader())));
    }

    /** Windows overlap by design; what may be wrong with series is found where they are read. */
    @Override
    public List<Finding> examine(
            Map<String, Dataset<SeriesWindow, Future>> parts, @Nullable Preprocessor<SeriesWindow> preprocessor) {
        return List.of();
    }

    @Override
    public Optional<Illustration<SeriesWindow, Future, Forecast>> illustration(TaskHead<Future, Forecast> head) {
        return head instanceof ForecastHead forecast
                ? Optional.of(new ForecastIllustration(forecast.season()))
                : Optional.empty();
    }

    @Override
    public Forecast finished(Forecast prediction, SeriesWindow input) {
        List<String> steps = new ArrayList<>();
        for (int h = 0; h < prediction.horizon(); h++) {
            steps.add(input.series().label((long) input.origin() + h));
        }
        return prediction.withSteps(steps);
    }

    /**
     * The last value, drift, exponential smoothing and Theta; the latter two on evenly spaced windows where there are
     * many, and then on no more than the last {@value #MOST_PAST} steps of past.
     */
    @Override
    public Map<String, Evaluation> baselines(
            TaskHead<Future, Forecast> head, Dataset<SeriesWindow, Future> train, Dataset<SeriesWindow, Future> test) {
        if (!(head instanceof ForecastHead forecast) || test.isEmpty()) {
            return Map.of();
        }
        Map<String, Evaluation> all = new LinkedHashMap<>();
        int variables = forecast.variables().size();
        int few = Math.max(1, MOST_FITS / variables);
        for (String name : List.of("naive", "drift", "ets", "theta")) {
            boolean isFitted = name.equals("ets") || name.equals("theta");
            int count = isFitted ? Math.min(test.size(), few) : test.size();
            ForecastErrors errors = forecast.measured(true);
            int most = isFitted ? MOST_PAST : Integer.MAX_VALUE;
            boolean isShort = false;
            int block = Math.max(1, MOST_HELD / (variables * forecast.horizon()));
            for (int begin = 0; begin < count; begin += block) {
                List<Example<SeriesWindow, Future>> examples = new ArrayList<>();
                for (int i = begin; i < Math.min(count, begin + block); i++) {
                    Example<SeriesWindow, Future> example = test.get((int) ((long) i * test.size() / count));
                    isShort |= isFitted && example.input().origin() > MOST_PAST;
                    examples.add(example);
                }
                double[][][] forecasts = forecasts(Baselines.of(name), examples, forecast, most);
                for (int i = 0; i < forecasts.length; i++) {
                    errors.add(examples.get(i).target(), forecasts[i]);
                }
            }
            String title = name
                    + (count < test.size()
                            ? String.format(Locale.ROOT, ", %,d of %,d windows", count, test.size())
                            : "")
                    + (isShort ? String.format(Locale.ROOT, ", last %,d steps", MOST_PAST) : "");
            Map<String, Estimate> shown = new LinkedHashMap<>(errors.metrics());
            shown.keySet().retainAll(SHOWN);
            all.put(title, new Evaluation(shown, Map.of(), "", "", Config.empty()));
        }
        return all;
    }

    /**
     * Forecasts {@code [window][variable][horizon]}, on as many threads as there are cores. Each thread takes the next
     * variable of a window when it is done with one, for some fits take many times as long as others.
     */
    private static double[][][] forecasts(
            LocalForecaster method, List<Example<SeriesWindow, Future>> examples, ForecastHead head, int most) {
        int variables = head.variables().size();
        double[][][] out = new double[examples.size()][variables][];
        int all = examples.size() * variables;
        AtomicInteger next = new AtomicInteger();
        IntStream.range(0, Math.min(all, ForkJoinPool.getCommonPoolParallelism() + 1))
                .parallel()
                .forEach(thread -> {
                    for (int i = next.getAndIncrement(); i < all; i = next.getAndIncrement()) {
                        SeriesWindow window = examples.get(i / variables).input();
                        out[i / variables][i % variables] = forecast(method, window, i % variables, head, most);
                    }
                });
        return out;
    }

    private static double[] forecast(
            LocalForecaster method, SeriesWindow window, int variable, ForecastHead head, int most) {
        double[] past = window.series().past(variable, window.origin());
        double[] recent = past.length <= most ? past : Arrays.copyOfRange(past, past.length - most, past.length);
        return method.forecast(recent, head.season(), head.horizon());
    }

    /** Values with commas between them, in the order of time: a series of one variable without dates. */
    @Override
    public SeriesWindow parse(String input) {
        String[] cells = input.strip().split("[,;\\s]+", -1);
        float[] values = new float[cells.length];
        for (int i = 0; i < cells.length; i++) {
            try {
                values[i] = Float.parseFloat(cells[i]);
            } catch (NumberFormatException e) {
                throw new InvalidDataException(
                        "This is no series.",
                        "'" + cells[i] + "' in place " + (i + 1),
                        "numbers with commas between them, the latest last",
                        "use `tl forecast MODEL --data FILE.csv` for a file",
                        e);
            }
        }
        return SeriesWindow.endOf(TimeSeries.of("input", values));
    }

    @Override
    public Config describe(Forecast prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Forecast prediction) {
        StringBuilder line = new StringBuilder();
        for (int v = 0; v < prediction.variables().size(); v++) {
            line.append(v == 0 ? "" : "; ")
                    .append(prediction.variables().get(v))
                    .append(':');
            for (double value : prediction.point()[v]) {
                line.append(String.format(Locale.ROOT, " %.6g", value));
            }
        }
        return line.toString();
    }
}
