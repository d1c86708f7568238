// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidDataException;

/** The pixels of a mask file as classes: palette indices and grey values as they are stored, or colours. */
final class MaskDecoder {
    private static final int NONE = -1;

    private MaskDecoder() {}

    static Mask decode(Path path, MaskCodes codes) {
        ImageSource.File file = new ImageSource.File(path, ImageSource.MAX_PIXELS);
        byte[] bytes = file.contents();
        ImageDecoder decoder = new ImageDecoder(file.name(), file.maxPixels());
        ImageFormat format = decoder.format(Arrays.copyOf(bytes, Math.min(bytes.length, ImageFormat.SIGNATURE)));
        if (format == ImageFormat.JPEG) {
            throw new InvalidDataException(
                    "Mask '" + path + "' is a JPEG image, which does not keep the classes of its pixels.",
                    "JPEG",
                    "PNG, BMP, GIF or lossless WebP",
                    "export the masks anew, as PNG");
        }
        BufferedImage image = decoder.stored(bytes, format);
        int[] code = codes.kind() == MaskCodes.Kind.COLOUR ? colours(image) : numbers(image, path);
        return classes(code, image.getWidth(), image.getHeight(), path, codes);
    }

    private static Mask classes(int[] code, int width, int height, Path path, MaskCodes codes) {
        short[] classes = new short[code.length];
        int last = NONE;
        short lastClass = 0;
        for (int i = 0; i < code.length; i++) {
            if (code[i] != last) {
                Integer c = codes.classes().get(code[i]);
                if (c == null) {
                    throw unknown(code, i, width, path, codes);
                }
                last = code[i];
                lastClass = (short) c.intValue();
            }
            classes[i] = lastClass;
        }
        return Mask.over(width, height, classes);
    }

    private static InvalidDataException unknown(int[] code, int at, int width, Path path, MaskCodes codes) {
        int wrong = code[at];
        long count = Arrays.stream(code).filter(c -> c == wrong).count();
        return new InvalidDataException(
                "Mask '" + path + "' has pixels of no known class.",
                codes.written(wrong) + " at column " + at % width + ", row " + at / width + ", and in " + count
                        + " pixels altogether",
                "one of " + codes,
                "name all classes of the masks, or correct the file");
    }

    /** Palette indices or grey values; a file in colours is taken where all of them are grey. */
    private static int[] numbers(BufferedImage image, Path path) {
        Raster raster = image.getRaster();
        int w = image.getWidth();
        int h = image.getHeight();
        if (raster.getNumBands() < 3) {
            return raster.getSamples(0, 0, w, h, 0, (int @Nullable []) null);
        }
        int[] code = colours(image);
        for (int i = 0; i < code.length; i++) {
            int c = code[i];
            if ((c & 0xff) != (c >> 8 & 0xff) || (c & 0xff) != c >> 16) {
                throw new InvalidDataException(
                        "Mask '" + path + "' is in colours, and no class was given to any.",
                        String.format("#%06x at column %d, row %d", c, i % w, i / w),
                        "palette indices or grey values",
                        "name the colours of the classes, or save the mask with a palette");
            }
            code[i] = c & 0xff;
        }
        return code;
    }

    private static int[] colours(BufferedImage image) {
        int w = image.getWidth();
        int h = image.getHeight();
        int[] code = new int[w * h];
        byte[] rgb = ImageDecoder.rgb(image).pixels();
        for (int i = 0; i < code.length; i++) {
            code[i] = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | rgb[3 * i + 2] & 0xff;
        }
        return code;
    }
}
