// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.LabelMap;
import org.tl4j.vision.dataset.SegmentationDataset;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskCodes;
import org.tl4j.vision.input.MaskSource;

class OutlineTest {
    private static final LabelMap LABELS = LabelMap.of("background", "cell", "wall");

    @TempDir
    Path folder;

    private static Outline.Corner at(int x, int y) {
        return new Outline.Corner(x, y);
    }

    @Test
    void followsTheSidesOfPixels() {
        // . X X
        // . X .
        List<Outline> outlines = new Segmentation(LABELS, Mask.of(3, 2, 0, 1, 1, 0, 1, 0)).outlines();

        assertThat(outlines).hasSize(1);
        assertThat(outlines.get(0).outer()).containsExactly(at(3, 0), at(3, 1), at(2, 1), at(2, 2), at(1, 2), at(1, 0));
        assertThat(outlines.get(0).holes()).isEmpty();
        assertThat(outlines.get(0).pixels()).isEqualTo(3);
        assertThat(outlines.get(0).box()).containsExactly(1, 0, 2, 2);
    }

    @Test
    void cornersAloneDoNotConnect() {
        List<Outline> outlines = new Segmentation(LABELS, Mask.of(2, 2, 1, 0, 0, 1)).outlines();

        assertThat(outlines).hasSize(2);
        assertThat(outlines).allSatisfy(o -> assertThat(o.outer()).hasSize(4));
    }

    @Test
    void keepsHoles() {
        Mask ring = Mask.of(4, 3, 1, 1, 1, 1, 1, 2, 0, 1, 1, 1, 1, 1);
        List<Outline> outlines = new Segmentation(LABELS, ring).outlines();

        assertThat(outlines).hasSize(2);
        assertThat(outlines.get(0).holes()).hasSize(1);
        assertThat(outlines.get(0).holes().get(0)).hasSize(4);
        assertThat(outlines.get(1).classIndex()).isEqualTo(2);
    }

    /** By the rule of even and odd, tried on the middle of every pixel. */
    @Test
    void polygonsDrawnAgainAreTheSamePixels() {
        Random random = new Random(4);
        for (int trial = 0; trial < 20; trial++) {
            int w = 1 + random.nextInt(12);
            int h = 1 + random.nextInt(12);
            int[] classes = random.ints((long) w * h, 0, 3).toArray();
            Segmentation segmentation = new Segmentation(LABELS, Mask.of(w, h, classes));
            JsonObject json = JsonParser.parseString(segmentation.geoJson()).getAsJsonObject();
            int[] drawn = new int[w * h];
            for (JsonElement feature : json.getAsJsonArray("features")) {
                JsonArray rings =
                        feature.getAsJsonObject().getAsJsonObject("geometry").getAsJsonArray("coordinates");
                int label = feature.getAsJsonObject()
                        .getAsJsonObject("properties")
                        .get("class")
                        .getAsInt();
                for (int p = 0; p < drawn.length; p++) {
                    drawn[p] = isInside(rings, p % w + 0.5, Math.floorDiv(p, w) + 0.5) ? label : drawn[p];
                }
            }
            assertThat(drawn).isEqualTo(classes);
        }
    }

    private static boolean isInside(JsonArray rings, double x, double y) {
        boolean inside = false;
        for (JsonElement ring : rings) {
            JsonArray corners = ring.getAsJsonArray();
            assertThat(corners.get(0)).isEqualTo(corners.get(corners.size() - 1));
            for (int i = 0; i + 1 < corners.size(); i++) {
                int ax = corners.get(i).getAsJsonArray().get(0).getAsInt();
                int ay = corners.get(i).getAsJsonArray().get(1).getAsInt();
                int bx = corners.get(i + 1).getAsJsonArray().get(0).getAsInt();
                int by = corners.get(i + 1).getAsJsonArray().get(1).getAsInt();
                assertThat(ax == bx || ay == by).isTrue();
                if (ax == bx && ax > x && Math.min(ay, by) < y && Math.max(ay, by) > y) {
                    inside = !inside;
                }
            }
        }
        return inside;
    }

    /** COCO's own rules of drawing, by which annotations are read, give the pixels back. */
    @Test
    void annotationsOfCocoReadAgainAreTheSamePixels() throws IOException {
        Random random = new Random(8);
        int w = 15;
        int h = 11;
        int[] classes = random.ints((long) w * h, 0, 3).toArray();
        Segmentation segmentation = new Segmentation(LABELS, Mask.of(w, h, classes));
        Path json = folder.resolve("annotations.json");
        Files.writeString(json, segmentation.coco("picture.png"));
        ImageIO.write(
                new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB),
                "png",
                folder.resolve("picture.png").toFile());
        SegmentationDataset read = SegmentationDataset.coco(json, folder);

        assertThat(read.classes()).containsExactly("background", "cell", "wall");
        assertThat(read.get(0).target().read()).isEqualTo(segmentation.mask());
    }

    @Test
    void writesTheIndicesOfClassesIntoAPalette() throws IOException {
        Mask mask = Mask.of(3, 1, 2, 0, 255);
        byte[] png = new Segmentation(LABELS, mask).labelMap();
        Path file = Files.write(folder.resolve("classes.png"), png);

        assertThat(MaskSource.file(file, MaskCodes.indices(3)).read()).isEqualTo(mask);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(image.getRGB(0, 0) & 0xffffff).isEqualTo(0x008000);
        assertThat(image.getRGB(1, 0) & 0xffffff).isZero();
    }

    @Test
    void laysColoursOverTheImage() throws IOException {
        Image grey = Image.of(4, 1, new byte[] {100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100});
        byte[] png = new Segmentation(LABELS, Mask.of(4, 1, 0, 0, 1, 1)).overlay(grey);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));

        assertThat(image.getRGB(0, 0) & 0xffffff).isEqualTo(0x646464);
        assertThat(image.getRGB(1, 0) & 0xffffff).isEqualTo(0xffff00);
        assertThat(image.getRGB(3, 0) & 0xffffff).isEqualTo((100 + 128) / 2 << 16 | 50 << 8 | 50);
    }

    @Test
    void saysHowMuchEachClassHas() {
        Segmentation s = new Segmentation(LABELS, Mask.of(2, 2, 1, 1, 1, 0));

        assertThat(s.shares())
                .containsExactly(java.util.Map.entry("cell", 0.75), java.util.Map.entry("background", 0.25));
        assertThat(s.render()).isEqualTo("2x2  cell 75.0 %, background 25.0 %");
        assertThat(s.label(0, 1)).isEqualTo("cell");
    }
}
