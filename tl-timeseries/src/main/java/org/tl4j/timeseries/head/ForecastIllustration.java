// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tl4j.data.Example;
import org.tl4j.error.Checks;
import org.tl4j.model.Illustration;
import org.tl4j.timeseries.baseline.Baselines;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.report.ForecastCharts;
import org.tl4j.timeseries.report.Sheet;

/**
 * How a model forecasts, as pictures: the window that it forecast worst and the one in the middle with past and truth,
 * errors by step beside the seasonal naive forecast, and what one-step forecasts of the first series leave over.
 */
public final class ForecastIllustration implements Illustration<SeriesWindow, Future, Forecast> {
    private static final int LAGS = 48;

    private record Shown(SeriesWindow window, Future truth, Forecast forecast, double error) {}

    private final int season;
    private final List<Shown> all = new ArrayList<>();

    /**
     * Nothing added yet.
     *
     * @param season of the seasonal naive forecast beside the model's, in steps, as the model says it
     */
    public ForecastIllustration(int season) {
        this.season = Checks.positive("season", season);
    }

    @Override
    public void add(Example<SeriesWindow, Future> example, Forecast answer) {
        double error = 0;
        double size = 0;
        for (int h = 0; h < answer.horizon(); h++) {
            double truth = example.target().value(0, h);
            if (!Double.isNaN(truth)) {
                error += Math.abs(truth - answer.point()[0][h]);
                size += Math.abs(truth);
            }
        }
        all.add(new Shown(example.input(), example.target(), answer, size == 0 ? 0 : error / size));
    }

    @Override
    public Map<String, String> write(Path folder) {
        Map<String, String> written = new LinkedHashMap<>();
        if (all.isEmpty()) {
            return written;
        }
        List<Shown> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingDouble(Shown::error));
        fan(folder, "worst-forecast", "the window that was forecast worst", sorted.get(sorted.size() - 1), written);
        fan(folder, "median-forecast", "a window as most of them", sorted.get(sorted.size() / 2), written);
        String error = "mean absolute error, each window by its mean size";
        both(
                folder,
                "error-by-step",
                "errors of each step of the horizon",
                ForecastCharts.errorsByStep("Errors by step", error, byStep()),
                written);
        double[] residuals = residuals();
        if (residuals.length > LAGS + 1) {
            both(
                    folder,
                    "residual-autocorrelation",
                    "what forecasts of one step leave over",
                    ForecastCharts.residualAutocorrelation("Residuals one step ahead", residuals, LAGS),
                    written);
        }
        return written;
    }

    private static void both(Path folder, String name, String what, Sheet sheet, Map<String, String> written) {
        for (String ending : List.of(".png", ".svg")) {
            sheet.write(folder.resolve(name + ending));
            written.put(name + ending, what);
        }
    }

    private static void fan(Path folder, String name, String what, Shown shown, Map<String, String> written) {
        both(folder, name, what, chart(shown.window(), shown.forecast(), 0), written);
    }

    /** The forecast of a variable with as much past as three horizons. */
    public static Sheet chart(SeriesWindow window, Forecast f, int variable) {
        List<Double> levels = List.copyOf(f.quantiles().keySet());
        double[][] quantiles =
                f.quantiles().values().stream().map(q -> q[variable]).toArray(double[][]::new);
        return ForecastCharts.fan(window, variable, 3 * f.horizon(), f.point()[variable], levels, quantiles);
    }

    private Map<String, double[]> byStep() {
        int horizon = all.get(0).forecast().horizon();
        double[] model = new double[horizon];
        double[] naive = new double[horizon];
        for (Shown s : all) {
            double[][] plain = Baselines.of("seasonal-naive").forecast(s.window(), season, horizon);
            double size = 0;
            for (int h = 0; h < horizon; h++) {
                double truth = s.truth().value(0, h);
                size += Double.isNaN(truth) ? 0 : Math.abs(truth) / horizon;
            }
            for (int h = 0; h < horizon && size > 0; h++) {
                double truth = s.truth().value(0, h);
                if (!Double.isNaN(truth)) {
                    model[h] += Math.abs(truth - s.forecast().point()[0][h]) / size / all.size();
                    naive[h] += Math.abs(truth - plain[0][h]) / size / all.size();
                }
            }
        }
        Map<String, double[]> lines = new LinkedHashMap<>();
        lines.put("model", model);
        lines.put("seasonal naive", naive);
        return lines;
    }

    private double[] residuals() {
        TimeSeries first = all.get(0).window().series();
        Map<Integer, Double> byOrigin = new TreeMap<>();
        for (Shown s : all) {
            if (s.window().series() == first) {
                byOrigin.put(
                        s.window().origin(),
                        s.truth().value(0, 0) - s.forecast().point()[0][0]);
            }
        }
        return byOrigin.values().stream()
                .mapToDouble(Double::doubleValue)
                .filter(d -> !Double.isNaN(d))
                .toArray();
    }
}
