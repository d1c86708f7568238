// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.Dataset;
import org.tl4j.data.DatasetChecks;
import org.tl4j.data.Example;
import org.tl4j.data.Parts;
import org.tl4j.data.Table;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;
import org.tl4j.vision.input.ImageSource;

/** Finds paths of images and labels in a table. */
final class ImageTable {
    private static final List<String> IMAGE_NAMES = List.of(
            "image", "image_path", "path", "file", "filename", "file_name", "filepath", "file_path", "img", "picture");
    private static final List<String> LABEL_NAMES =
            List.of("label", "labels", "class", "category", "target", "tag", "tags", "class_name", "species");
    private static final int SHOWN = 10;

    private final Path file;
    private final Columns columns;
    private final List<String> notes = new ArrayList<>();

    ImageTable(Path file, Columns columns) {
        this.file = file;
        this.columns = columns;
    }

    /** A row that names an image. */
    private record Found(ImageSource image, List<String> labels, String source, String part)
            implements BrokenFiles.Checked {
        @Override
        public void read() {
            image.read();
        }
    }

    ImageDataset read() {
        Table table = Table.read(file, Table.Header.of(columns.image(), columns.label(), columns.split()));
        notes.addAll(table.notes());
        int image = column(table, columns.image(), IMAGE_NAMES, "image");
        int label = column(table, columns.label(), LABEL_NAMES, "label");
        if (image == label) {
            throw new InvalidDataException(
                    "Image and label of '" + table.name() + "' are the same column.",
                    "column '" + table.columns().get(image) + "'",
                    "two different columns of " + table.columns(),
                    "name the other one");
        }
        List<Found> found = found(table, image, label);
        List<Example<ImageSource, List<String>>> all = new ArrayList<>();
        Map<String, List<Example<ImageSource, List<String>>>> byPart = new LinkedHashMap<>();
        for (int i : columns.broken().usable(found, ImageFiles.KIND, table.name(), notes)) {
            Found f = found.get(i);
            Example<ImageSource, List<String>> example = new Example<>(f.image, f.labels, f.source);
            all.add(example);
            byPart.computeIfAbsent(f.part, p -> new ArrayList<>()).add(example);
        }
        Dataset<ImageSource, List<String>> data = Dataset.of(table.name(), all);
        DatasetChecks.notEmpty(data);
        return new ImageDataset(data, Parts.datasets(table.name(), byPart), notes);
    }

    /** The column that was given, one of a usual name, or in a table without a header the first or second. */
    private int column(Table table, @Nullable String given, List<String> usual, String kind) {
        if (given != null) {
            return table.column(given);
        }
        Optional<Integer> named = usual.stream()
                .map(name -> table.columns().stream()
                        .map(c -> c.strip().toLowerCase(Locale.ROOT))
                        .toList()
                        .indexOf(name))
                .filter(i -> i >= 0)
                .findFirst();
        boolean isPlain = !table.header() && table.columns().size() == 2;
        int guess = named.orElseGet(() -> isPlain ? (kind.equals("image") ? 0 : 1) : -1);
        if (guess < 0) {
            throw new InvalidDataException(
                    "It is not clear which column of '" + table.name() + "' is the " + kind + ".",
                    table.columns(),
                    "a column named " + usual.get(0) + ", or the name of the column",
                    "name it with --" + kind + "-column, or in Columns");
        }
        notes.add("The " + kind + " is taken from column '" + table.columns().get(guess) + "'.");
        return guess;
    }

    private List<Found> found(Table table, int image, int label) {
        int split = columns.split() == null ? -1 : table.column(columns.split());
        List<Found> found = new ArrayList<>();
        List<String> incomplete = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            String path = row.text(image).strip();
            List<String> labels = row.labels(label, columns.labelSeparator());
            if (path.isEmpty()) {
                incomplete.add(row.source() + ": no image");
            } else if (labels.isEmpty() && columns.labelSeparator() == null) {
                incomplete.add(row.source() + ": no label");
            } else {
                found.add(new Found(
                        source(path, row),
                        labels,
                        row.source(),
                        split < 0 ? "" : Parts.inColumn(row.text(split), row.source())));
            }
        }
        if (!incomplete.isEmpty()) {
            throw new InvalidDataException(
                    "Rows of '" + table.name() + "' are incomplete.",
                    Excerpt.lines(incomplete, SHOWN),
                    "an image and a label in every row",
                    "complete or remove the rows");
        }
        return found;
    }

    private ImageSource source(String path, Table.Row row) {
        try {
            Path root = columns.root() == null ? file.toAbsolutePath().getParent() : columns.root();
            return ImageSource.file(root == null ? Path.of(path) : root.resolve(path));
        } catch (InvalidPathException e) {
            throw new InvalidDataException(
                    "A row names no path.",
                    "'" + path + "' at " + row.source(),
                    "the path of an image",
                    "correct the row, or choose another column",
                    e);
        }
    }
}
