// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

/** Changes of colours, to the bit as Pillow makes them: its {@code ImageEnhance}, {@code ImageOps} and HSV. */
final class Colours {
    private Colours() {}

    /** Between black (0) and the image (1), or beyond it. */
    static Image brightness(Image image, double factor) {
        return blend(new byte[image.pixels().length], image, factor);
    }

    /** Between its mean brightness (0) and the image (1), or beyond it. */
    static Image contrast(Image image, double factor) {
        byte[] in = image.pixels();
        long sum = 0;
        for (int i = 0; i < in.length; i += 3) {
            sum += Grey.of(in[i], in[i + 1], in[i + 2]);
        }
        byte[] mean = new byte[in.length];
        java.util.Arrays.fill(mean, (byte) (int) (sum / (in.length / 3.0) + 0.5));
        return blend(mean, image, factor);
    }

    /** Between its greys (0) and the image (1), or beyond it. */
    static Image saturation(Image image, double factor) {
        byte[] in = image.pixels();
        byte[] grey = new byte[in.length];
        for (int i = 0; i < in.length; i += 3) {
            byte g = (byte) Grey.of(in[i], in[i + 1], in[i + 2]);
            grey[i] = g;
            grey[i + 1] = g;
            grey[i + 2] = g;
        }
        return blend(grey, image, factor);
    }

    /** Between its smoothed self (0) and the image (1), or beyond it; the outermost pixels are not smoothed. */
    static Image sharpness(Image image, double factor) {
        byte[] in = image.pixels();
        byte[] smooth = in.clone();
        int row = 3 * image.width();
        for (int y = 1; y < image.height() - 1; y++) {
            for (int i = y * row + 3; i < (y + 1) * row - 3; i++) {
                int sum = 4 * (in[i] & 0xff);
                for (int dy = -row; dy <= row; dy += row) {
                    sum += (in[i + dy - 3] & 0xff) + (in[i + dy] & 0xff) + (in[i + dy + 3] & 0xff);
                }
                smooth[i] = (byte) (int) (sum / 13.0 + 0.5);
            }
        }
        return blend(smooth, image, factor);
    }

    /** Pillow's {@code Image.blend}: single precision, cut off to whole numbers. */
    private static Image blend(byte[] from, Image image, double factor) {
        float alpha = (float) factor;
        byte[] to = image.pixels();
        if (alpha == 1) {
            return image;
        }
        byte[] out = new byte[to.length];
        for (int i = 0; i < out.length; i++) {
            int a = from[i] & 0xff;
            float v = a + alpha * ((to[i] & 0xff) - a);
            out[i] = (byte) (v <= 0 ? 0 : v >= 255 ? 255 : (int) v);
        }
        return Image.over(image.width(), image.height(), out);
    }

    /** All hues turned by a share of the circle, from -0.5 to 0.5. */
    static Image hue(Image image, double turn) {
        int shift = (int) (turn * 255);
        byte[] in = image.pixels();
        byte[] out = new byte[in.length];
        for (int i = 0; i < in.length; i += 3) {
            turnHue(in, out, i, shift);
        }
        return Image.over(image.width(), image.height(), out);
    }

    private static void turnHue(byte[] in, byte[] out, int at, int shift) {
        int r = in[at] & 0xff;
        int g = in[at + 1] & 0xff;
        int b = in[at + 2] & 0xff;
        int v = Math.max(r, Math.max(g, b));
        int low = Math.min(r, Math.min(g, b));
        int h = 0;
        int s = 0;
        if (v != low) {
            float range = v - low;
            float rc = (v - r) / range;
            float gc = (v - g) / range;
            float bc = (v - b) / range;
            float sixth = r == v ? bc - gc : g == v ? (float) (2.0 + rc - bc) : (float) (4.0 + gc - rc);
            float circle = (float) ((sixth / 6.0 + 1.0) % 1.0);
            h = Math.max(0, Math.min(255, (int) (circle * 255.0)));
            s = Math.max(0, Math.min(255, (int) (range / v * 255.0)));
        }
        h = h + shift & 0xff;
        if (s == 0) {
            set(out, at, v, v, v);
            return;
        }
        int i = (int) Math.floor((float) h * 6.0 / 255.0);
        float f = (float) ((float) h * 6.0 / 255.0 - i);
        float fs = (float) (s / 255.0);
        int p = round(v * (1.0 - fs));
        int q = round(v * (1.0 - fs * f));
        int t = round(v * (1.0 - fs * (1.0 - f)));
        switch (i % 6) {
            case 0 -> set(out, at, v, t, p);
            case 1 -> set(out, at, q, v, p);
            case 2 -> set(out, at, p, v, t);
            case 3 -> set(out, at, p, q, v);
            case 4 -> set(out, at, t, p, v);
            default -> set(out, at, v, p, q);
        }
    }

