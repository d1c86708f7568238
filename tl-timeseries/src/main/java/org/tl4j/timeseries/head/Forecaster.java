// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.interval.ConformalIntervals;

/**
 * Forecasts as far as is asked for: a model's horizon at once, and beyond it recursively, its own points taken for what
 * came. Quantiles beyond the first horizon hold for the case that those points were right, and are too narrow for that.
 */
public final class Forecaster {
    private Forecaster() {}

    /**
     * The next steps of each series.
     *
     * @param model the forecasts of windows, in their order
     * @param steps how many, from 1
     */
    public static List<Forecast> next(
            Function<List<SeriesWindow>, List<Forecast>> model, List<TimeSeries> series, int steps) {
        Checks.positive("steps", steps);
        List<TimeSeries> longer = new ArrayList<>(series);
        List<Forecast> whole = new ArrayList<>();
        for (int done = 0; done < steps; ) {
            List<Forecast> block =
                    model.apply(longer.stream().map(SeriesWindow::endOf).toList());
            int more = Math.min(block.get(0).horizon(), steps - done);
            for (int i = 0; i < series.size(); i++) {
                Forecast part = head(block.get(i), more);
                if (done == 0) {
                    whole.add(part);
                } else {
                    whole.set(i, joined(whole.get(i), part));
                }
                longer.set(i, longer.get(i).append(floats(part.point())));
            }
            done += more;
        }
        return whole;
    }

    /**
     * Forecasts with intervals of promised coverage around their points, from the model's errors on the last windows of
     * the same series; see {@link ConformalIntervals}. What a model learned from it forecasts too well: the windows
     * should be newer.
     *
     * @param windows how many, each a step after the other
     * @param levels of the quantiles, such as 0.1 and 0.9
     * @throws org.tl4j.error.InvalidDataException if the series have too few steps for that many windows
     */
    public static List<Forecast> withIntervals(
            Function<List<SeriesWindow>, List<Forecast>> model,
            List<TimeSeries> series,
            List<Forecast> forecasts,
            int windows,
            List<Double> levels) {
        List<Forecast> out = new ArrayList<>();
        for (int i = 0; i < series.size(); i++) {
            TimeSeries s = series.get(i);
            Forecast f = forecasts.get(i);
            int horizon = f.horizon();
            if (s.length() <= horizon + windows) {
                throw new InvalidDataException(
                        "Series '" + s.name() + "' is too short to calibrate intervals.",
                        s.length() + " steps",
                        "more than " + (horizon + windows) + ": a horizon of " + horizon + " and " + windows
                                + " windows",
                        "ask for fewer windows, or for fewer steps");
            }
            ConformalIntervals.Calibration calibration =
                    new ConformalIntervals.Calibration(f.variables().size(), horizon);
            List<SeriesWindow> past = new ArrayList<>();
            for (int w = windows; w > 0; w--) {
                past.add(new SeriesWindow(s, s.length() - horizon - w + 1));
            }
            List<Forecast> before = model.apply(past);
            for (int w = 0; w < past.size(); w++) {
                Forecast b = before.get(w);
                if (b.horizon() < horizon) {
                    throw new InvalidDataException(
                            "Intervals can be put around the model's own horizon alone.",
                            horizon + " steps",
                            "at most " + b.horizon(),
                            "ask for fewer steps, or leave the intervals away");
                }
                calibration.add(
                        new Future(s, past.get(w).origin(), horizon),
                        head(b, horizon).point());
            }
            double[][][] q = calibration.intervals().quantiles(f.point(), levels);
            Map<Double, double[][]> quantiles = new LinkedHashMap<>();
            for (int l = 0; l < q.length; l++) {
                quantiles.put(levels.get(l), q[l]);
            }
            out.add(new Forecast(f.variables(), f.steps(), f.point(), quantiles));
        }
        return out;
    }

    private static Forecast head(Forecast f, int steps) {
        Map<Double, double[][]> quantiles = new LinkedHashMap<>();
        f.quantiles().forEach((level, q) -> quantiles.put(level, head(q, steps)));
        return new Forecast(f.variables(), f.steps().subList(0, steps), head(f.point(), steps), quantiles);
    }

    private static double[][] head(double[][] rows, int steps) {
        return Arrays.stream(rows).map(r -> Arrays.copyOf(r, steps)).toArray(double[][]::new);
    }

    private static Forecast joined(Forecast a, Forecast b) {
        List<String> steps = new ArrayList<>(a.steps());
        steps.addAll(b.steps());
        Map<Double, double[][]> quantiles = new LinkedHashMap<>();
        a.quantiles()
                .forEach((level, q) ->
                        quantiles.put(level, joined(q, b.quantiles().getOrDefault(level, q))));
        return new Forecast(a.variables(), steps, joined(a.point(), b.point()), quantiles);
    }

    private static double[][] joined(double[][] a, double[][] b) {
        double[][] all = new double[a.length][];
        for (int v = 0; v < a.length; v++) {
            all[v] = Arrays.copyOf(a[v], a[v].length + b[v].length);
            System.arraycopy(b[v], 0, all[v], a[v].length, b[v].length);
        }
        return all;
    }

    private static float[][] floats(double[][] rows) {
        float[][] out = new float[rows.length][];
        for (int v = 0; v < rows.length; v++) {
            out[v] = new float[rows[v].length];
            for (int h = 0; h < out[v].length; h++) {
                out[v][h] = (float) rows[v][h];
            }
        }
        return out;
    }
}
