// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import com.google.gson.JsonElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.data.Split;
import org.tl4j.data.Table;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;

/**
 * Reads tables for anomaly detection: {@code .csv}, {@code .tsv}, {@code .jsonl} and {@code .parquet}, and NumPy
 * archives ({@code .npz}) with {@code X} {@code [n, F]} and, if there are labels, {@code y} {@code [n]}.
 */
public final class AnomalyTable {
    private static final List<String> LABELS =
            List.of("label", "y", "anomaly", "is_anomaly", "outlier", "is_outlier", "class", "target");

    private AnomalyTable() {}

    /**
     * Reads a file. Settings: {@code label-column}, {@code split-column}, {@code anomaly-label}, {@code empty-rows}
     * ({@code refuse} or {@code skip} rows with missing or infinite values).
     *
     * @throws MissingArtifactException if there is no such file
     * @throws InvalidDataException if a row cannot be used; names the first and how many there are
     */
    public static LabelledData<TableRow, Condition> read(Path file, Config settings) {
        if (!Files.isRegularFile(file)) {
            throw new MissingArtifactException(
                    "There is no file '" + file + "'.",
                    "nothing there",
                    "a table (.csv, .tsv, .jsonl, .parquet) or a NumPy archive (.npz) with X and y",
                    "check the path");
        }
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".npz")
                ? arrays(file, settings)
                : table(file, settings);
    }

    private static LabelledData<TableRow, Condition> arrays(Path file, Config settings) {
        Map<String, HostTensor> arrays = WeightFile.read(file).tensors();
        HostTensor x = arrays.get("X");
        String labelName = settings.text("label-column", "y");
        HostTensor y = arrays.get(labelName);
        boolean fits = x != null
                && x.shape().rank() == 2
                && (y == null || y.elements() == x.shape().size(0));
        if (x == null || !fits) {
            throw new InvalidDataException(
                    "'" + file + "' does not hold rows.",
                    "arrays " + arrays.keySet() + (x == null ? "" : ", X " + x.type())
                            + (y == null ? "" : ", " + labelName + " " + y.type()),
                    "X [n, F] and " + labelName + " [n]",
                    "write it with numpy.savez(file, X=rows, y=labels)");
        }
        int n = (int) x.shape().size(0);
        int width = (int) x.shape().size(1);
        List<String> notes = new ArrayList<>();
        List<String> labels = y == null
                ? Collections.nCopies(n, "")
                : IntStream.range(0, n)
                        .mapToObj(
                                i -> y.dtype().isFloat() ? String.valueOf(y.doubleAt(i)) : String.valueOf(y.longAt(i)))
                        .toList();
        String name = String.valueOf(file.getFileName());
        List<TableRow> rows = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            List<Object> values = new ArrayList<>(width);
            for (int j = 0; j < width; j++) {
                values.add(x.doubleAt(i * width + j));
            }
            // Columns of an array have no names: rows of another width must not pass for these.
            rows.add(new TableRow(List.of(), values));
            sources.add(name + " row " + (i + 1));
        }
        if (y == null) {
            notes.add(name + ": there is no array '" + labelName + "', so nothing is known of any row");
        }
        return usable(name, rows, sources, labels, List.of(), settings, notes);
    }

    private static LabelledData<TableRow, Condition> table(Path file, Config settings) {
        Table table = Table.read(file, Table.Header.PRESENT);
        List<String> notes = new ArrayList<>(table.notes());
        Optional<Integer> label = settings.has("label-column")
                ? Optional.of(table.column(settings.text("label-column")))
                : LABELS.stream()
                        .flatMap(l ->
                                table.columns().stream().filter(c -> c.strip().equalsIgnoreCase(l)))
                        .findFirst()
                        .map(table::column);
        Optional<Integer> split = settings.has("split-column")
                ? Optional.of(table.column(settings.text("split-column")))
                : Optional.empty();
        if (!settings.has("label-column")) {
            notes.add(
                    label.map(l -> table.name() + ": column '" + table.columns().get(l) + "' holds the labels")
                            .orElse(table.name() + ": no column is called " + LABELS
                                    + ", so nothing is known of any row;" + " --label-column names one"));
        }
        int[] features = IntStream.range(0, table.columns().size())
                .filter(c -> !label.equals(Optional.of(c)) && !split.equals(Optional.of(c)))
                .toArray();
        List<String> columns =
                IntStream.of(features).mapToObj(table.columns()::get).toList();
        List<TableRow> rows = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            List<Object> values = new ArrayList<>();
            for (int f : features) {
                values.add(value(row.text(f)));
            }
            rows.add(new TableRow(columns, values));
            sources.add(row.source());
            labels.add(label.map(row::text).orElse(""));
            split.ifPresent(s -> parts.add(row.text(s)));
        }
        return usable(table.name(), rows, sources, labels, parts, settings, notes);
    }

    /** A cell as a number where it is one, else as it is. */
    static Object value(String cell) {
        OptionalDouble number = number(cell);
        return number.isPresent() ? (Object) number.getAsDouble() : cell.strip();
    }

    private static OptionalDouble number(String cell) {
        String text = cell.strip();
        if (text.isEmpty()) {
            return OptionalDouble.empty();
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan" -> OptionalDouble.of(Double.NaN);
            case "inf", "+inf", "infinity", "+infinity" -> OptionalDouble.of(Double.POSITIVE_INFINITY);
            case "-inf", "-infinity" -> OptionalDouble.of(Double.NEGATIVE_INFINITY);
            default -> {
                char last = text.charAt(text.length() - 1);
                // Double.parseDouble takes 1d and 1f, too, which a table means otherwise.
                if (!Character.isDigit(last) && last != '.') {
                    yield OptionalDouble.empty();
                }
                try {
                    yield OptionalDouble.of(Double.parseDouble(text));
                } catch (NumberFormatException e) {
                    yield OptionalDouble.empty();
                }
            }
        };
    }

    private static LabelledData<TableRow, Condition> usable(
            String name,
            List<TableRow> rows,
            List<String> sources,
            List<String> labels,
            List<String> parts,
            Config settings,
            List<String> notes) {
        List<Condition> conditions = AnomalyLabels.conditions(name, labels, settings, notes::add);
        boolean skip = switch (settings.text("empty-rows", "refuse")) {
            case "refuse" -> false;
            case "skip" -> true;
            default ->
                throw new UnknownNameException(
                        "answer to empty rows",
                        settings.text("empty-rows"),
                        List.of("refuse", "skip"),
                        "write --empty-rows refuse or --empty-rows skip");
        };
        List<Example<TableRow, Condition>> examples = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Optional<String> fault = fault(rows.get(i));
            if (fault.isPresent()) {
                bad.add(sources.get(i) + ": " + fault.get());
                continue;
            }
            examples.add(new Example<>(rows.get(i), conditions.get(i), sources.get(i)));
            if (!parts.isEmpty()) {
                kept.add(parts.get(i));
            }
        }
        if (!bad.isEmpty() && !skip) {
            throw new InvalidDataException(
                    "'" + name + "' has rows with missing or infinite values.",
                    bad.size() + (bad.size() == 1 ? " such row: " : " such rows, the first: ") + bad.get(0),
                    "a finite number or a text in every cell",
                    "fill or remove them, or leave them out with --empty-rows skip");
        }
        if (!bad.isEmpty()) {
            notes.add(name + ": skipped " + bad.size() + " rows with missing or infinite values, the first: "
                    + bad.get(0));
        }
        Dataset<TableRow, Condition> all = Dataset.of(name, examples);
        return new LabelledData<>(all, parts.isEmpty() ? Map.of() : Split.prescribed(all, kept), notes);
    }

    private static Optional<String> fault(TableRow row) {
        for (int j = 0; j < row.values().size(); j++) {
            Object v = row.values().get(j);
            if (v.equals("") || v instanceof Double d && !Double.isFinite(d)) {
                return Optional.of((v.equals("") ? "nothing" : String.valueOf(v)) + " in column '" + row.name(j) + "'");
            }
        }
        return Optional.empty();
    }

    /** A row as a user types it: a JSON object by names, or values between commas by position. */
    public static TableRow parse(String line) {
        if (line.stripLeading().startsWith("{")) {
            Config json = Config.parse("the row", line);
            List<Object> values = new ArrayList<>();
            List<String> columns = List.copyOf(json.keys());
            columns.forEach(c -> {
                JsonElement cell = json.toJson().get(c);
                values.add(cell.isJsonPrimitive() ? value(cell.getAsString()) : "");
            });
            return new TableRow(columns, values);
        }
        List<Object> values = new ArrayList<>();
        for (String cell : cells(line)) {
            values.add(value(cell));
        }
        return new TableRow(List.of(), values);
    }

    /** Cells between commas; a cell in quotes may hold commas, and two quotes for one. */
    private static List<String> cells(String line) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                cell.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        cells.add(cell.toString());
        return cells;
    }
}
