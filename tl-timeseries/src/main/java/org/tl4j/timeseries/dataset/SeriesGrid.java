// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/** Puts the rows of each series on regular steps: one row a step, NaN where there is none. */
final class SeriesGrid {
    private final String file;
    private final SeriesColumns columns;
    private final Config settings;
    private final Tally tally;
    private final @Nullable ZoneId zone;
    private final String duplicates;
    private @Nullable Frequency frequency;

    SeriesGrid(String file, SeriesColumns columns, Config settings, Tally tally) {
        this.file = file;
        this.columns = columns;
        this.settings = settings;
        this.tally = tally;
        this.duplicates = choice(settings, "duplicates", "refuse", "refuse", "first", "last", "mean");
        this.frequency = settings.has("frequency") ? Frequency.parse(settings.text("frequency")) : null;
        this.zone = settings.has("time-zone") ? zone(settings.text("time-zone")) : null;
    }

    /** One of some words. */
    static String choice(Config settings, String key, String otherwise, String... possible) {
        String given = settings.text(key, otherwise);
        if (!List.of(possible).contains(given)) {
            throw new UnknownNameException(
                    "answer to --" + key, given, List.of(possible), "write --" + key + " " + otherwise + ", say");
        }
        return given;
    }

    private static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            List<String> near = UnknownNameException.nearest(name, ZoneId.getAvailableZoneIds(), 3);
            throw new InvalidArgumentException(
                    "This is no time zone.",
                    "'" + name + "'",
                    "a name such as Europe/Berlin, or an offset such as +01:00",
                    near.isEmpty() ? "write --time-zone UTC, say" : "perhaps one of " + near,
                    e);
        }
    }

    /**
     * A series before its gaps are filled.
     *
     * @param first the first stamp; null where there are none
     * @param values {@code [target, then covariate][step]}
     * @param lines of each step; 0 for a step that the file does not have
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared by its components
    record Gridded(String name, @Nullable Long first, float[][] values, int[] lines, Map<String, String> categories) {}

    /** The distance of steps; null where they have no dates and nobody gave one. */
    @Nullable
    Frequency frequency() {
        return frequency;
    }

    List<Gridded> all() {
        List<String> names = List.copyOf(columns.series.keySet());
        int[][] rows = rows(names.size());
        if (columns.isDated()) {
            for (int s = 0; s < rows.length; s++) {
                clocks(names.get(s), rows[s]);
            }
            if (frequency == null) {
                frequency = inferred(names, rows);
            }
        }
        return IntStream.range(0, names.size())
                .mapToObj(s -> grid(names.get(s), rows[s]))
                .toList();
    }

    /** The rows of each series, in the order of the file. */
    private int[][] rows(int count) {
        int[] sizes = new int[count];
        for (int r = 0; r < columns.rows; r++) {
            sizes[columns.codes[r]]++;
        }
        int[][] out = new int[count][];
        Arrays.setAll(out, s -> new int[sizes[s]]);
        Arrays.fill(sizes, 0);
        for (int r = 0; r < columns.rows; r++) {
            int s = columns.codes[r];
            out[s][sizes[s]++] = r;
        }
        return out;
    }

    /** Brings stamps to a clock that is never turned, and refuses those that go back. */
    private void clocks(String name, int[] rows) {
        long[] stamps = IntStream.of(rows).mapToLong(r -> columns.seconds[r]).toArray();
        boolean offsets = IntStream.of(rows).anyMatch(r -> columns.offsets[r] != Stamps.LOCAL);
        boolean dates = Stamps.areDates(stamps);
        if (offsets && IntStream.of(rows).anyMatch(r -> columns.offsets[r] == Stamps.LOCAL)) {
            throw new InvalidDataException(
                    "Some times of '" + file + "' have an offset from UTC and some do not.",
                    "series '" + name + "'",
                    "all or none",
                    "write them all in UTC, or all without");
        }
        if (!dates && offsets) {
            for (int r : rows) {
                long utc = columns.seconds[r] - columns.offsets[r];
                columns.seconds[r] = zone == null
                        ? utc
                        : utc
                                + zone.getRules()
                                        .getStandardOffset(java.time.Instant.ofEpochSecond(utc))
                                        .getTotalSeconds();
            }
            tally.add(
                    zone == null
                            ? "times with offsets were brought to UTC"
                            : "times with offsets were brought to the standard time of " + zone,
                    "");
        } else if (!dates && zone != null) {
            long last = Long.MIN_VALUE;
            for (int r : rows) {
                long winter = Stamps.winter(columns.seconds[r], zone, last);
                if (winter == Long.MIN_VALUE) {
                    throw new InvalidDataException(
                            "'" + file + "' has a time that clocks of " + zone + " never show.",
                            Stamps.show(columns.seconds[r]) + " at line " + columns.lines[r]
                                    + ", within the hour that is left out in spring",
                            "times of that zone",
                            "leave --time-zone out if the clock of the file is never turned");
                }
                columns.seconds[r] = winter;
                last = winter;
            }
            tally.add("times of " + zone + " were brought to its standard time, which has no daylight saving", "");
        }
        for (int i = 1; i < rows.length; i++) {
            long before = columns.seconds[rows[i - 1]];
            long now = columns.seconds[rows[i]];
            if (now < before) {
                throw new InvalidDataException(
                        "'" + file + "' is not in the order of time.",
                        Stamps.show(now) + " at line " + columns.lines[rows[i]] + " after " + Stamps.show(before)
                                + " at line " + columns.lines[rows[i - 1]] + of(name),
                        "times that ascend",
                        columns.series.size() == 1 && !settings.has("series-column")
                                ? "sort the file, or name the column that tells series apart with --series-column"
                                : "sort the file by time");
            }
        }
    }

    private String of(String name) {
        return settings.has("series-column") ? ", series '" + name + "'" : "";
    }

    /** What the longest series says. */
    private @Nullable Frequency inferred(List<String> names, int[][] rows) {
        int longest = 0;
        for (int s = 0; s < rows.length; s++) {
            longest = rows[s].length > rows[longest].length ? s : longest;
        }
        long[] stamps = IntStream.of(rows[longest])
                .mapToLong(r -> columns.seconds[r])
                .distinct()
                .toArray();
        Frequency found = Stamps.infer(stamps, stamps.length);
        if (found == null) {
            throw new InvalidDataException(
                    "The distance of steps of '" + file + "' cannot be told.",
                    stamps.length + " different times" + of(names.get(longest)),
                    "at least 2",
                    "give it with --frequency H, say");
        }
        tally.add("one step is " + found + ", the usual distance of times; --frequency gives another", "");
        return found;
    }

    private Gridded grid(String name, int[] rows) {
        int[] steps = new int[rows.length];
        Long first = null;
        Frequency distance = frequency;
        if (columns.isDated() && distance != null) {
            first = columns.seconds[rows[0]];
            boolean monthEnds = distance.unit().ordinal() >= Frequency.Unit.MONTH.ordinal()
                    && IntStream.of(rows).allMatch(r -> Stamps.isMonthEnd(Stamps.date(columns.seconds[r])));
            for (int i = 0; i < rows.length; i++) {
                long step = Stamps.steps(first, columns.seconds[rows[i]], distance);
                if (step < 0 || step > Integer.MAX_VALUE - 8) {
                    throw new InvalidDataException(
                            "Times of '" + file + "' are not regular.",
                            Stamps.show(columns.seconds[rows[i]]) + " at line " + columns.lines[rows[i]] + of(name)
                                    + " lies between two steps of " + distance,
                            "whole steps of " + distance + " after " + Stamps.show(first) + " at line "
                                    + columns.lines[rows[0]],
                            "give another --frequency, or bring the values to regular times");
                }
                steps[i] = (int) step;
            }
            if (monthEnds) {
                // From the 28th of February on, say, later months would end on the 28th, too.
                LocalDateTime begin = Stamps.date(first);
                first = Stamps.seconds(begin.withDayOfMonth(1));
                tally.add("stamps at the ends of months stand for the months, which are shown by their first days", "");
            }
        } else {
            Arrays.setAll(steps, i -> i);
        }
        int length = rows.length == 0 ? 0 : steps[rows.length - 1] + 1;
        refuseWaste(name, length, rows.length);
        float[][] values = new float[columns.values.length][];
        int[] lines = new int[length];
        for (int v = 0; v < values.length; v++) {
            values[v] = new float[length];
            Arrays.fill(values[v], Float.NaN);
        }
        for (int i = 0; i < rows.length; ) {
            int j = i + 1;
            while (j < rows.length && steps[j] == steps[i]) {
                j++;
            }
            lines[steps[i]] = columns.lines[rows[i]];
            if (j - i > 1) {
                doubled(name, rows, i, j);
            }
            for (int v = 0; v < values.length; v++) {
                values[v][steps[i]] = merged(columns.values[v], rows, i, j);
            }
            i = j;
        }
        return new Gridded(name, first, values, lines, categories(name, rows));
    }

    /** A stamp of the year 9999 would otherwise cost all memory. */
    private void refuseWaste(String name, int length, int rows) {
        if (length > 10_000 && length > 100L * rows) {
            throw new InvalidDataException(
                    "Nearly all steps of '" + file + "' are missing.",
                    rows + " rows for " + length + " steps of " + frequency + of(name),
                    "a row for most steps",
                    "give another --frequency, and check the last time for a mistake");
        }
    }

    private void doubled(String name, int[] rows, int from, int to) {
        String where = Stamps.show(columns.seconds[rows[from]]) + " at lines " + columns.lines[rows[from]] + " and "
                + columns.lines[rows[from + 1]] + of(name);
        if (duplicates.equals("refuse")) {
            throw new InvalidDataException(
                    "'" + file + "' has a time twice.",
                    where,
                    "each time once" + (settings.has("series-column") ? " in a series" : ""),
                    "choose with --duplicates first, last or mean"
                            + (settings.has("series-column")
                                    ? ""
                                    : "; name the column that tells series apart with --series-column")
                            + (zone == null
                                    ? "; if it is the hour when clocks are turned back, give --time-zone"
                                    : ""));
        }
        tally.add(
                "rows with a time that is there already"
                        + switch (duplicates) {
                            case "first" -> " were dropped";
                            case "last" -> " took the place of those before";
                            default -> " were averaged";
                        },
                where,
                to - from - 1);
    }

    private float merged(float[] column, int[] rows, int from, int to) {
        if (to - from == 1 || duplicates.equals("first")) {
            return column[rows[from]];
        }
        if (duplicates.equals("last")) {
            return column[rows[to - 1]];
        }
        double sum = 0;
        int n = 0;
        for (int i = from; i < to; i++) {
            float v = column[rows[i]];
            sum += Float.isNaN(v) ? 0 : v;
            n += Float.isNaN(v) ? 0 : 1;
        }
        return n == 0 ? Float.NaN : (float) (sum / n);
    }

    private Map<String, String> categories(String name, int[] rows) {
        if (columns.levels.length == 0) {
            return Map.of();
        }
        List<String> texts = List.copyOf(columns.texts.keySet());
        Map<String, String> out = new LinkedHashMap<>();
        for (int c = 0; c < columns.levels.length; c++) {
            int level = columns.levels[c][rows[0]];
            for (int r : rows) {
                if (columns.levels[c][r] != level) {
                    throw new InvalidDataException(
                            "A category of '" + file + "' changes within a series.",
                            "'" + texts.get(columns.levels[c][r]) + "' in column '"
                                    + columns.column(columns.categories[c]) + "' at line " + columns.lines[r]
                                    + ", before that '" + texts.get(level) + "'" + of(name),
                            "the same text in all rows of a series",
                            "take the column out of --category-columns, or split the series");
                }
            }
            out.put(columns.column(columns.categories[c]), texts.get(level));
        }
        return out;
    }
}
