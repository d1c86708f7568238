// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.LabelMap;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Classification;
import org.tl4j.model.Classification.LabelScore;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Heads;

class TextClassificationTest {
    private final TextClassificationTask task = new TextClassificationTask();

    @TempDir
    Path folder;

    @Test
    void isFoundByItsName() {
        assertThat(Heads.installed().get("text-classification")).isInstanceOf(TextClassificationTask.class);
        assertThat(Heads.installed().problems()).isEmpty();
    }

    @Test
    void givesOneLabelOrSeveral() {
        LabelMap labels = LabelMap.of("ham", "spam");

        assertThat(TextClassification.of(labels).head())
                .isEqualTo(ClassificationHead.singleLabel("text-classification", labels));
        assertThat(TextClassification.multiLabel(labels).head())
                .isEqualTo(ClassificationHead.multiLabel("text-classification", labels));
    }

    @Test
    void readsTheColumnsThatTheCommandLineNames() throws IOException {
        Path file = Files.writeString(
                folder.resolve("data.csv"),
                "id,body,kind,part\n1,hello,ham,train\n2,buy,spam,train\n3,lunch?,ham,dev\n4,win,spam,test\n");
        Config columns = Config.empty()
                .with("text-column", "body")
                .with("label-column", "kind")
                .with("split-column", "part");

        LabelledData<String, List<String>> data = task.read(file, columns);

        assertThat(data.all().inputs()).containsExactly("hello", "buy", "lunch?", "win");
        assertThat(data.parts().keySet()).containsExactly("train", "validation", "test");
        assertThat(task.create(data.all(), Config.empty()).config().texts("labels"))
                .containsExactly("ham", "spam");
    }

    @Test
    void writesAnswersForPeopleAndScripts() {
        Classification one =
                new Classification(List.of(new LabelScore("spam", 0.98), new LabelScore("ham", 0.02)), List.of("spam"));
        Classification none = new Classification(List.of(new LabelScore("spam", 0.1)), List.of());

        assertThat(task.render(one)).isEqualTo("spam (0.98)");
        assertThat(task.render(none)).isEqualTo("no label");
        assertThat(task.describe(one).config("scores").number("ham")).isEqualTo(0.02);
        assertThat(task.describe(one).texts("labels")).containsExactly("spam");
    }
}
