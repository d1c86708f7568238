// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Split;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.model.Config;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;

class SegmentationDatasetTest {
    @TempDir
    Path folder;

    private void image(String name, int width, int height) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
    }

    private void mask(String name, int width, int height, int... values) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        int[] all = new int[width * height];
        Arrays.setAll(all, i -> values[i % values.length]);
        image.getRaster().setSamples(0, 0, width, height, 0, all);
        ImageIO.write(image, "png", file.toFile());
    }

    private SegmentationDataset read(String settings) {
        return SegmentationDataset.read(folder, Config.parse("test", settings));
    }

    @Test
    void readsFoldersOfImagesAndMasks() throws IOException {
        image("images/b.png", 4, 3);
        image("images/a.png", 2, 2);
        mask("masks/a.png", 2, 2, 0, 255);
        mask("masks/b_mask.png", 4, 3, 255);
        mask("masks/c.png", 4, 3, 0);
        SegmentationDataset data = read("{classes: 'wall, cell'}");

        assertThat(data.size()).isEqualTo(2);
        assertThat(data.classes()).containsExactly("wall", "cell");
        assertThat(data.get(0).source()).endsWith("a.png");
        assertThat(data.get(0).target().read()).isEqualTo(Mask.of(2, 2, 0, 1, 0, 1));
        assertThat(data.notes()).anyMatch(n -> n.contains("2 classes")).anyMatch(n -> n.contains("c.png"));
        assertThat(data.parts()).isEmpty();
        Split<ImageSource, MaskSource> split = Split.random(data, 0.5, 1);
        assertThat(SegmentationDataset.classesOf(split.train())).isEqualTo(data.classes());
    }

    @Test
    void takesIndicesWithPixelsThatDoNotCount() throws IOException {
        image("images/a.png", 2, 2);
        mask("masks/a.png", 2, 2, 0, 3, 7, 255);
        SegmentationDataset data = read("{}");

        assertThat(data.classes()).containsExactly("class 0", "class 3", "class 7");
        assertThat(data.get(0).target().read()).isEqualTo(Mask.of(2, 2, 0, 1, 2, Mask.IGNORE));
    }

    @Test
    void readsPartsAndNamesOfClasses() throws IOException {
        image("train/image/a.png", 2, 1);
        mask("train/label/a.png", 2, 1, 0, 1);
        image("val/image/b.png", 2, 1);
        mask("val/label/b.png", 2, 1, 1);
        Files.writeString(folder.resolve("classes.txt"), "sky\nground\n");
        SegmentationDataset data = read("{}");

        assertThat(data.parts()).containsOnlyKeys("train", "validation");
        assertThat(data.classes()).containsExactly("sky", "ground");
        assertThat(SegmentationDataset.classesOf(data.parts().get("train"))).isEqualTo(data.classes());
    }

    @Test
    void readsPascalVoc() throws IOException {
        image("JPEGImages/2007_1.png", 2, 1);
        image("JPEGImages/2007_2.png", 2, 1);
        image("JPEGImages/2007_3.png", 2, 1);
        mask("SegmentationClass/2007_1.png", 2, 1, 0, 255);
        mask("SegmentationClass/2007_2.png", 2, 1, 20, 15);
        Path lists = Files.createDirectories(folder.resolve("ImageSets/Segmentation"));
        Files.writeString(lists.resolve("train.txt"), "2007_2\n");
        Files.writeString(lists.resolve("val.txt"), "2007_1\n");
        SegmentationDataset data = SegmentationDataset.voc(folder);

        assertThat(data.classes().size()).isEqualTo(21);
        assertThat(data.classes().name(15)).isEqualTo("person");
        assertThat(data.parts().get("train").get(0).target().read()).isEqualTo(Mask.of(2, 1, 20, 15));
        assertThat(data.parts().get("validation").get(0).target().read()).isEqualTo(Mask.of(2, 1, 0, 255));
        Files.writeString(lists.resolve("train.txt"), "2007_3\n");
        assertThatThrownBy(() -> SegmentationDataset.voc(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("2007_3")
                .hasMessageContaining("no mask");
    }

    @Test
    void readsAnnotationsOfCoco() throws IOException {
        image("images/a.png", 4, 2);
        Path json = folder.resolve("instances.json");
        Files.writeString(json, """
                {"images": [{"id": 7, "file_name": "a.png", "width": 4, "height": 2}],
                 "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}],
                 "annotations": [
                   {"id": 1, "image_id": 7, "category_id": 18, "iscrowd": 0, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]},
                   {"id": 2, "image_id": 7, "category_id": 3, "iscrowd": 0, "segmentation": {"counts": [4, 1, 3], "size": [2, 4]}},
                   {"id": 3, "image_id": 7, "category_id": 3, "iscrowd": 1, "segmentation": {"counts": [7, 1], "size": [2, 4]}}]}
                """);
        SegmentationDataset data = SegmentationDataset.read(json, Config.empty());

        assertThat(data.classes()).containsExactly("background", "car", "dog");
        assertThat(data.get(0).target().read()).isEqualTo(Mask.of(4, 2, 2, 2, 1, 0, 2, 2, 0, 255));
        Files.writeString(json, Files.readString(json).replace("[4, 1, 3]", "[4, 1, 1]"));
        assertThatThrownBy(() -> SegmentationDataset.read(json, Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("6 pixels");
        Files.writeString(json, Files.readString(json).replace("a.png", "b.png"));
        assertThatThrownBy(() -> SegmentationDataset.read(json, Config.empty()))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("b.png");
        Files.writeString(json, "{\"images\": []}");
        assertThatThrownBy(() -> SegmentationDataset.read(json, Config.empty()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("categories");
        Files.writeString(json, "{\"images\": ");
        assertThatThrownBy(() -> SegmentationDataset.read(json, Config.empty()))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("instances.json");
    }

    @Test
    void refusesAMaskOfAnotherSize() throws IOException {
        image("images/a.png", 4, 3);
        mask("masks/a.png", 3, 4, 0, 1);

        assertThatThrownBy(() -> read("{}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("another size than its image")
                .hasMessageContaining("3x4")
                .hasMessageContaining("a.png");
    }

    @Test
    void leavesOutWhatCannotBeUsedIfAskedTo() throws IOException {
        image("images/a.png", 4, 3);
        mask("masks/a.png", 3, 4, 0, 1);
        image("images/b.png", 2, 1);
        mask("masks/b.png", 2, 1, 0, 1);
        SegmentationDataset data = read("{broken-images: skip}");

        assertThat(data.size()).isEqualTo(1);
        assertThat(data.notes()).anyMatch(n -> n.contains("1 of 2") && n.contains("a.png"));
    }

    @Test
    void refusesUnknownValues() throws IOException {
        image("images/a.png", 2, 2);
        mask("masks/a.png", 2, 2, 0, 1, 9, 1);

        assertThatThrownBy(() -> read("{mask-values: '0,1', classes: 'a,b'}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no known class")
                .hasMessageContaining("a.png");
        assertThat(read("{mask-values: '0,1', ignore-value: '9'}")
                        .get(0)
                        .target()
                        .read())
                .isEqualTo(Mask.of(2, 2, 0, 1, 255, 1));
    }

    @Test
    void refusesAnImageWithoutMask() throws IOException {
        image("images/a.png", 2, 2);
        image("images/lonely.png", 2, 2);
        mask("masks/a.png", 2, 2, 0, 1);

        assertThatThrownBy(() -> read("{}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 of 2")
                .hasMessageContaining("lonely.png");
    }

    @Test
    void refusesNamesThatDoNotFit() throws IOException {
        image("images/a.png", 2, 2);
        mask("masks/a.png", 2, 2, 0, 1);

        assertThatThrownBy(() -> read("{classes: 'a,b,c'}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("3 names");
    }

    @Test
    void refusesFoldersThatAreNotThere() throws IOException {
        image("images/a.png", 2, 2);

        assertThatThrownBy(() -> read("{}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("masks");
        assertThatThrownBy(() -> SegmentationDataset.read(folder.resolve("nothing"), Config.empty()))
                .isInstanceOf(MissingArtifactException.class);
    }

    @Test
    void namesClassesOfDataThatDoNotKnowThem() {
        SegmentationDataset data = SegmentationDataset.of(
                "test",
                List.of(ImageSource.of("a", org.tl4j.vision.input.Image.of(2, 1, new byte[6]))),
                List.of(MaskSource.of("m", Mask.of(2, 1, 2, 255))),
                org.tl4j.data.LabelMap.of("x", "y", "z"));

        assertThat(SegmentationDataset.classesOf(data.mapTargets(t -> t)))
                .containsExactly("class 0", "class 1", "class 2");
    }
}
