// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.ClassCounts;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.data.Split;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.vision.input.ImageSource;

/** Images, each with its labels: exactly one in a single-label set, any number in a multi-label set. */
public final class ImageDataset implements Dataset<ImageSource, List<String>> {
    private final Dataset<ImageSource, List<String>> images;
    private final Map<String, Dataset<ImageSource, List<String>>> parts;
    private final List<String> notes;
    private final LabelMap labels;

    ImageDataset(
            Dataset<ImageSource, List<String>> images,
            Map<String, Dataset<ImageSource, List<String>>> parts,
            List<String> notes) {
        this.images = images;
        this.parts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        this.notes = List.copyOf(notes);
        this.labels = LabelMap.fromLists(images.targets());
    }

    /**
     * Reads a folder for each class, {@code ants/1.jpg}, or such folders in {@code train}, {@code val} and
     * {@code test}.
     */
    public static ImageDataset folders(Path root) {
        return folders(root, BrokenFiles.REFUSE);
    }

    /** As {@link #folders(Path)}, with another answer to broken images. */
    public static ImageDataset folders(Path root, BrokenFiles broken) {
        return new ClassFolders(root, broken).read();
    }

    /** Reads a CSV file of paths and labels, or any other kind that {@link org.tl4j.data.Table} reads. */
    public static ImageDataset csv(Path file, String imageColumn, String labelColumn) {
        return csv(file, Columns.of(imageColumn, labelColumn));
    }

    /** Reads a table of paths and labels. */
    public static ImageDataset csv(Path file, Columns columns) {
        return new ImageTable(file, columns).read();
    }

    /** Reads a folder of classes, or a table of paths and labels. */
    public static ImageDataset read(Path path, Columns columns) {
        return Files.isDirectory(path) ? folders(path, columns.broken()) : csv(path, columns);
    }

    /** Images with one label each. */
    public static ImageDataset of(String name, List<ImageSource> images, List<String> labels) {
        if (images.size() != labels.size()) {
            throw new InvalidArgumentException(
                    "Images and labels of '" + name + "' do not go together.",
                    images.size() + " images, " + labels.size() + " labels",
                    "one label for each image",
                    "pass lists of equal length");
        }
        List<Example<ImageSource, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            examples.add(new Example<>(
                    images.get(i), List.of(labels.get(i)), images.get(i).name()));
        }
        return new ImageDataset(Dataset.of(name, examples), Map.of(), List.of());
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public List<Example<ImageSource, List<String>>> examples() {
        return images.examples();
    }

    @Override
    public String sha256() {
        return images.sha256();
    }

    /** The labels that occur, sorted. */
    public LabelMap labels() {
        return labels;
    }

    /** How often each label occurs. */
    public ClassCounts classCounts() {
        return ClassCounts.of(labels, targets());
    }

    /**
     * The parts that folders or a column prescribe, as {@code train}, {@code validation} and {@code test}; else none.
     */
    public Map<String, Dataset<ImageSource, List<String>>> parts() {
        return parts;
    }

    /** What was guessed or left out when the data were read, for people. */
    public List<String> notes() {
        return notes;
    }

    /** A stratified split that holds out a fraction. */
    public Split<ImageSource, List<String>> split(double heldOut, long seed) {
        return Split.stratified(this, heldOut, seed, some -> some);
    }

    @Override
    public String toString() {
        return name() + " (" + size() + " images, " + labels.size() + " labels)";
    }
}
