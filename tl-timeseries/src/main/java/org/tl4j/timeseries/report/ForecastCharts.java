// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.report;

import java.awt.Color;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.report.Sheet.Stroke;

/**
 * Charts of forecasts. Lines differ in their dashes, and areas in their lightness, so that they can be told in grey.
 */
public final class ForecastCharts {
    private static final Color FORECAST = new Color(0x0b, 0x5f, 0xa5);
    private static final Color[] BANDS = {
        new Color(0x9d, 0xc3, 0xe6), new Color(0xd3, 0xe5, 0xf5), new Color(0xea, 0xf2, 0xfa)
    };
    /** Okabe and Ito's colours, which colour-blind people tell apart, the dark ones. */
    private static final Stroke[] LINES = {
        new Stroke(FORECAST, 2, ""),
        new Stroke(new Color(0xd5, 0x5e, 0x00), 2, "7 4"),
        new Stroke(new Color(0x00, 0x7a, 0x5a), 2, "2 3"),
        new Stroke(new Color(0x99, 0x4f, 0x80), 2, "9 3 2 3"),
        new Stroke(new Color(0x55, 0x55, 0x55), 2, "4 2"),
    };

    private static final Stroke PAST = Stroke.solid(Frame.INK, 1.3);
    private static final Stroke TRUTH = new Stroke(Frame.INK, 1.3, "3 3");
    private static final int MOST_TICKS = 9;

    private ForecastCharts() {}

    /**
     * The past, the forecast with its intervals, and what came where it is known.
     *
     * @param window which was forecast
     * @param variable of the series, from 0
     * @param past how many steps before the origin are shown
     * @param point {@code [horizon]}
     * @param levels of the quantiles, ascending; pairs that lie as far from the middle are intervals; empty for none
     * @param quantiles {@code [level][horizon]}
     */
    public static Sheet fan(
            SeriesWindow window, int variable, int past, double[] point, List<Double> levels, double[][] quantiles) {
        TimeSeries series = window.series();
        int first = Math.max(0, window.origin() - Checks.positive("past", past));
        int end = window.origin() + point.length;
        int known = Math.min(end, series.length());
        if (levels.size() != quantiles.length) {
            throw new InvalidArgumentException(
                    "Levels and quantiles differ in number.",
                    levels.size() + " levels, " + quantiles.length + " quantiles",
                    "one row of quantiles a level",
                    "give as many");
        }
        double[] seen = new double[known - first];
        Arrays.setAll(seen, i -> series.value(variable, first + i));
        double low = least(seen, point);
        double high = most(seen, point);
        for (double[] q : quantiles) {
            low = Math.min(low, least(q));
            high = Math.max(high, most(q));
        }
        Frame frame = new Frame(
                series.name() + ": " + series.variables().get(variable) + ", forecast from "
                        + series.label(window.origin()),
                series.variables().get(variable),
                first,
                end - 1,
                low,
                high);
        double[] ahead = positions(window.origin(), point.length);
        List<int[]> pairs = pairs(levels);
        for (int i = pairs.size() - 1; i >= 0; i--) {
            int[] pair = pairs.get(i);
            frame.band(ahead, quantiles[pair[0]], quantiles[pair[1]], BANDS[Math.min(i, BANDS.length - 1)]);
        }
        int before = window.origin() - first;
        frame.line(positions(first, before), Arrays.copyOf(seen, before), PAST);
        frame.entry("past", PAST);
        if (known > window.origin()) {
            // From the last known value on, so that the line is not interrupted.
            int from = Math.max(0, before - 1);
            frame.line(positions(first + from, seen.length - from), Arrays.copyOfRange(seen, from, seen.length), TRUTH);
            frame.entry("what came", TRUTH);
        }
        frame.line(ahead, point, LINES[0]);
        frame.entry("forecast", LINES[0]);
        for (int i = 0; i < pairs.size(); i++) {
            double percent = 100 * (levels.get(pairs.get(i)[1]) - levels.get(pairs.get(i)[0]));
            frame.entry(String.format(Locale.ROOT, "%.0f %% interval", percent), BANDS[Math.min(i, BANDS.length - 1)]);
        }
        if (series.isDated()) {
            dates(frame, series, first, end);
            frame.finish("");
        } else {
            numbers(frame, first + 1, end, 1);
            frame.finish("step");
        }
        return frame.sheet;
    }

