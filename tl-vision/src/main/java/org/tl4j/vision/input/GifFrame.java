// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

/**
 * The first frame of a GIF, and where it lies on its screen. Only the beginning of the file is looked at, and what lies
 * beyond its end counts as 0.
 *
 * <p>"Graphics Interchange Format, Version 89a", CompuServe, 1990, sections 18 to 26.
 */
final class GifFrame {
    private static final int FLAGS = 10;
    private static final int BACKGROUND = 11;
    private static final int HEADER = 13;
    private static final int EXTENSION = 0x21;
    private static final int FRAME = 0x2c;
    private static final int HAS_TABLE = 0x80;

    private final byte[] gif;

    GifFrame(byte[] gif) {
        this.gif = gif;
    }

    /** The screen; around the frame there is the background colour. */
    Canvas canvas() {
        boolean hasTable = (at(FLAGS) & HAS_TABLE) != 0;
        int at = HEADER + (hasTable ? 3 << ((at(FLAGS) & 7) + 1) : 0);
        while (at(at) == EXTENSION) {
            at += 2;
            while (at(at) != 0) {
                at += at(at) + 1;
            }
            at++;
        }
        int colour = HEADER + 3 * at(BACKGROUND);
        int background = hasTable ? at(colour) << 16 | at(colour + 1) << 8 | at(colour + 2) : 0;
        if (at(at) != FRAME) {
            return new Canvas(word(6), word(8), 0, 0, background);
        }
        int left = word(at + 1);
        int top = word(at + 3);
        return new Canvas(
                Math.max(word(6), left + word(at + 5)), Math.max(word(8), top + word(at + 7)), left, top, background);
    }

    private int at(int index) {
        return index < gif.length ? gif[index] & 0xff : 0;
    }

    private int word(int index) {
        return at(index) | at(index + 1) << 8;
    }
}
