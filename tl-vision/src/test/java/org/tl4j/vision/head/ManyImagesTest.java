// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.BrokenFiles;
import org.tl4j.model.Config;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Transfer;
import org.tl4j.vision.Fixtures;
import org.tl4j.vision.dataset.ImageDataset;

/** A folder of 50,000 images goes through a network in a Java machine that could not hold them. */
class ManyImagesTest {
    private static final int IMAGES = 50_000;
    private static final String HEAP = "-Xmx128m";

    @TempDir
    Path folder;

    @Test
    void fiftyThousandImagesAreNeverHeldInMemory() throws IOException, InterruptedException {
        for (String label : List.of("ant", "bee")) {
            Path labelled = Files.createDirectories(folder.resolve("data").resolve(label));
            Path first = labelled.resolve("0.png");
            Files.copy(Fixtures.path("images/" + (label.equals("ant") ? "rgb.png" : "grey.png")), first);
            for (int i = 1; i < IMAGES / 2; i++) {
                Files.createLink(labelled.resolve(i + ".png"), first);
            }
        }
        Path out = folder.resolve("out.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Embeds.class.getName(),
                        folder.resolve("data").toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .directory(new File("."))
                .start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).as("the process ended").isTrue();

        // As tensors they would take 50,000 x 3 x 32 x 32 x 4 bytes = 614 MB.
        assertThat(Files.readString(out)).endsWith("50000 vectors of width 64\n");
        assertThat(process.exitValue()).isZero();
    }

    /** Runs in a process of its own. */
    static final class Embeds {
        public static void main(String[] arguments) {
            ImageDataset images = ImageDataset.folders(Path.of(arguments[0]), BrokenFiles.TRUST);
            float[][] vectors = Transfer.from(PretrainedSource.of("resnet20")
                            .untrained()
                            .withInput(Config.empty().with("size", List.of(3, 32, 32))))
                    .to(ImageClassification.of(images.labels()))
                    .features(images);
            System.out.println(vectors.length + " vectors of width " + vectors[0].length);
        }
    }
}
