// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.math3.distribution.TDistribution;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.metric.Estimate;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.TimeSeries;

/**
 * The errors of forecasts, added up window by window. Not safe for several threads at once.
 *
 * <p>{@code mae}, {@code mse} and {@code rmse} are over all values that are there. {@code smape}, {@code mase} and
 * {@code rmsse} are first taken over a window's steps, then over windows and variables, as the M4 and M5 competitions
 * do: Spyros Makridakis, Evangelos Spiliotis, Vassilios Assimakopoulos, "The M4 Competition: 100,000 time series and 61
 * forecasting methods", International Journal of Forecasting 2020; Rob J. Hyndman, Anne B. Koehler, "Another look at
 * measures of forecast accuracy", International Journal of Forecasting 2006. Steps whose truth is missing count
 * nothing.
 *
 * <p>Intervals are of a ratio of sums over units that are taken as independent: series, where there are at least
 * {@value #SERIES_ENOUGH} of them; otherwise stretches of a series, each holding the windows whose origins fall into
 * the same {@value #HORIZONS_A_STRETCH} horizons' length of steps, for windows that overlap are wrong together. The
 * variance is that of the delta method, the quantile Student's for as many units. A single unit says nothing of the
 * spread: both ends are the value.
 */
public final class ForecastErrors {
    private static final int SERIES_ENOUGH = 10;
    /** Neighbouring stretches share what came in one horizon; with one a stretch, intervals are clearly too narrow. */
    private static final int HORIZONS_A_STRETCH = 2;

    // What is summed up for each unit.
    private static final int POINTS = 0;
    private static final int ABSOLUTE = 1;
    private static final int SQUARE = 2;
    private static final int RAW_ABSOLUTE = 3;
    private static final int RAW_SQUARE = 4;
    private static final int ROWS = 5;
    private static final int SMAPE = 6;
    private static final int SCALED_ROWS = 7;
    private static final int MASE = 8;
    private static final int RMSSE = 9;
    private static final int NAIVE_SMAPE = 10;
    private static final int NAIVE_MASE = 11;
    private static final int PINBALL = 12;
    /** From here on, for each interval: how many values it held, and how wide it was. */
    private static final int INTERVALS = 13;

    private final int season;
    private final List<Double> levels;
    private final double @Nullable [] deviations;
    private final List<Interval> intervals = new ArrayList<>();
    /** Units by series and stretch, in the order in which they came: sums do not depend on chance. */
    private final Map<TimeSeries, Sums> units = new LinkedHashMap<>();

    private double[][] bySteps = new double[0][];
    private double[][] byVariables = new double[0][];
    private List<String> variables = List.of();
    private long windows;
    private long missing;
    private long unscaled;
    private boolean compared;

    /** Two levels that lie as far from the middle, and what they are called. */
    private record Interval(int low, int high, String percent) {}

    /** What one series has come to. */
    private static final class Sums {
        private final TreeMap<Integer, double[]> stretches = new TreeMap<>();
        private final Scale[] scales;

        Sums(int variables) {
            scales = new Scale[variables];
            Arrays.setAll(scales, v -> new Scale());
        }
    }

    /** Errors of the seasonal naive forecast within the past, taken further as origins move on. */
    private static final class Scale {
        private int end;
        private double absolute;
        private double square;
        private long n;

        void moveTo(TimeSeries series, int variable, int origin, int season) {
            if (origin < end) {
                end = 0;
                absolute = 0;
                square = 0;
                n = 0;
            }
            for (int t = Math.max(end, season); t < origin; t++) {
                double d = (double) series.value(variable, t) - series.value(variable, t - season);
                if (!Double.isNaN(d)) {
                    absolute += Math.abs(d);
                    square += d * d;
                    n++;
                }
            }
            end = origin;
        }
    }

    /** Errors of point forecasts in the units of the data. */
    public ForecastErrors(int season) {
        this(season, List.of(), null);
    }

