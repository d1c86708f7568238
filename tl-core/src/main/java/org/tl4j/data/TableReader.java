// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Table.Format;
import org.tl4j.data.Table.Header;
import org.tl4j.data.Table.Row;
import org.tl4j.error.InvalidDataException;

/** Reads one file as a {@link Table}. */
final class TableReader {
    private static final int SHOWN = 10;

    /** Names that columns usually have; one of them makes a first line of names a header. */
    private static final Set<String> USUAL_NAMES = Set.of(
            "text",
            "label",
            "labels",
            "sentence",
            "sentence1",
            "message",
            "category",
            "class",
            "target",
            "review",
            "comment",
            "title",
            "content",
            "body",
            "tweet",
            "question",
            "utterance",
            "query",
            "document",
            "sentiment",
            "intent",
            "topic",
            "tag",
            "tags",
            "split",
            "id",
            "index",
            "headline",
            "description",
            "subject",
            "rating",
            "score",
            "output",
            "input",
            "language",
            "source",
            "date",
            "user",
            "item",
            "time",
            "timestamp",
            "value");

    private final Path file;
    private final String name;
    private final List<String> notes = new ArrayList<>();

    TableReader(Path file) {
        this.file = file;
        this.name = String.valueOf(file.getFileName());
    }

    Table read(Header header) {
        if (name.toLowerCase(Locale.ROOT).endsWith(".parquet")) {
            return parquet();
        }
        String text = TextFile.read(file);
        if (text.isBlank()) {
            throw new InvalidDataException(
                    "'" + name + "' is empty.", text.length() + " characters", "at least one row", "check the path");
        }
        Format format = format(text);
        if (format == Format.JSONL) {
            return jsonLines(text);
        }
        char delimiter = format == Format.TSV ? '\t' : delimiter(text);
        List<Row> rows = quotesMatter(format, text) ? quoted(text, delimiter) : unquoted(text, delimiter);
        refuseRagged(rows);
        List<String> first = rows.get(0).cells().stream().map(c -> c.get(0)).toList();
        boolean named = header == Header.PRESENT || (header == Header.GUESS && looksLikeHeader(first, rows));
        if (header == Header.GUESS) {
            notes.add(named ? name + ": the first line was taken as a header." : name + ": no header line was found.");
        } else if (header == Header.ABSENT && looksLikeHeader(first, rows)) {
            notes.add(name + ": line 1 looks like a header but was read as data, for the columns were given by number;"
                    + " give them by name: " + first);
        }
        if (named) {
            refuseEqualNames(first);
            rows = rows.subList(1, rows.size());
        }
        List<String> columns = named
                ? first.stream().map(String::strip).toList()
                : IntStream.rangeClosed(1, first.size())
                        .mapToObj(String::valueOf)
                        .toList();
        return new Table(name, format, named, columns, rows, notes);
    }

    private Table parquet() {
        List<String> columns = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        ParquetRows.read(file, (row, cells) -> {
            if (row == 0) {
                columns.addAll(cells);
            } else {
                rows.add(new Row(
                        name + " row " + row, row, cells.stream().map(List::of).toList()));
            }
        });
        return new Table(name, Format.PARQUET, true, columns, rows, notes);
    }

    private Format format(String text) {
        String lower = name.toLowerCase(Locale.ROOT);
        String ending = lower.endsWith(".gz") ? lower.substring(0, lower.length() - 3) : lower;
        if (ending.endsWith(".tsv") || ending.endsWith(".tab")) {
            return Format.TSV;
        }
        if (ending.endsWith(".jsonl") || ending.endsWith(".ndjson") || ending.endsWith(".json")) {
            return Format.JSONL;
        }
        if (ending.endsWith(".csv")) {
            return Format.CSV;
        }
        Format format =
                text.stripLeading().startsWith("{") ? Format.JSONL : delimiter(text) == '\t' ? Format.TSV : Format.CSV;
        notes.add(name + ": the file's ending says nothing; it was read as " + format + ".");
        return format;
    }

    /**
     * Of comma, semicolon and tab the one that cuts the first lines into equally many cells, most of them if several
     * do.
     */
    private char delimiter(String text) {
        List<String> lines = text.lines().filter(l -> !l.isBlank()).limit(50).toList();
        char best = ',';
        double bestScore = 0;
        for (char delimiter : new char[] {',', ';', '\t'}) {
            int first = cells(lines.get(0), delimiter);
            long alike =
                    lines.stream().filter(l -> cells(l, delimiter) == first).count();
            double score = first < 2 ? 0 : (double) alike / lines.size();
            if (score > bestScore + 0.2) {
                best = delimiter;
                bestScore = score;
            }
        }
        if (best != ',') {
            notes.add(name + ": cells are separated by " + (best == '\t' ? "tabs" : "semicolons") + ".");
        }
        return best;
    }

