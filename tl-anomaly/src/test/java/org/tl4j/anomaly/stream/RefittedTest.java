// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tl4j.anomaly.detector.ShrinkageGaussian;
import org.tl4j.error.InvalidArgumentException;

class RefittedTest {
    private static float[][] rows(int n, long seed) {
        Random random = new Random(seed);
        float[][] rows = new float[n][2];
        for (float[] row : rows) {
            row[0] = (float) random.nextGaussian();
            row[1] = (float) random.nextGaussian();
        }
        return rows;
    }

    @Test
    void aScoreFollowsFromTheRowsUpToIt() {
        float[][] rows = rows(1000, 1);
        Refitted refitted = new Refitted(new ShrinkageGaussian(), 200, 150, 400);
        double[] whole = refitted.scores(rows, 1);
        float[][] changed = rows.clone();
        for (int i = 700; i < 1000; i++) {
            changed[i] = new float[] {50, 50};
        }
        assertThat(Arrays.copyOf(refitted.scores(changed, 1), 700)).isEqualTo(Arrays.copyOf(whole, 700));
        // To each its own scale: about one row in twenty is above 1.
        assertThat(Arrays.stream(whole).filter(s -> s > 1).count()).isBetween(20L, 100L);
    }

    @Test
    void getsUsedToAChangeThatStays() {
        float[][] rows = rows(1000, 2);
        for (int i = 500; i < 1000; i++) {
            rows[i][0] += 8;
        }
        double[] scores = new Refitted(new ShrinkageGaussian(), 200, 100, 200).scores(rows, 1);
        assertThat(Arrays.stream(scores, 500, 600).average().orElseThrow()).isGreaterThan(5);
        assertThat(Arrays.stream(scores, 900, 1000).average().orElseThrow()).isLessThan(2);
    }

    @Test
    void refusesWhatCannotBeFitted() {
        assertThatThrownBy(() -> new Refitted(new ShrinkageGaussian(), 1, 100, 200))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new Refitted(new ShrinkageGaussian(), 200, 100, 200).scores(rows(100, 1), 1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("100 rows");
    }

    @Test
    void letsOnlyTheHighestOfTheLastRowsPass() {
        double no = Double.NEGATIVE_INFINITY;
        assertThat(Peaks.of(new double[] {1, 5, 4, 5, 6, 2, 1, 3}, 2)).containsExactly(1, 5, no, no, 6, no, no, 3);
        assertThat(Peaks.of(new double[] {1, 5, 4, 5}, 0)).containsExactly(1, 5, 4, 5);
        // Against the definition, on random scores with ties.
        Random random = new Random(3);
        double[] scores = random.ints(500, 0, 20).asDoubleStream().toArray();
        double[] peaks = Peaks.of(scores, 7);
        for (int i = 0; i < scores.length; i++) {
            double before = Arrays.stream(scores, Math.max(0, i - 7), i).max().orElse(no);
            assertThat(peaks[i]).isEqualTo(scores[i] > before ? scores[i] : no);
        }
    }
}
