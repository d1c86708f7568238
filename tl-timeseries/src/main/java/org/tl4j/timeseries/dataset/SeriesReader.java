// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;

/**
 * Reads series for forecasting from {@code .csv} and {@code .tsv} (each also with {@code .gz}) and {@code .parquet}.
 *
 * <p>A file has a column of values for each variable ({@code date,HUFL,OT}), or with {@code series-column} the series
 * one below the other ({@code shop,date,sales}), or a row for each series, its name first ({@code H1,605,586,...}, as
 * the M4 competition's files), whose end is padded with empty cells.
 *
 * <p>Settings are called as on the command line: {@code time-column}, {@code target-column} (names between commas, or
 * {@code all}), {@code series-column}, {@code known-columns} (covariates that are known in the future; rows behind the
 * last value hold it), {@code past-columns} (covariates that are observed in the past alone), {@code category-columns},
 * {@code frequency}, {@code layout} ({@code columns} or {@code rows}), {@code missing} ({@code refuse}, {@code linear},
 * {@code previous}, {@code leave}), {@code duplicates} ({@code refuse}, {@code first}, {@code last}, {@code mean}),
 * {@code time-zone}, {@code continued-by} (a file with the next values of the same series); and for {@link #read}
 * {@code context}, {@code horizon}, {@code stride} and {@code splits}. Nothing is filled, dropped or guessed without a
 * note.
 */
public final class SeriesReader {
    private static final Set<String> LAYOUTS = Set.of("columns", "rows");

    private final Path file;
    private final String name;
    private final Config settings;
    private final Tally tally = new Tally();
    private final List<String> notes = new ArrayList<>();
    private final String missing;

    private SeriesReader(Path file, Config settings) {
        this.file = file;
        this.name = String.valueOf(file.getFileName());
        this.settings = settings;
        this.missing = SeriesGrid.choice(settings, "missing", "refuse", "refuse", "linear", "previous", "leave");
    }

    /**
     * The windows of a file in the parts {@code train}, {@code validation} and {@code test}; see {@link SeriesParts}.
     *
     * @throws InvalidDataException if the file cannot be used as it is; names line and column
     */
    public static LabelledData<SeriesWindow, Future> read(Path file, Config settings) {
        return SeriesParts.of(load(file, settings), settings);
    }

    /** The series of a file. */
    public static List<TimeSeries> series(Path file, Config settings) {
        return load(file, settings).series();
    }

    /** The series of a file with the notes on them. */
    public static SeriesData load(Path file, Config settings) {
        SeriesReader reader = new SeriesReader(file, settings);
        List<TimeSeries> series = reader.raw();
        List<Integer> ends = series.stream().map(TimeSeries::length).toList();
        if (settings.has("continued-by")) {
            Path next = Path.of(settings.text("continued-by"));
            SeriesReader second = new SeriesReader(next, settings);
            series = reader.joined(series, second.raw(), next);
            reader.notes.addAll(second.notes);
            reader.notes.addAll(second.tally.notes(second.name));
        }
        List<TimeSeries> whole = reader.filled(series);
        List<String> notes = new ArrayList<>(reader.notes);
        notes.addAll(reader.tally.notes(reader.name));
        return new SeriesData(reader.name, whole, ends, notes);
    }

