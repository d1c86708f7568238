// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.metric.ForecastErrors;
import org.tl4j.timeseries.task.Forecasting;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Strategy;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;

/**
 * What it is worth to have learned from other series before: a network that was trained on M4's weekly or hourly series
 * and fine-tuned on a short one, beside the same network from random weights. {@code main} prints the table; its
 * arguments are the folder that TL4J_DATA names, the number of seeds, ten unless it is given, and words of the targets
 * to do, all unless they are given.
 */
final class SeriesTransfer {
    private static final String FAMILY = "gru";
    private static final String SEEDS = "10";

    private final Path data;
    private final Path models;
    private final int seeds;

    private SeriesTransfer(Path data, Path models, int seeds) {
        this.data = data;
        this.models = models;
        this.seeds = seeds;
    }

    /** One set that a network is fine-tuned on. */
    private record Target(String name, String file, String source, Config reading, int epochs) {}

    public static void main(String[] arguments) throws IOException {
        SeriesTransfer t = new SeriesTransfer(
                Path.of(arguments[0]),
                Files.createTempDirectory("series-transfer"),
                Integer.parseInt(arguments.length > 1 ? arguments[1] : SEEDS));
        List<String> wanted = List.of(arguments).subList(Math.min(2, arguments.length), arguments.length);
        t.learn("weekly", "m4/Weekly-train.csv", "W", 12, 6, 16);
        t.learn("hourly", "m4/Hourly-train.csv", "H", 96, 24, 12);
        Config few = Config.empty().with("context", 12).with("horizon", 6);
        Config tenth = Config.empty()
                .with("context", 96)
                .with("horizon", 24)
                .with("target-column", "OT")
                .with("splits", "864,288,2880");
        TextTable table = new TextTable(
                "MASE, " + t.seeds + " seeds",
                "zero-shot",
                "from scratch",
                "head only",
                "all layers",
                "gain of all layers");
        for (Target target : List.of(
                new Target("Airline", "ucr/Airline/Airline.csv", "weekly", few, 40),
                new Target("Lynx", "ucr/Lynx/Lynx.csv", "weekly", few, 40),
                new Target(
                        "ShampooSales",
                        "ucr/ShampooSales/ShampooSales.csv",
                        "weekly",
                        few.with("splits", "22,7,7"),
                        40),
                new Target("10 % of ETTh1, OT", "ett/ETTh1.csv", "hourly", tenth, 8))) {
            if (wanted.isEmpty() || wanted.stream().anyMatch(target.name::contains)) {
                t.row(target, table);
                System.out.println(table);
            }
        }
    }

    private static WindowDataset windows(LabelledData<SeriesWindow, Future> all, String part) {
        Dataset<SeriesWindow, Future> some = all.parts().get(part);
        return (WindowDataset) some;
    }

    private void learn(String name, String file, String frequency, int context, int horizon, int stride) {
        LabelledData<SeriesWindow, Future> all = SeriesReader.read(
                data.resolve(file),
                Config.empty()
                        .with("layout", "rows")
                        .with("frequency", frequency)
                        .with("context", context)
                        .with("horizon", horizon)
                        .with("stride", stride));
        WindowDataset train = windows(all, "train");
        Forecasting forecasting = network(train, context);
        try (var model = Transfer.from(forecasting.network())
                .to(forecasting.task())
                .with(FineTuners.full().epochs(3).learningRate(2e-3))
                .with(TrainingOptions.defaults().withBatchSize(128).withSeed(0))
                .fit(train, windows(all, "validation"))) {
            model.save(models.resolve(name));
        }
        System.out.println("learned from " + train.size() + " windows of " + file);
    }

    private static Forecasting network(WindowDataset train, int context) {
        return Forecasting.with(FAMILY, train)
                .with("context", context)
                .with("network", Config.empty().with("num_layers", 1))
                .with("normalisation", "revin")
                .with("scaling", "none")
                .with("season", 1);
    }

    private void row(Target target, TextTable table) {
        LabelledData<SeriesWindow, Future> all = SeriesReader.read(data.resolve(target.file), target.reading);
        WindowDataset train = windows(all, "train");
        Forecasting fresh = network(train, target.reading.integer("context"));
        Forecasting known =
                Forecasting.from(models.resolve(target.source), train).with("season", 1);
        Strategy head = FineTuners.headOnly().epochs(target.epochs).learningRate(1e-3);
        Strategy full = FineTuners.full().epochs(target.epochs).learningRate(1e-3);
        List<double[]> errors = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
            errors.add(new double[] {
                error(all, known, head.learningRate(1e-12), 0),
                error(all, fresh, full, seed),
                error(all, known, head, seed),
                error(all, known, full, seed)
            });
        }
        DescriptiveStatistics gain = new DescriptiveStatistics();
        errors.forEach(e -> gain.addValue(e[1] - e[3]));
        double half = seeds < 2
                ? Double.NaN
                : new TDistribution(seeds - 1).inverseCumulativeProbability(0.975)
                        * gain.getStandardDeviation()
                        / Math.sqrt(seeds);
        table.row(
                target.name,
                mean(errors, 0),
                mean(errors, 1),
                mean(errors, 2),
                mean(errors, 3),
                String.format(
                        Locale.ROOT,
                        "%.3f [%.3f, %.3f]",
                        gain.getMean(),
                        gain.getMean() - half,
                        gain.getMean() + half));
    }

    private static String mean(List<double[]> errors, int column) {
        return String.format(
                Locale.ROOT,
                "%.3f",
                errors.stream().mapToDouble(e -> e[column]).average().orElse(Double.NaN));
    }

    private static double error(
            LabelledData<SeriesWindow, Future> all, Forecasting forecasting, Strategy strategy, int seed) {
        WindowDataset train = windows(all, "train");
        Dataset<SeriesWindow, Future> validation = all.parts().get("validation");
        try (var tuned = Transfer.from(forecasting.network())
                .to(forecasting.task())
                .with(strategy)
                .with(TrainingOptions.defaults().withBatchSize(16).withSeed(seed))
                .fit(train, validation == null || validation.isEmpty() ? null : validation)) {
            // Without the methods that are judged beside a model, which take longer than it does.
            Dataset<SeriesWindow, Future> test = windows(all, "test");
            List<Forecast> forecasts = tuned.predict(test.inputs());
            ForecastErrors errors = new ForecastErrors(1);
            for (int i = 0; i < forecasts.size(); i++) {
                errors.add(test.get(i).target(), forecasts.get(i).point());
            }
            return Objects.requireNonNull(errors.metrics().get("mase")).value();
        }
    }
}
