// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.nio.ByteBuffer;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.Mask;

/**
 * Two classes told apart by brightness alone: the answer to an image that needs no model.
 *
 * <p>Nobuyuki Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on Systems, Man, and
 * Cybernetics 1979: the threshold that leaves the two sides least variance, found anew for each image.
 */
final class OtsuThreshold {
    private static final int LEVELS = 256;

    private OtsuThreshold() {}

    /** The largest brightness of the darker side; brightness as Pillow's mode L has it. */
    static int of(Image image) {
        long[] histogram = new long[LEVELS];
        for (int v : brightness(image)) {
            histogram[v]++;
        }
        double pixels = 0;
        double sum = 0;
        for (int v = 0; v < LEVELS; v++) {
            pixels += histogram[v];
            sum += (double) v * histogram[v];
        }
        double darker = 0;
        double darkerSum = 0;
        double best = -1;
        int threshold = 0;
        for (int v = 0; v < LEVELS - 1; v++) {
            darker += histogram[v];
            darkerSum += (double) v * histogram[v];
            double brighter = pixels - darker;
            if (darker > 0 && brighter > 0) {
                double distance = darkerSum / darker - (sum - darkerSum) / brighter;
                double between = darker * brighter * distance * distance;
                if (between > best) {
                    best = between;
                    threshold = v;
                }
            }
        }
        return threshold;
    }

    /** One class for what is darker, another for what is brighter. */
    static Mask classes(Image image, int darker, int brighter) {
        int threshold = of(image);
        int[] classes = brightness(image);
        for (int i = 0; i < classes.length; i++) {
            classes[i] = classes[i] <= threshold ? darker : brighter;
        }
        return Mask.of(image.width(), image.height(), classes);
    }

    private static int[] brightness(Image image) {
        ByteBuffer rgb = image.bytes();
        int[] out = new int[image.width() * image.height()];
        for (int i = 0; i < out.length; i++) {
            int r = rgb.get(3 * i) & 0xff;
            int g = rgb.get(3 * i + 1) & 0xff;
            int b = rgb.get(3 * i + 2) & 0xff;
            out[i] = r * 19595 + g * 38470 + b * 7471 + 0x8000 >> 16;
        }
        return out;
    }
}
