// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.metric.TextTable;

/** On data where all is known: how often the alarm is false, and how soon it goes off. */
class DriftAlarmTest {
    private static final int STREAMS = 400;

    private static double[] drawn(DoubleSupplier source, int n) {
        double[] out = new double[n];
        Arrays.setAll(out, i -> source.getAsDouble());
        return out;
    }

    private static int untilAlarm(DriftAlarm alarm, DoubleSupplier source, int most) {
        for (int i = 1; i <= most; i++) {
            if (alarm.next(source.getAsDouble())) {
                return i;
            }
        }
        return most;
    }

    /** Mean rows until the first alarm, and three standard errors of it; long ones are cut, which lowers the mean. */
    private static double[] run(int rows, int calibration, java.util.function.Function<Random, DoubleSupplier> kind) {
        double[] until = new double[STREAMS];
        for (int s = 0; s < STREAMS; s++) {
            DoubleSupplier source = kind.apply(new Random(1000 + s));
            until[s] = untilAlarm(new DriftAlarm(rows, drawn(source, calibration), s), source, 20 * rows);
        }
        double mean = Arrays.stream(until).average().orElseThrow();
        double squares = Arrays.stream(until).map(u -> (u - mean) * (u - mean)).sum();
        return new double[] {mean, 3 * Math.sqrt(squares / (STREAMS - 1) / STREAMS)};
    }

    @Test
    void keepsItsPromiseOfFalseAlarmsWhateverTheScoresAre() {
        int rows = 200;
        List<double[]> means = List.of(
                run(rows, 300, r -> r::nextGaussian),
                run(rows, 20, r -> () -> Math.exp(3 * r.nextGaussian())),
                // Many equal scores.
                run(rows, 100, r -> () -> r.nextInt(3)),
                run(rows, 0, r -> r::nextDouble));
        for (double[] mean : means) {
            assertThat(mean[0] + mean[1]).isGreaterThan(rows);
            // And does not keep it by never going off.
            assertThat(mean[0]).isLessThan(4 * rows);
        }
    }

    /** Writes {@code target/drift.txt}. */
    @Test
    void goesOffSoonAfterAChange() throws IOException {
        TextTable table = new TextTable("scores after the change", "mean delay", "90 %", "false before");
        double[] shifts = {0.5, 1, 2, 4, -1};
        double[] delays = new double[shifts.length];
        for (int k = 0; k < shifts.length; k++) {
            List<Integer> after = new ArrayList<>();
            int early = 0;
            for (int s = 0; s < 100; s++) {
                Random random = new Random(s);
                DriftAlarm alarm = new DriftAlarm(10_000, drawn(random::nextGaussian, 1000), s);
                if (untilAlarm(alarm, random::nextGaussian, 1000) < 1000) {
                    early++;
                    continue;
                }
                double shift = shifts[k];
                after.add(untilAlarm(alarm, () -> random.nextGaussian() + shift, 5000));
            }
            after.sort(null);
            delays[k] = after.stream().mapToInt(i -> i).average().orElseThrow();
            table.row(
                    String.format(Locale.ROOT, "%+.1f deviations", shifts[k]),
                    String.format(Locale.ROOT, "%.0f", delays[k]),
                    String.valueOf(after.get(9 * after.size() / 10)),
                    early + " of 100");
        }
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("drift.txt"), table + "\n");
        // Where every share is near 0, bets on that gain a half a row, and log 10,000 / log 1.5 is 23 rows; what was
        // gained before helps.
        assertThat(delays[3]).as(table.toString()).isLessThan(24);
        assertThat(delays[1]).as(table.toString()).isLessThan(60);
        assertThat(delays[4]).as(table.toString()).isLessThan(60);
    }

    @Test
    void goesOnAfterAnAlarmAndSaysAgainThatItIsNotAsBefore() {
        Random random = new Random(4);
        DriftAlarm alarm = new DriftAlarm(1000, drawn(random::nextGaussian, 2000), 1);
        int first = untilAlarm(alarm, () -> random.nextGaussian() + 3, 1000);
        assertThat(alarm.evidence()).isZero();
        int second = untilAlarm(alarm, () -> random.nextGaussian() + 3, 1000);
        assertThat(first).isLessThan(100);
        assertThat(second).isLessThan(100);
    }

    @Test
    void ranksScoresAsCountingDoes() {
        Random random = new Random(9);
        RankedScores ranked = new RankedScores();
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < 6000; i++) {
            // Rising, falling and drawn ones, with many equal.
            double score = i < 2000 ? i / 10 : i < 4000 ? -i : random.nextInt(300);
            ranked.add(score);
            all.add(score);
            if (i % 97 == 0) {
                double asked = random.nextInt(300);
                assertThat(ranked.above(asked))
                        .isEqualTo(all.stream().filter(v -> v > asked).count());
                assertThat(ranked.below(asked))
                        .isEqualTo(all.stream().filter(v -> v < asked).count());
            }
        }
        assertThat(ranked.size()).isEqualTo(6000);
    }

    @Test
    void refusesWhatHasNoMeaning() {
        assertThatThrownBy(() -> new DriftAlarm(1, new double[0], 1)).isInstanceOf(InvalidArgumentException.class);
        DriftAlarm alarm = new DriftAlarm(10, new double[0], 1);
        assertThatThrownBy(() -> alarm.next(Double.NaN)).isInstanceOf(InvalidDataException.class);
        assertThat(alarm.next(Double.POSITIVE_INFINITY)).isFalse();
    }
}
