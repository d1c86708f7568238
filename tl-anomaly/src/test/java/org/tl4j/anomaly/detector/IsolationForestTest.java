// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;

class IsolationForestTest {
    private static final Cloud CLOUD = Cloud.of(400, 10, 4, 9);

    @Test
    void countsStepsByHarmonicNumbers() {
        assertThat(IsolationForest.expectedPath(1)).isEqualTo(0);
        assertThat(IsolationForest.expectedPath(2)).isCloseTo(1, within(1e-15));
        // 2 (1 + 1/2) - 2 * 2/3
        assertThat(IsolationForest.expectedPath(3)).isCloseTo(5.0 / 3, within(1e-15));
        assertThat(IsolationForest.expectedPath(256)).isCloseTo(10.248689925634562, within(1e-9));
    }

    @Test
    void continuesTheHarmonicNumbersSmoothly() {
        double before = IsolationForest.expectedPath(4097);
        double after = IsolationForest.expectedPath(4098);
        // H(n) grows by 1/n, and 2 (n - 1) / n by 2 / n / (n - 1).
        assertThat(after - before).isCloseTo(2.0 / 4097 - 2.0 / 4097 / 4098, within(1e-12));
    }

    @Test
    void isolatesTwoRowsInOneStep() {
        double[] scores =
                new IsolationForest(10, 2, 0).fit(new float[][] {{0}, {1}}, 1).scores(new float[][] {{0}, {1}});
        // Every path has length 1, which is what c(2) expects.
        assertThat(scores).containsExactly(0.5, 0.5);
    }

    @Test
    void doesNotDependOnTheNumberOfThreads() throws Exception {
        double[] many = IsolationForest.defaults().fit(CLOUD.rows(), 7).scores(CLOUD.rows());
        ForkJoinPool one = new ForkJoinPool(1);
        try {
            double[] alone = one.submit(() ->
                            IsolationForest.defaults().fit(CLOUD.rows(), 7).scores(CLOUD.rows()))
                    .get();
            assertThat(alone).isEqualTo(many);
        } finally {
            one.shutdown();
        }
    }

    @Test
    void scoresDeepTreesAsShallowOnes() {
        // A sample of more than 1,024 rows takes the way for deep trees; the terms of a path are found step by step.
        Cloud many = Cloud.of(2100, 10, 4, 9);
        for (int sample : new int[] {256, 1024, 2048}) {
            IsolationForest.Forest forest = new IsolationForest(20, sample, 0).fit(many.rows(), 7);
            double[] scores = forest.scores(many.rows());
            for (int i = 0; i < 50; i++) {
                assertThat(scores[i]).isCloseTo(stepwise(forest, many.rows()[i]), within(1e-6));
            }
        }
    }

    /**
     * The score {@code 2 ^ (-E(h) / c)} by the terms of a path, which sum to {@code c - E(h)} and are found step by
     * step in floating point.
     */
    private static double stepwise(IsolationForest.Forest forest, float[] row) {
        double expected = IsolationForest.expectedPath(forest.sampleSize());
        double gained = Arrays.stream(forest.contributions(row).orElseThrow()).sum();
        return Math.pow(2, (gained - expected) / expected);
    }

    @Test
    void scoresNeighbouringNumbersAndTheLargestAsPublished() {
        float[][] numbers = {
            {-Float.MAX_VALUE},
            {-1},
            {-Float.MIN_NORMAL},
            {-2 * Float.MIN_VALUE},
            {-Float.MIN_VALUE},
            {-0f},
            {0},
            {Float.MIN_VALUE},
            {2 * Float.MIN_VALUE},
            {3 * Float.MIN_VALUE},
            {1},
            {Math.nextUp(1f)},
            {2},
            {Math.nextDown(3f)},
            {3},
            {Math.nextUp(3f)},
            {Float.MAX_VALUE}
        };
        for (int from = 0; from < numbers.length - 1; from++) {
            for (int to = from + 2; to <= numbers.length; to++) {
                float[][] rows = Arrays.copyOfRange(numbers, from, to);
                float[][] learnt = IntStream.range(0, 20)
                        .mapToObj(i -> rows[i % rows.length])
                        .toArray(float[][]::new);
                if (Arrays.stream(rows).allMatch(row -> row[0] == rows[0][0])) {
                    continue;
                }
                IsolationForest.Forest forest = new IsolationForest(50, 20, 0).fit(learnt, from + 31L * to);
                double[] scores = forest.scores(numbers);
                for (int i = 0; i < numbers.length; i++) {
                    assertThat(scores[i])
                            .as("%s learnt, %s", Arrays.deepToString(rows), numbers[i][0])
                            .isCloseTo(stepwise(forest, numbers[i]), within(1e-6));
                }
            }
        }
    }

    @Test
    void separatesNeighbouringNumbers() {
        float[][] rows = new float[64][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new float[] {i == 0 ? Math.nextDown(3f) : 3};
        }
        double[] scores = IsolationForest.defaults().fit(rows, 1).scores(rows);
        assertThat(scores[0]).isGreaterThan(scores[1]);
    }

    @Test
    void knowsOneZero() {
        float[][] rows = {{-1}, {-0f}, {0f}, {1}};
        double[] scores = IsolationForest.defaults().fit(rows, 1).scores(rows);
        assertThat(scores[1]).isEqualTo(scores[2]);
    }

    @Test
    void drawsOtherTreesForAnotherSeed() {
        assertThat(IsolationForest.defaults().fit(CLOUD.rows(), 7).scores(CLOUD.rows()))
                .isNotEqualTo(IsolationForest.defaults().fit(CLOUD.rows(), 8).scores(CLOUD.rows()));
    }

    @Test
    void explainsTheWholePath() {
        for (IsolationForest family :
                new IsolationForest[] {IsolationForest.defaults(), new IsolationForest(50, 64, 1)}) {
            IsolationForest.Forest forest = family.fit(CLOUD.rows(), 7);
            for (float[] row : CLOUD.rows()) {
                assertThat(stepwise(forest, row)).isCloseTo(forest.scores(new float[][] {row})[0], within(1e-6));
            }
        }
    }

    @Test
    void usesAllRowsWhereThereAreFewerThanItsSample() {
        IsolationForest.Forest forest = IsolationForest.defaults().fit(Arrays.copyOf(CLOUD.rows(), 20), 1);
        assertThat(forest.sampleSize()).isEqualTo(20);
    }

    @Test
    void refusesCutsAlongMoreFeaturesThanThereAre() {
        assertThatThrownBy(() -> new IsolationForest(10, 256, 4).fit(CLOUD.rows(), 1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("at most 3");
    }

    @Test
    void refusesASampleOfOneRow() {
        assertThatThrownBy(() -> new IsolationForest(10, 1, 0))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("at least 2");
    }
}
