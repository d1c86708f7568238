// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.TensorClassification;
import org.tl4j.tensor.HostTensor;

/** The task of tl-core, and with it the head that every classification shares. */
class TensorClassificationContractTest {
    @Nested
    class OfOneLabel extends Vectors {
        @Override
        List<String> labels(int i) {
            return List.of(String.valueOf(i % 3));
        }
    }

    @Nested
    class OfOneLabelSmoothedAndWeighted extends OfOneLabel {
        @Override
        public Config settings() {
            return Config.empty().with("label-smoothing", 0.2).with("class-weights", "balanced");
        }
    }

    @Nested
    class OfSeveralLabels extends Vectors {
        @Override
        List<String> labels(int i) {
            return i % 3 == 0 ? List.of() : i % 3 == 1 ? List.of("1") : List.of("1", "2");
        }

        @Override
        public Config settings() {
            return Config.empty().with("class-weights", "balanced");
        }
    }

    private abstract static class Vectors
            implements HeadContract<Map<String, HostTensor>, List<String>, Classification> {
        abstract List<String> labels(int i);

        @Override
        public Head<Map<String, HostTensor>, List<String>, Classification> head() {
            return new TensorClassification();
        }

        @Override
        public Dataset<Map<String, HostTensor>, List<String>> data() {
            List<Example<Map<String, HostTensor>, List<String>>> examples = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                examples.add(new Example<>(
                        Map.of("x", HostTensor.of(new float[] {i, i % 3}, 2)), labels(i), "example " + i));
            }
            return Dataset.of("vectors", examples);
        }

        @Override
        public List<String> unknownTarget() {
            return List.of("7");
        }
    }
}
