// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.interval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.TimeSeries;

class ConformalIntervalsTest {
    private static final int HORIZON = 3;

    /** Errors that grow with the step and are skewed. */
    private static Future drawn(Random random) {
        float[] values = new float[1 + HORIZON];
        for (int h = 1; h <= HORIZON; h++) {
            values[h] = (float) (h * (Math.exp(random.nextGaussian()) - 0.5));
        }
        return new Future(TimeSeries.of("s", values), 1, HORIZON);
    }

    /** Whatever errors are like, a new one is held with the probability that was asked for, over calibrations too. */
    @Test
    void holdsAsOftenAsItSays() {
        Random random = new Random(5);
        double[][] point = new double[1][HORIZON];
        int trials = 4000;
        for (double coverage : new double[] {0.8, 0.95}) {
            for (int n : new int[] {ConformalIntervals.windowsFor(coverage), 60, 200}) {
                int[] held = new int[HORIZON];
                for (int i = 0; i < trials; i++) {
                    ConformalIntervals.Calibration calibration = new ConformalIntervals.Calibration(1, HORIZON);
                    for (int k = 0; k < n; k++) {
                        calibration.add(drawn(random), point);
                    }
                    double[][][] ends = calibration.intervals().around(point, coverage);
                    Future next = drawn(random);
                    for (int h = 0; h < HORIZON; h++) {
                        held[h] += ends[0][0][h] <= next.value(0, h) && next.value(0, h) <= ends[1][0][h] ? 1 : 0;
                    }
                }
                // The exact probability is 1 - 2 floor((n + 1)(1 - coverage) / 2) / (n + 1); four standard errors.
                double exact = 1 - 2 * Math.floor((n + 1) * (1 - coverage) / 2 + 1e-9) / (n + 1);
                assertThat(exact).isBetween(coverage - 1e-12, coverage + 2.0 / (n + 1));
                double error = 4 * Math.sqrt(exact * (1 - exact) / trials);
                for (int h = 0; h < HORIZON; h++) {
                    assertThat(held[h] / (double) trials)
                            .as("%s of %d", coverage, n)
                            .isCloseTo(exact, within(error));
                }
            }
        }
    }

    private static ConformalIntervals calibrated(int n) {
        Random random = new Random(1);
        ConformalIntervals.Calibration calibration = new ConformalIntervals.Calibration(1, HORIZON);
        for (int i = 0; i < n; i++) {
            calibration.add(drawn(random), new double[1][HORIZON]);
        }
        return calibration.intervals();
    }

    @Test
    void laterStepsAndMoreCoverageAreWider() {
        ConformalIntervals intervals = calibrated(200);
        double[][] point = {{10, 10, 10}};
        double[][][] q = intervals.quantiles(point, List.of(0.025, 0.1, 0.5, 0.9, 0.975));
        for (int h = 0; h < HORIZON; h++) {
            for (int l = 1; l < 5; l++) {
                assertThat(q[l][0][h]).isGreaterThan(q[l - 1][0][h]);
            }
        }
        assertThat(q[4][0][2] - q[0][0][2]).isGreaterThan(q[4][0][0] - q[0][0][0]);
        assertThat(intervals.around(new double[][] {{10}}, 0.8)[0][0]).hasSize(1);
    }

    @Test
    void comesBackFromItsSettings() {
        ConformalIntervals intervals = calibrated(500);
        double[][] point = new double[1][HORIZON];
        ConformalIntervals whole = ConformalIntervals.of(intervals.config(1000));
        assertThat(whole.around(point, 0.8)).isDeepEqualTo(intervals.around(point, 0.8));
        ConformalIntervals thinned = ConformalIntervals.of(intervals.config(199));
        assertThat(thinned.windows()).isEqualTo(199);
        for (double coverage : new double[] {0.5, 0.8, 0.95}) {
            double low = thinned.around(point, coverage)[0][0][0];
            double high = thinned.around(point, coverage)[1][0][0];
            assertThat(low).isLessThanOrEqualTo(intervals.around(point, coverage)[0][0][0]);
            assertThat(high).isGreaterThanOrEqualTo(intervals.around(point, coverage)[1][0][0]);
            assertThat(high - low)
                    .isLessThan(intervals.around(point, coverage + 0.02)[1][0][0]
                            - intervals.around(point, coverage + 0.02)[0][0][0]);
        }
    }

    @Test
    void saysHowManyWindowsItNeeds() {
        assertThat(ConformalIntervals.windowsFor(0.8)).isEqualTo(9);
        assertThat(ConformalIntervals.windowsFor(0.9)).isEqualTo(19);
        assertThat(ConformalIntervals.windowsFor(0.95)).isEqualTo(39);
        assertThatThrownBy(() -> calibrated(38).around(new double[1][HORIZON], 0.95))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("38 windows for a coverage of 0.95")
                .hasMessageContaining("at least 39");
        calibrated(39).around(new double[1][HORIZON], 0.95);
        assertThatThrownBy(() -> new ConformalIntervals.Calibration(2, HORIZON)
                        .add(drawn(new Random(1)), new double[1][HORIZON]))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("[2, 3]");
    }

    @Test
    void missingTruthSaysNothing() {
        Future gap = new Future(TimeSeries.of("s", 1, 2, Float.NaN, 3), 1, HORIZON);
        ConformalIntervals.Calibration calibration = new ConformalIntervals.Calibration(1, HORIZON);
        calibration.add(gap, new double[1][HORIZON]);
        assertThat(calibration.intervals().windows()).isZero();
    }

    /** After half of the time errors become three times as large: fixed intervals fail, rolling ones recover. */
    @Test
    void rollingIntervalsFollowWhatChanges() {
        Random random = new Random(9);
        for (double rate : new double[] {0, 0.02}) {
            ConformalIntervals.Rolling rolling = new ConformalIntervals.Rolling(0.9, 200, rate);
            int held = 0;
            int late = 0;
            int n = 6000;
            for (int t = 0; t < n; t++) {
                double truth = random.nextGaussian() * (t < n / 2 ? 1 : 3);
                double[] ends = rolling.around(0);
                boolean holds = ends[0] <= truth && truth <= ends[1];
                held += holds ? 1 : 0;
                late += holds && t >= n - 2000 ? 1 : 0;
                rolling.add(0, truth);
            }
            assertThat(held / (double) n).as("rate %s", rate).isCloseTo(0.9, within(0.02));
            assertThat(late / 2000.0).as("rate %s", rate).isCloseTo(0.9, within(0.03));
        }
        // Gibbs and Candes: the share of misses differs by at most (max(a, 1 - a) + rate) / (rate n).
        ConformalIntervals.Rolling rolling = new ConformalIntervals.Rolling(0.9, 50, 0.05);
        int missed = 0;
        int n = 4000;
        for (int t = 0; t < n; t++) {
            double truth = t * 0.01 * t;
            double[] ends = rolling.around(0);
            missed += ends[0] <= truth && truth <= ends[1] ? 0 : 1;
            rolling.add(0, truth);
        }
        assertThat(missed / (double) n).isCloseTo(0.1, within((0.9 + 0.05) / (0.05 * n)));
        assertThat(new ConformalIntervals.Rolling(0.9, 10, 0).around(1)[1]).isInfinite();
    }
}
