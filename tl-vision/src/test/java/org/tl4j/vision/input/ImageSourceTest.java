// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.vision.Fixtures;

class ImageSourceTest {
    private static final Map<String, HostTensor> EXPECTED = Fixtures.tensors("images/expected.safetensors");

    @TempDir
    Path folder;

    static Stream<String> files() {
        return EXPECTED.keySet().stream().filter(f -> !f.equals("lossy.webp")).sorted();
    }

    @ParameterizedTest
    @MethodSource("files")
    void decodesToTheBitAsPillow(String file) {
        HostTensor expected = EXPECTED.get(file);
        ImageSource source = ImageSource.file(Fixtures.path("images/" + file));
        Image image = source.read();
        assertThat(source.size()).isEqualTo(new ImageSource.Size(image.width(), image.height()));
        assertThat(image.toString())
                .isEqualTo(expected.shape().size(1) + "x" + expected.shape().size(0) + " pixels");
        assertThat(image.bytes()).isEqualTo(expected.bytes());
    }

    @Test
    void readsEveryFile() throws IOException {
        assertThat(files().count()).isGreaterThanOrEqualTo(45);
        try (Stream<Path> files = Files.list(Fixtures.path("images"))) {
            assertThat(files.map(f -> f.getFileName().toString()).filter(f -> !f.endsWith(".safetensors")))
                    .containsExactlyInAnyOrderElementsOf(EXPECTED.keySet());
        }
    }

    /** The decoder repeats colours where libwebp interpolates them: brightness is near, colours at edges are not. */
    @Test
    void decodesLossyWebPNearly() {
        HostTensor expected = EXPECTED.get("lossy.webp");
        Image image = ImageSource.file(Fixtures.path("images/lossy.webp")).read();
        ByteBuffer a = image.bytes();
        ByteBuffer b = expected.bytes();
        double colours = IntStream.range(0, a.capacity())
                .map(i -> Math.abs((a.get(i) & 0xff) - (b.get(i) & 0xff)))
                .average()
                .orElseThrow();
        double brightness = IntStream.range(0, a.capacity() / 3)
                .map(i -> Math.abs(grey(a, 3 * i) - grey(b, 3 * i)))
                .average()
                .orElseThrow();
        assertThat(colours).isLessThan(7.1);
        assertThat(brightness).isLessThan(2.5);
    }

    private static int grey(ByteBuffer rgb, int at) {
        return Grey.of(rgb.get(at), rgb.get(at + 1), rgb.get(at + 2));
    }

    @Test
    void readsBytesAndDecodedImagesAlike() throws IOException {
        Path file = Fixtures.path("images/rgb.png");
        Image image = ImageSource.file(file).read();
        assertThat(ImageSource.bytes("upload", Files.readAllBytes(file)).read()).isEqualTo(image);
        assertThat(ImageSource.of("canvas", image).read()).isSameAs(image);
    }

