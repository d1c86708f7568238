// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

/** Colour as brightness: ITU-R BT.601 in 16 binary places, rounded, as Pillow's mode {@code L} has it. */
final class Grey {
    private Grey() {}

    static int of(byte r, byte g, byte b) {
        return ((r & 0xff) * 19595 + (g & 0xff) * 38470 + (b & 0xff) * 7471 + 0x8000) >> 16;
    }
}
