// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.FolderFiles;
import org.tl4j.data.LabelMap;
import org.tl4j.data.Parts;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskCodes;
import org.tl4j.vision.input.MaskSource;

/** Images in one folder and masks of the same names in another, or such folders for each part of the data. */
final class MaskFolders {
    private static final List<String> IMAGES = List.of("images", "image", "imgs", "img", "jpegimages");
    private static final List<String> MASKS = List.of(
            "masks",
            "mask",
            "labels",
            "label",
            "annotations",
            "gt",
            "groundtruth",
            "segmentation",
            "segmentationclass");
    private static final List<String> ENDINGS = List.of("", "_mask", "-mask", "_label", "_labels", "_segmentation");
    private static final int SHOWN = 10;

    /** Mark Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010, in the order of the masks. */
    private static final List<String> VOC = List.of(
            "background",
            "aeroplane",
            "bicycle",
            "bird",
            "boat",
            "bottle",
            "bus",
            "car",
            "cat",
            "chair",
            "cow",
            "diningtable",
            "dog",
            "horse",
            "motorbike",
            "person",
            "pottedplant",
            "sheep",
            "sofa",
            "train",
            "tvmonitor");

    private final BrokenFiles broken;
    private final List<String> notes = new ArrayList<>();

    MaskFolders(BrokenFiles broken) {
        this.broken = broken;
    }

    /** Two files that belong together. */
    private record Paired(Path image, Path mask, String part) {}

    SegmentationDataset read(Path images, Path masks, MaskCodes codes, LabelMap classes) {
        ImageFiles.requireFolder(images, "images");
        ImageFiles.requireFolder(masks, "masks");
        return dataset(nameOf(images), paired(images, masks, ""), codes, classes);
    }

    SegmentationDataset read(Path root, Config settings) {
        ImageFiles.requireFolder(root, "images and masks");
        List<Paired> files = new ArrayList<>();
        boolean isVoc =
                Files.isDirectory(root.resolve("JPEGImages")) && Files.isDirectory(root.resolve("SegmentationClass"));
        if (isVoc) {
            files.addAll(voc(root));
        } else {
            List<Path> folders = FolderFiles.folders(root);
            if (Parts.areIn(folders)) {
                Parts.requireDistinct(root, folders);
                for (Path part : folders) {
                    files.addAll(pairedIn(part, Parts.of(part)));
                }
            } else {
                files.addAll(pairedIn(root, ""));
            }
        }
        MaskCodes codes = codes(files, settings, isVoc);
        return dataset(nameOf(root), files, codes, names(root, codes, settings, isVoc));
    }

