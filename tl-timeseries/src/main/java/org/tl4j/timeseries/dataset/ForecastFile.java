// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.weights.AtomicFile;

/** Writes forecasts as a CSV file: {@code series,time,variable,forecast,low80,high80,...}, a row for each value. */
public final class ForecastFile {
    private ForecastFile() {}

    /**
     * The forecast of one window.
     *
     * @param window which was forecast
     * @param point {@code [variable][horizon]}
     * @param quantiles {@code [level][variable][horizon]}; null for none
     */
    @SuppressWarnings("ArrayRecordComponent") // numbers of a forecast; nobody compares them by this record
    public record Entry(SeriesWindow window, double[][] point, double @Nullable [][][] quantiles) {}

    /**
     * Writes a file, whole or not at all. A step without a date is called by its number from 1.
     *
     * @param levels of the quantiles, ascending, such as 0.1 and 0.9: an interval for each pair that lies as far from
     *     the middle, and {@code q0.3} for a level that is alone; empty for point forecasts
     * @throws org.tl4j.error.WriteFailedException if the disk does not take it
     */
    public static void write(Path file, List<Double> levels, List<Entry> entries) {
        AtomicFile.replace(file, part -> {
            try (CsvWriter out = CsvWriter.builder().build(part, StandardCharsets.UTF_8)) {
                write(out, levels, entries);
            }
        });
    }

    /** The contents of such a file. */
    public static String text(List<Double> levels, List<Entry> entries) {
        StringWriter text = new StringWriter();
        try (CsvWriter out = CsvWriter.builder().build(text)) {
            write(out, levels, entries);
        } catch (IOException e) {
            throw new UncheckedIOException("a writer in memory does not fail", e);
        }
        return text.toString();
    }

    private static void write(CsvWriter out, List<Double> levels, List<Entry> entries) {
        List<String> header = new ArrayList<>(List.of("series", "time", "variable", "forecast"));
        List<Integer> order = order(levels, header);
        for (Entry e : entries) {
            int given = e.quantiles() == null ? 0 : e.quantiles().length;
            if (given != levels.size()
                    || e.point().length != e.window().series().variables().size()) {
                throw new ShapeMismatchException(
                        "The forecast of series '" + e.window().series().name() + "' has another shape than the file.",
                        given + " levels, " + e.point().length + " variables",
                        levels.size() + " levels, "
                                + e.window().series().variables().size() + " variables",
                        "give a row for each level and variable");
            }
        }
        out.writeRecord(header);
        for (Entry e : entries) {
            write(out, order, e);
        }
    }

    private static void write(CsvWriter out, List<Integer> order, Entry e) {
        TimeSeries series = e.window().series();
        for (int v = 0; v < e.point().length; v++) {
            for (int h = 0; h < e.point()[v].length; h++) {
                long step = (long) e.window().origin() + h;
                List<String> row = new ArrayList<>();
                row.add(series.name());
                row.add(series.isDated() ? series.label(step) : String.valueOf(step + 1));
                row.add(series.variables().get(v));
                row.add(shown(e.point()[v][h]));
                double[][][] quantiles = e.quantiles();
                for (int level : order) {
                    row.add(quantiles == null ? "" : shown(quantiles[level][v][h]));
                }
                out.writeRecord(row);
            }
        }
    }

    /** As many digits as a float has. */
    private static String shown(double value) {
        return Float.toString((float) value);
    }

    /** The widest interval last, and what is no end of one behind it. */
    private static List<Integer> order(List<Double> levels, List<String> header) {
        List<Integer> order = new ArrayList<>();
        List<Integer> alone = new ArrayList<>();
        for (int i = levels.size() - 1; i >= 0; i--) {
            double level = levels.get(i);
            if (!(level > 0 && level < 1) || i > 0 && !(levels.get(i - 1) < level)) {
                throw new InvalidArgumentException(
                        "Levels of quantiles do not ascend between 0 and 1.",
                        levels,
                        "such as [0.1, 0.5, 0.9]",
                        "sort them and take out those that are given twice");
            }
        }
        for (int low = levels.size() - 1; low >= 0; low--) {
            int partner = -1;
            for (int high = 0; high < levels.size(); high++) {
                if (high != low && Math.abs(levels.get(low) + levels.get(high) - 1) < 1e-9) {
                    partner = high;
                }
            }
            if (partner < 0) {
                alone.add(0, low);
            } else if (low < partner) {
                double percent = 100 * (levels.get(partner) - levels.get(low));
                String written = Math.abs(percent - Math.rint(percent)) < 1e-6
                        ? String.valueOf(Math.round(percent))
                        : String.valueOf(Math.round(percent * 100) / 100.0);
                header.add("low" + written);
                header.add("high" + written);
                order.add(low);
                order.add(partner);
            }
        }
        for (int level : alone) {
            header.add("q" + levels.get(level));
            order.add(level);
        }
        return order;
    }
}
