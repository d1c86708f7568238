// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/** Takes the rows of a file in and keeps the columns that matter as numbers, without an object for a cell. */
final class SeriesColumns implements SeriesRows.Sink {
    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "none", "?");
    private static final List<String> USUAL_TIMES =
            List.of("date", "time", "timestamp", "datetime", "ds", "month", "year", "day", "week", "hour");

    private static final double[] POWERS = new double[16];

    static {
        for (int i = 0; i < POWERS.length; i++) {
            POWERS[i] = Double.parseDouble("1e" + i);
        }
    }

    private final String file;
    private final Config settings;
    private final Stamps stamps = new Stamps();
    final List<String> notes = new ArrayList<>();

    private List<String> header = List.of();
    private boolean begun;
    private int timeColumn = -1;
    private int seriesColumn = -1;
    int[] targets = {};
    int[] known = {};
    int[] observed = {};
    int[] categories = {};

    int rows;
    int[] lines = new int[1024];
    long[] seconds = new long[1024];
    int[] offsets = new int[1024];
    int[] codes = new int[1024];
    /** {@code [target, then known, then observed][row]}. */
    float[][] values = {};
    /** {@code [category][row]}, by place in the list of texts. */
    int[][] levels = {};

    final Map<String, Integer> series = new LinkedHashMap<>();
    final Map<String, Integer> texts = new LinkedHashMap<>();

    SeriesColumns(String file, Config settings) {
        this.file = file;
        this.settings = settings;
    }

    boolean isDated() {
        return timeColumn >= 0;
    }

    String column(int place) {
        return header.get(place);
    }

    List<String> columns(int[] places) {
        return IntStream.of(places).mapToObj(header::get).toList();
    }

    @Override
    public void row(long line, List<String> cells) {
        if (!begun) {
            begun = true;
            boolean named = line == 0 || !cells.stream().allMatch(this::isValue);
            header = named
                    ? cells.stream().map(String::strip).toList()
                    : IntStream.rangeClosed(1, cells.size())
                            .mapToObj(String::valueOf)
                            .toList();
            if (named) {
                return;
            }
            notes.add(file + ": no header line was found; columns are called 1 to " + cells.size());
        }
        if (rows == 0) {
            choose(cells);
        }
        if (cells.size() != header.size()) {
            throw new InvalidDataException(
                    "'" + file + "' has rows of different lengths.",
                    cells.size() + " cells at line " + line,
                    header.size() + ": " + header,
                    "write a cell in every column, or quote cells with commas");
        }
        grow();
        lines[rows] = (int) line;
        if (timeColumn >= 0) {
            if (!stamps.read(cells.get(timeColumn))) {
                throw new InvalidDataException(
                        "'" + file + "' has a time that cannot be read.",
                        "'" + cells.get(timeColumn) + "' in column '" + header.get(timeColumn) + "' at line " + line,
                        "2020-01-31, 2020-01-31 23:00:00, 2020-01-31T23:00Z, 2020-01, 2020Q1, 2020, or seconds since 1970",
                        "write it so, or name another column with --time-column");
            }
            seconds[rows] = stamps.seconds();
            offsets[rows] = stamps.offset();
        }
        codes[rows] = seriesColumn < 0 ? 0 : series.computeIfAbsent(cells.get(seriesColumn), k -> series.size());
        for (int i = 0; i < values.length; i++) {
            int place = place(i);
            values[i][rows] = number(cells.get(place), place, line);
        }
        for (int i = 0; i < levels.length; i++) {
            levels[i][rows] = texts.computeIfAbsent(cells.get(categories[i]), k -> texts.size());
        }
        rows++;
    }

    /** The column of a row of {@link #values}. */
    int place(int row) {
        int covariate = row - targets.length;
        return covariate < 0
                ? targets[row]
                : covariate < known.length ? known[covariate] : observed[covariate - known.length];
    }

    private boolean isValue(String cell) {
        return !cell.isBlank() && (isMissing(cell) || isNumber(cell) || stamps.read(cell));
    }

    static boolean isMissing(String cell) {
        return cell.length() < 6 && MISSING.contains(cell.strip().toLowerCase(Locale.ROOT));
    }

    static boolean isNumber(String cell) {
        return !Double.isNaN(parsed(cell));
    }

    /** NaN for what is no number; Java's own suffixes and hexadecimals are none. */
    private static double parsed(String cell) {
        double plain = plain(cell);
        if (!Double.isNaN(plain)) {
            return plain;
        }
        String text = cell.strip();
        int last = text.length() - 1;
        if (last < 0 || !Character.isDigit(text.charAt(last)) && text.charAt(last) != '.') {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
                case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
                default -> Double.NaN;
            };
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /**
     * A sign, digits and a point, of at most 15 digits: then the digits and the power of ten are exact, and so is their
     * ratio but for one rounding. NaN for all else. Several times faster than Java's own way.
     */
    private static double plain(String cell) {
        int n = cell.length();
        int begin = n > 0 && cell.charAt(0) == '-' ? 1 : 0;
        if (n == begin || n > 16 + begin) {
            return Double.NaN;
        }
        long digits = 0;
        int point = -1;
        for (int i = begin; i < n; i++) {
            char c = cell.charAt(i);
            if (c >= '0' && c <= '9') {
                digits = 10 * digits + c - '0';
            } else if (c == '.' && point < 0) {
                point = i;
            } else {
                return Double.NaN;
            }
        }
        int count = n - begin - (point < 0 ? 0 : 1);
        if (count == 0 || count > 15) {
            return Double.NaN;
        }
        double value = point < 0 ? digits : digits / POWERS[n - 1 - point];
        return begin == 1 ? -value : value;
    }

    private float number(String cell, int place, long line) {
        return number(cell, file, "column '" + header.get(place) + "'", line);
    }

    /** A cell as a number, NaN where it is missing; infinity and texts are refused. */
    static float number(String cell, String file, String column, long line) {
        double value = parsed(cell);
        if (Double.isNaN(value)) {
            if (isMissing(cell)) {
                return Float.NaN;
            }
            throw new InvalidDataException(
                    "'" + file + "' has a text where a number belongs.",
                    "'" + cell + "' in " + column + " at line " + line,
                    "a number with a decimal point, or an empty cell for a value that is missing",
                    "correct the cell, or leave the column out: --target-column names those to forecast");
        }
        float narrowed = (float) value;
        if (Float.isInfinite(narrowed)) {
            throw new InvalidDataException(
                    "'" + file + "' has an infinite value.",
                    cell.strip() + " in " + column + " at line " + line,
                    "a number of at most 3.4e38",
                    "correct the cell, or leave it empty and say what to do with --missing");
        }
        return narrowed;
    }

    private void grow() {
        if (rows < lines.length) {
            return;
        }
        int more = Math.toIntExact(Math.min(Integer.MAX_VALUE - 8, 2L * rows));
        lines = Arrays.copyOf(lines, more);
        seconds = Arrays.copyOf(seconds, more);
        offsets = Arrays.copyOf(offsets, more);
        codes = Arrays.copyOf(codes, more);
        for (int i = 0; i < values.length; i++) {
            values[i] = Arrays.copyOf(values[i], more);
        }
        for (int i = 0; i < levels.length; i++) {
            levels[i] = Arrays.copyOf(levels[i], more);
        }
    }

    /** What each column is, from the settings, and from the first row where they say nothing. */
    private void choose(List<String> first) {
        if (settings.has("time-column")) {
            timeColumn = find(settings.text("time-column"), "time-column");
        } else {
            timeColumn = IntStream.range(0, header.size())
                    .filter(c -> c < first.size() && isTime(c, first.get(c)))
                    .findFirst()
                    .orElse(-1);
            notes.add(
                    timeColumn < 0
                            ? file + ": no column holds times, so steps have no dates; --time-column names one"
                            : file + ": column '" + header.get(timeColumn) + "' holds the times");
        }
        seriesColumn = settings.has("series-column") ? find(settings.text("series-column"), "series-column") : -1;
        if (seriesColumn < 0) {
            series.put(file.replaceFirst("(?i)(\\.(csv|tsv|tab|txt|parquet))?(\\.gz)?$", ""), 0);
        }
        known = named("known-columns");
        observed = named("past-columns");
        categories = named("category-columns");
        List<String> wanted = names(settings, "target-column");
        if (wanted.isEmpty() || wanted.equals(List.of("all"))) {
            targets = IntStream.range(0, header.size()).filter(c -> !isTaken(c)).toArray();
            if (wanted.isEmpty()) {
                notes.add(file + ": all other columns are forecast: " + columns(targets)
                        + "; --target-column names fewer");
            }
        } else {
            targets = named("target-column");
        }
        if (targets.length == 0) {
            throw new InvalidDataException(
                    "'" + file + "' has no column to forecast.",
                    "columns " + header,
                    "one beside those of times, series, covariates and categories",
                    "name it with --target-column");
        }
        for (int t : targets) {
            if (isTaken(t)) {
                throw twoTasks(t, "it is to be forecast, and named for something else, too");
            }
        }
        for (int o : observed) {
            if (o == timeColumn || o == seriesColumn || has(known, o) || has(categories, o)) {
                throw twoTasks(o, "it is observed in the past alone, and named for something else, too");
            }
        }
        values = new float[targets.length + known.length + observed.length][lines.length];
        levels = new int[categories.length][lines.length];
    }

    /** Whether a column is named for something else than to be forecast. */
    private boolean isTaken(int column) {
        return column == timeColumn
                || column == seriesColumn
                || has(known, column)
                || has(observed, column)
                || has(categories, column);
    }

    private InvalidDataException twoTasks(int column, String found) {
        return new InvalidDataException(
                "Column '" + header.get(column) + "' of '" + file + "' has two tasks.",
                found,
                "one task a column",
                "take it out of one of the settings");
    }

    private boolean isTime(int column, String cell) {
        String name = header.get(column).toLowerCase(Locale.ROOT);
        boolean usual = USUAL_TIMES.contains(name) || column == 0 && name.isEmpty();
        // A bare number may be anything, so that its column must have a name that says time.
        return stamps.read(cell) && (usual || column == 0 && !isNumber(cell));
    }

    private static boolean has(int[] places, int place) {
        return IntStream.of(places).anyMatch(p -> p == place);
    }

    private int[] named(String key) {
        return names(settings, key).stream().mapToInt(n -> find(n, key)).toArray();
    }

    /** Names between commas, or a list of them. */
    static List<String> names(Config settings, String key) {
        if (!settings.has(key)) {
            return List.of();
        }
        if (settings.toJson().get(key).isJsonArray()) {
            return settings.texts(key);
        }
        return Arrays.stream(settings.text(key).split(","))
                .map(String::strip)
                .filter(n -> !n.isEmpty())
                .toList();
    }

    private int find(String name, String key) {
        int exact = header.indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        List<Integer> folded = IntStream.range(0, header.size())
                .filter(i -> header.get(i).equalsIgnoreCase(name))
                .boxed()
                .toList();
        if (folded.size() == 1) {
            return folded.get(0);
        }
        if (name.matches("[0-9]{1,6}")) {
            int number = Integer.parseInt(name);
            if (number >= 1 && number <= header.size()) {
                return number - 1;
            }
        }
        throw new UnknownNameException(
                "column",
                name,
                header,
                file + " has the columns " + header + "; give one of them, or its number from 1, as --" + key);
    }

    /** Gives the arrays the length that is needed, and nothing more. */
    void trim() {
        for (int i = 0; i < values.length; i++) {
            values[i] = Arrays.copyOf(values[i], rows);
        }
    }
}
