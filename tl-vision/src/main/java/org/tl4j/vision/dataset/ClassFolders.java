// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.FolderFiles;
import org.tl4j.data.Parts;
import org.tl4j.error.InvalidDataException;
import org.tl4j.vision.input.ImageSource;

/** A folder for each class, or such folders for each part of the data. */
final class ClassFolders {
    private final Path root;
    private final BrokenFiles broken;
    private final FolderFiles files = ImageFiles.ofFolders();
    private final List<String> notes = new ArrayList<>();

    ClassFolders(Path root, BrokenFiles broken) {
        this.root = root;
        this.broken = broken;
    }

    /** An image, its label and its part, which is empty where there are none. */
    private record Found(ImageSource image, String label, String part) implements BrokenFiles.Checked {
        @Override
        public void read() {
            image.read();
        }
    }

    ImageDataset read() {
        ImageFiles.requireFolder(root, "images");
        List<Path> folders = classesOrParts();
        if (folders.isEmpty()) {
            throw noClasses();
        }
        List<Found> found = new ArrayList<>();
        if (Parts.areIn(folders)) {
            Parts.requireDistinct(root, folders);
            for (Path part : folders) {
                List<Path> classes = FolderFiles.folders(part);
                if (classes.isEmpty()) {
                    throw noClasses();
                }
                found.addAll(classes(classes, Parts.of(part)));
            }
        } else {
            found.addAll(classes(folders, ""));
        }
        files.note(notes);
        String name = String.valueOf(root.toAbsolutePath().normalize().getFileName());
        Map<String, List<Example<ImageSource, List<String>>>> byPart = new LinkedHashMap<>();
        List<Example<ImageSource, List<String>>> all = new ArrayList<>();
        for (int i : broken.usable(found, ImageFiles.KIND, name, notes)) {
            Found f = found.get(i);
            Example<ImageSource, List<String>> example = new Example<>(f.image, List.of(f.label), f.image.name());
            all.add(example);
            byPart.computeIfAbsent(f.part, p -> new ArrayList<>()).add(example);
        }
        return new ImageDataset(Dataset.of(name, all), Parts.datasets(name, byPart), notes);
    }

    /** The folders in the root; one that only holds other folders, as archives are often packed, is stepped into. */
    private List<Path> classesOrParts() {
        List<Path> folders = FolderFiles.folders(root);
        while (folders.size() == 1 && !FolderFiles.folders(folders.get(0)).isEmpty() && !files.areIn(folders.get(0))) {
            Path only = folders.get(0);
            notes.add("The classes are taken from '" + only + "', the only folder there.");
            folders = FolderFiles.folders(only);
        }
        return folders;
    }

    private List<Found> classes(List<Path> folders, String part) {
        List<Found> found = new ArrayList<>();
        for (Path folder : folders) {
            List<Path> images = files.below(folder);
            if (images.isEmpty()) {
                throw new InvalidDataException(
                        "Class folder '" + folder + "' holds no images.",
                        "no file that ends in .jpg, .png, .webp, .bmp or .gif",
                        "at least one image for every class",
                        "add images, or remove the folder");
            }
            String label = String.valueOf(folder.getFileName());
            images.forEach(image -> found.add(new Found(ImageSource.file(image), label, part)));
        }
        return found;
    }

    private InvalidDataException noClasses() {
        return new InvalidDataException(
                "Folder '" + root + "' holds no folders of classes.",
                files.below(root).size() + " images, no folder that names their class",
                "CLASS/IMAGE.jpg, or train/CLASS/IMAGE.jpg and test/CLASS/IMAGE.jpg",
                "sort the images into a folder for each class, or write a CSV file of paths and labels");
    }
}