    private static int cells(String line, char delimiter) {
        int cells = 1;
        boolean inQuotes = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            inQuotes ^= c == '"';
            cells += c == delimiter && !inQuotes ? 1 : 0;
        }
        return cells;
    }

    /** Stray quotes in a TSV are ordinary; but a writer that quotes does so wherever a quote occurs. */
    private boolean quotesMatter(Format format, String text) {
        if (format == Format.CSV) {
            return true;
        }
        boolean any = false;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            if (line.indexOf('"') < 0) {
                continue;
            }
            for (String cell : line.split("\t", -1)) {
                if (cell.indexOf('"') >= 0) {
                    boolean wellFormed = cell.length() >= 2
                            && cell.startsWith("\"")
                            && cell.endsWith("\"")
                            && !cell.substring(1, cell.length() - 1)
                                    .replace("\"\"", "")
                                    .contains("\"");
                    if (!wellFormed) {
                        return false;
                    }
                    any = true;
                }
            }
        }
        if (any) {
            notes.add(name + ": every quote is part of a quoted cell; quotes were removed.");
        }
        return any;
    }

    private List<Row> quoted(String text, char delimiter) {
        List<Row> rows = new ArrayList<>();
        long line = 1;
        try (CsvReader<CsvRecord> reader = CsvReader.builder()
                .fieldSeparator(delimiter)
                .quoteCharacter('"')
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE) // rows of other lengths are reported all at once
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .ofCsvRecord(text)) {
            for (CsvRecord found : reader) {
                line = found.getStartingLineNumber();
                if (found.getFieldCount() > 1 || !found.getField(0).isBlank()) {
                    rows.add(row(line, found.getFields()));
                }
            }
        } catch (CsvParseException e) {
            String cause = e.getCause() == null
                    ? String.valueOf(e.getMessage())
                    : String.valueOf(e.getCause().getMessage());
            throw new InvalidDataException(
                    "'" + name + "' has a quoted cell that does not end where it should.",
                    cause + " (the last sound row is line " + line + ")",
                    "cells like \"She said \"\"yes\"\".\", every quote inside doubled",
                    "double or remove the stray quote",
                    e);
        } catch (IOException e) {
            throw new InvalidDataException("'" + name + "' cannot be read.", e, "a readable file", "check the file", e);
        }
        return rows;
    }

    private List<Row> unquoted(String text, char delimiter) {
        List<Row> rows = new ArrayList<>();
        long number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (!line.isBlank()) {
                rows.add(row(number, List.of(line.split(String.valueOf(delimiter), -1))));
            }
        }
        return rows;
    }

    private Row row(long line, List<String> cells) {
        return new Row(
                name + " line " + line, line, cells.stream().map(List::of).toList());
    }

    private void refuseRagged(List<Row> rows) {
        int expected = rows.get(0).cells().size();
        List<Row> ragged =
                rows.stream().filter(r -> r.cells().size() != expected).toList();
        if (ragged.isEmpty()) {
            return;
        }
        StringBuilder found = new StringBuilder();
        for (Row row : ragged.subList(0, Math.min(SHOWN, ragged.size()))) {
            found.append(row.source()).append(": ").append(row.cells().size()).append(" cells\n");
        }
        if (ragged.size() > SHOWN) {
            found.append("and ").append(ragged.size() - SHOWN).append(" rows more");
        }
        throw new InvalidDataException(
                "'" + name + "' has rows of different lengths.",
                found.toString().strip(),
                expected + (expected == 1 ? " cell" : " cells") + " in every row, as in line "
                        + rows.get(0).line(),
                "put quotes around cells that hold the separator, or correct the rows");
    }

    private void refuseEqualNames(List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String column : names) {
            if (!seen.add(column.strip())) {
                throw new InvalidDataException(
                        "Two columns of '" + name + "' have the same name.",
                        "'" + column.strip() + "' twice in " + names,
                        "different names",
                        "rename one in the first line, or give the columns by number");
            }
        }
    }

    private static boolean looksLikeHeader(List<String> first, List<Row> rows) {
        boolean usual = false;
        for (int c = 0; c < first.size(); c++) {
            String cell = first.get(c).strip();
            if (!cell.matches("[\\p{L}_#][\\p{L}\\p{N}_ .#-]{0,39}") || cell.split("\\s+").length > 3) {
                return false;
            }
            int column = c;
            boolean unique = rows.stream()
                    .skip(1)
                    .noneMatch(r -> r.cells().get(column).get(0).equals(first.get(column)));
            usual |= unique && USUAL_NAMES.contains(cell.toLowerCase(Locale.ROOT));
        }
        return usual && new HashSet<>(first).size() == first.size();
    }

    private Table jsonLines(String text) {
        List<JsonObject> objects = new ArrayList<>();
        List<Long> lines = new ArrayList<>();
        Set<String> columns = new LinkedHashSet<>();
        long number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (!line.isBlank()) {
                JsonObject object = object(line, number);
                objects.add(object);
                lines.add(number);
                columns.addAll(object.keySet());
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < objects.size(); i++) {
            List<List<String>> cells = new ArrayList<>();
            for (String column : columns) {
                JsonElement cell = objects.get(i).has(column) ? objects.get(i).get(column) : JsonNull.INSTANCE;
                cells.add(values(cell));
            }
            rows.add(new Row(name + " line " + lines.get(i), lines.get(i), cells));
        }
        return new Table(name, Format.JSONL, true, List.copyOf(columns), rows, notes);
    }

    private JsonObject object(String line, long number) {
        try {
            JsonElement element = JsonParser.parseString(line);
            if (element.isJsonObject()) {
                return element.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw notAnObject(line, number, e);
        }
        throw notAnObject(line, number, null);
    }

    private InvalidDataException notAnObject(String line, long number, @Nullable Throwable cause) {
        return new InvalidDataException(
                "'" + name + "' line " + number + " is not a JSON object.",
                line.length() > 60 ? line.substring(0, 60) + "..." : line,
                "one object a line, such as {\"text\": \"...\", \"label\": \"...\"}",
                "write every object in a line of its own, without a list around them",
                cause);
    }

    private static List<String> values(JsonElement cell) {
        if (cell.isJsonNull()) {
            return List.of();
        }
        if (cell.isJsonPrimitive()) {
            return List.of(cell.getAsString());
        }
        if (cell.isJsonArray()) {
            List<String> values = new ArrayList<>();
            for (JsonElement element : cell.getAsJsonArray()) {
                if (!element.isJsonPrimitive()) {
                    return List.of(cell.toString());
                }
                values.add(element.getAsString());
            }
            return values;
        }
        return List.of(cell.toString());
    }
}