    /**
     * How errors grow with the horizon.
     *
     * @param error what is shown, such as {@code mean absolute error}
     * @param byModel {@code [step]} by the name of what forecast, the one that matters first; at most five
     */
    public static Sheet errorsByStep(String title, String error, Map<String, double[]> byModel) {
        if (byModel.isEmpty() || byModel.size() > LINES.length) {
            throw new InvalidArgumentException(
                    "A chart of errors has one line a model.",
                    byModel.size() + " models",
                    "1 to " + LINES.length,
                    "leave some out");
        }
        int steps = 0;
        double high = 0;
        for (double[] row : byModel.values()) {
            steps = Math.max(steps, row.length);
            high = Math.max(high, most(row));
        }
        Frame frame = new Frame(title, error, 1, steps, 0, high);
        int i = 0;
        for (Map.Entry<String, double[]> model : byModel.entrySet()) {
            frame.line(positions(1, model.getValue().length), model.getValue(), LINES[i]);
            frame.entry(model.getKey(), LINES[i++]);
        }
        numbers(frame, 1, steps, 0);
        frame.finish("step of the horizon");
        return frame.sheet;
    }

    /**
     * What forecasts one step ahead leave over: where bars leave the band, they left something that could be learned.
     *
     * @param residuals in the order of time, one step apart
     * @param lags how many are shown
     */
    public static Sheet residualAutocorrelation(String title, double[] residuals, int lags) {
        double[] r = autocorrelation(residuals, lags);
        double limit = 1.96 / Math.sqrt(residuals.length);
        Frame frame = new Frame(
                title, "autocorrelation", 0, lags, Math.min(-limit * 1.5, least(r)), Math.max(limit * 1.5, most(r)));
        double[] ends = {0, lags};
        frame.band(ends, new double[] {-limit, -limit}, new double[] {limit, limit}, BANDS[1]);
        Stroke bar = Stroke.solid(FORECAST, Math.max(1.5, Math.min(6, 500.0 / lags)));
        for (int k = 1; k <= lags; k++) {
            frame.line(new double[] {k, k}, new double[] {0, r[k - 1]}, bar);
        }
        frame.line(ends, new double[] {0, 0}, Stroke.solid(Frame.INK, 1));
        frame.entry("autocorrelation", bar);
        frame.entry("95 % of those of white noise", BANDS[1]);
        numbers(frame, 0, lags, 0);
        frame.finish("lag");
        return frame.sheet;
    }

    /** Autocorrelations at lags from 1 on, {@code [lags]}; 0 where nothing varies. */
    public static double[] autocorrelation(double[] values, int lags) {
        if (Checks.positive("lags", lags) >= values.length) {
            throw new InvalidArgumentException(
                    "There are too few values for so many lags.",
                    values.length + " values, " + lags + " lags",
                    "more values than lags",
                    "ask for fewer lags");
        }
        double mean = Arrays.stream(values).average().orElse(0);
        double variance = 0;
        for (double v : values) {
            variance += (v - mean) * (v - mean);
        }
        double[] out = new double[lags];
        for (int k = 1; k <= lags; k++) {
            double sum = 0;
            for (int t = k; t < values.length; t++) {
                sum += (values[t] - mean) * (values[t - k] - mean);
            }
            out[k - 1] = variance > 0 ? sum / variance : 0;
        }
        return out;
    }

    private static double[] positions(int first, int count) {
        double[] out = new double[count];
        Arrays.setAll(out, i -> first + i);
        return out;
    }

    private static double least(double[]... rows) {
        return Arrays.stream(rows)
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .min()
                .orElse(0);
    }

    private static double most(double[]... rows) {
        return Arrays.stream(rows)
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
    }

