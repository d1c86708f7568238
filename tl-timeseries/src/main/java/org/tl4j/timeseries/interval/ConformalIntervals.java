// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.interval;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.Future;

/**
 * Intervals that hold what comes as often as they say, from how wrong a model was on windows it did not learn from:
 * split conformal prediction, for each variable and step of the horizon. Vladimir Vovk, Alexander Gammerman, Glenn
 * Shafer, "Algorithmic Learning in a Random World", Springer 2005; for steps ahead, Kamile Stankeviciute, Ahmed M.
 * Alaa, Mihaela van der Schaar, "Conformal Time-Series Forecasting", NeurIPS 2021.
 *
 * <p>Both ends have their own quantile of the residuals, each with half of what is left outside: a model that is always
 * too low gets intervals that reach up. Of n residuals the ends are the ones of ranks k and n + 1 - k, with k =
 * floor((n + 1) (1 - coverage) / 2): the interval then holds a further residual with a probability of at least the
 * coverage, if all n + 1 might have come in any order. Windows of one series that overlap are no such thing; there it
 * holds over long times alone, and {@link Rolling} follows what changes.
 */
public final class ConformalIntervals {
    /** {@code [variable][step][residual]}, ascending. */
    private final double[][][] residuals;

    private ConformalIntervals(double[][][] residuals) {
        this.residuals = residuals;
    }

    /** Takes in how wrong forecasts of windows were that the model did not learn from. Not safe for several threads. */
    public static final class Calibration {
        private final List<List<List<Double>>> residuals = new ArrayList<>();
        private final int horizon;

        /** Nothing taken in yet. */
        public Calibration(int variables, int horizon) {
            Checks.positive("variables", variables);
            this.horizon = Checks.positive("horizon", horizon);
            for (int v = 0; v < variables; v++) {
                List<List<Double>> steps = new ArrayList<>();
                for (int h = 0; h < horizon; h++) {
                    steps.add(new ArrayList<>());
                }
                residuals.add(steps);
            }
        }

        /**
         * Takes in a window; values that are missing say nothing.
         *
         * @param point {@code [variable][horizon]}
         */
        public Calibration add(Future truth, double[][] point) {
            if (point.length != residuals.size() || point[0].length != horizon || truth.horizon() != horizon) {
                throw new ShapeMismatchException(
                        "A forecast of series '" + truth.series().name() + "' has another shape than the intervals.",
                        "[" + point.length + ", " + point[0].length + "], and " + truth.horizon() + " steps that came",
                        "[" + residuals.size() + ", " + horizon + "]",
                        "calibrate with forecasts of the same model");
            }
            for (int v = 0; v < point.length; v++) {
                for (int h = 0; h < horizon; h++) {
                    double r = truth.value(v, h) - point[v][h];
                    if (!Double.isNaN(r)) {
                        residuals.get(v).get(h).add(r);
                    }
                }
            }
            return this;
        }

        /** The intervals that follow. */
        public ConformalIntervals intervals() {
            double[][][] sorted = new double[residuals.size()][horizon][];
            for (int v = 0; v < sorted.length; v++) {
                for (int h = 0; h < horizon; h++) {
                    sorted[v][h] = residuals.get(v).get(h).stream()
                            .mapToDouble(d -> d)
                            .sorted()
                            .toArray();
                }
            }
            return new ConformalIntervals(sorted);
        }
    }

    /** As {@link #config} wrote them. */
    public static ConformalIntervals of(Config config) {
        List<double[][]> out = new ArrayList<>();
        for (Config variable : config.configs("variables")) {
            out.add(variable.numberRows("residuals").stream()
                    .map(row -> row.stream().mapToDouble(d -> d).toArray())
                    .toArray(double[][]::new));
        }
        return new ConformalIntervals(out.toArray(double[][][]::new));
    }

    /**
     * The residuals in a form that can be kept beside a model: of each step at most so many, spread evenly over the
     * ranks, which leaves quantiles nearly where they are.
     */
    public Config config(int most) {
        List<JsonObject> variables = new ArrayList<>();
        for (double[][] variable : residuals) {
            variables.add(Config.empty()
                    .with(
                            "residuals",
                            Arrays.stream(variable).map(r -> thinned(r, most)).toList())
                    .toJson());
        }
        return Config.empty().with("variables", variables);
    }

    private static double[] thinned(double[] sorted, int most) {
        if (sorted.length <= most) {
            return sorted;
        }
        double[] out = new double[most];
        for (int i = 0; i < most; i++) {
            // The rank i + 1 of most + 1 parts, as a rank of all; rounded outwards, so that intervals do not shrink.
            double rank = (i + 1.0) * (sorted.length + 1) / (most + 1);
            int place = (int) (i < most / 2 ? Math.floor(rank) : Math.ceil(rank)) - 1;
            out[i] = sorted[Math.max(0, Math.min(sorted.length - 1, place))];
        }
        return out;
    }

    /** How many residuals the step of a variable has that has fewest. */
    public int windows() {
        return Arrays.stream(residuals)
                .flatMap(Arrays::stream)
                .mapToInt(r -> r.length)
                .min()
                .orElse(0);
    }

