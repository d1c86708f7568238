// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.model.Classification;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Strategy;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.vision.dataset.ImageDataset;
import org.tl4j.vision.input.ImageAugmentation;
import org.tl4j.vision.input.ImageChange;
import org.tl4j.vision.input.ImageSource;

/** What published weights are worth on photographs, with the files below {@code TL4J_WEIGHTS} and {@code TL4J_DATA}. */
class RealPicturesTest {
    private static Path below(String variable, String name) {
        String folder = System.getenv(variable);
        assumeTrue(folder != null, variable + " names no folder");
        Path path = Path.of(folder).resolve(name);
        assumeTrue(Files.exists(path), name + " is not below " + variable);
        return path;
    }

    private static Transfer<ImageSource, List<String>, Classification> ants(String variant, String weights) {
        ImageDataset train = ImageDataset.folders(below("TL4J_DATA", "hymenoptera/train"));
        return Transfer.from(PretrainedSource.of(variant)
                        .withWeights(below("TL4J_WEIGHTS", weights).toString()))
                .to(ImageClassification.of(train.labels()));
    }

    private static double accuracy(Transfer<ImageSource, List<String>, Classification> transfer) {
        ImageDataset train = ImageDataset.folders(below("TL4J_DATA", "hymenoptera/train"));
        ImageDataset val = ImageDataset.folders(below("TL4J_DATA", "hymenoptera/val"));
        try (FineTuned<ImageSource, List<String>, Classification> model = transfer.fit(train)) {
            return model.evaluate(val).value("accuracy");
        }
    }

    /** 80 photographs to train on, 80 others to judge; always answering one label gives 0.5. */
    @ParameterizedTest
    @CsvSource({
        "squeezenet1_1, squeezenet1.1/weights, head-only, 0.85",
        "squeezenet1_1, squeezenet1.1/weights, ridge, 0.85",
        "mobilenet_v2_gluon, mobilenetv2/weights, ridge, 0.85",
        "shufflenet_v2_fastestdet, fastestdet/shufflenetv2.pth, ridge, 0.65"
    })
    void headsOnFrozenBackbonesTellAntsFromBees(String variant, String weights, String strategy, double atLeast) {
        Strategy plan = FineTuners.installed()
                .named(strategy, org.tl4j.tuning.Recipe.defaults().withEpochs(30));

        assertThat(accuracy(ants(variant, weights).with(plan))).isGreaterThanOrEqualTo(atLeast);
    }

    @Test
    void augmentedViewsOfAFrozenBackboneAreTheSameForTheSameSeed() {
        Transfer<ImageSource, List<String>, Classification> transfer = ants("squeezenet1_1", "squeezenet1.1/weights")
                .with(FineTuners.headOnly().epochs(4))
                .with(TrainingOptions.defaults().withSeed(3))
                .augment(ImageAugmentation.of(ImageChange.ResizedCrop.of(0.4), new ImageChange.HorizontalFlip(0.5)), 2);
        ImageDataset train = ImageDataset.folders(below("TL4J_DATA", "hymenoptera/train"));
        try (FineTuned<ImageSource, List<String>, Classification> once = transfer.fit(train);
                FineTuned<ImageSource, List<String>, Classification> again = transfer.fit(train)) {
            assertThat(again.tuned().model().weights().hashes())
                    .isEqualTo(once.tuned().model().weights().hashes());
        }
    }
}
