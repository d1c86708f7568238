// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.input;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tl4j.anomaly.dataset.TableRow;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * Rows of a table as numbers: {@code x f32[F]}. Columns are matched by name where a row has names, else by position;
 * columns that were not learned from are ignored. A column of numbers is taken as it is. A column of texts becomes one
 * number for each of its texts, 1 or 0, and all 0 for a text that was not learned from; where it has more than
 * {@value #MOST_LEVELS} texts, one number: the share of the learned rows that have the same text. Where there are more
 * than {@value #MOST_TEXTS}, texts of the same hash count together, so that a column of a million texts costs no more
 * than {@value #BUCKETS} numbers.
 */
public final class TableInput implements Preprocessor<TableRow> {
    /** The name of the input. */
    public static final String INPUT = "x";

    private static final int MOST_LEVELS = 32;
    private static final int MOST_TEXTS = 10_000;
    private static final int BUCKETS = 1 << 16;

    private final List<Column> columns;
    private final int width;
    /** Of each column the place of each of its texts. */
    private final List<Map<String, Integer>> levels = new ArrayList<>();

    private TableInput(List<Column> columns) {
        this.columns = List.copyOf(columns);
        this.width = columns.stream().mapToInt(Column::width).sum();
        for (Column c : columns) {
            Map<String, Integer> places = new HashMap<>();
            c.shares().keySet().forEach(text -> places.put(text, places.size()));
            levels.add(places);
        }
    }

    /**
     * A column.
     *
     * @param name its name
     * @param shares of the learned rows that have each text, in the order of the texts; empty for a column of numbers
     * @param hashed whether the texts are numbers of buckets
     */
    private record Column(String name, Map<String, Double> shares, boolean hashed) {
        boolean isNumber() {
            return shares.isEmpty();
        }

        boolean isOneOf() {
            return !isNumber() && !hashed && shares.size() <= MOST_LEVELS;
        }

        double share(String text) {
            return shares.getOrDefault(hashed ? bucket(text) : text, 0.0);
        }

        /** Spreads what {@link String#hashCode} gives, which is the same on every platform. */
        static String bucket(String text) {
            return Integer.toString((text.hashCode() * 0x9E3779B9 >>> 16) % BUCKETS);
        }

        int width() {
            return isOneOf() ? shares.size() : 1;
        }
    }

    /**
     * The columns of rows to learn from.
     *
     * @throws InvalidDataException if rows have different columns, or a column holds numbers and a few texts
     */
    public static TableInput of(Dataset<TableRow, ?> rows) {
        if (rows.isEmpty()) {
            throw new InvalidDataException(
                    "There is nothing to learn from.",
                    "0 rows in '" + rows.name() + "'",
                    "at least 2",
                    "check the file");
        }
        TableRow first = rows.get(0).input();
        int count = first.values().size();
        List<Column> columns = new ArrayList<>();
        for (int j = 0; j < count; j++) {
            columns.add(column(first.name(j), j, rows, first));
        }
        return new TableInput(columns);
    }

    private static Column column(String name, int index, Dataset<TableRow, ?> rows, TableRow first) {
        Map<String, Integer> texts = new TreeMap<>();
        String where = "";
        int numbers = 0;
        for (Example<TableRow, ?> e : rows) {
            if (!e.input().columns().equals(first.columns())
                    || e.input().values().size() != first.values().size()) {
                throw new InvalidDataException(
                        e.source() + " has other columns than the first row.",
                        described(e.input()),
                        described(first),
                        "write the same columns in every row");
            }
            Object value = e.input().values().get(index);
            if (value instanceof Double) {
                numbers++;
            } else {
                where = where.isEmpty() ? e.source() : where;
            }
            texts.merge(text(value), 1, Integer::sum);
        }
        if (numbers == rows.size()) {
            return new Column(name, Map.of(), false);
        }
        if (numbers > rows.size() / 2) {
            int odd = rows.size() - numbers;
            throw new InvalidDataException(
                    "Column '" + name + "' holds numbers, and " + odd + (odd == 1 ? " text." : " texts."),
                    "the first at " + where,
                    "numbers, or texts",
                    "correct these cells, or leave the column away");
        }
        boolean hashed = texts.size() > MOST_TEXTS;
        Map<String, Double> shares = new LinkedHashMap<>();
        texts.forEach(
                (text, n) -> shares.merge(hashed ? Column.bucket(text) : text, n / (double) rows.size(), Double::sum));
        return new Column(name, shares, hashed);
    }

    private static String described(TableRow row) {
        return row.columns().isEmpty()
                ? row.values().size() + " values without names"
                : row.columns().toString();
    }

    private static String text(Object value) {
        return value instanceof Double d && d == Math.rint(d) && Math.abs(d) < 1e15
                ? String.valueOf(d.longValue())
                : String.valueOf(value);
    }

    /** What {@link #config} gave. */
    public static TableInput of(Config config) {
        List<Column> columns = new ArrayList<>();
        for (Config c : config.configs("columns")) {
            Map<String, Double> shares = new LinkedHashMap<>();
            List<String> texts = c.texts("texts");
            List<Double> values = c.numbers("shares");
            for (int i = 0; i < texts.size(); i++) {
                shares.put(texts.get(i), values.get(i));
            }
            columns.add(new Column(c.text("name"), shares, c.flag("hashed", false)));
        }
        return new TableInput(columns);
    }

    /** A name for each number of {@code x}: the column, and for one of its texts {@code column=text}. */
    public List<String> features() {
        List<String> names = new ArrayList<>();
        for (Column c : columns) {
            if (c.isOneOf()) {
                c.shares().keySet().forEach(t -> names.add(c.name() + "=" + t));
            } else {
                names.add(c.name());
            }
        }
        return names;
    }

    /** What was done to columns that are no numbers, a sentence each. */
    public List<String> notes() {
        return columns.stream()
                .filter(c -> !c.isNumber())
                .map(c -> c.isOneOf()
                        ? "column '" + c.name() + "' holds texts: one number for each of its "
                                + c.shares().size()
                        : c.hashed()
                                ? "column '" + c.name() + "' holds more than " + MOST_TEXTS
                                        + " different texts: each is replaced by how often texts of its hash occur"
                                : "column '" + c.name() + "' holds "
                                        + c.shares().size()
                                        + " different texts: each is replaced by how often it occurs")
                .toList();
    }

    @Override
    public Map<String, HostTensor> encode(TableRow row) {
        return Map.of(INPUT, HostTensor.of(numbers(row), width));
    }

    private float[] numbers(TableRow row) {
        List<Object> values = inOrder(row);
        float[] out = new float[width];
        int at = 0;
        for (int i = 0; i < columns.size(); i++) {
            Column c = columns.get(i);
            Object value = values.get(i);
            if (c.isNumber()) {
                out[at] = number(c, value);
            } else if (c.isOneOf()) {
                Integer level = levels.get(i).get(text(value));
                if (level != null) {
                    out[at + level] = 1;
                }
            } else {
                out[at] = (float) c.share(text(value));
            }
            at += c.width();
        }
        return out;
    }

    private static float number(Column c, Object value) {
        float single = value instanceof Double d ? d.floatValue() : Float.NaN;
        if (!Float.isFinite(single)) {
            throw new InvalidDataException(
                    "Column '" + c.name() + "' of a row is no finite number.",
                    value.equals("") ? "nothing" : "'" + value + "'",
                    "a number, as in the rows that were learned from",
                    "fill the cell, or leave the row away");
        }
        return single;
    }

    private List<Object> inOrder(TableRow row) {
        if (row.columns().isEmpty()) {
            if (row.values().size() != columns.size()) {
                throw new InvalidDataException(
                        "A row without names has another number of values than there are columns.",
                        row.values().size() + " values",
                        columns.size() + " columns: " + names(),
                        "give all of them in this order, or give names: {\""
                                + columns.get(0).name() + "\": ...}");
            }
            return row.values();
        }
        Map<String, Object> byName = new HashMap<>();
        for (int j = 0; j < row.columns().size(); j++) {
            byName.put(row.columns().get(j), row.values().get(j));
        }
        Set<String> missing = new LinkedHashSet<>(names());
        missing.removeAll(byName.keySet());
        if (!missing.isEmpty()) {
            throw new InvalidDataException(
                    "A row lacks columns that were learned from.",
                    "without " + missing + ", with " + row.columns(),
                    names(),
                    "add them; the order does not matter");
        }
        return columns.stream().map(c -> byName.get(c.name())).toList();
    }

    private List<String> names() {
        return columns.stream().map(Column::name).toList();
    }

    @Override
    public boolean isCheapToKeep() {
        return true;
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Column c : columns) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", c.name());
            one.put("texts", List.copyOf(c.shares().keySet()));
            one.put("shares", List.copyOf(c.shares().values()));
            one.put("hashed", c.hashed());
            all.add(one);
        }
        return Config.empty().with("columns", all);
    }

    @Override
    public void saveFiles(Path folder) {
        // There are none.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
