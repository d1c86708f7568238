// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelMap;
import org.tl4j.data.Split;
import org.tl4j.engine.Device;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.serving.Predictor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.vision.dataset.SegmentationDataset;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;
import org.tl4j.vision.input.PairedAugmentation;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** From images with masks to a saved model that answers for every pixel. */
class SegmentationTransferTest {
    private static final LabelMap CLASSES = LabelMap.of("background", "disc");

    @TempDir
    Path folder;

    /** Discs that are no brighter than their surroundings, but of another colour; no two images have one size. */
    private static SegmentationDataset discs(int count) {
        Random random = new Random(9);
        List<ImageSource> images = new ArrayList<>();
        List<MaskSource> masks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int w = 24 + i % 9;
            int h = 28 - i % 5;
            int cx = 6 + random.nextInt(w - 12);
            int cy = 6 + random.nextInt(h - 12);
            byte[] rgb = new byte[3 * w * h];
            int[] classes = new int[w * h];
            for (int p = 0; p < classes.length; p++) {
                double distance = Math.hypot(p % w - cx, p / w - cy);
                classes[p] = distance < 5.5 ? 1 : 0;
                rgb[3 * p] = (byte) (random.nextInt(60) + (classes[p] == 1 ? 110 : 90));
                rgb[3 * p + 1] = (byte) (random.nextInt(60) + (classes[p] == 1 ? 80 : 90));
                rgb[3 * p + 2] = (byte) (random.nextInt(120) + 40);
            }
            images.add(ImageSource.of("disc " + i, Image.of(w, h, rgb)));
            masks.add(MaskSource.of("mask " + i, Mask.of(w, h, classes)));
        }
        return SegmentationDataset.of("discs", images, masks, CLASSES);
    }

    private static PretrainedSource untrained(String name) {
        return PretrainedSource.of(name).untrained();
    }

    private static Transfer<ImageSource, MaskSource, Segmentation> unet() {
        return Transfer.from(untrained("unet{width: 8, depth: 2}"))
                .to(SegmentationTask.of(SegmentationHead.of(CLASSES).withDropout(0)))
                .with(TrainingOptions.defaults().withBatchSize(4).withSeed(3))
                .with(FineTuners.full().epochs(12).learningRate(5e-3))
                .augment(new PairedAugmentation(24, true, true, true, 0, 1, 1, 0, 0.05), 1);
    }

    @Test
    void learnsSavesAndAnswersInTheSizeOfEachImage() {
        Split<ImageSource, MaskSource> split = Split.random(discs(32), 0.25, 1);
        Dataset<ImageSource, MaskSource> test = split.heldOut();
        Path saved = folder.resolve("model");
        List<Segmentation> answers;
        try (FineTuned<ImageSource, MaskSource, Segmentation> model = unet().fit(split.train(), test)) {
            Evaluation evaluation = model.evaluate(test);
            assertThat(evaluation.value("meanIoU")).isGreaterThan(0.8);
            assertThat(evaluation.baseline().get("meanIoU")).isLessThan(0.5);
            assertThat(evaluation.report()).contains("Otsu's threshold").contains("most frequent class");
            double otsu = evaluation
                    .details()
                    .config("baselines")
                    .config("Otsu's threshold")
                    .config("meanIoU")
                    .number("value");
            assertThat(otsu).isLessThan(evaluation.value("meanIoU"));
            answers = model.predict(test.inputs());
            model.save(saved);
        }
        for (int i = 0; i < test.size(); i++) {
            assertThat(answers.get(i).mask().width())
                    .isEqualTo(test.get(i).target().read().width());
        }
        try (Predictor<ImageSource, MaskSource, Segmentation> served =
                Predictor.load(saved, new SegmentationTask(), Device.CPU)) {
            assertThat(served.predict(test.inputs())).isEqualTo(answers);
            assertThat(served.predict(test.get(3).input())).isEqualTo(answers.get(3));
            assertThat(served.evaluate(test).value("meanIoU")).isGreaterThan(0.8);
        }
    }

    @Test
    void equalSeedsGiveEqualBits() {
        Weights[] weights = new Weights[2];
        for (int i = 0; i < 2; i++) {
            try (FineTuned<ImageSource, MaskSource, Segmentation> model =
                    unet().with(FineTuners.full().epochs(2)).fit(discs(8), null)) {
                weights[i] = model.tuned().model().weights();
            }
        }

        assertThat(weights[0].hashes()).isEqualTo(weights[1].hashes());
    }

    @Test
    void resizesImagesAndMasksAndAnswersInTheOldSize() {
        try (FineTuned<ImageSource, MaskSource, Segmentation> model = Transfer.from(
                        untrained("resnet18").withInput(Config.empty().with("imageSize", List.of(32, 40))))
                .to(SegmentationTask.of(SegmentationHead.of(CLASSES).withWidths(List.of(8))))
                .with(TrainingOptions.defaults().withBatchSize(4))
                .with(FineTuners.headOnly()
                        .epochs(1)
                        .then(FineTuners.unfreezeLast(1).epochs(1)))
                .fit(discs(8), discs(4))) {
            Segmentation answer = model.predict(discs(3).get(2).input());

            assertThat(answer.mask().width()).isEqualTo(26);
            assertThat(answer.mask().height()).isEqualTo(26);
            assertThat(model.tuned().frozen().toString()).isNotBlank();
        }
    }

    @Test
    void refusesUnknownVariantsAndWeightsOfAnother() {
        assertThatThrownBy(() -> Transfer.from(untrained("unett"))
                        .to(SegmentationTask.of(SegmentationHead.of(CLASSES)))
                        .prepare())
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("perhaps unet");
        Path file = folder.resolve("narrow.safetensors");
        try (FineTuned<ImageSource, MaskSource, Segmentation> model =
                unet().with(FineTuners.full().epochs(1)).fit(discs(4), null)) {
            WeightFile.writeSafetensors(model.tuned().model().weights(), java.util.Map.of(), file);
        }
        assertThat(Files.exists(file)).isTrue();
        assertThatThrownBy(() -> Transfer.from(PretrainedSource.of("unet").withWeights(file.toString()))
                        .to(SegmentationTask.of(SegmentationHead.of(CLASSES)))
                        .prepare())
                .isInstanceOf(TlException.class)
                .hasMessageContaining("inc.double_conv.0.weight");
    }

    /** A minute of training beats the threshold; docs/segmentation.md has the figures of twenty. */
    @Test
    void findsMembranesBetterThanAThreshold() {
        String data = System.getenv("TL4J_DATA");
        Path isbi = Path.of(data == null ? "" : data, "isbi2012-membrane");
        assumeTrue(data != null && Files.isDirectory(isbi), "TL4J_DATA names no folder with isbi2012-membrane");
        SegmentationDataset all = SegmentationDataset.read(isbi, Config.empty().with("classes", "membrane,cell"));
        Split<ImageSource, MaskSource> split = Split.random(all, 1 / 3.0, 42);
        assertThat(split.train().size()).isEqualTo(20);
        try (FineTuned<ImageSource, MaskSource, Segmentation> model = Transfer.from(
                        untrained("unet{width: 8, depth: 3}"))
                .to(SegmentationTask.of(SegmentationHead.forData(split.train(), Config.empty())))
                .with(TrainingOptions.defaults().withBatchSize(4))
                .with(FineTuners.full().epochs(15).learningRate(5e-3))
                .augment(PairedAugmentation.microscopy(192), 1)
                .fit(split.train(), null)) {
            Evaluation evaluation = model.evaluate(split.heldOut());
            double otsu = evaluation
                    .details()
                    .config("baselines")
                    .config("Otsu's threshold")
                    .config("meanIoU")
                    .number("value");
            assertThat(evaluation.value("meanIoU")).isGreaterThan(otsu).isGreaterThan(0.6);
        }
    }
}