    /** Series as they stand in the file, with gaps as NaN. */
    private List<TimeSeries> raw() {
        String layout = SeriesGrid.choice(settings, "layout", "columns", LAYOUTS.toArray(String[]::new));
        boolean free =
                List.of("layout", "time-column", "target-column", "series-column", "known-columns", "past-columns")
                        .stream()
                        .noneMatch(settings::has);
        if (layout.equals("rows")) {
            return rows();
        }
        if (free && looksLikeRows()) {
            notes.add(name + ": every line is a series, its name first; --layout columns reads it otherwise");
            return rows();
        }
        SeriesColumns columns = new SeriesColumns(name, settings);
        SeriesRows.read(file, columns);
        refuseNothing(columns.rows);
        columns.trim();
        notes.addAll(columns.notes);
        SeriesGrid grid = new SeriesGrid(name, columns, settings, tally);
        List<TimeSeries> out = new ArrayList<>();
        int targets = columns.targets.length;
        for (SeriesGrid.Gridded g : grid.all()) {
            float[][] values = Arrays.copyOf(g.values(), targets);
            int covariates = targets + columns.known.length;
            float[][] known = Arrays.copyOfRange(g.values(), targets, covariates);
            float[][] observed = Arrays.copyOfRange(g.values(), covariates, g.values().length);
            int length = values[0].length;
            if (known.length > 0) {
                // Rows that hold covariates alone are the future.
                while (length > 0 && isEmpty(values, length - 1)) {
                    length--;
                }
                for (int v = 0; v < targets; v++) {
                    values[v] = Arrays.copyOf(values[v], length);
                }
                for (int c = 0; c < observed.length; c++) {
                    observed[c] = Arrays.copyOf(observed[c], length);
                }
            }
            for (int v = 0; v < targets; v++) {
                refuseEmpty(values[v], columns.column(columns.targets[v]), g.name());
            }
            for (int c = 0; c < observed.length; c++) {
                refuseEmpty(observed[c], columns.column(columns.observed[c]), g.name());
            }
            if (missing.equals("refuse")) {
                refuseGaps(g, columns, grid, length);
            }
            out.add(new TimeSeries(
                            g.name(),
                            g.first() == null ? null : Stamps.date(g.first()),
                            grid.frequency(),
                            columns.columns(columns.targets),
                            values,
                            columns.columns(columns.known),
                            known,
                            g.categories())
                    .withObserved(columns.columns(columns.observed), observed));
        }
        return out;
    }

    private void refuseNothing(int rows) {
        if (rows == 0) {
            throw new InvalidDataException(
                    "'" + name + "' holds no series.", "no row of values", "at least one", "check the path");
        }
    }

    private static boolean isEmpty(float[][] values, int step) {
        for (float[] row : values) {
            if (!Float.isNaN(row[step])) {
                return false;
            }
        }
        return true;
    }

    private void refuseEmpty(float[] values, String column, String series) {
        for (float v : values) {
            if (!Float.isNaN(v)) {
                return;
            }
        }
        throw new InvalidDataException(
                "Column '" + column + "' of '" + name + "' has no value at all.",
                values.length + " steps without one, series '" + series + "'",
                "at least one value",
                "leave the column out of --target-column or --past-columns, or take the series out of the file");
    }

    private void refuseGaps(SeriesGrid.Gridded g, SeriesColumns columns, SeriesGrid grid, int length) {
        int count = 0;
        String first = "";
        for (int v = 0; v < g.values().length; v++) {
            int covariate = v - columns.targets.length;
            boolean isKnown = covariate >= 0 && covariate < columns.known.length;
            String column = columns.column(columns.place(v));
            int end = isKnown ? g.values()[v].length : length;
            for (int t = 0; t < end; t++) {
                if (Float.isNaN(g.values()[v][t])) {
                    if (count++ == 0) {
                        Frequency f = grid.frequency();
                        Long begin = g.first();
                        String stamp = f == null || begin == null
                                ? "step " + (t + 1)
                                : Stamps.show(Stamps.seconds(f.plus(Stamps.date(begin), t)));
                        first = g.lines()[t] == 0
                                ? "no row for " + stamp
                                : "nothing in column '" + column + "' at line " + g.lines()[t] + " (" + stamp + ")";
                        first += (t >= length ? ", where the covariate must be known in the future" : "")
                                + (settings.has("series-column") ? ", series '" + g.name() + "'" : "");
                    }
                }
            }
        }
        if (count > 0) {
            throw missing(count, first);
        }
    }

    private InvalidDataException missing(int count, String first) {
        return new InvalidDataException(
                "'" + name + "' has missing values.",
                count + (count == 1 ? ": " : ", the first: ") + first,
                "a number for every step",
                "fill them with --missing linear or --missing previous, or leave out the windows that touch them"
                        + " with --missing leave");
    }