    /**
     * Nothing added yet.
     *
     * @param season of the naive forecast that scales MASE and RMSSE, in steps; 1 for no season
     * @param levels of the quantiles that will be given, ascending, such as 0.1, 0.5, 0.9; none for point forecasts
     * @param deviations of each variable, by which errors are divided as the papers on ETT do; {@code mae}, {@code mse}
     *     and {@code rmse} are then those of standardised values, and {@code rawMae}, {@code rawMse} and
     *     {@code rawRmse} those in the units of the data. Null for the latter alone
     */
    public ForecastErrors(int season, List<Double> levels, double @Nullable [] deviations) {
        this.season = Checks.positive("season", season);
        this.levels = List.copyOf(levels);
        this.deviations = deviations == null ? null : deviations.clone();
        for (int i = 0; i < levels.size(); i++) {
            if (!(levels.get(i) > (i == 0 ? 0 : levels.get(i - 1)) && levels.get(i) < 1)) {
                throw new InvalidArgumentException(
                        "Levels of quantiles do not ascend between 0 and 1.",
                        levels,
                        "such as [0.1, 0.5, 0.9]",
                        "sort them and take out those that are given twice");
            }
        }
        if (deviations != null) {
            for (double d : deviations) {
                Checks.positive("deviations", d);
            }
        }
        for (int low = 0; low < levels.size(); low++) {
            for (int high = levels.size() - 1; high > low; high--) {
                if (Math.abs(levels.get(low) + levels.get(high) - 1) < 1e-9) {
                    double percent = 100 * (levels.get(high) - levels.get(low));
                    String written = Math.abs(percent - Math.rint(percent)) < 1e-6
                            ? String.valueOf(Math.round(percent))
                            : String.valueOf(Math.round(percent * 100) / 100.0);
                    intervals.add(new Interval(low, high, written));
                }
            }
        }
    }

    /** The season that M4 scales MASE with: 24 hours, 12 months, 4 quarters, and 1 for all else. */
    public static int m4Season(@Nullable Frequency frequency) {
        if (frequency == null || frequency.multiple() != 1) {
            return 1;
        }
        return switch (frequency.unit()) {
            case HOUR, MONTH, QUARTER -> frequency.season();
            default -> 1;
        };
    }

    /**
     * Adds a point forecast.
     *
     * @param point {@code [variable][horizon]}
     */
    public void add(Future truth, double[][] point) {
        add(truth, point, null, null);
    }

    /**
     * Adds a forecast.
     *
     * @param point {@code [variable][horizon]}
     * @param quantiles {@code [level][variable][horizon]}; null where no levels were announced
     * @param naive2 what the Naive2 forecast of the same window is, {@code [variable][horizon]}, for {@code owa}; null
     *     to do without, for all windows alike
     * @throws ShapeMismatchException if a forecast does not have the window's shape
     * @throws InvalidDataException if it holds what is no number
     */
    public void add(Future truth, double[][] point, double @Nullable [][][] quantiles, double @Nullable [][] naive2) {
        TimeSeries series = truth.series();
        check(truth, point, "forecast");
        double[][][] levelled = quantiles == null ? new double[0][][] : quantiles;
        if (levelled.length != levels.size()) {
            throw new ShapeMismatchException(
                    "The forecast of series '" + series.name() + "' does not have the levels that were announced.",
                    levelled.length + " levels",
                    levels.size() + ": " + levels,
                    "give one quantile a level");
        }
        for (double[][] quantile : levelled) {
            check(truth, quantile, "quantile");
        }
        if (naive2 != null) {
            check(truth, naive2, "Naive2 forecast");
        }
        if (windows > 0 && compared != (naive2 != null)) {
            throw new InvalidArgumentException(
                    "Some forecasts come with that of Naive2 and some do not.",
                    "series '" + series.name() + "' from " + series.label(truth.origin()) + " comes "
                            + (naive2 == null ? "without" : "with") + " it",
                    "all or none, so that OWA compares the same windows",
                    "give it for every window");
        }
        compared = naive2 != null;
        windows++;
        grow(truth);
        Sums own = units.computeIfAbsent(series, s -> new Sums(s.variables().size()));
        double[] sums = own.stretches.computeIfAbsent(
                truth.origin() / (HORIZONS_A_STRETCH * truth.horizon()),
                k -> new double[INTERVALS + 2 * intervals.size()]);
        for (int v = 0; v < point.length; v++) {
            own.scales[v].moveTo(series, v, truth.origin(), season);
            add(truth, v, own.scales[v], point[v], levelled, naive2 == null ? null : naive2[v], sums);
        }
    }

