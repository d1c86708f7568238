// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Arrays;
import org.tl4j.error.ShapeMismatchException;

/**
 * How an image comes to lie in the frame that a backbone sees: it is resized, and then the frame is laid over it. What
 * is done to an image is done to its mask and to its boxes, and undone in the answers.
 *
 * @param oldWidth of the image
 * @param oldHeight of the image
 * @param newWidth of the resized image
 * @param newHeight of the resized image
 * @param x the column of the resized image at the left edge of the frame; negative where the frame reaches beyond it
 * @param y the row of the resized image at the upper edge of the frame
 * @param width of the frame
 * @param height of the frame
 */
public record Placement(int oldWidth, int oldHeight, int newWidth, int newHeight, int x, int y, int width, int height) {

    /** The part of the resized image that lies in the frame. */
    private Resize.Part visible() {
        int left = Math.max(0, x);
        int top = Math.max(0, y);
        return new Resize.Part(left, top, Math.min(newWidth, x + width) - left, Math.min(newHeight, y + height) - top);
    }

    /** The frame over an image; {@code fill} is {@code 0xRRGGBB} and shows where the frame reaches beyond it. */
    public Image of(Image image, Resampling resampling, int fill) {
        check("image", image.width(), image.height());
        Resize.Part part = visible();
        Image seen = Resize.image(image, newWidth, newHeight, resampling, part);
        if (part.width() == width && part.height() == height) {
            return seen;
        }
        byte[] out = new byte[3 * width * height];
        byte[] colour = {(byte) (fill >> 16), (byte) (fill >> 8), (byte) fill};
        for (int i = 0; i < out.length; i++) {
            out[i] = colour[i % 3];
        }
        for (int row = 0; row < part.height(); row++) {
            int to = (part.y() - y + row) * width + part.x() - x;
            System.arraycopy(seen.pixels(), 3 * row * part.width(), out, 3 * to, 3 * part.width());
        }
        return Image.over(width, height, out);
    }

    /** The frame over an image's mask: the nearest class, {@link Mask#IGNORE} where the frame reaches beyond it. */
    public Mask of(Mask mask) {
        check("mask", mask.width(), mask.height());
        int[] columns = Resize.nearest(oldWidth, newWidth);
        int[] rows = Resize.nearest(oldHeight, newHeight);
        short[] out = new short[width * height];
        Arrays.fill(out, (short) Mask.IGNORE);
        Resize.Part part = visible();
        for (int row = part.y(); row < part.y() + part.height(); row++) {
            for (int column = part.x(); column < part.x() + part.width(); column++) {
                out[(row - y) * width + column - x] = mask.pixels()[rows[row] * oldWidth + columns[column]];
            }
        }
        return Mask.over(width, height, out);
    }

    /**
     * A mask of the frame as one of the image: the nearest class, {@link Mask#IGNORE} where the frame did not reach.
     */
    public Mask undo(Mask seen) {
        if (seen.width() != width || seen.height() != height) {
            throw new ShapeMismatchException(
                    "A mask is not one of the frame.",
                    seen,
                    width + "x" + height,
                    "give the mask that was predicted for this placement");
        }
        int[] columns = Resize.nearest(newWidth, oldWidth);
        int[] rows = Resize.nearest(newHeight, oldHeight);
        short[] out = new short[oldWidth * oldHeight];
        for (int row = 0; row < oldHeight; row++) {
            for (int column = 0; column < oldWidth; column++) {
                int fx = columns[column] - x;
                int fy = rows[row] - y;
                boolean isSeen = fx >= 0 && fy >= 0 && fx < width && fy < height;
                out[row * oldWidth + column] = isSeen ? seen.pixels()[fy * width + fx] : (short) Mask.IGNORE;
            }
        }
        return Mask.over(oldWidth, oldHeight, out);
    }

    /** Where a position along the image's width lies in the frame; pixel {@code i} spans {@code [i, i + 1]}. */
    public double toFrameX(double imageX) {
        return imageX * newWidth / oldWidth - x;
    }

    /** Where a position along the image's height lies in the frame. */
    public double toFrameY(double imageY) {
        return imageY * newHeight / oldHeight - y;
    }

    /** Where a position along the frame's width lies in the image. */
    public double toImageX(double frameX) {
        return (frameX + x) * oldWidth / newWidth;
    }

    /** Where a position along the frame's height lies in the image. */
    public double toImageY(double frameY) {
        return (frameY + y) * oldHeight / newHeight;
    }

    private void check(String what, int w, int h) {
        if (w != oldWidth || h != oldHeight) {
            throw new ShapeMismatchException(
                    "This placement is for another " + what + ".",
                    w + "x" + h + " pixels",
                    oldWidth + "x" + oldHeight + " pixels",
                    "ask for a placement of this size");
        }
    }
}
