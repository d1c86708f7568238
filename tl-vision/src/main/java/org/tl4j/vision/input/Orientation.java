// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;

/**
 * Which way up a camera was held: the orientation tag of Exif 2.3, 1 to 8, as {@code ImageOps.exif_transpose} reads it.
 */
final class Orientation {
    private static final int UPRIGHT = 1;

    private Orientation() {}

    /** The tag, 1 where there is none or one of no meaning. */
    static int tag(Metadata metadata) {
        for (ExifIFD0Directory exif : metadata.getDirectoriesOfType(ExifIFD0Directory.class)) {
            Integer tag = exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
            if (tag != null && tag >= 1 && tag <= 8) {
                return tag;
            }
        }
        return UPRIGHT;
    }

    /** Whether height and width change places. */
    static boolean isTransposed(int tag) {
        return tag >= 5;
    }

    /** The image turned and mirrored so that what was up is up. */
    static Image upright(Image image, int tag) {
        if (tag == UPRIGHT) {
            return image;
        }
        int w = image.width();
        int h = image.height();
        boolean transposed = isTransposed(tag);
        boolean fromRight = tag == 2 || tag == 3 || tag == 7 || tag == 8;
        boolean fromBottom = tag == 3 || tag == 4 || tag == 6 || tag == 7;
        int width = transposed ? h : w;
        int height = transposed ? w : h;
        byte[] in = image.pixels();
        byte[] out = new byte[in.length];
        int o = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = transposed ? y : x;
                int row = transposed ? x : y;
                int i = 3 * ((fromBottom ? h - 1 - row : row) * w + (fromRight ? w - 1 - column : column));
                out[o++] = in[i];
                out[o++] = in[i + 1];
                out[o++] = in[i + 2];
            }
        }
        return Image.over(width, height, out);
    }
}