    private static String nameOf(Path folder) {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    private SegmentationDataset dataset(String name, List<Paired> files, MaskCodes codes, LabelMap classes) {
        List<SegmentationDataset.Pair> pairs = files.stream()
                .map(f ->
                        new SegmentationDataset.Pair(ImageSource.file(f.image), MaskSource.file(f.mask, codes), f.part))
                .toList();
        return SegmentationDataset.of(name, pairs, broken, notes, classes);
    }

    private List<Paired> pairedIn(Path folder, String part) {
        Optional<Path> images = named(folder, IMAGES);
        Optional<Path> masks = named(folder, MASKS);
        if (images.isEmpty() || masks.isEmpty()) {
            throw new InvalidDataException(
                    "Folder '" + folder + "' does not hold images and their masks.",
                    "folders "
                            + FolderFiles.folders(folder).stream()
                                    .map(f -> String.valueOf(f.getFileName()))
                                    .toList(),
                    "a folder 'images' and a folder 'masks' with files of the same names",
                    "name the folders so, or give them to SegmentationDataset.folders(images, masks, ...)");
        }
        return paired(images.get(), masks.get(), part);
    }

    private static Optional<Path> named(Path folder, List<String> names) {
        return FolderFiles.folders(folder).stream()
                .filter(f -> names.contains(String.valueOf(f.getFileName()).toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    private List<Paired> paired(Path images, Path masks, String part) {
        Map<String, Path> masksByName = ImageFiles.byStem(masks);
        List<Paired> files = new ArrayList<>();
        List<Path> lonely = new ArrayList<>();
        ImageFiles.byStem(images)
                .forEach((stem, image) -> ENDINGS.stream()
                        .map(e -> masksByName.remove(stem + e))
                        .filter(java.util.Objects::nonNull)
                        .findFirst()
                        .ifPresentOrElse(mask -> files.add(new Paired(image, mask, part)), () -> lonely.add(image)));
        if (!lonely.isEmpty() || files.isEmpty()) {
            throw new InvalidDataException(
                    files.isEmpty() && lonely.isEmpty()
                            ? "Folder '" + images + "' holds no images."
                            : "Images of '" + images + "' have no mask: " + lonely.size() + " of "
                                    + (files.size() + lonely.size()) + ".",
                    lonely.stream()
                            .limit(SHOWN)
                            .map(p -> String.valueOf(p.getFileName()))
                            .toList(),
                    "a mask of the same name in '" + masks + "' for every image",
                    "add the masks, or take the images away");
        }
        if (!masksByName.isEmpty()) {
            notes.add(masksByName.size() + " masks of '" + masks + "' belong to no image and were passed over: "
                    + masksByName.values().stream().limit(SHOWN).toList());
        }
        return files;
    }

    /** The lists of VOC say which images have masks, and which part they belong to. */
    private List<Paired> voc(Path root) {
        Path lists = root.resolve("ImageSets").resolve("Segmentation");
        Map<String, Path> images = ImageFiles.byStem(root.resolve("JPEGImages"));
        Map<String, Path> masks = ImageFiles.byStem(root.resolve("SegmentationClass"));
        Map<String, String> parts = new LinkedHashMap<>();
        for (String list : List.of("train", "val", "test")) {
            Path file = lists.resolve(list + ".txt");
            if (Files.isRegularFile(file)) {
                lines(file).forEach(id -> parts.put(id, Parts.of(list)));
            }
        }
        if (parts.isEmpty()) {
            notes.add("'" + lists + "' lists no images; those with a mask are taken, without parts.");
            masks.keySet().forEach(id -> parts.put(id, ""));
        }
        List<Paired> files = new ArrayList<>();
        parts.forEach((id, part) -> {
            Path image = images.get(id);
            Path mask = masks.get(id);
            if (image == null || mask == null) {
                throw new InvalidDataException(
                        "Image '" + id + "' of '" + lists + "' is incomplete.",
                        image == null ? "no image" : "no mask",
                        "a file in JPEGImages and one in SegmentationClass",
                        "add the file, or take the name off the list");
            }
            files.add(new Paired(image, mask, part));
        });
        return files;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                    .map(String::strip)
                    .filter(l -> !l.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new InvalidDataException(
                    "'" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "UTF-8 text, a name a line",
                    "check the file",
                    e);
        }
    }

    // ------------------------------------------------------------------------------------------- classes

    /** What the pixels of the masks stand for: as the user says, or what is found in them. */
    private MaskCodes codes(List<Paired> files, Config settings, boolean isVoc) {
        if (settings.has("mask-values")) {
            List<String> values = words(settings.text("mask-values"));
            boolean isColour = values.stream().allMatch(v -> v.startsWith("#"));
            List<Integer> codes = values.stream().map(MaskFolders::code).toList();
            MaskCodes known = isColour ? MaskCodes.colours(codes) : MaskCodes.numbers(codes);
            return settings.has("ignore-value") ? known.ignoring(code(settings.text("ignore-value"))) : known;
        }
        if (isVoc) {
            return MaskCodes.indices(
                    settings.has("classes") ? words(settings.text("classes")).size() : VOC.size());
        }
        TreeSet<Integer> found = new TreeSet<>();
        Map<Integer, Integer> asTheyAre = new TreeMap<>();
        IntStream.range(0, 256).forEach(v -> asTheyAre.put(v, v));
        MaskCodes raw = new MaskCodes(MaskCodes.Kind.NUMBER, asTheyAre);
        for (Paired f : files) {
            if (broken == BrokenFiles.REFUSE || readable(f, raw)) {
                MaskSource.file(f.mask, raw).read().stream().distinct().forEach(found::add);
            }
        }
        // Black and white is what people paint two classes with; beside others, 255 is nobody's class.
        boolean ignores = found.contains(Mask.IGNORE) && found.size() > 2;
        if (ignores) {
            found.remove(Mask.IGNORE);
        }
        notes.add("The masks hold " + found.size() + " classes: pixels of " + found
                + (ignores ? "; those of " + Mask.IGNORE + " do not count" : "") + ".");
        MaskCodes codes = MaskCodes.numbers(List.copyOf(found));
        return ignores ? codes.ignoring(Mask.IGNORE) : codes;
    }

    private static boolean readable(Paired f, MaskCodes codes) {
        try {
            MaskSource.file(f.mask, codes).read();
            return true;
        } catch (org.tl4j.error.TlException e) {
            return false;
        }
    }

    private static int code(String text) {
        try {
            return text.startsWith("#") ? Integer.parseInt(text.substring(1), 16) : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new InvalidArgumentException(
                    "A value of masks is neither number nor colour.",
                    text,
                    "a number from 0 to 255, or #rrggbb",
                    "correct mask-values",
                    e);
        }
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    }

    private LabelMap names(Path root, MaskCodes codes, Config settings, boolean isVoc) {
        int count = (int) codes.classes().values().stream()
                .filter(k -> k != Mask.IGNORE)
                .distinct()
                .count();
        List<String> names;
        String from;
        if (settings.has("classes")) {
            names = words(settings.text("classes"));
            from = "the setting 'classes'";
        } else if (Files.isRegularFile(root.resolve("classes.txt"))) {
            names = lines(root.resolve("classes.txt"));
            from = root.resolve("classes.txt").toString();
        } else if (isVoc) {
            names = VOC;
            from = "VOC";
        } else {
            names = codes.classes().entrySet().stream()
                    .filter(e -> e.getValue() != Mask.IGNORE)
                    .sorted(Map.Entry.comparingByValue())
                    .map(e -> (codes.kind() == MaskCodes.Kind.COLOUR
                            ? String.format("#%06x", e.getKey())
                            : "class " + e.getKey()))
                    .toList();
            from = "the masks";
        }
        if (names.size() != count) {
            throw new InvalidDataException(
                    "The names of the classes do not fit the masks of '" + root + "'.",
                    names.size() + " names from " + from + ": " + names,
                    "a name for each of the " + count + " values " + codes,
                    "name every class in the order of its value in the masks");
        }
        return LabelMap.of(names);
    }
}
