// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelMap;
import org.tl4j.data.Parts;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskCodes;
import org.tl4j.vision.input.MaskSource;

/** Images, each with the class of every pixel. Immutable; parts of it know the classes, too. */
public final class SegmentationDataset implements Dataset<ImageSource, MaskSource> {
    private final Dataset<ImageSource, MaskSource> images;
    private final Map<String, Dataset<ImageSource, MaskSource>> parts;
    private final List<String> notes;
    private final LabelMap classes;

    SegmentationDataset(
            Dataset<ImageSource, MaskSource> images,
            Map<String, Dataset<ImageSource, MaskSource>> parts,
            List<String> notes,
            LabelMap classes) {
        this.images = images;
        Map<String, Dataset<ImageSource, MaskSource>> known = new LinkedHashMap<>();
        parts.forEach((name, part) -> known.put(name, new SegmentationDataset(part, Map.of(), List.of(), classes)));
        this.parts = java.util.Collections.unmodifiableMap(known);
        this.notes = List.copyOf(notes);
        this.classes = classes;
    }

    /** Images that are there already, with their masks, whose classes are indices of {@code classes}. */
    public static SegmentationDataset of(
            String name, List<ImageSource> images, List<MaskSource> masks, LabelMap classes) {
        if (images.size() != masks.size()) {
            throw new InvalidArgumentException(
                    "Images and masks of '" + name + "' do not go together.",
                    images.size() + " images, " + masks.size() + " masks",
                    "one mask for each image",
                    "pass lists of equal length");
        }
        List<Example<ImageSource, MaskSource>> examples = IntStream.range(0, images.size())
                .mapToObj(i ->
                        new Example<>(images.get(i), masks.get(i), images.get(i).name()))
                .toList();
        return new SegmentationDataset(Dataset.of(name, examples), Map.of(), List.of(), classes);
    }

    /**
     * Images in one folder and masks of the same names in another; a mask's name may also end in {@code _mask},
     * {@code _label} or {@code _segmentation}.
     *
     * @param codes what pixels of the masks stand for
     * @param classes names of the classes, in the order of their indices
     */
    public static SegmentationDataset folders(Path images, Path masks, MaskCodes codes, LabelMap classes) {
        return new MaskFolders(BrokenFiles.REFUSE).read(images, masks, codes, classes);
    }

    /** Annotations in COCO's JSON; class 0 is what nobody annotated. */
    public static SegmentationDataset coco(Path json, Path images) {
        return new CocoMasks(json, images, BrokenFiles.REFUSE).read();
    }

    /** A folder as PASCAL VOC has it: {@code JPEGImages}, {@code SegmentationClass}, {@code ImageSets/Segmentation}. */
    public static SegmentationDataset voc(Path root) {
        return new MaskFolders(BrokenFiles.REFUSE).read(root, Config.empty());
    }

    /**
     * Reads what is there: a {@code .json} of COCO, or a folder with images and masks (also those of VOC, and also in
     * {@code train}, {@code val} and {@code test}).
     *
     * @param settings {@code classes} (names, in the order of {@code mask-values}), {@code mask-values} (numbers or
     *     {@code #rrggbb}), {@code ignore-value}, {@code images} (folder of the images of a COCO file),
     *     {@code broken-images}; what is not said is found in the masks
     */
    public static SegmentationDataset read(Path path, Config settings) {
        BrokenFiles broken = BrokenFiles.named(settings.text("broken-images", BrokenFiles.REFUSE.toString()), "images");
        if (Files.isRegularFile(path)) {
            Path images = settings.has("images") ? Path.of(settings.text("images")) : CocoMasks.imagesBeside(path);
            return new CocoMasks(path, images, broken).read();
        }
        return new MaskFolders(broken).read(path, settings);
    }

    /** The classes of data that know them; else a name for each index up to the largest one in the masks. */
    public static LabelMap classesOf(Dataset<?, MaskSource> data) {
        Object known = data;
        if (known instanceof SegmentationDataset s) {
            return s.classes;
        }
        int largest = 1;
        for (Example<?, MaskSource> e : data) {
            largest = Math.max(
                    largest,
                    e.target().read().stream()
                            .filter(k -> k != Mask.IGNORE)
                            .max()
                            .orElse(0));
        }
        return LabelMap.of(
                IntStream.rangeClosed(0, largest).mapToObj(k -> "class " + k).toList());
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public List<Example<ImageSource, MaskSource>> examples() {
        return images.examples();
    }

    @Override
    public String sha256() {
        return images.sha256();
    }

    @Override
    public SegmentationDataset subset(String name, int... indices) {
        return new SegmentationDataset(images.subset(name, indices), Map.of(), List.of(), classes);
    }

    @Override
    public SegmentationDataset head(int most) {
        return new SegmentationDataset(images.head(most), Map.of(), List.of(), classes);
    }

    @Override
    public SegmentationDataset named(String other) {
        return new SegmentationDataset(images.named(other), parts, notes, classes);
    }

    /** The classes, by their indices in the masks. */
    public LabelMap classes() {
        return classes;
    }

    /** The parts that folders or lists prescribe, as {@code train}, {@code validation} and {@code test}; else none. */
    public Map<String, Dataset<ImageSource, MaskSource>> parts() {
        return parts;
    }

    /** What was guessed or left out when the data were read, for people. */
    public List<String> notes() {
        return notes;
    }

    /** An image with its mask, and the part it belongs to, which is empty where there are none. */
    record Pair(ImageSource image, MaskSource mask, String part) implements BrokenFiles.Checked {
        @Override
        public void read() {
            org.tl4j.vision.input.PairedAugmentation.requireSameSize(
                    image.name(), image.read(), mask.name(), mask.read());
        }
    }

    /** Checks pairs and sorts them into their parts. */
    static SegmentationDataset of(
            String name, List<Pair> pairs, BrokenFiles broken, List<String> notes, LabelMap classes) {
        Map<String, List<Example<ImageSource, MaskSource>>> byPart = new LinkedHashMap<>();
        List<Example<ImageSource, MaskSource>> all = new ArrayList<>();
        for (int i : broken.usable(pairs, ImageFiles.KIND, name, notes)) {
            Pair p = pairs.get(i);
            Example<ImageSource, MaskSource> example = new Example<>(p.image, p.mask, p.image.name());
            all.add(example);
            byPart.computeIfAbsent(p.part, k -> new ArrayList<>()).add(example);
        }
        return new SegmentationDataset(Dataset.of(name, all), Parts.datasets(name, byPart), notes, classes);
    }

    @Override
    public String toString() {
        return name() + " (" + size() + " images, " + classes.size() + " classes)";
    }
}
