// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tl4j.data.Dataset;
import org.tl4j.data.DatasetChecks;
import org.tl4j.data.Example;
import org.tl4j.data.Table;
import org.tl4j.data.Table.Header;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;

/** Finds texts and labels in a table. */
final class TextTable {
    /** Usual names, the more telling first. */
    private static final List<String> TEXT_NAMES = List.of(
            "text",
            "sentence",
            "message",
            "review",
            "comment",
            "tweet",
            "utterance",
            "question",
            "query",
            "content",
            "body",
            "document",
            "description",
            "headline",
            "title",
            "input");

    private static final List<String> LABEL_NAMES = List.of(
            "label",
            "labels",
            "category",
            "class",
            "sentiment",
            "intent",
            "topic",
            "target",
            "tag",
            "tags",
            "rating",
            "score",
            "output");

    /** A label is rarely longer than this. */
    private static final double LABEL_LENGTH = 40;

    private static final int SHOWN = 10;

    private final Path file;
    private final Columns columns;
    private final List<String> notes = new ArrayList<>();

    TextTable(Path file, Columns columns) {
        this.file = file;
        this.columns = columns;
    }

    TextDataset read() {
        Table table = Table.read(file, header());
        notes.addAll(table.notes());
        int label = -1;
        int text = -1;
        if (columns.text() != null) {
            text = table.column(columns.text());
        }
        if (columns.label() != null) {
            label = table.column(columns.label());
        }
        if (label < 0) {
            label = guessLabel(table, text);
        }
        if (text < 0) {
            text = guessText(table, label);
        }
        if (text == label) {
            throw new InvalidDataException(
                    "Text and label of '" + table.name() + "' are the same column.",
                    "column '" + table.columns().get(text) + "'",
                    "two different columns of " + table.columns(),
                    "name the other one");
        }
        return labelled(table, text, label);
    }

    private Header header() {
        if (columns.header() != null) {
            return columns.header();
        }
        return Header.of(columns.text(), columns.label(), columns.split());
    }

    private TextDataset labelled(Table table, int text, int label) {
        int split = columns.split() == null ? -1 : table.column(columns.split());
        boolean multiLabel = columns.labelSeparator() != null
                || table.rows().stream().anyMatch(r -> r.values(label).size() > 1);
        List<Example<String, List<String>>> examples = new ArrayList<>();
        List<String> splits = new ArrayList<>();
        List<String> noText = new ArrayList<>();
        List<String> noLabel = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            String input = row.text(text);
            List<String> labels = row.labels(label, columns.labelSeparator());
            if (input.isBlank()) {
                noText.add(row.source());
            } else if (labels.isEmpty() && !multiLabel) {
                noLabel.add(row.source());
            } else {
                examples.add(new Example<>(input, labels, row.source()));
                if (split >= 0) {
                    splits.add(row.text(split));
                }
            }
        }
        empty(table, "text", noText);
        empty(table, "label", noLabel);
        Dataset<String, List<String>> rows = Dataset.of(table.name(), examples);
        DatasetChecks.notEmpty(rows);
        return TextDataset.fromRows(rows, multiLabel, splits, notes);
    }

    private void empty(Table table, String what, List<String> sources) {
        if (sources.isEmpty()) {
            return;
        }
        if (columns.emptyRows() == Columns.EmptyRows.SKIP) {
            notes.add(table.name() + ": " + sources.size() + (sources.size() == 1 ? " row" : " rows") + " without "
                    + what + " skipped, the first at " + sources.get(0) + ".");
            return;
        }
        throw new InvalidDataException(
                "'" + table.name() + "' has rows without " + what + ".",
                Excerpt.lines(sources, SHOWN),
                "a " + what + " in every row",
                "fill or remove these rows, or let empty rows be skipped");
    }

    private int guessLabel(Table table, int text) {
        Optional<Integer> named = usual(table, LABEL_NAMES, text);
        if (named.isPresent()) {
            notes.add(table.name() + ": labels are taken from column '"
                    + table.columns().get(named.get()) + "'.");
            return named.get();
        }
        List<Integer> candidates = IntStream.range(0, table.columns().size())
                .filter(c -> c != text)
                .filter(c -> text >= 0
                        || usual(table, TEXT_NAMES, -1).map(t -> t != c).orElse(true))
                .boxed()
                .toList();
        if (table.columns().size() != 2 || table.rows().isEmpty()) {
            throw unclear(table, "labels");
        }
        int best = candidates.get(0);
        for (int c : candidates) {
            best = better(table, c, best) ? c : best;
        }
        int distinct = distinct(table, best);
        if (length(table, best) > LABEL_LENGTH || (distinct == table.rows().size() && distinct > 20)) {
            throw unclear(table, "labels");
        }
        notes.add(table.name() + ": labels are taken from column " + called(table, best) + ", which has " + distinct
                + " different values in " + table.rows().size() + " rows.");
        return best;
    }

    private int guessText(Table table, int label) {
        Optional<Integer> named = usual(table, TEXT_NAMES, label);
        int text = named.orElse(table.columns().size() == 2 ? 1 - label : -1);
        if (text < 0) {
            throw unclear(table, "texts");
        }
        notes.add(table.name() + ": texts are taken from column " + called(table, text) + ".");
        return text;
    }

    private static Optional<Integer> usual(Table table, List<String> names, int taken) {
        if (!table.header()) {
            return Optional.empty();
        }
        List<String> folded = table.columns().stream()
                .map(c -> c.strip().toLowerCase(Locale.ROOT))
                .toList();
        return names.stream()
                .map(folded::indexOf)
                .filter(i -> i >= 0 && i != taken)
                .findFirst();
    }

    /** Fewer different values make the better label column; of equally many, the shorter ones. */
    private static boolean better(Table table, int candidate, int best) {
        int difference = distinct(table, candidate) - distinct(table, best);
        return difference < 0 || (difference == 0 && length(table, candidate) < length(table, best));
    }

    private static int distinct(Table table, int column) {
        Set<List<String>> values = new HashSet<>();
        table.rows().forEach(row -> values.add(row.values(column)));
        return values.size();
    }

    private static double length(Table table, int column) {
        return table.rows().stream()
                .mapToInt(
                        r -> r.values(column).stream().mapToInt(String::length).sum())
                .average()
                .orElse(0);
    }

    private static String called(Table table, int column) {
        return table.header() ? "'" + table.columns().get(column) + "'" : String.valueOf(column + 1);
    }

    private static InvalidDataException unclear(Table table, String what) {
        StringBuilder found = new StringBuilder();
        for (int c = 0; c < table.columns().size(); c++) {
            String sample = table.rows().isEmpty()
                    ? ""
                    : String.join(" | ", table.rows().get(0).values(c));
            found.append(c == 0 ? "" : "\n")
                    .append("column ")
                    .append(called(table, c))
                    .append(": ")
                    .append(sample.length() > 50 ? sample.substring(0, 50) + "..." : sample);
        }
        return new InvalidDataException(
                "Which column of '" + table.name() + "' holds the " + what + " is not clear.",
                found,
                "a column with a usual name (text, label ...), or two columns, one of few and short values",
                "name the columns: --text-column and --label-column, by name or by number from 1");
    }
}
