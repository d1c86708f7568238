// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.speech.Fixtures;
import org.tl4j.speech.input.AudioSource;

class AudioDatasetTest {
    private static final Config PATTERN = Config.empty().with("pattern", "{label}_{speaker}_{index}");

    @TempDir
    Path root;

    private void sounds(String... names) throws IOException {
        for (String name : names) {
            Path file = root.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, Fixtures.tone(8000, 10, 440, 0));
        }
    }

    private LabelledData<AudioSource, List<String>> read(Config settings) {
        return AudioDataset.read(root, settings);
    }

    private Set<String> names(Dataset<AudioSource, List<String>> data) {
        Set<String> names = new TreeSet<>();
        data.forEach(
                e -> names.add(root.relativize(Path.of(e.source())).toString().replace('\\', '/')));
        return names;
    }

    @Test
    void readsAFolderForEachClass() throws IOException {
        sounds("yes/1.wav", "yes/deep/2.WAV", "no/1.wav", ".git/3.wav", "no/.hidden.wav");
        Files.writeString(root.resolve("no/notes.txt"), "recorded at home");

        LabelledData<AudioSource, List<String>> data = read(Config.empty());

        assertThat(names(data.all())).containsExactly("no/1.wav", "yes/1.wav", "yes/deep/2.WAV");
        assertThat(data.all().targets()).containsExactly(List.of("no"), List.of("yes"), List.of("yes"));
        assertThat(data.parts()).isEmpty();
        assertThat(data.notes()).singleElement().asString().contains("notes.txt");
    }

    @Test
    void readsClassesInParts() throws IOException {
        sounds("train/yes/1.wav", "train/no/1.wav", "val/yes/2.wav", "testing/no/3.wav");

        LabelledData<AudioSource, List<String>> data = read(Config.empty());

        assertThat(data.parts()).containsOnlyKeys("train", "validation", "test");
        assertThat(names(data.parts().get("train"))).containsExactly("train/no/1.wav", "train/yes/1.wav");
        assertThat(data.parts().get("test").targets()).containsExactly(List.of("no"));
    }

    @Test
    void readsATableOfPathsAndLabels() throws IOException {
        sounds("clips/a.wav", "clips/b.wav", "clips/c.wav");
        Path csv = Files.writeString(
                root.resolve("clips.csv"),
                "path,label,fold\nclips/a.wav,dog,train\nclips/b.wav,cat,test\nclips/c.wav,dog,dev\n");

        LabelledData<AudioSource, List<String>> data =
                AudioDataset.read(csv, Config.empty().with("split-column", "fold"));

        assertThat(data.all().targets()).containsExactly(List.of("dog"), List.of("cat"), List.of("dog"));
        assertThat(data.parts().get("test").get(0).source()).isEqualTo("clips.csv line 3");
        assertThat(data.parts()).containsOnlyKeys("train", "validation", "test");
        assertThat(data.parts().get("test").get(0).input().read().length()).isEqualTo(10);
    }

    @Test
    void readsSeveralLabelsOfARowAndColumnsOfOtherNames() throws IOException {
        sounds("a.wav", "b.wav");
        Path csv = Files.writeString(root.resolve("t.csv"), "clip,heard\na.wav,dog|rain\nb.wav,\n");

        LabelledData<AudioSource, List<String>> data = AudioDataset.read(
                csv,
                Config.empty()
                        .with("audio-column", "clip")
                        .with("label-column", "heard")
                        .with("label-separator", "|"));

        assertThat(data.all().targets()).containsExactly(List.of("dog", "rain"), List.of());
    }

    @Test
    void readsLabelsFromNamesAndHoldsOutByARule() throws IOException {
        sounds("7_theo_0.wav", "7_theo_11.wav", "3_lucas_4.wav", "3_lucas_5.wav", "3_nicolas_1.wav");

        LabelledData<AudioSource, List<String>> byIndex = read(PATTERN.with("test", "index:0-1,5"));
        LabelledData<AudioSource, List<String>> bySpeaker =
                read(PATTERN.with("test", "speaker:theo").with("validation", "speaker:nicolas"));

        assertThat(names(byIndex.parts().get("test")))
                .containsExactly("3_lucas_5.wav", "3_nicolas_1.wav", "7_theo_0.wav");
        assertThat(names(byIndex.parts().get("train"))).containsExactly("3_lucas_4.wav", "7_theo_11.wav");
        assertThat(names(bySpeaker.parts().get("test"))).containsExactly("7_theo_0.wav", "7_theo_11.wav");
        assertThat(names(bySpeaker.parts().get("validation"))).containsExactly("3_nicolas_1.wav");
        assertThat(bySpeaker.parts().get("train").targets()).containsExactly(List.of("3"), List.of("3"));
        assertThat(read(PATTERN).parts()).isEmpty();
        assertThat(read(Config.empty().with("pattern", "{label}_{speaker}_{index}.wav"))
                        .all()
                        .size())
                .isEqualTo(5);
    }

    @Test
    void saysWhichNamesDoNotFitAndWhichRulesMeanNothing() throws IOException {
        sounds("7_theo_0.wav", "seven.wav");

        assertThatThrownBy(() -> read(PATTERN))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 files")
                .hasMessageContaining("seven.wav");
        Files.delete(root.resolve("seven.wav"));
        assertThatThrownBy(() -> read(PATTERN.with("test", "index:4-9")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("holds out nothing");
        assertThatThrownBy(() -> read(PATTERN.with("test", "take:4")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("speaker");
        assertThatThrownBy(() -> read(PATTERN.with("test", "theo")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("test = theo");
        assertThatThrownBy(() -> read(Config.empty().with("pattern", "{digit}_{speaker}")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("{label}");
    }

    @Test
    void brokenSoundsAreNamedTogetherOrLeftOut() throws IOException {
        sounds("yes/1.wav", "no/1.wav");
        Files.write(root.resolve("no/2.wav"), new byte[0]);
        Files.writeString(root.resolve("yes/2.mp3"), "ID3");

        assertThatThrownBy(() -> read(Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("2 of 4")
                .hasMessageContaining("2.wav' is empty")
                .hasMessageContaining("an MP3 file");
        LabelledData<AudioSource, List<String>> usable = read(Config.empty().with("broken-sounds", "skip"));
        assertThat(names(usable.all())).containsExactly("no/1.wav", "yes/1.wav");
        assertThat(usable.notes()).singleElement().asString().contains("2 of 4 sounds were left out");
        assertThat(read(Config.empty().with("broken-sounds", "trust")).all().size())
                .isEqualTo(4);
    }

    @Test
    void saysWhatAFolderOrATableLacks() throws IOException {
        assertThatThrownBy(() -> AudioDataset.read(root.resolve("gone"), Config.empty()))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gone");
        sounds("1.wav");
        assertThatThrownBy(() -> read(Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 sounds, no folder")
                .hasMessageContaining("--set pattern=");
        Files.createDirectories(root.resolve("empty"));
        assertThatThrownBy(() -> read(Config.empty())).hasMessageContaining("holds no sounds");
        Path csv = Files.writeString(root.resolve("t.csv"), "path,label\n,dog\n1.wav,\n");
        assertThatThrownBy(() -> AudioDataset.read(csv, Config.empty()))
                .hasMessageContaining("line 2: no path")
                .hasMessageContaining("line 3: no label");
        Path unclear = Files.writeString(root.resolve("u.csv"), "x,label,z\n1.wav,dog,1\n");
        assertThatThrownBy(() -> AudioDataset.read(unclear, Config.empty())).hasMessageContaining("audio-column");
    }

    /** The subset that CONTRIBUTING.md names: 10 digits, 6 speakers, 25 recordings of each. */
    @Test
    void readsTheSpokenDigits() {
        Path recordings = Fixtures.below("TL4J_DATA", "fsdd/recordings");

        LabelledData<AudioSource, List<String>> data = AudioDataset.read(recordings, PATTERN.with("test", "index:0-4"));

        assertThat(data.all().size()).isEqualTo(1500);
        assertThat(data.parts().get("test").size()).isEqualTo(300);
        double seconds = data.all().inputs().stream()
                .mapToDouble(s -> s.read().seconds())
                .sum();
        assertThat(seconds).isBetween(655.0, 657.0);
    }
}
