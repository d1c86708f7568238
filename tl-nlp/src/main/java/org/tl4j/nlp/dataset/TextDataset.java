// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tl4j.data.ClassCounts;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.data.Split;
import org.tl4j.data.Table;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

/**
 * Texts, each with its labels: exactly one in a single-label set, any number in a multi-label set.
 *
 * <p>Texts are kept as they are; labels lose the white space around them.
 */
public final class TextDataset implements Dataset<String, List<String>> {
    private final Dataset<String, List<String>> rows;
    private final boolean multiLabel;
    private final LabelMap labels;
    private final List<String> splitColumn;
    private final List<String> notes;

    private TextDataset(
            Dataset<String, List<String>> rows, boolean multiLabel, List<String> splitColumn, List<String> notes) {
        this.rows = rows;
        this.multiLabel = multiLabel;
        this.labels = LabelMap.fromLists(rows.targets());
        this.splitColumn = List.copyOf(splitColumn);
        this.notes = List.copyOf(notes);
    }

    /** Reads a CSV file, or any other kind that {@link Table} reads, with these columns. */
    public static TextDataset csv(Path file, String textColumn, String labelColumn) {
        return read(file, Columns.of(textColumn, labelColumn));
    }

    /** Reads a file and guesses its columns. */
    public static TextDataset read(Path file) {
        return read(file, Columns.guessed());
    }

    /** Reads a file. */
    public static TextDataset read(Path file, Columns columns) {
        return new TextTable(file, columns).read();
    }

    /** Texts with one label each. */
    public static TextDataset of(String name, List<String> texts, List<String> labels) {
        if (texts.size() != labels.size()) {
            throw new InvalidArgumentException(
                    "Texts and labels of '" + name + "' do not go together.",
                    texts.size() + " texts, " + labels.size() + " labels",
                    "one label for each text",
                    "pass lists of equal length");
        }
        List<Example<String, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            examples.add(new Example<>(texts.get(i), List.of(labels.get(i)), name + " text " + (i + 1)));
        }
        return new TextDataset(Dataset.of(name, examples), false, List.of(), List.of());
    }

    /** A set of any examples, which may have any number of labels. */
    public static TextDataset multiLabel(Dataset<String, List<String>> examples) {
        return new TextDataset(examples, true, List.of(), List.of());
    }

    static TextDataset fromRows(
            Dataset<String, List<String>> rows, boolean multiLabel, List<String> splitColumn, List<String> notes) {
        return new TextDataset(rows, multiLabel, splitColumn, notes);
    }

    @Override
    public String name() {
        return rows.name();
    }

    @Override
    public List<Example<String, List<String>>> examples() {
        return rows.examples();
    }

    @Override
    public String sha256() {
        return rows.sha256();
    }

    /** The labels that occur, sorted. */
    public LabelMap labels() {
        return labels;
    }

    /** How often each label occurs. */
    public ClassCounts classCounts() {
        return ClassCounts.of(labels, targets());
    }

    /** Whether an example may have several labels or none. */
    public boolean multiLabel() {
        return multiLabel;
    }

    /** What was guessed or skipped when the file was read, for people. */
    public List<String> notes() {
        return notes;
    }

    /** Each text with its only label; a multi-label set is refused. */
    public Dataset<String, String> singleLabel() {
        if (multiLabel) {
            throw new InvalidDataException(
                    "'" + name() + "' has several labels an example.",
                    "labels " + labels,
                    "one label an example",
                    "train a multi-label classifier, or read the file without a label separator");
        }
        return mapTargets(one -> one.get(0));
    }

    /** A stratified split that holds out a fraction. */
    public Split<String, List<String>> split(double heldOut, long seed) {
        return Split.stratified(this, heldOut, seed, some -> some);
    }

    /** The split that a column of the file prescribes, if one was named. */
    public Optional<Split<String, List<String>>> prescribedSplit() {
        return splitColumn.isEmpty() ? Optional.empty() : Optional.of(Split.byColumn(this, splitColumn));
    }

    /**
     * The parts that a column of the file prescribes, as {@code train}, {@code validation} and {@code test}; else none.
     */
    public Map<String, Dataset<String, List<String>>> parts() {
        return splitColumn.isEmpty() ? Map.of() : Split.prescribed(this, splitColumn);
    }

    @Override
    public String toString() {
        return name() + " (" + size() + " texts, " + labels.size() + " labels)";
    }
}
