// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.Mask;

class OtsuThresholdTest {
    private static Image grey(int... values) {
        byte[] rgb = new byte[3 * values.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) values[i / 3];
        }
        return Image.of(values.length, 1, rgb);
    }

    /** The threshold of all 255 that leaves the least variance within the two sides, tried one by one. */
    @Test
    void leavesTheLeastVariance() {
        int[] values = {12, 13, 13, 15, 20, 90, 91, 95, 96, 200, 80, 16};
        double best = Double.POSITIVE_INFINITY;
        int threshold = -1;
        for (int t = 0; t < 255; t++) {
            double within = squares(values, 0, t) + squares(values, t + 1, 255);
            if (within < best - 1e-9) {
                best = within;
                threshold = t;
            }
        }

        assertThat(OtsuThreshold.of(grey(values))).isEqualTo(threshold);
    }

    private static double squares(int[] values, int low, int high) {
        double n = 0;
        double sum = 0;
        double squares = 0;
        for (int v : values) {
            if (v >= low && v <= high) {
                n++;
                sum += v;
                squares += (double) v * v;
            }
        }
        return n == 0 ? 0 : squares - sum * sum / n;
    }

    @Test
    void givesEachSideItsClass() {
        assertThat(OtsuThreshold.classes(grey(10, 200, 20, 210), 1, 0)).isEqualTo(Mask.of(4, 1, 1, 0, 1, 0));
    }
}
