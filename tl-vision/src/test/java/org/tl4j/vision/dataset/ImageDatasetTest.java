// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.BrokenFiles;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.vision.Fixtures;

class ImageDatasetTest {
    @TempDir
    Path folder;

    private Path put(String name, String fixture) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.copy(Fixtures.path("images/" + fixture), file);
    }

    private void ants() throws IOException {
        put("bee/2.png", "rgb.png");
        put("bee/1.jpg", "yuv420.jpg");
        put("ant/deep/b.webp", "lossless.webp");
        put("ant/a.JPG", "grey.jpg");
    }

    @Test
    void takesTheNamesOfFoldersAsLabels() throws IOException {
        ants();
        put("ant/.hidden.jpg", "grey.jpg");
        Files.writeString(folder.resolve("ant/notes.txt"), "six legs");
        ImageDataset data = ImageDataset.folders(folder);
        assertThat(data.labels()).containsExactly("ant", "bee");
        assertThat(data.targets()).containsExactly(List.of("ant"), List.of("ant"), List.of("bee"), List.of("bee"));
        assertThat(data.inputs().stream()
                        .map(i ->
                                folder.relativize(Path.of(i.name())).toString().replace('\\', '/')))
                .containsExactly("ant/a.JPG", "ant/deep/b.webp", "bee/1.jpg", "bee/2.png");
        assertThat(data.parts()).isEmpty();
        assertThat(data.notes()).singleElement().asString().contains("1 file").contains("notes.txt");
        assertThat(data.classCounts().count("ant")).isEqualTo(2);
        assertThat(data.get(0).source()).endsWith("a.JPG");
    }

    @Test
    void takesPartsFromFoldersThatAreNamedSo() throws IOException {
        for (String part : List.of("train", "val", "Test")) {
            put(part + "/ant/1.jpg", "grey.jpg");
            put(part + "/bee/1.jpg", "yuv444.jpg");
        }
        ImageDataset data = ImageDataset.folders(folder);
        assertThat(data.parts()).containsOnlyKeys("train", "validation", "test");
        assertThat(data.parts().get("validation").targets()).containsExactly(List.of("ant"), List.of("bee"));
        assertThat(data.size()).isEqualTo(6);
        put("training/ant/1.jpg", "grey.jpg");
        assertThatThrownBy(() -> ImageDataset.folders(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'training'");
    }

    @Test
    void takesAClassThatIsCalledTestForAClass() throws IOException {
        put("test/1.jpg", "grey.jpg");
        put("rest/1.jpg", "grey.jpg");
        assertThat(ImageDataset.folders(folder).labels()).containsExactly("rest", "test");
    }

    @Test
    void stepsIntoAFolderThatOnlyHoldsTheClasses() throws IOException {
        put("archive/data/ant/1.jpg", "grey.jpg");
        put("archive/data/bee/1.jpg", "grey.jpg");
        Files.writeString(folder.resolve("archive/README.md"), "insects");
        ImageDataset data = ImageDataset.folders(folder);
        assertThat(data.labels()).containsExactly("ant", "bee");
        assertThat(data.notes()).hasSize(2).last().asString().contains("data");
    }

    @Test
    void saysWhatALayoutLacks() throws IOException {
        assertThatThrownBy(() -> ImageDataset.folders(folder.resolve("gone")))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gone");
        put("1.jpg", "grey.jpg");
        assertThatThrownBy(() -> ImageDataset.folders(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 images, no folder that names their class");
        put("ant/1.jpg", "grey.jpg");
        Files.createDirectories(folder.resolve("bee"));
        assertThatThrownBy(() -> ImageDataset.folders(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(folder.resolve("bee").toString());
    }

    @Test
    void refusesBrokenImagesAndNamesThemAll() throws IOException {
        ants();
        Files.write(folder.resolve("bee/0.jpg"), new byte[0]);
        Files.writeString(folder.resolve("ant/z.png"), "<html>");
        Files.write(folder.resolve("ant/scan.tif"), new byte[] {'I', 'I', '*', 0});
        assertThatThrownBy(() -> ImageDataset.folders(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("3 of 7")
                .hasMessageContaining("0.jpg")
                .hasMessageContaining("z.png")
                .hasMessageContaining("TIFF")
                .hasMessageContaining("skip");
    }

    @Test
    void leavesBrokenImagesOutIfAskedTo() throws IOException {
        ants();
        Files.write(folder.resolve("bee/0.jpg"), new byte[0]);
        ImageDataset data = ImageDataset.folders(folder, BrokenFiles.SKIP);
        assertThat(data.size()).isEqualTo(4);
        assertThat(data.notes()).singleElement().asString().contains("1 of 5").contains("0.jpg");
        assertThat(ImageDataset.folders(folder, BrokenFiles.TRUST).size()).isEqualTo(5);
        assertThatThrownBy(() -> BrokenFiles.named("skipp", "images"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("skip");
    }

    @Test
    void refusesToSkipEverything() throws IOException {
        Files.createDirectories(folder.resolve("ant"));
        Files.write(folder.resolve("ant/1.jpg"), new byte[0]);
        assertThatThrownBy(() -> ImageDataset.folders(folder, BrokenFiles.SKIP))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 of 1");
    }

    @Test
    void readsATableOfPathsAndLabels() throws IOException {
        ants();
        Path csv = Files.writeString(
                folder.resolve("labels.csv"),
                "id,filename,species,split\n1,ant/a.JPG,ant,train\n2,bee/2.png,bee,val\n3,"
                        + folder.resolve("bee/1.jpg") + ",bee,train\n");
        ImageDataset data = ImageDataset.csv(csv, Columns.guessed().withSplit("split"));
        assertThat(data.targets()).containsExactly(List.of("ant"), List.of("bee"), List.of("bee"));
        assertThat(data.get(0).source()).isEqualTo("labels.csv line 2");
        assertThat(data.get(2).input().read().width()).isEqualTo(31);
        assertThat(data.parts().get("train").size()).isEqualTo(2);
        assertThat(data.parts().get("validation").size()).isEqualTo(1);
        assertThat(ImageDataset.csv(csv, "2", "species").size()).isEqualTo(3);
        assertThat(ImageDataset.read(csv, Columns.guessed().withRoot(folder)).size())
                .isEqualTo(3);
    }

    @Test
    void readsSeveralLabelsAnImage() throws IOException {
        ants();
        Path csv = Files.writeString(
                folder.resolve("tags.csv"), "image,tags\nant/a.JPG,grey|small\nbee/2.png,\nbee/1.jpg,small\n");
        ImageDataset data = ImageDataset.csv(csv, Columns.guessed().withLabelSeparator("|"));
        assertThat(data.targets()).containsExactly(List.of("grey", "small"), List.of(), List.of("small"));
        assertThat(data.labels()).containsExactly("grey", "small");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "image,label\nant/a.JPG,\n|line 2: no label",
                "image,label\n,ant\n|line 2: no image",
                "image,label\nant/gone.jpg,ant\n|gone.jpg",
                "a,b,c\nant/a.JPG,x,y\n|which column",
                "image,label,split\nant/a.JPG,ant,sometimes\n|'sometimes' at labels.csv line 2"
            })
    void namesTheLineThatCannotBeUsed(String csvAndError) throws IOException {
        ants();
        String[] parts = csvAndError.split("\\|");
        Path csv = Files.writeString(folder.resolve("labels.csv"), parts[0]);
        Columns columns = parts[0].contains("split") ? Columns.guessed().withSplit("split") : Columns.guessed();
        assertThatThrownBy(() -> ImageDataset.csv(csv, columns))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(parts[1]);
    }

    @Test
    void isToldApartByPixelsAndLabels() throws IOException {
        ants();
        String before = ImageDataset.folders(folder).sha256();
        assertThat(ImageDataset.folders(folder).sha256()).isEqualTo(before);
        Files.move(folder.resolve("bee/2.png"), folder.resolve("bee/3.png"));
        assertThat(ImageDataset.folders(folder).sha256()).isEqualTo(before);
        Files.move(folder.resolve("bee"), folder.resolve("wasp"));
        assertThat(ImageDataset.folders(folder).sha256()).isNotEqualTo(before);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "TL4J_DATA", matches = ".+")
    void readsRealFolders() {
        Path data = Path.of(System.getenv("TL4J_DATA"));
        ImageDataset insects = ImageDataset.folders(data.resolve("hymenoptera"));
        assertThat(insects.labels()).containsExactly("ants", "bees");
        assertThat(insects.parts().get("train").size()).isEqualTo(80);
        assertThat(insects.parts().get("validation").size()).isEqualTo(80);
        ImageDataset digits = ImageDataset.folders(data.resolve("sign-digits"));
        assertThat(digits.size()).isEqualTo(600);
        assertThat(digits.labels().names()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }
}