    private void add(
            Future truth,
            int v,
            Scale scale,
            double[] point,
            double[][][] quantiles,
            double @Nullable [] naive2,
            double[] sums) {
        double deviation = deviations == null ? 1 : deviations[v];
        double absolute = 0;
        double square = 0;
        double smape = 0;
        double naiveAbsolute = 0;
        double naiveSmape = 0;
        int n = 0;
        for (int h = 0; h < truth.horizon(); h++) {
            double y = truth.value(v, h);
            if (Double.isNaN(y)) {
                missing++;
                continue;
            }
            n++;
            double e = Math.abs(y - point[h]);
            absolute += e;
            square += e * e;
            double share = share(y, point[h]);
            smape += share;
            if (naive2 != null) {
                naiveAbsolute += Math.abs(y - naive2[h]);
                naiveSmape += share(y, naive2[h]);
            }
            count(bySteps[h], e / deviation, share);
            count(byVariables[v], e / deviation, share);
            for (int l = 0; l < quantiles.length; l++) {
                double d = y - quantiles[l][v][h];
                sums[PINBALL] += Math.max(levels.get(l) * d, (levels.get(l) - 1) * d) / deviation / levels.size();
            }
            for (int i = 0; i < intervals.size(); i++) {
                double low = quantiles[intervals.get(i).low()][v][h];
                double high = quantiles[intervals.get(i).high()][v][h];
                boolean held = low <= y && y <= high;
                sums[INTERVALS + 2 * i] += held ? 1 : 0;
                sums[INTERVALS + 2 * i + 1] += (high - low) / deviation;
                bySteps[h][3 + i] += held ? 1 : 0;
            }
        }
        if (n == 0) {
            return;
        }
        sums[POINTS] += n;
        sums[ABSOLUTE] += absolute / deviation;
        sums[SQUARE] += square / deviation / deviation;
        sums[RAW_ABSOLUTE] += absolute;
        sums[RAW_SQUARE] += square;
        sums[ROWS]++;
        sums[SMAPE] += smape / n;
        sums[NAIVE_SMAPE] += naiveSmape / n;
        if (scale.n == 0 || scale.absolute == 0) {
            unscaled++;
            return;
        }
        sums[SCALED_ROWS]++;
        sums[MASE] += absolute / n / (scale.absolute / scale.n);
        sums[RMSSE] += Math.sqrt(square / n / (scale.square / scale.n));
        sums[NAIVE_MASE] += naiveAbsolute / n / (scale.absolute / scale.n);
    }

    /** 200 |y - f| / (|y| + |f|); 0 where both are 0 and the forecast is right. */
    private static double share(double y, double f) {
        double size = Math.abs(y) + Math.abs(f);
        return size == 0 ? 0 : 200 * Math.abs(y - f) / size;
    }

    /** Counts into: how many, absolute errors, squared ones, held by intervals ..., shares at the end. */
    private static void count(double[] row, double e, double share) {
        row[0]++;
        row[1] += e;
        row[2] += e * e;
        row[row.length - 1] += share;
    }

    private void grow(Future truth) {
        int width = 4 + intervals.size();
        bySteps = grown(bySteps, truth.horizon(), width);
        if (truth.series().variables().size() > byVariables.length) {
            variables = truth.series().variables();
            byVariables = grown(byVariables, variables.size(), width);
        }
    }

    private static double[][] grown(double[][] rows, int count, int width) {
        if (rows.length >= count) {
            return rows;
        }
        double[][] more = Arrays.copyOf(rows, count);
        for (int i = rows.length; i < count; i++) {
            more[i] = new double[width];
        }
        return more;
    }