    /** Levels that lie as far from the middle, the narrowest pair first. */
    private static List<int[]> pairs(List<Double> levels) {
        List<int[]> out = new ArrayList<>();
        for (int low = levels.size() - 1; low >= 0; low--) {
            for (int high = low + 1; high < levels.size(); high++) {
                if (Math.abs(levels.get(low) + levels.get(high) - 1) < 1e-9) {
                    out.add(new int[] {low, high});
                }
            }
        }
        return out;
    }

    /** Ticks at round numbers, each so much before the position of its number. */
    private static void numbers(Frame frame, int first, int last, int before) {
        double step = Math.max(1, Frame.step(first, Math.max(first + 1, last), MOST_TICKS));
        for (double v = Math.ceil(first / step) * step; v <= last; v += step) {
            frame.tick(v - before, String.format(Locale.ROOT, "%.0f", v), "");
        }
    }

    /** A unit of the calendar: which of them a stamp is in, and how it is written. */
    private record Unit(ToLongFunction<LocalDateTime> number, String pattern) {}

    private static final List<Unit> UNITS = List.of(
            minutes(1),
            minutes(5),
            minutes(15),
            minutes(30),
            minutes(60),
            minutes(120),
            minutes(180),
            minutes(360),
            minutes(720),
            days(1),
            days(2),
            days(7),
            days(14),
            months(1),
            months(3),
            months(6),
            years(1),
            years(2),
            years(5),
            years(10),
            years(20),
            years(50));

    private static Unit minutes(int count) {
        return new Unit(
                d -> d.toLocalDate().toEpochDay() * (1440 / count) + (d.getHour() * 60L + d.getMinute()) / count,
                "HH:mm");
    }

    private static Unit days(int count) {
        // The 4th of January 1970 was a Sunday: weeks begin on Mondays.
        return new Unit(d -> Math.floorDiv(d.toLocalDate().toEpochDay() - 4, count), "yyyy-MM-dd");
    }

    private static Unit months(int count) {
        return new Unit(d -> Math.floorDiv(d.getYear() * 12L + d.getMonthValue() - 1, count), "yyyy-MM");
    }

    private static Unit years(int count) {
        return new Unit(d -> Math.floorDiv(d.getYear(), count), "yyyy");
    }

    /** A tick wherever a new unit begins, of the smallest unit that does not crowd the axis. */
    private static void dates(Frame frame, TimeSeries series, int first, int end) {
        for (Unit unit : UNITS) {
            List<Integer> ticks = new ArrayList<>();
            for (int t = first; t < end && ticks.size() <= MOST_TICKS; t++) {
                LocalDateTime now = series.stamp(t);
                LocalDateTime before = series.stamp(t - 1L);
                if (now != null && before != null && number(unit, now) != number(unit, before)) {
                    ticks.add(t);
                }
            }
            if (ticks.size() <= MOST_TICKS) {
                draw(frame, series, unit, ticks, first);
                return;
            }
        }
    }

    private static long number(Unit unit, LocalDateTime stamp) {
        return unit.number().applyAsLong(stamp);
    }

    private static void draw(Frame frame, TimeSeries series, Unit unit, List<Integer> ticks, int first) {
        LocalDateTime day = null;
        List<Integer> shown = ticks.isEmpty() ? List.of(first) : ticks;
        DateTimeFormatter written =
                DateTimeFormatter.ofPattern(ticks.isEmpty() ? "yyyy-MM-dd HH:mm" : unit.pattern(), Locale.ROOT);
        for (int t : shown) {
            LocalDateTime stamp = series.stamp(t);
            if (stamp == null) {
                continue;
            }
            boolean newDay = unit.pattern().equals("HH:mm") && !isSameDay(stamp, day) && !ticks.isEmpty();
            frame.tick(t, written.format(stamp), newDay ? stamp.toLocalDate().toString() : "");
            day = stamp;
        }
    }

    private static boolean isSameDay(LocalDateTime stamp, @Nullable LocalDateTime other) {
        return other != null && stamp.toLocalDate().equals(other.toLocalDate());
    }
}
