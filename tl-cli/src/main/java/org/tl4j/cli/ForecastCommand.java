// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.error.Checks;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import org.tl4j.timeseries.dataset.ForecastFile;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesData;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.head.Forecast;
import org.tl4j.timeseries.head.ForecastIllustration;
import org.tl4j.timeseries.head.Forecaster;
import org.tl4j.timeseries.task.ForecastingTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl forecast}: what comes after the last value of each series of a file. */
@Command(
        name = "forecast",
        description = "Forecasts the steps after the end of each series of a file with a saved model.")
final class ForecastCommand implements Runnable {
    private static final int MOST_PICTURES = 10;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "folder of a saved model of forecasting")
    private Path model = Path.of("");

    @Option(names = "--data", required = true, paramLabel = "FILE", description = "the series up to now")
    private Path data = Path.of("");

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "how many steps to forecast; the model's horizon if not given, and beyond it recursively")
    private @Nullable Integer steps;

    @Option(names = "--output", paramLabel = "FILE", description = "CSV of the forecasts; printed if not given")
    private @Nullable Path output;

    @Option(
            names = "--plot",
            paramLabel = "DIR",
            description = "folder for a picture of each series with its forecast (PNG), ten at most")
    private @Nullable Path plot;

    @Option(
            names = "--intervals",
            split = ",",
            paramLabel = "PART",
            description = "conformal intervals of this coverage, such as 0.8,0.95, from the model's errors on the last"
                    + " windows of the file, which the model should not have learned from")
    private List<Double> intervals = new ArrayList<>();

    @Option(
            names = "--calibration-windows",
            defaultValue = "100",
            paramLabel = "N",
            description = "how many windows intervals are calibrated on (${DEFAULT-VALUE})")
    private int windows = 100;

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Mixin
    private DataOptions columns = new DataOptions();

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        long begin = System.nanoTime();
        ForecastingTask task = new ForecastingTask();
        SavedModel saved = SavedModel.open(model);
        if (!saved.task().equals(task.task())) {
            throw new InvalidArgumentException(
                    "'" + model + "' does not forecast.",
                    "a model of " + saved.task(),
                    "a model of " + task.task(),
                    "use `tl predict`");
        }
        Config input = saved.about().config("input");
        int horizon = input.integer("horizon");
        int wanted = steps == null ? horizon : steps;
        SeriesData series = SeriesReader.load(data, task.reading(input).with(columns.columns()));
        series.notes().forEach(console::note);
        int context = input.integer("context");
        List<String> young = series.series().stream()
                .filter(s -> s.length() < context)
                .map(TimeSeries::name)
                .toList();
        if (!young.isEmpty()) {
            console.note(young.size() + " series are shorter than the " + context
                    + " steps that the model looks back; their first value stands for what is missing: "
                    + Excerpt.of(young, 5));
        }
        try (Predictor<SeriesWindow, Future, Forecast> predictor = Predictor.load(model, task, Device.parse(device))) {
            List<Forecast> forecasts = Forecaster.next(predictor::predict, series.series(), wanted);
            if (wanted > horizon) {
                console.note("the model forecasts " + horizon
                        + " steps at once; what lies behind them is forecast from its own forecasts");
            }
            if (!intervals.isEmpty()) {
                forecasts = Forecaster.withIntervals(
                        predictor::predict, series.series(), forecasts, windows, levels(intervals));
                console.note("intervals are calibrated on the last " + windows + " windows of the file");
            }
            write(console, series, forecasts);
            if (json) {
                console.json(Config.empty()
                        .with("task", task.task())
                        .with("model", model.toString())
                        .with("series", forecasts.size())
                        .with("steps", wanted)
                        .with("seconds", (System.nanoTime() - begin) / 1e9));
            }
        }
    }

    /** The ends of the intervals as levels of quantiles, ascending. */
    private static List<Double> levels(List<Double> coverages) {
        TreeSet<Double> levels = new TreeSet<>();
        for (double c : coverages) {
            double outside = (1 - Checks.between("--intervals", c, 0.01, 0.999)) / 2;
            // 0.1, not 0.09999999999999998.
            double low = Math.round(outside * 1e9) / 1e9;
            levels.add(low);
            levels.add(1 - low);
        }
        return List.copyOf(levels);
    }

    private void write(Console console, SeriesData series, List<Forecast> forecasts) {
        List<Double> levels = List.copyOf(forecasts.get(0).quantiles().keySet());
        List<ForecastFile.Entry> entries = new ArrayList<>();
        for (int i = 0; i < forecasts.size(); i++) {
            Forecast f = forecasts.get(i);
            double[][][] quantiles =
                    levels.isEmpty() ? null : f.quantiles().values().toArray(double[][][]::new);
            entries.add(
                    new ForecastFile.Entry(SeriesWindow.endOf(series.series().get(i)), f.point(), quantiles));
        }
        Path to = output;
        if (to != null) {
            ForecastFile.write(to, levels, entries);
            console.print("wrote " + to);
        } else {
            console.print(ForecastFile.text(levels, entries).stripTrailing());
        }
        Path folder = plot;
        int drawn = 0;
        for (int i = 0; folder != null && i < forecasts.size(); i++) {
            TimeSeries s = series.series().get(i);
            for (int v = 0; v < s.variables().size() && drawn < MOST_PICTURES; v++, drawn++) {
                String variable =
                        s.variables().size() == 1 ? "" : "-" + s.variables().get(v);
                Path file = folder.resolve((s.name() + variable).replaceAll("[^A-Za-z0-9._-]", "_") + ".png");
                ForecastIllustration.chart(SeriesWindow.endOf(s), forecasts.get(i), v)
                        .write(file);
                console.print("wrote " + file);
            }
        }
    }
}