    /** The least number of windows that intervals of a coverage need: 19 for 90 %, 39 for 95 %. */
    public static int windowsFor(double coverage) {
        return (int) Math.ceil(2 / (1 - Checks.between("coverage", coverage, 0, 0.9999)) - 1 - 1e-9);
    }

    /**
     * The ends of the intervals around a forecast, {@code [low, high][variable][horizon]}.
     *
     * @param point {@code [variable][horizon]}; the horizon may be shorter than that of the calibration
     * @param coverage such as 0.8
     * @throws InvalidDataException if there were too few windows for this coverage
     */
    public double[][][] around(double[][] point, double coverage) {
        int needed = windowsFor(coverage);
        if (windows() < needed) {
            throw new InvalidDataException(
                    "There are too few windows to calibrate intervals.",
                    windows() + " windows for a coverage of " + coverage,
                    "at least " + needed,
                    "hold out more of the series, or ask for less coverage");
        }
        double[][][] out = new double[2][point.length][];
        for (int v = 0; v < point.length; v++) {
            out[0][v] = new double[point[v].length];
            out[1][v] = new double[point[v].length];
            for (int h = 0; h < point[v].length; h++) {
                double[] r = residuals[v][h];
                int k = rank(r.length, coverage);
                out[0][v][h] = point[v][h] + r[k - 1];
                out[1][v][h] = point[v][h] + r[r.length - k];
            }
        }
        return out;
    }

    /**
     * Quantiles around a forecast, {@code [level][variable][horizon]}: the ends of the interval that leaves as much
     * outside on each side; the middle is the forecast moved by the median of the residuals.
     *
     * @param levels such as 0.1, 0.5, 0.9
     */
    public double[][][] quantiles(double[][] point, List<Double> levels) {
        double[][][] out = new double[levels.size()][][];
        for (int l = 0; l < out.length; l++) {
            double level = levels.get(l);
            double coverage = Math.abs(1 - 2 * Checks.between("levels", level, 1e-9, 1 - 1e-9));
            if (coverage < 1e-9) {
                out[l] = middle(point);
            } else {
                out[l] = around(point, coverage)[level < 0.5 ? 0 : 1];
            }
        }
        return out;
    }

    private double[][] middle(double[][] point) {
        if (windows() == 0) {
            throw new InvalidArgumentException(
                    "There are no windows to calibrate intervals.", "0", "at least 1", "hold out more of the series");
        }
        double[][] out = new double[point.length][];
        for (int v = 0; v < point.length; v++) {
            out[v] = new double[point[v].length];
            for (int h = 0; h < point[v].length; h++) {
                double[] r = residuals[v][h];
                out[v][h] = point[v][h] + 0.5 * (r[(r.length - 1) / 2] + r[r.length / 2]);
            }
        }
        return out;
    }

    private static int rank(int n, double coverage) {
        return (int) Math.floor((n + 1) * (1 - coverage) / 2 + 1e-9);
    }

    /**
     * Intervals of one value at a time that follow what changes: residuals of the last values alone, and a level that
     * rises after a miss and sinks after a hit, so that in the long run as many are held as was asked for, whatever the
     * series does. Isaac Gibbs, Emmanuel Candes, "Adaptive Conformal Inference Under Distribution Shift", NeurIPS 2021;
     * Chen Xu, Yao Xie, "Conformal prediction interval for dynamic time-series", ICML 2021. Not safe for several
     * threads.
     */
    public static final class Rolling {
        private final double coverage;
        private final double rate;
        private final double[] last;
        private int count;
        /** What may be outside at present; the adaptive level, which can leave 0 to 1. */
        private double outside;

        /**
         * Nothing seen yet.
         *
         * @param coverage such as 0.8
         * @param window how many of the last residuals count
         * @param rate by how much the level follows a miss: 0 never, 0.01 to 0.05 usually
         */
        public Rolling(double coverage, int window, double rate) {
            this.coverage = Checks.between("coverage", coverage, 0, 0.9999);
            this.rate = Checks.notNegative("rate", rate);
            this.last = new double[Checks.positive("window", window)];
            this.outside = 1 - coverage;
        }

        /**
         * The ends around a forecast, {@code [low, high]}; infinite where too little was seen for what is asked for.
         */
        public double[] around(double point) {
            int n = Math.min(count, last.length);
            double[] sorted = Arrays.copyOf(last, n);
            Arrays.sort(sorted);
            if (outside >= 1) {
                double middle = n == 0 ? 0 : sorted[(n - 1) / 2];
                return new double[] {point + middle, point + middle};
            }
            int k = rank(n, 1 - Math.max(0, outside));
            return k < 1
                    ? new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY}
                    : new double[] {point + sorted[k - 1], point + sorted[n - k]};
        }

        /** Takes in what came in the place of a forecast. */
        public Rolling add(double point, double truth) {
            if (Double.isNaN(truth)) {
                return this;
            }
            double[] ends = around(point);
            boolean held = ends[0] <= truth && truth <= ends[1];
            outside += rate * (1 - coverage - (held ? 0 : 1));
            last[count++ % last.length] = truth - point;
            // Only the remainder matters; this keeps a stream of any length countable.
            count = count >= 2 * last.length ? count - last.length : count;
            return this;
        }
    }
}
