// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.data.Table;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.model.Config;

/**
 * Reads a series from a table of times and values ({@code timestamp,value}), with labels of rows or with episodes in
 * the JSON of the Numenta Anomaly Benchmark: {@code {"folder/series.csv": [["2014-07-01 00:00:00", "..."]]}}.
 */
public final class SignalTable {
    private static final List<String> TIMES = List.of("timestamp", "time", "date", "datetime", "ds");
    private static final List<String> VALUES = List.of("value", "y", "values");
    private static final List<String> LABELS = List.of("label", "anomaly", "is_anomaly", "outlier", "is_outlier");

    private SignalTable() {}

    /**
     * Reads a file; its rows are in the order of time, and every row becomes a point. Settings: {@code time-column},
     * {@code value-column}, {@code label-column}, {@code anomaly-label}, {@code windows} (a file of episodes, in which
     * the series is found by the end of its path).
     *
     * @throws MissingArtifactException if there is no such file
     * @throws InvalidDataException if a row cannot be used; names it
     */
    public static LabelledData<SignalPoint, Condition> read(Path file, Config settings) {
        if (!Files.isRegularFile(file)) {
            throw new MissingArtifactException(
                    "There is no file '" + file + "'.",
                    "nothing there",
                    "a table of times and values (.csv, .tsv, .jsonl)",
                    "check the path");
        }
        Table table = Table.read(file, Table.Header.PRESENT);
        List<String> notes = new ArrayList<>(table.notes());
        Optional<Integer> time = column(table, settings, "time-column", TIMES);
        int value = column(table, settings, "value-column", VALUES)
                .orElseThrow(() -> new InvalidDataException(
                        "It is not clear which column of '" + table.name() + "' holds the values.",
                        table.columns(),
                        "a column called " + VALUES,
                        "name it: --set value-column=NAME"));
        Optional<Integer> label = column(table, settings, "label-column", LABELS);
        int n = table.rows().size();
        double[] values = new double[n];
        List<LocalDateTime> times = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        int back = 0;
        for (int i = 0; i < n; i++) {
            Table.Row row = table.rows().get(i);
            Object cell = AnomalyTable.value(row.text(value));
            if (!(cell instanceof Double d) || !Double.isFinite(d)) {
                throw new InvalidDataException(
                        row.source() + " has no value.",
                        cell.equals("") ? "nothing" : "'" + cell + "'",
                        "a finite number in column '" + table.columns().get(value) + "'",
                        "fill the gap, or take the row out");
            }
            values[i] = d;
            time.ifPresent(t -> times.add(time(row.text(t), row.source())));
            back += time.isPresent() && i > 0 && times.get(i).isBefore(times.get(i - 1)) ? 1 : 0;
            labels.add(label.map(row::text).orElse(""));
        }
        if (back > 0) {
            notes.add(table.name() + ": time goes back at " + back + (back == 1 ? " row" : " rows")
                    + "; rows are taken in the order of the file");
        }
        Signal signal = new Signal(table.name(), times, values);
        List<Condition> truth = settings.has("windows")
                ? within(episodes(Path.of(settings.text("windows")), file), signal)
                : AnomalyLabels.conditions(table.name(), labels, settings, notes::add);
        List<Example<SignalPoint, Condition>> points = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            points.add(new Example<>(
                    signal.point(i), truth.get(i), table.rows().get(i).source()));
        }
        return new LabelledData<>(Dataset.of(table.name(), points), Map.of(), notes);
    }

    private static Optional<Integer> column(Table table, Config settings, String option, List<String> usual) {
        return settings.has(option)
                ? Optional.of(table.column(settings.text(option)))
                : usual.stream()
                        .flatMap(u ->
                                table.columns().stream().filter(c -> c.strip().equalsIgnoreCase(u)))
                        .findFirst()
                        .map(table::column);
    }

    /**
     * A time: {@code 2014-07-01}, {@code 2014-07-01 00:30:00}, with a {@code T} or a fraction of a second, too, or
     * seconds since 1970.
     *
     * @param source where it stands
     */
    public static LocalDateTime time(String text, String source) {
        String given = text.strip();
        try {
            if (given.matches("-?[0-9]+")) {
                return LocalDateTime.ofEpochSecond(Long.parseLong(given), 0, ZoneOffset.UTC);
            }
            if (given.length() == 10) {
                return LocalDate.parse(given).atStartOfDay();
            }
            String iso = given.replace(' ', 'T').replaceFirst("Z$", "");
            return LocalDateTime.parse(iso, DateTimeFormatter.ISO_LOCAL_DATE_TIME);
        } catch (DateTimeParseException | NumberFormatException e) {
            throw new InvalidDataException(
                    source + " holds no time.",
                    "'" + text + "'",
                    "a time such as 2014-07-01 00:30:00, or seconds since 1970",
                    "correct it, or name another column with --set time-column=NAME",
                    e);
        }
    }

    private record Times(LocalDateTime first, LocalDateTime last) {}

    private static List<Times> episodes(Path windows, Path file) {
        try {
            JsonObject all = JsonParser.parseString(Files.readString(windows)).getAsJsonObject();
            String path = file.toAbsolutePath().normalize().toString().replace('\\', '/');
            String key = all.keySet().stream()
                    .filter(k -> path.endsWith("/" + k))
                    .findFirst()
                    .orElseThrow(() -> new InvalidDataException(
                            "'" + windows + "' says nothing of '" + file + "'.",
                            all.size() + " series, none that is the end of this path",
                            "a key such as " + file.getFileName(),
                            "give the right file, or label the rows"));
            List<Times> episodes = new ArrayList<>();
            for (JsonElement e : all.getAsJsonArray(key)) {
                JsonArray ends = e.getAsJsonArray();
                String source = windows.getFileName() + " " + key;
                episodes.add(new Times(
                        time(ends.get(0).getAsString(), source),
                        time(ends.get(1).getAsString(), source)));
            }
            return episodes;
        } catch (IOException
                | JsonParseException
                | IllegalStateException
                | ClassCastException
                | IndexOutOfBoundsException e) {
            throw new CorruptFileException(
                    "'" + windows + "' cannot be read as episodes of series.",
                    String.valueOf(e.getMessage()),
                    "{\"folder/series.csv\": [[\"2014-07-01 00:00:00\", \"2014-07-01 06:00:00\"]]}",
                    "check the path and the file",
                    e);
        }
    }

    private static List<Condition> within(List<Times> episodes, Signal signal) {
        Stream<LocalDateTime> times = Stream.iterate(0, i -> i + 1)
                .limit(signal.length())
                .map(i -> Optional.ofNullable(signal.time(i))
                        .orElseThrow(() -> new InvalidDataException(
                                "Episodes are given by time, and series '" + signal.name() + "' has no times.",
                                "no column called " + TIMES,
                                "a column of times",
                                "name it: --set time-column=NAME")));
        return times.map(t -> episodes.stream().anyMatch(e -> !t.isBefore(e.first()) && !t.isAfter(e.last()))
                        ? Condition.ANOMALOUS
                        : Condition.NORMAL)
                .toList();
    }

    /** Values as a user types them, the newest last; all before it is its context: {@code 3.1,3.0,2.9,7.5}. */
    public static SignalPoint parse(String line) {
        String[] cells = line.strip().split("\\s*,\\s*", -1);
        double[] values = new double[cells.length];
        for (int i = 0; i < cells.length; i++) {
            Object cell = AnomalyTable.value(cells[i]);
            if (!(cell instanceof Double d) || !Double.isFinite(d)) {
                throw new InvalidDataException(
                        "The values of a series cannot be read.",
                        "'" + cells[i] + "' at place " + (i + 1),
                        "numbers between commas, the newest last",
                        "write 3.1,3.0,2.9 for three points");
            }
            values[i] = d;
        }
        return new Signal(String.format(Locale.ROOT, "%d values", values.length), List.of(), values)
                .point(values.length - 1);
    }
}
