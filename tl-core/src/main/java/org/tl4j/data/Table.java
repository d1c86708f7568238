// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

/**
 * A file of rows and columns, read whole: CSV, TSV, JSON objects a line, or Parquet. Every row knows its line.
 *
 * <p>Which of them a file is follows from its ending ({@code .csv}, {@code .tsv}, {@code .jsonl}, each also with
 * {@code .gz}, and {@code .parquet}), and from its contents where the ending says nothing. Texts are UTF-8, with or
 * without a byte order mark. Quotes are read in CSV; in TSV they are ordinary characters, unless every cell that holds
 * one is a well-formed quoted cell.
 *
 * @param name of the file, without folders
 * @param format what the file turned out to be
 * @param header whether the columns have names of their own; without a header they are called {@code 1}, {@code 2} ...
 * @param columns names of the columns
 * @param rows in the order of the file; blank lines are no rows
 * @param notes what had to be guessed, for people
 */
public record Table(
        String name, Format format, boolean header, List<String> columns, List<Row> rows, List<String> notes) {
    /** Keeps copies. */
    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        notes = List.copyOf(notes);
    }

    /** How rows and cells are told apart. */
    public enum Format {
        /** Cells between commas or semicolons, quoted where they must be. */
        CSV,
        /** Cells between tabs. */
        TSV,
        /** One JSON object a line; an array is a cell with several values. */
        JSONL,
        /** Columns of numbers, texts and times with names, as pandas and Spark write them; an empty cell for null. */
        PARQUET
    }

    /** Whether the first line holds the names of the columns. */
    public enum Header {
        /** It does. */
        PRESENT,
        /** It is a row like any other. */
        ABSENT,
        /**
         * It does if its cells look like names and one of them is a usual one, such as {@code text} or {@code label}.
         */
        GUESS;

        /** What follows from how columns are called: by numbers where there is no header; null for one that is not. */
        public static Header of(@Nullable String... columns) {
            List<String> called = Stream.of(columns).flatMap(Stream::ofNullable).toList();
            if (called.isEmpty()) {
                return GUESS;
            }
            return called.stream().allMatch(Table::isNumber) ? ABSENT : PRESENT;
        }
    }

    /**
     * A row.
     *
     * @param source where it stands: {@code tickets.csv line 14}
     * @param line from 1; a row with line breaks in quotes is called by its first line; in Parquet the number of the
     *     row
     * @param cells values of each column; one value, but for JSON none for null and several for an array
     */
    public record Row(String source, long line, List<List<String>> cells) {
        /** Keeps a copy. */
        public Row {
            cells = cells.stream().map(List::copyOf).toList();
        }

        /** The one value of a cell; empty where the cell has none; several are refused. */
        public String text(int column) {
            List<String> values = cells.get(column);
            if (values.size() > 1) {
                throw new InvalidDataException(
                        "A list stands where one value belongs.",
                        values + " at " + source,
                        "one value",
                        "choose another column, or join the values");
            }
            return values.isEmpty() ? "" : values.get(0);
        }

        /** All values of a cell. */
        public List<String> values(int column) {
            return cells.get(column);
        }

        /** The labels of a cell, each once: its values, or if it has one what stands between separators in it. */
        public List<String> labels(int column, @Nullable String separator) {
            List<String> values = values(column);
            Stream<String> all = separator == null || values.size() > 1
                    ? values.stream()
                    : Pattern.compile(Pattern.quote(separator)).splitAsStream(text(column));
            return all.map(String::strip).filter(v -> !v.isEmpty()).distinct().toList();
        }
    }

    /** Reads a file and guesses whether it has a header. */
    public static Table read(Path file) {
        return read(file, Header.GUESS);
    }

    /** Reads a file. */
    public static Table read(Path file, Header header) {
        return new TableReader(file).read(header);
    }

    /** The index of a column that is given by its name, or by its number from 1. */
    public int column(String nameOrNumber) {
        return find(nameOrNumber)
                .orElseThrow(() -> new UnknownNameException(
                        "column",
                        nameOrNumber,
                        header
                                ? columns
                                : columns.stream().map(c -> "column " + c).toList(),
                        header
                                ? name + " has the columns " + quoted() + "; give one of them, or its number from 1"
                                : name + " has no header line; give a number from 1 to " + columns.size()));
    }

    /** The cells of a column from top to bottom. */
    public List<String> texts(int column) {
        return rows.stream().map(row -> row.text(column)).toList();
    }

    /** Whether a column is called by number, not by name. */
    static boolean isNumber(String column) {
        return !column.isEmpty() && column.length() < 7 && column.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Optional<Integer> find(String nameOrNumber) {
        int byName = columns.indexOf(nameOrNumber);
        if (byName >= 0) {
            return Optional.of(byName);
        }
        if (isNumber(nameOrNumber) && format != Format.JSONL) {
            int number = Integer.parseInt(nameOrNumber);
            return number >= 1 && number <= columns.size() ? Optional.of(number - 1) : Optional.empty();
        }
        List<Integer> folded = IntStream.range(0, columns.size())
                .filter(i -> columns.get(i).strip().equalsIgnoreCase(nameOrNumber.strip()))
                .boxed()
                .toList();
        return folded.size() == 1 ? Optional.of(folded.get(0)) : Optional.empty();
    }

    private String quoted() {
        return columns.stream().map(c -> "'" + c + "'").collect(Collectors.joining(", "));
    }
}
