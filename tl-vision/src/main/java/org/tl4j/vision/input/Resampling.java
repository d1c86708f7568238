// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import org.tl4j.error.Choice;

/**
 * How pixels of another size are made. All but {@link #NEAREST} average over every pixel that a new one covers, also
 * when the image shrinks (antialiasing).
 */
public enum Resampling {
    /** The one pixel under the new one's centre. */
    NEAREST(0),
    /** The mean of the pixels under the new one. */
    BOX(0.5),
    /** A triangle: linear interpolation when an image grows. */
    BILINEAR(1),
    /** Robert Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE TASSP 1981, a = -1/2. */
    BICUBIC(2);

    private final double support;

    Resampling(double support) {
        this.support = support;
    }

    /** The way of that name, such as {@code bilinear}. */
    public static Resampling named(String name) {
        return Choice.of(Resampling.class, "interpolation", name, "correct 'interpolation' in the preprocessing");
    }

    /** How far from its centre the kernel is not 0, in pixels of the finer of the two images. */
    double support() {
        return support;
    }

    /** The kernel at a distance from its centre; not normalised. */
    double weight(double distance) {
        double x = Math.abs(distance);
        return switch (this) {
            case NEAREST -> throw new IllegalStateException("nearest has no kernel");
            case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
            case BILINEAR -> x < 1 ? 1 - x : 0;
            case BICUBIC -> x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
        };
    }

    /** The name, such as {@code bilinear}. */
    @Override
    public String toString() {
        return Choice.name(this);
    }
}
