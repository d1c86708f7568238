// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.Mask;

/** Classes of pixels as pictures, in the colours of PASCAL VOC. */
final class SegmentationPng {
    private static final int COLOURS = 256;

    private SegmentationPng() {}

    /** VOC's colour of a class, {@code 0xRRGGBB}: the bits of the index dealt out to red, green and blue in turn. */
    static int colour(int classIndex) {
        int r = 0;
        int g = 0;
        int b = 0;
        int rest = classIndex;
        for (int bit = 7; bit >= 0; bit--) {
            r |= (rest & 1) << bit;
            g |= (rest >> 1 & 1) << bit;
            b |= (rest >> 2 & 1) << bit;
            rest >>= 3;
        }
        return r << 16 | g << 8 | b;
    }

    /** An 8-bit PNG with a palette; the index of a pixel is that of its class. */
    static byte[] labelMap(Mask mask) {
        byte[] r = new byte[COLOURS];
        byte[] g = new byte[COLOURS];
        byte[] b = new byte[COLOURS];
        for (int k = 0; k < COLOURS; k++) {
            int colour = colour(k);
            r[k] = (byte) (colour >> 16);
            g[k] = (byte) (colour >> 8);
            b[k] = (byte) colour;
        }
        BufferedImage png = new BufferedImage(
                mask.width(), mask.height(), BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, COLOURS, r, g, b));
        WritableRaster raster = png.getRaster();
        raster.setSamples(0, 0, mask.width(), mask.height(), 0, mask.stream().toArray());
        return bytes(png);
    }

    /**
     * The image with half of each class's colour over it, and a yellow line where classes meet; class 0 is left as it
     * is.
     */
    static byte[] overlay(Image image, Mask mask) {
        int w = image.width();
        int h = image.height();
        if (mask.width() != w || mask.height() != h) {
            throw new ShapeMismatchException(
                    "A mask does not fit the image that it is laid over.",
                    mask,
                    image,
                    "lay it over the image that it was predicted for");
        }
        int[] classes = mask.stream().toArray();
        int[] rgb = new int[w * h];
        for (int p = 0; p < rgb.length; p++) {
            int x = p % w;
            int y = p / w;
            int below = image.rgb(x, y);
            int k = classes[p];
            boolean isBorder = x + 1 < w && classes[p + 1] != k || y + 1 < h && classes[p + w] != k;
            int colour = k == Mask.IGNORE ? 0xe0e0c0 : colour(k);
            rgb[p] = isBorder ? 0xffff00 : k == 0 ? below : mixed(below, colour);
        }
        BufferedImage png = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
        png.setRGB(0, 0, w, h, rgb, 0, w);
        return bytes(png);
    }

    private static int mixed(int a, int b) {
        int out = 0;
        for (int shift = 0; shift < 24; shift += 8) {
            out |= ((a >> shift & 0xff) + (b >> shift & 0xff)) / 2 << shift;
        }
        return out;
    }

    private static byte[] bytes(BufferedImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, "png", out)) {
                throw new IOException("no writer for PNG");
            }
        } catch (IOException e) {
            throw new EngineFailureException(
                    "A picture could not be written as PNG.",
                    String.valueOf(e.getMessage()),
                    "Java's own writer of PNG",
                    "use a Java runtime with the module java.desktop",
                    e);
        }
        return out.toByteArray();
    }
}
