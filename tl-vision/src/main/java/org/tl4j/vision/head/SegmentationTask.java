// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Doctor;
import org.tl4j.data.Example;
import org.tl4j.data.Finding;
import org.tl4j.data.Fingerprint;
import org.tl4j.data.LabelledData;
import org.tl4j.metric.RegionOverlap;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Task;
import org.tl4j.model.TaskHead;
import org.tl4j.vision.dataset.SegmentationDataset;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;
import org.tl4j.vision.input.PairedAugmentation;
import org.tl4j.vision.input.WholeImageInput;

/** Semantic segmentation, as a description: how images and masks are read, prepared and answered. */
public final class SegmentationTask implements Head<ImageSource, MaskSource, Segmentation> {
    /** The task's name. */
    public static final String NAME = "segmentation";

    /** The task for a head. */
    public static Task<ImageSource, MaskSource, Segmentation> of(SegmentationHead head) {
        return new Task<>(new SegmentationTask(), head);
    }

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "A class for every pixel of an image";
    }

    @Override
    public Modality modality() {
        return Modality.IMAGE;
    }

    @Override
    public WholeImageInput preprocessor(Config config, @Nullable Path folder) {
        return WholeImageInput.of(config, folder);
    }

    @Override
    public SegmentationHead restore(Config config) {
        return SegmentationHead.restore(config);
    }

    /** Reads what {@link SegmentationDataset#read} reads, with its settings. */
    @Override
    public LabelledData<ImageSource, MaskSource> read(Path path, Config settings) {
        SegmentationDataset data = SegmentationDataset.read(path, settings);
        return new LabelledData<>(data, data.parts(), data.notes());
    }

    @Override
    public TaskHead<MaskSource, Segmentation> create(Dataset<ImageSource, MaskSource> train, Config settings) {
        return SegmentationHead.forData(train, settings);
    }

    /** Read at once, so that who learns from it and who judges by it do not read it again. */
    @Override
    public MaskSource fitted(MaskSource target, Preprocessor<ImageSource> preprocessor) {
        Mask mask = target.read();
        return MaskSource.of(target.name(), preprocessor instanceof WholeImageInput input ? input.fitted(mask) : mask);
    }

    @Override
    public Segmentation finished(Segmentation prediction, ImageSource input) {
        ImageSource.Size size = input.size();
        Mask mask = prediction.mask();
        return mask.width() == size.width() && mask.height() == size.height()
                ? prediction
                : new Segmentation(prediction.labels(), mask.resize(size.width(), size.height()));
    }

    @Override
    public Augmentation<ImageSource, MaskSource> augmentation(String changes) {
        return PairedAugmentation.parse(changes);
    }

    /** For two classes, Otsu's threshold; which side is which class is learned from the training data. */
    @Override
    public Map<String, Evaluation> baselines(
            TaskHead<MaskSource, Segmentation> head,
            Dataset<ImageSource, MaskSource> train,
            Dataset<ImageSource, MaskSource> test) {
        List<String> labels = ((SegmentationHead) head).labels().names();
        if (labels.size() != 2) {
            return Map.of();
        }
        List<RegionOverlap> learned = otsu(train, labels);
        boolean isDarkFirst =
                learned.get(0).meanIou().value() >= learned.get(1).meanIou().value();
        RegionOverlap overlap = otsu(test, labels).get(isDarkFirst ? 0 : 1);
        Map<String, Evaluation> baselines = new LinkedHashMap<>();
        baselines.put(
                "Otsu's threshold",
                new Evaluation(
                        SegmentationEvaluation.figures(overlap), Map.of(), "", overlap.classTable(), Config.empty()));
        return baselines;
    }

    /** The overlaps where the darker side is class 0, and where it is class 1; each image is read once. */
    private static List<RegionOverlap> otsu(Dataset<ImageSource, MaskSource> data, List<String> labels) {
        List<RegionOverlap> overlaps = List.of(new RegionOverlap(labels), new RegionOverlap(labels));
        for (Example<ImageSource, MaskSource> e : data) {
            Image image = e.input().read();
            Mask truth = e.target().read();
            for (int darker = 0; darker < 2; darker++) {
                SegmentationEvaluation.add(
                        overlaps.get(darker), truth, OtsuThreshold.classes(image, darker, 1 - darker));
            }
        }
        return overlaps;
    }

    /** Label map, overlay, polygons as GeoJSON and as annotations of COCO. */
    @Override
    public Map<String, byte[]> files(Segmentation prediction, ImageSource input) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("-classes.png", prediction.labelMap());
        files.put("-overlay.png", prediction.overlay(input.read()));
        files.put(".geojson", prediction.geoJson().getBytes(StandardCharsets.UTF_8));
        Path name = Path.of(input.name()).getFileName();
        files.put("-coco.json", prediction.coco(String.valueOf(name)).getBytes(StandardCharsets.UTF_8));
        return files;
    }

    /** Images are the same where their files are, byte by byte. */
    @Override
    public List<Finding> examine(
            Map<String, Dataset<ImageSource, MaskSource>> parts, @Nullable Preprocessor<ImageSource> preprocessor) {
        return new Doctor<ImageSource, MaskSource>(
                        parts, image -> new Fingerprint().add(image).sha256(), m -> List.of(), ImageSource::name)
                .examine();
    }

    /** The path of an image file. */
    @Override
    public ImageSource parse(String input) {
        return ImageSource.parse(input);
    }

    @Override
    public Config describe(Segmentation prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Segmentation prediction) {
        return prediction.render();
    }
}
