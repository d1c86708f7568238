// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tl4j.anomaly.detector.SignalAutoencoder.Cell;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.error.ShapeMismatchException;

/** On windows of waves: those of another frequency, as large and as smooth as the others, are to be found. */
class SignalAutoencoderTest {
    private static final int WINDOW = 24;

    private static SignalAutoencoder family(Cell cell, int window) {
        SignalAutoencoder usual = cell == Cell.LSTM ? SignalAutoencoder.lstm() : SignalAutoencoder.convolutional();
        return new SignalAutoencoder(cell, window, 32, 4, 40, 64, usual.rate(), "standard");
    }

    /** Two channels: a wave of any phase, and its differences; some have another frequency. */
    private static float[][] windows(int n, boolean[] odd, long seed) {
        Random random = new Random(seed);
        float[][] rows = new float[n][2 * WINDOW];
        for (int i = 0; i < n; i++) {
            double phase = 2 * Math.PI * random.nextDouble();
            double speed = 2 * Math.PI / (odd[i] ? 7 : 16);
            for (int t = 0; t < WINDOW; t++) {
                rows[i][t] = (float) (Math.sin(speed * t + phase) + 0.05 * random.nextGaussian());
                rows[i][WINDOW + t] = (float) (Math.cos(speed * t + phase) + 0.05 * random.nextGaussian());
            }
        }
        return rows;
    }

    @ParameterizedTest
    @EnumSource(Cell.class)
    void findsWavesOfAnotherFrequency(Cell cell) {
        boolean[] odd = new boolean[200];
        for (int i = 150; i < 200; i++) {
            odd[i] = true;
        }
        Detector detector = family(cell, WINDOW).fit(windows(1000, new boolean[1000], 1), 1);
        double[] scores = detector.scores(windows(200, odd, 2));
        assertThat(ScoredTruth.of(scores, odd).auroc().value()).isGreaterThan(0.97);
        assertThat(detector.describe().integer("channels")).isEqualTo(2);
        // What is usual is given back: a code of four is enough for an amplitude and a phase.
        double usual = java.util.Arrays.stream(scores, 0, 150).average().orElseThrow();
        assertThat(usual).isLessThan(0.3);
    }

    @ParameterizedTest
    @EnumSource(Cell.class)
    void refusesRowsThatAreNoWindows(Cell cell) {
        assertThatThrownBy(() -> family(cell, 10).fit(windows(20, new boolean[20], 1), 1))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("48 columns")
                .hasMessageContaining("window = 10");
    }
}
