// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Arrays;
import org.tl4j.error.InvalidArgumentException;

/**
 * Images in another size, to the bit as Pillow 13 makes them from {@code u8} pixels: an axis after the other, weights
 * rounded to 22 binary places, pixels rounded to 8 bits after each axis.
 */
final class Resize {
    /** Binary places of a weight; with 8 bits of a pixel and a sign they fill an int. */
    private static final int PLACES = 32 - 8 - 2;

    private static final int HALF = 1 << (PLACES - 1);

    private Resize() {}

    /** A part of a resized image: only what is asked for is computed. */
    record Part(int x, int y, int width, int height) {}

    static Image image(Image image, int width, int height, Resampling resampling) {
        return image(image, width, height, resampling, new Part(0, 0, width, height));
    }

    /** The same pixels as {@code image.resize(width, height, resampling).crop(part)}. */
    static Image image(Image image, int width, int height, Resampling resampling, Part part) {
        check(image, width, height);
        if (resampling == Resampling.NEAREST) {
            return nearest(image, width, height, part);
        }
        Kernel across = Kernel.of(image.width(), width, resampling, part.x, part.width);
        Kernel down = Kernel.of(image.height(), height, resampling, part.y, part.height);
        // Of the old pixels only those that the part is made of.
        Image old = image.crop(across.from, down.from, across.to - across.from, down.to - down.from);
        // Pillow begins with the columns where that saves enough work, and an image shows which axis was first.
        boolean columnsFirst = height < image.height() && image.height() - height > 2 * ((long) image.width() - width);
        byte[] pixels = old.pixels();
        if (columnsFirst) {
            pixels = down(pixels, 3 * old.width(), down);
            pixels = across(pixels, part.height, 3 * old.width(), across);
        } else {
            pixels = across(pixels, old.height(), 3 * old.width(), across);
            pixels = down(pixels, 3 * part.width, down);
        }
        return Image.over(part.width, part.height, pixels);
    }

    private static void check(Image image, int width, int height) {
        if (width < 1 || height < 1 || 3L * width * height > Integer.MAX_VALUE - 8) {
            throw new InvalidArgumentException(
                    "An image of " + image + " cannot get this size.",
                    width + "x" + height,
                    "at least 1x1, at most " + (Integer.MAX_VALUE - 8) / 3 + " pixels",
                    "change the size");
        }
    }

    /** Resamples each row: {@code u8[rows, row] -> u8[rows, 3 * new width]}. */
    private static byte[] across(byte[] in, int rows, int row, Kernel kernel) {
        if (kernel.isIdentity()) {
            return in;
        }
        int width = kernel.first.length;
        int count = kernel.count;
        int[] weights = kernel.weights;
        byte[] out = new byte[3 * width * rows];
        int o = 0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < width; x++) {
                int r = HALF;
                int g = HALF;
                int b = HALF;
                int i = y * row + 3 * kernel.first[x];
                int w = x * count;
                for (int k = 0; k < count; k++) {
                    int weight = weights[w + k];
                    r += (in[i + 3 * k] & 0xff) * weight;
                    g += (in[i + 3 * k + 1] & 0xff) * weight;
                    b += (in[i + 3 * k + 2] & 0xff) * weight;
                }
                out[o++] = clip(r);
                out[o++] = clip(g);
                out[o++] = clip(b);
            }
        }
        return out;
    }

    /** Resamples each column: {@code u8[rows, row] -> u8[new height, row]}. */
    private static byte[] down(byte[] in, int row, Kernel kernel) {
        if (kernel.isIdentity()) {
            return in;
        }
        int height = kernel.first.length;
        byte[] out = new byte[row * height];
        int[] sums = new int[row];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, HALF);
            for (int k = 0; k < kernel.count; k++) {
                int weight = kernel.weights[y * kernel.count + k];
                if (weight != 0) {
                    add(in, (kernel.first[y] + k) * row, weight, sums);
                }
            }
            int o = y * row;
            for (int i = 0; i < row; i++) {
                out[o + i] = clip(sums[i]);
            }
        }
        return out;
    }

    private static void add(byte[] in, int from, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += (in[from + i] & 0xff) * weight;
        }
    }

    private static byte clip(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PLACES));
    }

    private static Image nearest(Image image, int width, int height, Part part) {
        int[] columns = nearest(image.width(), width);
        int[] rows = nearest(image.height(), height);
        byte[] in = image.pixels();
        byte[] out = new byte[3 * part.width * part.height];
        int o = 0;
        for (int y = part.y; y < part.y + part.height; y++) {
            for (int x = part.x; x < part.x + part.width; x++) {
                int i = 3 * (rows[y] * image.width() + columns[x]);
                out[o++] = in[i];
                out[o++] = in[i + 1];
                out[o++] = in[i + 2];
            }
        }
        return Image.over(part.width, part.height, out);
    }

    /** The index that each new one is taken from. Steps are summed, as Pillow does it, not multiplied. */
    static int[] nearest(int from, int to) {
        int[] index = new int[to];
        double step = (double) from / to;
        double position = step * 0.5;
        for (int i = 0; i < to; i++) {
            index[i] = (int) position;
            position += step;
        }
        return index;
    }

    /**
     * The weights along one axis, for some of the new pixels in a row.
     *
     * @param from the first old pixel that they are made of
     * @param to one past the last of them
     * @param first where each begins, counted from {@code from}
     * @param count of how many old pixels each is made; some weigh nothing, so that all have the same number
     * @param weights {@code [new pixels, count]} with {@value #PLACES} binary places
     */
    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record Kernel(int from, int to, int[] first, int count, int[] weights) {
        static Kernel of(int old, int size, Resampling resampling, int offset, int length) {
            int[] first = new int[length];
            if (old == size) {
                Arrays.setAll(first, i -> i);
                return new Kernel(offset, offset + length, first, 1, new int[0]);
            }
            double scale = (double) old / size;
            double stretch = Math.max(1, scale);
            double support = resampling.support() * stretch;
            int most = 0;
            int to = 0;
            for (int i = 0; i < length; i++) {
                double center = (i + offset + 0.5) * scale;
                first[i] = Math.max(0, (int) (center - support + 0.5));
                to = Math.min(old, (int) (center + support + 0.5));
                most = Math.max(most, to - first[i]);
            }
            int from = first[0];
            int[] weights = new int[length * most];
            double[] exact = new double[most];
            for (int i = 0; i < length; i++) {
                double center = (i + offset + 0.5) * scale;
                int count = Math.min(old, (int) (center + support + 0.5)) - first[i];
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    exact[k] = resampling.weight((k + first[i] - center + 0.5) * (1 / stretch));
                    sum += exact[k];
                }
                // Begin earlier where there is not room for all, and weigh what was added with 0.
                int earlier = Math.max(0, first[i] + most - to);
                for (int k = 0; k < count; k++) {
                    double weight = sum == 0 ? exact[k] : exact[k] / sum;
                    weights[i * most + earlier + k] = (int) (weight * (1 << PLACES) + (weight < 0 ? -0.5 : 0.5));
                }
                first[i] -= from + earlier;
            }
            return new Kernel(from, to, first, most, weights);
        }

        boolean isIdentity() {
            return weights.length == 0;
        }
    }
}
