// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * Bytes of an image file as the pixels that Pillow's {@code ImageOps.exif_transpose(image).convert("RGB")} makes of
 * them, because published backbones saw such pixels: transparency and colour profiles are left out, of 16 bits the
 * upper 8 are kept, of several frames the first.
 *
 * <p>Grey images of 16 bits are the one exception: Pillow clips them to white above 255.
 */
final class ImageDecoder {
    /** What is found where a file is cut short. */
    static final String ENDS_EARLY = "the data end early";

    private final String name;
    private final long maxPixels;

    /**
     * A decoder for one image.
     *
     * @param name of the image, for errors
     * @param maxPixels above which it is refused before it is decoded
     */
    ImageDecoder(String name, long maxPixels) {
        this.name = name;
        this.maxPixels = maxPixels;
    }

    /** The format, or an error that says what the bytes look like. */
    ImageFormat format(byte[] start) {
        if (start.length == 0) {
            throw new CorruptFileException(
                    "'" + name + "' is empty.", "0 bytes", "an image", "fetch the file again, or remove it");
        }
        return ImageFormat.of(start).orElseThrow(() -> unknown(start));
    }

    private TlException unknown(byte[] start) {
        String found = ImageFormat.describe(start);
        String expected = "a JPEG, PNG, WebP, BMP or GIF image";
        return found.contains("image")
                ? new UnsupportedFeatureException(
                        "'" + name + "' is of a format that is not read.",
                        found,
                        expected,
                        "convert the file, to PNG for instance")
                : new CorruptFileException(
                        "'" + name + "' is no image.", found, expected, "fetch the file again, or remove it");
    }

    /** The upright image. */
    Image decode(byte[] bytes) {
        ImageFormat format = format(Arrays.copyOf(bytes, Math.min(bytes.length, ImageFormat.SIGNATURE)));
        return Orientation.upright(canvas(bytes, format).place(rgb(stored(bytes, format))), format.orientation(bytes));
    }

    /** The size of the upright image, from what stands before its pixels. */
    ImageSource.Size size(byte[] bytes) {
        ImageFormat format = format(Arrays.copyOf(bytes, Math.min(bytes.length, ImageFormat.SIGNATURE)));
        ImageSource.Size size = read(bytes, format, reader -> canvasSize(bytes, format, reader));
        return Orientation.isTransposed(format.orientation(bytes))
                ? new ImageSource.Size(/* width= */ size.height(), /* height= */ size.width())
                : size;
    }

    /** What is done with a file once its header was read. */
    private interface Opened<T> {
        T read(ImageReader reader) throws IOException;
    }

    /** The size with what lies around the first frame, if it may be decoded. */
    private ImageSource.Size canvasSize(byte[] bytes, ImageFormat format, ImageReader reader) throws IOException {
        Canvas canvas = canvas(bytes, format);
        int width = Math.max(canvas.width(), canvas.left() + reader.getWidth(0));
        int height = Math.max(canvas.height(), canvas.top() + reader.getHeight(0));
        checkSize(width, height);
        return new ImageSource.Size(width, height);
    }

    private Canvas canvas(byte[] bytes, ImageFormat format) {
        return switch (format) {
            case GIF -> new GifFrame(bytes).canvas();
            case WEBP -> webP(bytes).canvas();
            default -> new Canvas(0, 0, 0, 0, 0);
        };
    }

    private WebPFrame webP(byte[] bytes) {
        try {
            return new WebPFrame(bytes);
        } catch (IOException e) {
            throw damaged(ImageFormat.WEBP, bytes, described(e), e);
        }
    }

    /** The first frame as it is stored: not turned, in its own colour model. */
    BufferedImage stored(byte[] bytes, ImageFormat format) {
        return read(bytes, format, reader -> {
            boolean[] isTruncated = new boolean[1];
            reader.addIIOReadWarningListener((source, warning) -> isTruncated[0] |= isAboutTruncation(warning));
            canvasSize(bytes, format, reader);
            BufferedImage image = reader.read(0);
            if (isTruncated[0]) {
                throw damaged(format, bytes, ENDS_EARLY, null);
            }
            return image;
        });
    }

    private <T> T read(byte[] bytes, ImageFormat format, Opened<T> opened) {
        byte[] plain = switch (format) {
            case JPEG -> withoutProfile(bytes);
            case WEBP -> webP(bytes).alone();
            default -> bytes;
        };
        try (ImageInputStream in = new EncodedBytes(plain)) {
            ImageReader reader = format.reader();
            try {
                reader.setInput(in, true, true);
                return opened.read(reader);
            } finally {
                reader.dispose();
            }
        } catch (TlException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders throw whatever comes: a damaged file leads them to indices and colour models that do not exist.
            throw damaged(format, bytes, described(e), e);
        }
    }

