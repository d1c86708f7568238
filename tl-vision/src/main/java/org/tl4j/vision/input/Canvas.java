// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

/**
 * What the first frame of an animation lies on.
 *
 * @param width columns of pixels
 * @param height rows of pixels
 * @param left the column at which the frame begins
 * @param top the row at which the frame begins
 * @param colour around the frame, {@code 0xRRGGBB}
 */
record Canvas(int width, int height, int left, int top, int colour) {
    /** The frame in its place; a canvas that is too small for its frame grows, as Pillow lets it. */
    Image place(Image frame) {
        int w = Math.max(width, left + frame.width());
        int h = Math.max(height, top + frame.height());
        if (w == frame.width() && h == frame.height()) {
            return frame;
        }
        byte[] out = new byte[3 * w * h];
        for (int i = 0; i < out.length; i += 3) {
            out[i] = (byte) (colour >> 16);
            out[i + 1] = (byte) (colour >> 8);
            out[i + 2] = (byte) colour;
        }
        for (int y = 0; y < frame.height(); y++) {
            System.arraycopy(frame.pixels(), 3 * y * frame.width(), out, 3 * ((top + y) * w + left), 3 * frame.width());
        }
        return Image.over(w, h, out);
    }
}
