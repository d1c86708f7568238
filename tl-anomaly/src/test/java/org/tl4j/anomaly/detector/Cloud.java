// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Random;

/** A slanted cloud of normal rows with a few strange ones at the end, drawn from a seed. */
record Cloud(float[][] rows, boolean[] anomalous) {
    static Cloud of(int normal, int strange, int width, long seed) {
        Random random = new Random(seed);
        float[][] rows = new float[normal + strange][width];
        boolean[] anomalous = new boolean[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double common = random.nextGaussian();
            anomalous[i] = i >= normal;
            for (int j = 0; j < width; j++) {
                double own = random.nextGaussian();
                rows[i][j] = (float) ((j + 1) * (anomalous[i] ? 5 + 2 * own : common + 0.4 * own) + 10 * j);
            }
        }
        return new Cloud(rows, anomalous);
    }
}