    /** The first row of values, after a header: a name and then numbers, where columns of times and numbers are not. */
    private boolean looksLikeRows() {
        if (name.endsWith(".parquet")) {
            return false;
        }
        boolean[] found = {false};
        int[] seen = {0};
        Stamps stamps = new Stamps();
        try {
            SeriesRows.read(file, (line, cells) -> {
                boolean named = cells.size() > 2
                        && !stamps.read(cells.get(0))
                        && !SeriesColumns.isNumber(cells.get(0))
                        && !cells.get(0).isBlank()
                        && SeriesColumns.isNumber(cells.get(1));
                found[0] = named
                        && cells.subList(1, cells.size()).stream()
                                .allMatch(c -> SeriesColumns.isMissing(c) || SeriesColumns.isNumber(c));
                if (++seen[0] == 2 || found[0]) {
                    throw new Enough();
                }
            });
        } catch (Enough e) {
            return found[0];
        }
        return found[0];
    }

    /** Ends the look at the first rows. */
    private static final class Enough extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Enough() {
            super(null, null, false, false);
        }
    }

    private List<TimeSeries> rows() {
        Frequency frequency = settings.has("frequency") ? Frequency.parse(settings.text("frequency")) : null;
        List<TimeSeries> out = new ArrayList<>();
        Set<String> names = new HashSet<>();
        SeriesRows.read(file, (line, cells) -> {
            String called = cells.get(0).strip();
            if (out.isEmpty()
                    && cells.size() > 1
                    && !SeriesColumns.isNumber(cells.get(1))
                    && !SeriesColumns.isMissing(cells.get(1))) {
                return; // a header
            }
            if (!names.add(called)) {
                throw new InvalidDataException(
                        "'" + name + "' has a series twice.",
                        "'" + called + "' at line " + line,
                        "each name once",
                        "rename one of them");
            }
            int length = cells.size() - 1;
            while (length > 0 && SeriesColumns.isMissing(cells.get(length))) {
                length--;
            }
            float[] values = new float[length];
            int gaps = 0;
            String first = "";
            for (int t = 0; t < length; t++) {
                values[t] = SeriesColumns.number(cells.get(t + 1), name, "cell " + (t + 2), line);
                if (Float.isNaN(values[t]) && gaps++ == 0) {
                    first = "nothing in cell " + (t + 2) + " at line " + line + ", series '" + called + "'";
                }
            }
            refuseEmpty(values, "value", called);
            if (gaps > 0 && missing.equals("refuse")) {
                throw missing(gaps, first);
            }
            out.add(new TimeSeries(
                    called,
                    null,
                    frequency,
                    List.of("value"),
                    new float[][] {values},
                    List.of(),
                    new float[0][],
                    Map.of()));
        });
        refuseNothing(out.size());
        return out;
    }

    /** Each series with the values that the next file has for it. */
    private List<TimeSeries> joined(List<TimeSeries> series, List<TimeSeries> next, Path from) {
        String other = String.valueOf(from.getFileName());
        Map<String, TimeSeries> byName = new HashMap<>();
        next.forEach(s -> byName.put(s.name(), s));
        // Files of one series are called by their names, which differ.
        boolean single = series.size() == 1 && next.size() == 1 && !settings.has("series-column");
        List<TimeSeries> out = new ArrayList<>();
        for (TimeSeries s : series) {
            TimeSeries more = single ? next.get(0) : byName.remove(s.name());
            if (more == null) {
                throw new InvalidDataException(
                        "'" + other + "' does not continue '" + name + "'.",
                        "no series '" + s.name() + "' among " + next.size(),
                        "the same names in both files",
                        "add it, or take it out of '" + name + "'");
            }
            if (!more.variables().equals(s.variables())
                    || !more.covariates().equals(s.covariates())
                    || !more.observed().equals(s.observed())
                    || !java.util.Objects.equals(more.stamp(0), s.stamp(s.length()))) {
                throw new InvalidDataException(
                        "'" + other + "' does not continue series '" + s.name() + "' of '" + name + "'.",
                        more.variables() + " from " + more.label(0),
                        s.variables() + " from " + s.label(s.length()),
                        "give the rows that follow the last one, with the same columns");
            }
            float[][] values = new float[s.variables().size()][];
            for (int v = 0; v < values.length; v++) {
                values[v] = new float[more.length()];
                more.copy(v, 0, more.length(), values[v], 0);
            }
            out.add(s.append(values, more));
        }
        if (!single && !byName.isEmpty()) {
            tally.add(
                    "series of '" + other + "' were left out, for '" + name + "' does not have them",
                    "'" + byName.keySet().iterator().next() + "'",
                    byName.size());
        }
        return out;
    }

    /** Fills gaps as is asked for; counts them, and series that never change. */
    private List<TimeSeries> filled(List<TimeSeries> series) {
        List<TimeSeries> out = new ArrayList<>();
        for (TimeSeries s : series) {
            TimeSeries whole = s;
            if (missing.equals("linear") || missing.equals("previous")) {
                float[][] values = new float[s.variables().size()][];
                for (int v = 0; v < values.length; v++) {
                    values[v] = new float[s.length()];
                    s.copy(v, 0, s.length(), values[v], 0);
                    fill(values[v], s, s.variables().get(v));
                }
                float[][] known = new float[s.covariates().size()][];
                for (int c = 0; c < known.length; c++) {
                    known[c] = new float[s.knownLength()];
                    for (int t = 0; t < known[c].length; t++) {
                        known[c][t] = s.known(c, t);
                    }
                    fill(known[c], s, s.covariates().get(c));
                }
                float[][] observed = new float[s.observed().size()][];
                for (int c = 0; c < observed.length; c++) {
                    observed[c] = new float[s.observedLength()];
                    for (int t = 0; t < observed[c].length; t++) {
                        observed[c][t] = s.observed(c, t);
                    }
                    fill(observed[c], s, s.observed().get(c));
                }
                whole = s.with(values, known, observed);
            } else if (missing.equals("leave")) {
                for (int v = 0; v < s.variables().size(); v++) {
                    for (int t = 0; t < s.length(); t++) {
                        if (Float.isNaN(s.value(v, t))) {
                            tally.add(
                                    "values are missing and stay so",
                                    where(s, s.variables().get(v), t),
                                    1);
                        }
                    }
                }
            }
            for (int v = 0; v < s.variables().size(); v++) {
                if (isConstant(whole, v)) {
                    tally.add("series never change", where(s, s.variables().get(v), 0), 1);
                }
            }
            out.add(whole);
        }
        return out;
    }

    private static boolean isConstant(TimeSeries s, int variable) {
        for (int t = 1; t < s.length(); t++) {
            if (s.value(variable, t) != s.value(variable, 0)) {
                return false;
            }
        }
        return s.length() > 1;
    }

    private static String where(TimeSeries s, String column, int step) {
        return column + " of series '" + s.name() + "' at " + s.label(step);
    }

    private void fill(float[] row, TimeSeries s, String column) {
        int before = -1;
        for (int t = 0; t <= row.length; t++) {
            if (t < row.length && Float.isNaN(row[t])) {
                continue;
            }
            if (t - before > 1) {
                String what = before < 0
                        ? "missing values at the beginning took the first value"
                        : missing.equals("previous")
                                ? "missing values took the value before"
                                : t == row.length
                                        ? "missing values at the end took the last value"
                                        : "missing values were put on the line between their neighbours";
                tally.add(what, where(s, column, before + 1), (long) t - before - 1);
                for (int g = before + 1; g < t; g++) {
                    row[g] = before < 0
                            ? row[t]
                            : missing.equals("previous") || t == row.length
                                    ? row[before]
                                    : row[before] + (row[t] - row[before]) * (g - before) / (t - before);
                }
            }
            before = t;
        }
    }

    /**
     * Refuses a series whose covariates end before the horizon behind its last value.
     *
     * @param file that the series comes from, for the message; null where there is none
     */
    public static void requireFuture(TimeSeries series, int horizon, @Nullable String file) {
        if (!series.covariates().isEmpty() && series.knownLength() < series.length() + horizon) {
            throw new InvalidDataException(
                    "Covariates of series '" + series.name() + "' are not known for the whole horizon.",
                    series.covariates() + " up to " + series.label(series.knownLength() - 1L)
                            + (file == null ? "" : " in '" + file + "'"),
                    "values up to " + series.label((long) series.length() + horizon - 1),
                    "add rows with their times and covariates and without values, or shorten the horizon");
        }
    }
}