    private void check(Future truth, double[][] forecast, String what) {
        TimeSeries series = truth.series();
        int count = series.variables().size();
        boolean fits = forecast.length == count && (deviations == null || deviations.length == count);
        for (double[] row : forecast) {
            fits &= row.length == truth.horizon();
        }
        if (!fits) {
            throw new ShapeMismatchException(
                    "A " + what + " of series '" + series.name() + "' has another shape than what came.",
                    "[" + forecast.length + ", " + (forecast.length == 0 ? 0 : forecast[0].length) + "]"
                            + (deviations == null ? "" : ", " + deviations.length + " deviations"),
                    "[variables, horizon] = [" + count + ", " + truth.horizon() + "], and one deviation a variable",
                    "forecast each variable and step");
        }
        for (int v = 0; v < count; v++) {
            for (int h = 0; h < truth.horizon(); h++) {
                if (!Double.isFinite(forecast[v][h])) {
                    throw new InvalidDataException(
                            "A " + what + " of series '" + series.name() + "' is no number.",
                            forecast[v][h] + " for " + series.variables().get(v) + " at "
                                    + series.label((long) truth.origin() + h),
                            "a finite number",
                            "check the model, and whether its input has missing values");
                }
            }
        }
    }

    /** How many windows were added. */
    public long windows() {
        return windows;
    }

    /** How many values that were forecast are missing in the data, and so count nothing. */
    public long missing() {
        return missing;
    }

    /**
     * How many rows, one for each window and variable, count nothing in {@code mase} and {@code rmsse}, for their past
     * is shorter than the season or the same in every season.
     */
    public long unscaled() {
        return unscaled;
    }

    /** The longest horizon that was added. */
    public int horizon() {
        return bySteps.length;
    }

    /**
     * All figures by name: {@code mae}, {@code mse}, {@code rmse}, {@code smape}, {@code mase}, {@code rmsse};
     * {@code owa} where Naive2's forecasts were given; {@code rawMae}, {@code rawMse}, {@code rawRmse} where errors are
     * standardised; and for quantiles {@code pinball}, the mean over levels, and for levels 0.1 and 0.9, say,
     * {@code coverage80} and {@code width80}.
     */
    public Map<String, Estimate> metrics() {
        Map<String, Estimate> out = new LinkedHashMap<>();
        List<double[]> sums = independent();
        out.put("mae", ratio(sums, ABSOLUTE, POINTS));
        Estimate mse = ratio(sums, SQUARE, POINTS);
        out.put("mse", mse);
        out.put("rmse", root(mse));
        out.put("smape", ratio(sums, SMAPE, ROWS));
        out.put("mase", ratio(sums, MASE, SCALED_ROWS));
        out.put("rmsse", ratio(sums, RMSSE, SCALED_ROWS));
        if (compared) {
            out.put("owa", overall(sums));
        }
        if (deviations != null) {
            out.put("rawMae", ratio(sums, RAW_ABSOLUTE, POINTS));
            Estimate raw = ratio(sums, RAW_SQUARE, POINTS);
            out.put("rawMse", raw);
            out.put("rawRmse", root(raw));
        }
        if (!levels.isEmpty()) {
            out.put("pinball", ratio(sums, PINBALL, POINTS));
        }
        for (int i = 0; i < intervals.size(); i++) {
            String percent = intervals.get(i).percent();
            out.put("coverage" + percent, covered(sums, INTERVALS + 2 * i));
            out.put("width" + percent, ratio(sums, INTERVALS + 2 * i + 1, POINTS));
        }
        return Collections.unmodifiableMap(out);
    }

    /** Mean absolute error of each step of the horizon, in the unit of {@code mae}; NaN where nothing came. */
    public double[] maeByStep() {
        return means(bySteps, 1);
    }

    /** Mean squared error of each step of the horizon, in the unit of {@code mse}. */
    public double[] mseByStep() {
        return means(bySteps, 2);
    }

    /** Symmetric percentage error of each step of the horizon. */
    public double[] smapeByStep() {
        return means(bySteps, 3 + intervals.size());
    }