    private static int round(double v) {
        return Math.max(0, Math.min(255, (int) Math.floor(v + 0.5)));
    }

    private static void set(byte[] out, int at, int r, int g, int b) {
        out[at] = (byte) r;
        out[at + 1] = (byte) g;
        out[at + 2] = (byte) b;
    }

    /** Only the upper bits of every value. */
    static Image posterize(Image image, int bits) {
        int mask = -(1 << (8 - bits));
        int[] table = new int[256];
        java.util.Arrays.setAll(table, v -> v & mask);
        return looked(image, table, table, table);
    }

    /** Values from the threshold on, turned over. */
    static Image solarize(Image image, double threshold) {
        int[] table = new int[256];
        java.util.Arrays.setAll(table, v -> v < threshold ? v : 255 - v);
        return looked(image, table, table, table);
    }

    /** Each channel stretched so that its values reach from 0 to 255. */
    static Image autoContrast(Image image) {
        int[][] tables = new int[3][];
        for (int c = 0; c < 3; c++) {
            int[] histogram = histogram(image, c);
            int low = 0;
            int high = 255;
            while (histogram[low] == 0) {
                low++;
            }
            while (histogram[high] == 0) {
                high--;
            }
            int[] table = new int[256];
            double scale = high > low ? 255.0 / (high - low) : 1;
            double offset = high > low ? -low * scale : 0;
            java.util.Arrays.setAll(table, v -> Math.max(0, Math.min(255, (int) (v * scale + offset))));
            tables[c] = table;
        }
        return looked(image, tables[0], tables[1], tables[2]);
    }

    /** Each channel's values spread so that all occur about as often. */
    static Image equalize(Image image) {
        int[][] tables = new int[3][];
        for (int c = 0; c < 3; c++) {
            tables[c] = equalized(histogram(image, c));
        }
        return looked(image, tables[0], tables[1], tables[2]);
    }

    private static int[] equalized(int[] histogram) {
        int total = 0;
        int last = 0;
        int different = 0;
        for (int count : histogram) {
            total += count;
            last = count > 0 ? count : last;
            different += count > 0 ? 1 : 0;
        }
        int[] table = new int[256];
        int step = (total - last) / 255;
        if (different <= 1 || step == 0) {
            java.util.Arrays.setAll(table, v -> v);
            return table;
        }
        int n = step / 2;
        for (int v = 0; v < 256; v++) {
            table[v] = Math.min(255, n / step);
            n += histogram[v];
        }
        return table;
    }

    private static int[] histogram(Image image, int channel) {
        int[] histogram = new int[256];
        byte[] in = image.pixels();
        for (int i = channel; i < in.length; i += 3) {
            histogram[in[i] & 0xff]++;
        }
        return histogram;
    }

    private static Image looked(Image image, int[] red, int[] green, int[] blue) {
        byte[] in = image.pixels();
        byte[] out = new byte[in.length];
        for (int i = 0; i < in.length; i += 3) {
            set(out, i, red[in[i] & 0xff], green[in[i + 1] & 0xff], blue[in[i + 2] & 0xff]);
        }
        return Image.over(image.width(), image.height(), out);
    }
}
