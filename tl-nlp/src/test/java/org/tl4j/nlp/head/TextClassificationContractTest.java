// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.head;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Head;
import org.tl4j.testkit.HeadContract;

class TextClassificationContractTest {
    @Nested
    class OfOneLabel extends Texts {
        @Override
        List<String> labels(String text) {
            return List.of(text.contains("late") ? "complaint" : text.endsWith("?") ? "question" : "praise");
        }
    }

    @Nested
    class OfSeveralLabels extends Texts {
        @Override
        List<String> labels(String text) {
            List<String> labels = new ArrayList<>();
            if (text.contains("late")) {
                labels.add("complaint");
            }
            if (text.endsWith("?")) {
                labels.add("question");
            }
            return labels;
        }
    }

    private abstract static class Texts implements HeadContract<String, List<String>, Classification> {
        abstract List<String> labels(String text);

        @Override
        public Head<String, List<String>, Classification> head() {
            return new TextClassificationTask();
        }

        @Override
        public Dataset<String, List<String>> data() {
            List<Example<String, List<String>>> examples = new ArrayList<>();
            for (String text : List.of(
                    "it came late",
                    "where is it?",
                    "so good",
                    "why so late?",
                    "late again",
                    "well done",
                    "who are you?")) {
                examples.add(new Example<>(text, labels(text), "line " + (examples.size() + 1)));
            }
            return Dataset.of("mails", examples);
        }

        @Override
        public List<String> unknownTarget() {
            return List.of("threat");
        }
    }
}