    @Test
    void isToldApartByContentsAndNotByName() throws IOException {
        Path original = Fixtures.path("images/rgb.png");
        Path copy = Files.copy(original, folder.resolve("copy.png"));
        assertThat(fingerprint(ImageSource.file(copy))).isEqualTo(fingerprint(ImageSource.file(original)));
        assertThat(fingerprint(ImageSource.file(Fixtures.path("images/grey.png"))))
                .isNotEqualTo(fingerprint(ImageSource.file(original)));
        Image a = Image.of(1, 2, new byte[] {1, 2, 3, 4, 5, 6});
        Image b = Image.of(2, 1, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(fingerprint(ImageSource.of("", a))).isNotEqualTo(fingerprint(ImageSource.of("", b)));
        assertThat(a).isNotEqualTo(b).isEqualTo(Image.of(1, 2, new byte[] {1, 2, 3, 4, 5, 6}));
    }

    private static String fingerprint(ImageSource source) {
        return new Fingerprint().add(source).sha256();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "yuv420.jpg",
                "progressive.jpg",
                "cmyk.jpg",
                "rgb.png",
                "palette.png",
                "lossy.webp",
                "lossless.webp",
                "plain.gif",
                "rgb.bmp"
            })
    void namesAFileThatIsCutShort(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.path("images/" + name));
        for (int tenth = 1; tenth < 10; tenth++) {
            Path cut = Files.write(folder.resolve(name), Arrays.copyOf(whole, whole.length * tenth / 10));
            assertThatThrownBy(() -> ImageSource.file(cut).read())
                    .as(tenth + " tenths of " + name)
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining(cut.toString());
        }
    }

    /** Whatever a byte becomes, the answer is an image or an error of ours. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "yuv420.jpg",
                "progressive.jpg",
                "exif6.jpg",
                "rgb.png",
                "palette.png",
                "exif6.png",
                "lossy.webp",
                "exif6.webp",
                "animated.webp",
                "offset.gif",
                "palette.bmp"
            })
    void survivesEveryDamagedByte(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.path("images/" + name));
        int refused = 0;
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= (byte) 0xa5;
            try {
                ImageSource.bytes(name, damaged, 1_000_000).read();
            } catch (TlException e) {
                assertThat(e).hasMessageContaining(name);
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void saysWhatIsThereInsteadOfAnImage() throws IOException {
        assertThatThrownBy(() -> ImageSource.file(folder.resolve("gone.jpg")).read())
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gone.jpg")
                .hasMessageContaining("nothing there");
        assertThatThrownBy(() -> ImageSource.file(folder).read())
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("a folder");
        refused("empty.jpg", new byte[0], CorruptFileException.class, "0 bytes");
        refused("text.png", "not an image".getBytes(StandardCharsets.UTF_8), CorruptFileException.class, "6e 6f 74");
        refused("page.jpg", "<!DOCTYPE html>".getBytes(StandardCharsets.UTF_8), CorruptFileException.class, "web page");
        refused(
                "pointer.jpg",
                "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.UTF_8),
                CorruptFileException.class,
                "Git LFS");
        refused("scan.jpg", new byte[] {'I', 'I', '*', 0, 8, 0}, UnsupportedFeatureException.class, "TIFF");
        refused(
                "phone.jpg",
                "\0\0\0\030ftypheic".getBytes(StandardCharsets.UTF_8),
                UnsupportedFeatureException.class,
                "HEIC");
    }

    private void refused(String name, byte[] bytes, Class<? extends TlException> kind, String found)
            throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        assertThatThrownBy(() -> ImageSource.file(file).read())
                .isInstanceOf(kind)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(found);
    }

    @Test
    void refusesABombBeforeItIsDecoded() throws IOException {
        // 60,000 x 60,000 pixels of which not one byte is there: the header alone decides.
        refused("bomb.png", png(60_000, 60_000), UnsupportedFeatureException.class, "60000x60000");
        byte[] gif = Files.readAllBytes(Fixtures.path("images/plain.gif"));
        ByteBuffer.wrap(gif)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(6, (short) 65_535)
                .putShort(8, (short) 65_535);
        refused("bomb.gif", gif, UnsupportedFeatureException.class, "65535x65535");
        byte[] jpeg = Files.readAllBytes(Fixtures.path("images/yuv444.jpg"));
        for (int i = 0; i < jpeg.length - 9; i++) {
            if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0) {
                ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 65_500).putShort(i + 7, (short) 65_500);
            }
        }
        refused("bomb.jpg", jpeg, UnsupportedFeatureException.class, "65500x65500");
    }

    @Test
    void allowsAsManyPixelsAsTheUserWants() {
        Path file = Fixtures.path("images/rgb.png");
        Image image = ImageSource.file(file).read();
        long pixels = (long) image.width() * image.height();
        assertThat(ImageSource.file(file, pixels).read()).isEqualTo(image);
        assertThatThrownBy(() -> ImageSource.file(file, pixels - 1).read())
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("at most " + (pixels - 1));
    }

    private static byte[] png(int width, int height) {
        ByteBuffer b = ByteBuffer.allocate(8 + 25 + 12);
        b.putLong(0x89504e470d0a1a0aL);
        chunk(
                b,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put(new byte[] {8, 2, 0, 0, 0})
                        .array());
        chunk(b, "IDAT", new byte[0]);
        return b.array();
    }

    private static void chunk(ByteBuffer to, String kind, byte[] data) {
        CRC32 crc = new CRC32();
        byte[] name = kind.getBytes(StandardCharsets.ISO_8859_1);
        crc.update(name);
        crc.update(data);
        to.putInt(data.length).put(name).put(data).putInt((int) crc.getValue());
    }

    @Test
    void keepsItsPixelsToItself() {
        byte[] rgb = {1, 2, 3};
        Image image = Image.of(1, 1, rgb);
        rgb[0] = 99;
        assertThat(image.rgb(0, 0)).isEqualTo(0x010203);
        assertThat(image.bytes().isReadOnly()).isTrue();
        assertThatThrownBy(() -> image.rgb(1, 0)).hasMessageContaining("(1, 0)");
        assertThatThrownBy(() -> image.crop(0, 0, 2, 1)).hasMessageContaining("2x1 at (0, 0)");
        assertThatThrownBy(() -> Image.of(2, 1, new byte[3])).hasMessageContaining("3 bytes");
    }
}
