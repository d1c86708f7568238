// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.Dataset;
import org.tl4j.data.Doctor;
import org.tl4j.data.Finding;
import org.tl4j.data.Fingerprint;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Illustration;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.vision.dataset.Columns;
import org.tl4j.vision.dataset.ImageDataset;
import org.tl4j.vision.input.ImageAugmentation;
import org.tl4j.vision.input.ImageInput;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.report.AnswerReport;
import org.tl4j.vision.report.OcclusionMap;

/** Image classification, as a description: how images are read, prepared and answered. */
public final class ImageClassificationTask implements Head<ImageSource, List<String>, Classification> {
    /** The task's name. */
    public static final String NAME = "image-classification";

    private static final int CELLS = 14;

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Labels for images: one label each, or any number";
    }

    @Override
    public Modality modality() {
        return Modality.IMAGE;
    }

    @Override
    public ImageInput preprocessor(Config config, @Nullable Path folder) {
        return ImageInput.of(config, folder);
    }

    @Override
    public ClassificationHead restore(Config config) {
        return ClassificationHead.restore(NAME, config);
    }

    /**
     * Reads a folder of class folders, also in {@code train}, {@code val} and {@code test}, or a table of paths and
     * labels. Settings beside those of every task: {@code image-column}, and {@code broken-images} ({@code refuse},
     * {@code skip}, {@code trust}).
     */
    @Override
    public LabelledData<ImageSource, List<String>> read(Path path, Config columns) {
        Columns chosen = Columns.guessed();
        chosen = columns.has("image-column") ? chosen.withImage(columns.text("image-column")) : chosen;
        chosen = columns.has("label-column") ? chosen.withLabel(columns.text("label-column")) : chosen;
        chosen = columns.has("split-column") ? chosen.withSplit(columns.text("split-column")) : chosen;
        chosen = columns.has("label-separator") ? chosen.withLabelSeparator(columns.text("label-separator")) : chosen;
        chosen = columns.has("broken-images")
                ? chosen.withBroken(BrokenFiles.named(columns.text("broken-images"), "images"))
                : chosen;
        ImageDataset data = ImageDataset.read(path, chosen);
        return new LabelledData<>(data, data.parts(), data.notes());
    }

    @Override
    public TaskHead<List<String>, Classification> create(Dataset<ImageSource, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
    }

    /** Images are the same where their files are, byte by byte. */
    @Override
    public List<Finding> examine(
            Map<String, Dataset<ImageSource, List<String>>> parts, @Nullable Preprocessor<ImageSource> preprocessor) {
        return new Doctor<ImageSource, List<String>>(
                        parts, image -> new Fingerprint().add(image).sha256(), l -> l, ImageSource::name)
                .examine();
    }

    @Override
    public Optional<String> label(List<String> target) {
        return target.size() == 1 ? Optional.of(target.get(0)) : Optional.empty();
    }

    /** See {@link ImageAugmentation#parse}. */
    @Override
    public Augmentation<ImageSource, List<String>> augmentation(String changes) {
        return ImageAugmentation.parse(changes);
    }

    /** The worst answers on one sheet, and the confusion matrix. */
    @Override
    public Optional<Illustration<ImageSource, List<String>, Classification>> illustration(
            TaskHead<List<String>, Classification> head) {
        return Optional.of(new AnswerReport());
    }

    /** Writes a PNG of the image, red where the answer hangs on; see {@link OcclusionMap}. */
    @Override
    public String explain(ImageSource example, Function<List<ImageSource>, List<Classification>> model, Path file) {
        OcclusionMap map = OcclusionMap.of(example, model, CELLS);
        map.write(file);
        return String.format(
                Locale.ROOT, "%s: %s (%.2f), see %s", example.name(), map.label(), map.probability(), file);
    }

    /** The path of an image file. */
    @Override
    public ImageSource parse(String input) {
        return ImageSource.parse(input);
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render();
    }
}