    private static String described(Exception e) {
        return e instanceof EOFException
                ? ENDS_EARLY
                : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** A JPEG that ends early is decoded all the same, its rest grey; the decoder only warns. */
    private static boolean isAboutTruncation(String warning) {
        String w = warning.toLowerCase(Locale.ROOT);
        return w.contains("truncated") || w.contains("premature end");
    }

    private void checkSize(int width, int height) {
        if (width < 1 || height < 1) {
            throw new CorruptFileException(
                    "'" + name + "' has no pixels.",
                    width + "x" + height,
                    "at least one pixel",
                    "fetch the file again, or remove it");
        }
        if ((long) width * height > maxPixels) {
            throw new UnsupportedFeatureException(
                    "'" + name + "' is too large to be decoded.",
                    width + "x" + height + " pixels",
                    "at most " + maxPixels + " pixels",
                    "scale it down, or allow more with ImageSource.file(path, maxPixels)");
        }
    }

    private CorruptFileException damaged(ImageFormat format, byte[] bytes, String found, @Nullable Exception cause) {
        return new CorruptFileException(
                "'" + name + "' is damaged or cut short.",
                found + " (" + bytes.length + " bytes)",
                "a whole " + format + " image",
                "fetch the file again, or remove it",
                cause);
    }

    // ------------------------------------------------------------------------------------------- pixels

    /** The colours of an image that is stored in whatever way. */
    static Image rgb(BufferedImage image) {
        int w = image.getWidth();
        int h = image.getHeight();
        byte[] out = new byte[3 * w * h];
        Raster raster = image.getRaster();
        if (image.getColorModel() instanceof IndexColorModel palette) {
            fromPalette(raster, palette, out);
        } else if (raster.getSampleModel() instanceof ComponentSampleModel model
                && raster.getDataBuffer() instanceof DataBufferByte data) {
            fromBytes(raster, model, data, out);
        } else {
            fromSamples(raster, out);
        }
        return Image.over(w, h, out);
    }

    private static void fromPalette(Raster raster, IndexColorModel palette, byte[] out) {
        int[] colours = new int[palette.getMapSize()];
        palette.getRGBs(colours);
        int w = raster.getWidth();
        int[] row = new int[w];
        int o = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(0, y, w, 1, 0, row);
            for (int index : row) {
                int c = index < colours.length ? colours[index] : 0;
                out[o++] = (byte) (c >> 16);
                out[o++] = (byte) (c >> 8);
                out[o++] = (byte) c;
            }
        }
    }

    /** Grey or RGB of 8 bits each, in any order, with or without transparency. */
    private static void fromBytes(Raster raster, ComponentSampleModel model, DataBufferByte data, byte[] out) {
        int step = model.getPixelStride();
        byte[][] in = new byte[3][];
        int[] start = new int[3];
        for (int c = 0; c < 3; c++) {
            int band = model.getNumBands() < 3 ? 0 : c;
            int bank = model.getBankIndices()[band];
            in[c] = data.getData(bank);
            start[c] = data.getOffsets()[bank]
                    + model.getBandOffsets()[band]
                    - raster.getSampleModelTranslateX() * step
                    - raster.getSampleModelTranslateY() * model.getScanlineStride();
        }
        byte[] red = in[0];
        byte[] green = in[1];
        byte[] blue = in[2];
        int o = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            int row = y * model.getScanlineStride();
            int r = start[0] + row;
            int g = start[1] + row;
            int b = start[2] + row;
            for (int x = 0; x < raster.getWidth(); x++) {
                out[o] = red[r + x * step];
                out[o + 1] = green[g + x * step];
                out[o + 2] = blue[b + x * step];
                o += 3;
            }
        }
    }

    /** Samples of any number of bits. */
    private static void fromSamples(Raster raster, byte[] out) {
        int w = raster.getWidth();
        int[] row = new int[w];
        for (int c = 0; c < 3; c++) {
            int band = raster.getNumBands() < 3 ? 0 : c;
            int bits = raster.getSampleModel().getSampleSize(band);
            int o = c;
            for (int y = 0; y < raster.getHeight(); y++) {
                raster.getSamples(0, y, w, 1, band, row);
                for (int v : row) {
                    out[o] = (byte) (bits >= 8 ? v >>> (bits - 8) : v * 255 / ((1 << bits) - 1));
                    o += 3;
                }
            }
        }
    }

    // ------------------------------------------------------------------------------------------- JPEG

    /**
     * The file without its colour profile, an APP2 segment, so that the decoder does not apply it, and does not stumble
     * over a broken one.
     */
    private static byte[] withoutProfile(byte[] jpeg) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(jpeg.length);
        int at = 2;
        kept.write(jpeg, 0, at);
        while (at + 4 <= jpeg.length && (jpeg[at] & 0xff) == 0xff) {
            int marker = jpeg[at + 1] & 0xff;
            boolean hasLength = marker != 0xff && marker != 0x01 && (marker < 0xd0 || marker > 0xd9);
            int length =
                    !hasLength ? (marker == 0xff ? 1 : 2) : 2 + (jpeg[at + 2] & 0xff) * 256 + (jpeg[at + 3] & 0xff);
            int end = Math.min(jpeg.length, at + length);
            boolean isProfile = marker == 0xe2
                    && end - at > 16
                    && new String(jpeg, at + 4, 11, StandardCharsets.ISO_8859_1).equals("ICC_PROFILE");
            if (!isProfile) {
                kept.write(jpeg, at, end - at);
            }
            at = end;
            if (marker == 0xda) {
                break; // compressed data follow, in which there are no such segments
            }
        }
        kept.write(jpeg, at, jpeg.length - at);
        return kept.toByteArray();
    }
}
