// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

/**
 * Images sheared, shifted and turned, black where nothing was, to the bit as torchvision does it with Pillow and the
 * nearest pixel: {@code x' = a x + b y + c, y' = d x + e y + f} says where each new pixel was.
 */
final class Affine {
    private static final int ONE = 1 << 16;

    private Affine() {}

    static Image shearX(Image image, double slope) {
        return of(image, sheared(Math.toDegrees(Math.atan(slope)), 0, 0, 0, 0, 0));
    }

    static Image shearY(Image image, double slope) {
        return of(image, sheared(0, Math.toDegrees(Math.atan(slope)), 0, 0, 0, 0));
    }

    /** Whole pixels to the right and down. */
    static Image translate(Image image, int right, int down) {
        return of(image, sheared(0, 0, image.width() * 0.5, image.height() * 0.5, right, down));
    }

    /** Degrees against the clock. */
    static Image rotate(Image image, double degrees) {
        double turned = degrees % 360;
        if (turned == 0) {
            return image;
        }
        double angle = -Math.toRadians(turned < 0 ? turned + 360 : turned);
        double cos = rounded(Math.cos(angle));
        double sin = rounded(Math.sin(angle));
        double minus = rounded(-Math.sin(angle));
        double cx = image.width() / 2.0;
        double cy = image.height() / 2.0;
        double c = cos * -cx + sin * -cy + 0.0;
        double f = minus * -cx + cos * -cy + 0.0;
        return of(image, new double[] {cos, sin, c + cx, minus, cos, f + cy});
    }

    private static double rounded(double v) {
        return new java.math.BigDecimal(v)
                .setScale(15, java.math.RoundingMode.HALF_EVEN)
                .doubleValue();
    }

    /** The inverse of a shear about a centre, then a shift: torchvision's {@code _get_inverse_affine_matrix}. */
    private static double[] sheared(double degreesX, double degreesY, double cx, double cy, double tx, double ty) {
        double sx = Math.toRadians(degreesX);
        double sy = Math.toRadians(degreesY);
        double a = Math.cos(-sy) / Math.cos(sy);
        double b = -Math.cos(-sy) * Math.tan(sx) / Math.cos(sy);
        double c = Math.sin(-sy) / Math.cos(sy);
        double d = -Math.sin(-sy) * Math.tan(sx) / Math.cos(sy) + 1;
        double[] m = {d, -b, 0, -c, a, 0};
        m[2] += m[0] * (-cx - tx) + m[1] * (-cy - ty) + cx;
        m[5] += m[3] * (-cx - tx) + m[4] * (-cy - ty) + cy;
        return m;
    }

    private static Image of(Image image, double[] m) {
        return m[1] == 0 && m[3] == 0 ? scaled(image, m) : fixed(image, m);
    }

    private static Image scaled(Image image, double[] m) {
        int width = image.width();
        byte[] out = new byte[3 * width * image.height()];
        double yo = m[5] + m[4] * 0.5;
        for (int y = 0; y < image.height(); y++, yo += m[4]) {
            double xo = m[2] + m[0] * 0.5;
            for (int x = 0; x < width; x++, xo += m[0]) {
                copy(image, xo < 0 ? -1 : (int) xo, yo < 0 ? -1 : (int) yo, out, 3 * (y * width + x));
            }
        }
        return Image.over(width, image.height(), out);
    }

    /** With 16 binary places, as Pillow does it. */
    private static Image fixed(Image image, double[] m) {
        int width = image.width();
        byte[] out = new byte[3 * width * image.height()];
        int a = fix(m[0]);
        int b = fix(m[1]);
        int d = fix(m[3]);
        int e = fix(m[4]);
        int c = fix(m[2] + m[0] * 0.5 + m[1] * 0.5);
        int f = fix(m[5] + m[3] * 0.5 + m[4] * 0.5);
        for (int y = 0; y < image.height(); y++) {
            int xx = c;
            int yy = f;
            for (int x = 0; x < width; x++) {
                copy(image, xx >> 16, yy >> 16, out, 3 * (y * width + x));
                xx += a;
                yy += d;
            }
            c += b;
            f += e;
        }
        return Image.over(width, image.height(), out);
    }

    private static int fix(double v) {
        return (int) Math.floor(v * ONE + 0.5);
    }

    private static void copy(Image image, int x, int y, byte[] out, int at) {
        if (x >= 0 && y >= 0 && x < image.width() && y < image.height()) {
            System.arraycopy(image.pixels(), 3 * (y * image.width() + x), out, at, 3);
        }
    }
}