    /** The share of values within an interval, such as {@code coverage80}, at each step of the horizon. */
    public Map<String, double[]> coverageByStep() {
        Map<String, double[]> out = new LinkedHashMap<>();
        for (int i = 0; i < intervals.size(); i++) {
            out.put("coverage" + intervals.get(i).percent(), means(bySteps, 3 + i));
        }
        return out;
    }

    /** Mean absolute error of each variable, in the unit of {@code mae}. */
    public Map<String, Double> maeByVariable() {
        return named(means(byVariables, 1));
    }

    /** Mean squared error of each variable, in the unit of {@code mse}. */
    public Map<String, Double> mseByVariable() {
        return named(means(byVariables, 2));
    }

    private Map<String, Double> named(double[] values) {
        Map<String, Double> out = new LinkedHashMap<>();
        for (int v = 0; v < values.length; v++) {
            out.put(variables.get(v), values[v]);
        }
        return out;
    }

    private static double[] means(double[][] rows, int column) {
        return Arrays.stream(rows).mapToDouble(r -> r[column] / r[0]).toArray();
    }

    /** The sums of each unit that is taken as independent of the others. */
    private List<double[]> independent() {
        List<double[]> out = new ArrayList<>();
        for (Sums series : units.values()) {
            Collection<double[]> stretches = series.stretches.values();
            if (units.size() < SERIES_ENOUGH) {
                out.addAll(stretches);
            } else {
                double[] all = new double[INTERVALS + 2 * intervals.size()];
                for (double[] stretch : stretches) {
                    Arrays.setAll(all, i -> all[i] + stretch[i]);
                }
                out.add(all);
            }
        }
        return out;
    }

    private static double total(List<double[]> units, int column) {
        double total = 0;
        for (double[] u : units) {
            total += u[column];
        }
        return total;
    }

    private static Estimate ratio(List<double[]> units, int of, int by) {
        double below = total(units, by);
        if (below == 0) {
            return Estimate.nothing();
        }
        double value = total(units, of) / below;
        double squares = 0;
        for (double[] u : units) {
            double residual = (u[of] - value * u[by]) / below;
            squares += residual * residual;
        }
        return around(value, squares, units.size());
    }

    private static Estimate around(double value, double squares, int units) {
        if (units < 2) {
            return new Estimate(value, value, value);
        }
        double error = Math.sqrt(squares * units / (units - 1));
        double half = new TDistribution(units - 1).inverseCumulativeProbability(0.975) * error;
        return new Estimate(value, Math.max(0, value - half), value + half);
    }

    /** A share cannot leave 0 to 1: the interval of the same value and variance that Wilson gives. */
    private static Estimate covered(List<double[]> units, int of) {
        Estimate plain = ratio(units, of, POINTS);
        if (Double.isNaN(plain.value())) {
            return plain;
        }
        double below = total(units, POINTS);
        double squares = 0;
        for (double[] u : units) {
            double residual = (u[of] - plain.value() * u[POINTS]) / below;
            squares += residual * residual;
        }
        int n = units.size();
        return Estimate.bounded(plain.value(), n < 2 ? 0 : squares * n / (n - 1), n);
    }

    private static Estimate root(Estimate square) {
        return new Estimate(Math.sqrt(square.value()), Math.sqrt(square.low()), Math.sqrt(square.high()));
    }

    /** Half of sMAPE's and half of MASE's ratio to Naive2's, each of means over all series. */
    private static Estimate overall(List<double[]> units) {
        double smape = total(units, NAIVE_SMAPE);
        double mase = total(units, NAIVE_MASE);
        if (smape == 0 || mase == 0) {
            return Estimate.nothing();
        }
        double smapes = total(units, SMAPE) / smape;
        double mases = total(units, MASE) / mase;
        double squares = 0;
        for (double[] u : units) {
            double residual =
                    0.5 * (u[SMAPE] - smapes * u[NAIVE_SMAPE]) / smape + 0.5 * (u[MASE] - mases * u[NAIVE_MASE]) / mase;
            squares += residual * residual;
        }
        return around(0.5 * (smapes + mases), squares, units.size());
    }
}
