// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;

/** A decoded image: {@code u8 RGB [H, W, 3] 0..255}, upright. Immutable. */
public final class Image implements Fingerprint.Part {
    private final int width;
    private final int height;
    private final byte[] rgb;

    private Image(int width, int height, byte[] rgb) {
        this.width = Checks.positive("width", width);
        this.height = Checks.positive("height", height);
        if (rgb.length != 3L * width * height) {
            throw new ShapeMismatchException(
                    "An image's bytes do not fill its size.",
                    rgb.length + " bytes",
                    3L * width * height + " bytes for u8[" + height + ", " + width + ", 3]",
                    "give red, green and blue of every pixel, row by row");
        }
        this.rgb = rgb;
    }

    /** A copy of {@code rgb}: red, green and blue of every pixel, row by row from the top. */
    public static Image of(int width, int height, byte[] rgb) {
        return new Image(width, height, rgb.clone());
    }

    /** An image over an array that nobody writes to again. */
    static Image over(int width, int height, byte[] rgb) {
        return new Image(width, height, rgb);
    }

    /** Columns of pixels. */
    public int width() {
        return width;
    }

    /** Rows of pixels. */
    public int height() {
        return height;
    }

    /** The pixel at a column and row from 0, counted from the upper left: {@code 0xRRGGBB}. */
    public int rgb(int x, int y) {
        if (x < 0 || y < 0 || x >= width || y >= height) {
            throw new InvalidArgumentException(
                    "There is no such pixel.",
                    "(" + x + ", " + y + ")",
                    "columns 0 to " + (width - 1) + ", rows 0 to " + (height - 1),
                    "check the position against width() and height()");
        }
        int at = 3 * (y * width + x);
        return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
    }

    /** A read-only view of the bytes {@code u8 RGB [H, W, 3]}. */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(rgb).asReadOnlyBuffer();
    }

    /** The bytes themselves, which nobody may write to. */
    byte[] pixels() {
        return rgb;
    }

    /** The part whose upper left pixel is at {@code (x, y)}; it must lie inside. */
    public Image crop(int x, int y, int w, int h) {
        if (x < 0 || y < 0 || w < 1 || h < 1 || x > width - w || y > height - h) {
            throw new InvalidArgumentException(
                    "A part of an image does not lie inside it.",
                    w + "x" + h + " at (" + x + ", " + y + ")",
                    "at least one pixel inside " + width + "x" + height,
                    "make the part smaller, or move it");
        }
        if (w == width && h == height) {
            return this;
        }
        byte[] part = new byte[3 * w * h];
        for (int row = 0; row < h; row++) {
            System.arraycopy(rgb, 3 * ((y + row) * width + x), part, 3 * row * w, 3 * w);
        }
        return new Image(w, h, part);
    }

    /** The image in another size, as Pillow's {@code Image.resize((width, height), resampling)} gives it. */
    public Image resize(int w, int h, Resampling resampling) {
        return Resize.image(this, w, h, resampling);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(width).add(height).add(rgb);
    }

    /** Whether size and every pixel agree. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Image i && width == i.width && height == i.height && Arrays.equals(rgb, i.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return width + "x" + height + " pixels";
    }
}
