// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Parts;
import org.tl4j.data.Table;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.speech.input.AudioSource;

/** Finds paths of sounds and labels in a table; relative paths begin at its folder. */
final class AudioTable {
    private static final List<String> AUDIO_NAMES = List.of(
            "path",
            "audio",
            "audio_path",
            "wav",
            "file",
            "filename",
            "file_name",
            "filepath",
            "file_path",
            "slice_file_name",
            "sound",
            "recording");
    private static final List<String> LABEL_NAMES =
            List.of("label", "labels", "class", "category", "target", "tag", "tags", "class_name", "word");
    private static final int SHOWN = 10;

    private final Path file;
    private final Config settings;
    private final List<String> notes;

    AudioTable(Path file, Config settings, List<String> notes) {
        this.file = file;
        this.settings = settings;
        this.notes = notes;
    }

    List<AudioDataset.Found> read() {
        Table table = Table.read(
                file, Table.Header.of(setting("audio-column"), setting("label-column"), setting("split-column")));
        notes.addAll(table.notes());
        int audio = column(table, "audio", AUDIO_NAMES, 0);
        int label = column(table, "label", LABEL_NAMES, 1);
        if (audio == label) {
            throw new InvalidDataException(
                    "Sound and label of '" + table.name() + "' are the same column.",
                    "column '" + table.columns().get(audio) + "'",
                    "two different columns of " + table.columns(),
                    "name the other one");
        }
        String splitColumn = setting("split-column");
        int split = splitColumn == null ? -1 : table.column(splitColumn);
        String separator = setting("label-separator");
        List<AudioDataset.Found> found = new ArrayList<>();
        List<String> incomplete = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            String path = row.text(audio).strip();
            List<String> labels = row.labels(label, separator);
            if (path.isEmpty()) {
                incomplete.add(row.source() + ": no path");
            } else if (labels.isEmpty() && separator == null) {
                incomplete.add(row.source() + ": no label");
            } else {
                String part = split < 0 ? "" : Parts.inColumn(row.text(split), row.source());
                found.add(new AudioDataset.Found(source(path, row), labels, row.source(), part));
            }
        }
        if (!incomplete.isEmpty()) {
            throw new InvalidDataException(
                    "Rows of '" + table.name() + "' are incomplete.",
                    Excerpt.lines(incomplete, SHOWN),
                    "a path and a label in every row",
                    "complete or remove the rows");
        }
        return found;
    }

    private @Nullable String setting(String name) {
        return settings.has(name) ? settings.text(name) : null;
    }

    /** The column that was given, one of a usual name, or in a table without a header the first or second. */
    private int column(Table table, String kind, List<String> usual, int place) {
        String given = setting(kind + "-column");
        if (given != null) {
            return table.column(given);
        }
        List<String> names = table.columns().stream()
                .map(c -> c.strip().toLowerCase(Locale.ROOT))
                .toList();
        int guess = usual.stream()
                .map(names::indexOf)
                .filter(i -> i >= 0)
                .findFirst()
                .orElse(!table.header() && names.size() == 2 ? place : -1);
        if (guess < 0) {
            throw new InvalidDataException(
                    "It is not clear which column of '" + table.name() + "' is the " + kind + ".",
                    table.columns(),
                    "a column named " + usual.get(0) + ", or the name of the column",
                    kind.equals("label") ? "name it with --label-column" : "name it with --set audio-column=NAME");
        }
        notes.add("The " + kind + " is taken from column '" + table.columns().get(guess) + "'.");
        return guess;
    }

    private AudioSource source(String path, Table.Row row) {
        try {
            Path root = file.toAbsolutePath().getParent();
            return AudioSource.file(root == null ? Path.of(path) : root.resolve(path));
        } catch (InvalidPathException e) {
            throw new InvalidDataException(
                    "A row names no path.",
                    "'" + path + "' at " + row.source(),
                    "the path of a WAV file",
                    "correct the row, or choose another column",
                    e);
        }
    }
}
