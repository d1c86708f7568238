// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.HostTensor;

/**
 * The class of every pixel of an image: {@code [H, W]}, indices from 0. {@link #IGNORE} is nobody's class: such a pixel
 * is neither learned nor judged. Immutable.
 */
public final class Mask implements Fingerprint.Part {
    /** The index of pixels that do not count. */
    public static final int IGNORE = 255;

    private static final int LARGEST = 0xffff;

    private final int width;
    private final int height;
    private final short[] classes;

    private Mask(int width, int height, short[] classes) {
        this.width = Checks.positive("width", width);
        this.height = Checks.positive("height", height);
        if (classes.length != (long) width * height) {
            throw new ShapeMismatchException(
                    "A mask's classes do not fill its size.",
                    classes.length + " classes",
                    (long) width * height + " for [" + height + ", " + width + "]",
                    "give the class of every pixel, row by row");
        }
        this.classes = classes;
    }

    /** A copy of {@code classes}, row by row from the top. */
    public static Mask of(int width, int height, int... classes) {
        short[] copy = new short[classes.length];
        for (int i = 0; i < copy.length; i++) {
            if (classes[i] < 0 || classes[i] > LARGEST) {
                throw new InvalidArgumentException(
                        "A mask holds no class.", classes[i], "an index from 0 to " + LARGEST, "correct the classes");
            }
            copy[i] = (short) classes[i];
        }
        return new Mask(width, height, copy);
    }

    /** A mask over an array that nobody writes to again. */
    static Mask over(int width, int height, short[] classes) {
        return new Mask(width, height, classes);
    }

    /** Columns of pixels. */
    public int width() {
        return width;
    }

    /** Rows of pixels. */
    public int height() {
        return height;
    }

    /** The class of the pixel at a column and row from 0, counted from the upper left. */
    public int at(int x, int y) {
        if (x < 0 || y < 0 || x >= width || y >= height) {
            throw new InvalidArgumentException(
                    "There is no such pixel.",
                    "(" + x + ", " + y + ")",
                    "columns 0 to " + (width - 1) + ", rows 0 to " + (height - 1),
                    "check the position against width() and height()");
        }
        return classes[y * width + x] & LARGEST;
    }

    /** The classes, row by row. */
    public IntStream stream() {
        return IntStream.range(0, classes.length).map(i -> classes[i] & LARGEST);
    }

    /** The classes themselves, which nobody may write to; each is unsigned. */
    short[] pixels() {
        return classes;
    }

    /** The classes as {@code i64[H, W]}. */
    public HostTensor tensor() {
        long[] out = new long[classes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = classes[i] & LARGEST;
        }
        return HostTensor.of(out, height, width);
    }

    /** The part whose upper left pixel is at {@code (x, y)}; it must lie inside. */
    public Mask crop(int x, int y, int w, int h) {
        if (x < 0 || y < 0 || w < 1 || h < 1 || x > width - w || y > height - h) {
            throw new InvalidArgumentException(
                    "A part of a mask does not lie inside it.",
                    w + "x" + h + " at (" + x + ", " + y + ")",
                    "at least one pixel inside " + width + "x" + height,
                    "make the part smaller, or move it");
        }
        short[] part = new short[w * h];
        for (int row = 0; row < h; row++) {
            System.arraycopy(classes, (y + row) * width + x, part, row * w, w);
        }
        return new Mask(w, h, part);
    }

    /** The mask in another size; each pixel has the class of the nearest old one. */
    public Mask resize(int w, int h) {
        return new Placement(width, height, w, h, 0, 0, w, h).of(this);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        byte[] bytes = new byte[2 * classes.length];
        for (int i = 0; i < classes.length; i++) {
            bytes[2 * i] = (byte) classes[i];
            bytes[2 * i + 1] = (byte) (classes[i] >> 8);
        }
        fingerprint.add(width).add(height).add(bytes);
    }

    /** Whether size and every class agree. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Mask m && width == m.width && height == m.height && Arrays.equals(classes, m.classes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(classes);
    }

    @Override
    public String toString() {
        return width + "x" + height + " classes";
    }
}
