// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesData;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.head.Forecast;
import org.tl4j.timeseries.head.Forecaster;
import org.tl4j.timeseries.head.ForecastingTask;
import org.tl4j.weights.AtomicFile;
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
        SavedModel saved = SavedModel.read(model);
        if (!saved.task().equals(task.task())) {
            throw new InvalidArgumentException(
                    "'" + model + "' does not forecast.",
                    "a model of " + saved.task(),
                    "a model of " + task.task(),
                    "use `tl predict`");
        }
        Config input = saved.about().config("input");
        SeriesData series = SeriesReader.load(data, reading(input, columns.columns()));
        series.notes().forEach(console::note);
        int wanted = steps == null ? input.integer("horizon") : steps;
        try (Predictor<SeriesWindow, Future, Forecast> predictor = Predictor.load(model, task, Device.parse(device))) {
            List<Forecast> forecasts = Forecaster.next(predictor::predict, series.series(), wanted);
            if (wanted > input.integer("horizon")) {
                console.note("the model forecasts " + input.integer("horizon")
                        + " steps at once; what lies behind them is forecast from its own forecasts");
            }
            String csv = csv(series, forecasts);
            Path to = output;
            if (to == null) {
                console.print(csv.stripTrailing());
            } else {
                AtomicFile.replace(to, part -> Files.writeString(part, csv));
                console.print("wrote " + to + ": " + wanted + " steps of " + forecasts.size()
                        + (forecasts.size() == 1 ? " series" : " series each"));
            }
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

    /** What was given, and where nothing was the columns that the model was made with. */
    private static Config reading(Config input, Config given) {
        Config c = Config.empty();
        List<String> variables = input.texts("variables");
        List<String> known = input.texts("covariates");
        c = variables.equals(List.of("value")) ? c : c.with("target-column", String.join(",", variables));
        c = known.isEmpty() ? c : c.with("known-columns", String.join(",", known));
        List<String> kinds = new ArrayList<>(input.config("kinds").keys());
        c = kinds.isEmpty() ? c : c.with("category-columns", String.join(",", kinds));
        return c.with(given);
    }

    private static String csv(SeriesData series, List<Forecast> forecasts) {
        Forecast first = forecasts.get(0);
        StringBuilder csv = new StringBuilder("series,time,variable,forecast");
        first.quantiles().keySet().forEach(level -> csv.append(",q").append(level));
        csv.append('\n');
        for (int i = 0; i < forecasts.size(); i++) {
            Forecast f = forecasts.get(i);
            for (int v = 0; v < f.variables().size(); v++) {
                for (int h = 0; h < f.horizon(); h++) {
                    csv.append(quoted(series.series().get(i).name()))
                            .append(',')
                            .append(f.steps().get(h))
                            .append(',')
                            .append(quoted(f.variables().get(v)))
                            .append(',')
                            .append(number(f.point()[v][h]));
                    for (double[][] q : f.quantiles().values()) {
                        csv.append(',').append(number(q[v][h]));
                    }
                    csv.append('\n');
                }
            }
        }
        return csv.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.7g", value);
    }

    private static String quoted(String text) {
        return text.matches(".*[\",\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
