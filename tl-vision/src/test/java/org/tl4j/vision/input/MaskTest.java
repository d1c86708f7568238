// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.vision.Fixtures;

class MaskTest {
    @TempDir
    Path folder;

    private Path save(String name, BufferedImage image) throws IOException {
        Path file = folder.resolve(name);
        ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
        return file;
    }

    private static BufferedImage grey(int width, int height, int... values) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSamples(0, 0, width, height, 0, values);
        return image;
    }

    @Test
    void takesGreyValuesAsTheyAre() throws IOException {
        Path file = save("mask.png", grey(3, 2, 0, 1, 2, 255, 1, 0));
        assertThat(MaskSource.file(file, MaskCodes.indices(3)).read()).isEqualTo(Mask.of(3, 2, 0, 1, 2, 255, 1, 0));
    }

    @Test
    void takesPaletteIndicesAndNotTheirColours() throws IOException {
        byte[] colours = {10, 90, (byte) 200};
        IndexColorModel palette = new IndexColorModel(8, 3, colours, colours, colours);
        BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_INDEXED, palette);
        image.getRaster().setSamples(0, 0, 2, 2, 0, new int[] {2, 0, 1, 1});
        assertThat(MaskSource.file(save("mask.png", image), MaskCodes.indices(3))
                        .read())
                .isEqualTo(Mask.of(2, 2, 2, 0, 1, 1));
    }

    @Test
    void takesSixteenBits() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        image.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {300, 65_000});
        Mask mask = MaskSource.file(save("mask.png", image), MaskCodes.numbers(List.of(65_000, 300)))
                .read();
        assertThat(mask).isEqualTo(Mask.of(2, 1, 1, 0));
        assertThat(Mask.of(1, 1, 65_000).at(0, 0)).isEqualTo(65_000);
    }

    @Test
    void readsBlackAndWhiteAndColours() throws IOException {
        Path binary = save("binary.png", grey(2, 1, 255, 0));
        assertThat(MaskSource.file(binary, MaskCodes.numbers(List.of(0, 255))).read())
                .isEqualTo(Mask.of(2, 1, 1, 0));
        BufferedImage rgb = new BufferedImage(3, 1, BufferedImage.TYPE_INT_RGB);
        rgb.setRGB(0, 0, 3, 1, new int[] {0x0000ff, 0xff0000, 0xffffff}, 0, 3);
        Path colours = save("colours.png", rgb);
        MaskCodes codes = MaskCodes.colours(List.of(0xff0000, 0x0000ff)).ignoring(0xffffff);
        assertThat(MaskSource.file(colours, codes).read()).isEqualTo(Mask.of(3, 1, 1, 0, Mask.IGNORE));
        assertThatThrownBy(() -> MaskSource.file(colours, MaskCodes.indices(2)).read())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("colours.png")
                .hasMessageContaining("#0000ff at column 0, row 0");
        assertThatThrownBy(() -> MaskSource.file(colours, MaskCodes.colours(List.of(0xff0000)))
                        .read())
                .hasMessageContaining("#0000ff")
                .hasMessageContaining("one of #ff0000");
    }

    @Test
    void namesTheFirstPixelOfNoKnownClass() throws IOException {
        Path file = save("mask.png", grey(3, 2, 0, 1, 0, 7, 7, 0));
        assertThatThrownBy(() -> MaskSource.file(file, MaskCodes.indices(2)).read())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("7 at column 0, row 1, and in 2 pixels altogether")
                .hasMessageContaining("one of 0, 1, 255");
    }

    @Test
    void refusesWhatDoesNotKeepClasses() throws IOException {
        Path file = save("mask.jpg", grey(8, 8, new int[64]));
        assertThatThrownBy(() -> MaskSource.file(file, MaskCodes.indices(2)).read())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("JPEG");
        assertThatThrownBy(() -> MaskSource.file(folder.resolve("gone.png"), MaskCodes.indices(2))
                        .read())
                .isInstanceOf(MissingArtifactException.class);
        assertThatThrownBy(() -> Mask.of(2, 1, 0)).hasMessageContaining("1 classes");
        assertThatThrownBy(() -> Mask.of(1, 1, -1)).hasMessageContaining("-1");
    }

    @Test
    void isResizedToTheNearestClass() {
        Mask mask = Mask.of(2, 2, 1, 2, 3, 255);
        assertThat(mask.resize(4, 2)).isEqualTo(Mask.of(4, 2, 1, 1, 2, 2, 3, 3, 255, 255));
        assertThat(mask.resize(1, 1)).isEqualTo(Mask.of(1, 1, 255));
        assertThat(mask.tensor().type()).hasToString("i64[2, 2]");
        assertThat(mask.tensor().toLongs()).containsExactly(1, 2, 3, 255);
        assertThat(mask.crop(1, 0, 1, 2)).isEqualTo(Mask.of(1, 2, 2, 255));
    }

    /** Nearest means the same pixel for an image and its mask. */
    @Test
    void isResizedAsItsImage() {
        byte[] rgb = Fixtures.formula(13, 9);
        int[] classes = new int[13 * 9];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = rgb[3 * i] & 0xff;
        }
        Image image = Image.of(13, 9, rgb).resize(29, 5, Resampling.NEAREST);
        Mask mask = Mask.of(13, 9, classes).resize(29, 5);
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 29; x++) {
                assertThat(mask.at(x, y)).isEqualTo(image.rgb(x, y) >> 16);
            }
        }
    }

    @Test
    void isToldApartByItsClasses() {
        String one = fingerprint(MaskSource.of("a", Mask.of(2, 1, 0, 1)));
        assertThat(fingerprint(MaskSource.of("b", Mask.of(2, 1, 0, 1)))).isEqualTo(one);
        assertThat(fingerprint(MaskSource.of("a", Mask.of(1, 2, 0, 1)))).isNotEqualTo(one);
        assertThat(fingerprint(MaskSource.of("a", Mask.of(2, 1, 0, 257)))).isNotEqualTo(one);
    }

    private static String fingerprint(MaskSource source) {
        return new Fingerprint().add(source).sha256();
    }
}
