// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.ShapeMismatchException;

/**
 * A row of a table. Its columns may have names; a row without names is read by position.
 *
 * @param columns names, or empty
 * @param values numbers ({@link Double}) and texts ({@link String})
 */
public record TableRow(List<String> columns, List<Object> values) implements Fingerprint.Part {
    /** Keeps copies and checks that names and values fit. */
    public TableRow {
        columns = List.copyOf(columns);
        values = List.copyOf(values);
        if (!columns.isEmpty() && columns.size() != values.size()) {
            throw new ShapeMismatchException(
                    "A row does not have one value a column.",
                    values.size() + " values",
                    columns.size() + " columns: " + columns,
                    "give each column a value");
        }
    }

    /** The name of a value: that of its column, or {@code x1}, {@code x2} ... by position where it has none. */
    public String name(int index) {
        return columns.isEmpty() ? "x" + (index + 1) : columns.get(index);
    }

    /** A row of numbers by position. */
    public static TableRow of(double... numbers) {
        List<Object> values = new ArrayList<>();
        for (double n : numbers) {
            values.add(n);
        }
        return new TableRow(List.of(), values);
    }

    /** A row by names; values are numbers or texts. */
    public static TableRow of(Map<String, ?> cells) {
        List<Object> values = new ArrayList<>();
        cells.values().forEach(v -> values.add(v instanceof Number n ? n.doubleValue() : String.valueOf(v)));
        return new TableRow(List.copyOf(cells.keySet()), values);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(columns).add(values);
    }
}
