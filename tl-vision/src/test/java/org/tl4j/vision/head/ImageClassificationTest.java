// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.LabelMap;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Heads;
import org.tl4j.model.Modality;
import org.tl4j.vision.Fixtures;
import org.tl4j.vision.input.ImageSource;

class ImageClassificationTest {
    private final ImageClassificationTask task = new ImageClassificationTask();

    @TempDir
    Path folder;

    @Test
    void isFoundByItsName() {
        assertThat(Heads.installed().get("image-classification")).isInstanceOf(ImageClassificationTask.class);
        assertThat(task.modality()).isEqualTo(Modality.IMAGE);
        assertThat(ImageClassification.of(LabelMap.of("ant", "bee")).head().task())
                .isEqualTo(task.task());
        assertThat(ImageClassification.multiLabel(LabelMap.of("ant", "bee"))
                        .head()
                        .config()
                        .flag("multiLabel", false))
                .isTrue();
    }

    private void insects() throws IOException {
        for (String part : List.of("train", "test")) {
            for (String label : List.of("ant", "bee")) {
                Path file = folder.resolve(part).resolve(label).resolve("1.png");
                Files.createDirectories(file.getParent());
                Files.copy(Fixtures.path("images/" + (label.equals("ant") ? "rgb.png" : "grey.png")), file);
            }
        }
    }

    @Test
    void readsFoldersAndMakesAHeadForTheirLabels() throws IOException {
        insects();
        LabelledData<ImageSource, List<String>> data = task.read(folder, Config.empty());
        assertThat(data.parts()).containsOnlyKeys("train", "test");
        ClassificationHead head = (ClassificationHead)
                task.create(data.parts().get("train"), Config.empty().with("class-weights", "none"));
        assertThat(head.labels()).containsExactly("ant", "bee");
        assertThat(task.restore(head.config())).isEqualTo(head);
    }

    @Test
    void hearsWhatToDoAboutBrokenImages() throws IOException {
        insects();
        Files.write(folder.resolve("train/ant/broken.png"), new byte[0]);
        Config skip = Config.empty().with("broken-images", "skip");
        assertThat(task.read(folder, skip).all().size()).isEqualTo(4);
        assertThatThrownBy(() -> task.read(folder, Config.empty())).hasMessageContaining("broken.png");
    }

    @Test
    void readsTablesByTheirColumns() throws IOException {
        insects();
        Path csv = Files.writeString(folder.resolve("t.csv"), "what,where,part\nant,train/ant/1.png,train\n");
        Config columns = Config.empty()
                .with("image-column", "where")
                .with("label-column", "what")
                .with("split-column", "part");
        assertThat(task.read(csv, columns).parts().get("train").targets()).containsExactly(List.of("ant"));
    }

    @Test
    void takesAPathForAnExample() {
        assertThat(task.parse("a/b.jpg").name()).isEqualTo(Path.of("a/b.jpg").toString());
        assertThatThrownBy(() -> task.parse("a\0b")).isInstanceOf(InvalidArgumentException.class);
        assertThat(task.preprocessor(Config.empty().with("size", List.of(3, 8, 9)), null)
                        .width())
                .isEqualTo(9);
    }

    @Test
    void findsImagesThatAreThereTwice() throws IOException {
        insects();
        assertThat(task.examine(task.read(folder, Config.empty()).parts(), null))
                .extracting(f -> f.toString())
                .anySatisfy(finding -> assertThat(finding).contains("1.png"));
        assertThat(task.label(List.of("ant"))).contains("ant");
        assertThat(task.label(List.of("ant", "bee"))).isEmpty();
    }
}
