// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Head;
import org.tl4j.testkit.HeadContract;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;

class ImageClassificationContractTest {
    @Nested
    class OfOneLabel extends Pictures {
        @Override
        List<String> labels(int grey) {
            return List.of(grey < 100 ? "dark" : "light");
        }
    }

    @Nested
    class OfSeveralLabels extends Pictures {
        @Override
        List<String> labels(int grey) {
            List<String> labels = new ArrayList<>();
            if (grey < 150) {
                labels.add("dark");
            }
            if (grey > 80) {
                labels.add("light");
            }
            return labels;
        }
    }

    private abstract static class Pictures implements HeadContract<ImageSource, List<String>, Classification> {
        abstract List<String> labels(int grey);

        @Override
        public Head<ImageSource, List<String>, Classification> head() {
            return new ImageClassificationTask();
        }

        @Override
        public Dataset<ImageSource, List<String>> data() {
            List<Example<ImageSource, List<String>>> examples = new ArrayList<>();
            for (int grey : new int[] {10, 50, 90, 120, 160, 200, 240}) {
                byte[] rgb = new byte[3 * 6 * 5];
                java.util.Arrays.fill(rgb, (byte) grey);
                String name = "grey" + grey;
                examples.add(new Example<>(ImageSource.of(name, Image.of(6, 5, rgb)), labels(grey), name));
            }
            return Dataset.of("greys", examples);
        }

        @Override
        public List<String> unknownTarget() {
            return List.of("colourful");
        }
    }
}
