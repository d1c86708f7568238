// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

class ThresholdRuleTest {
    private static double[] oneTo(int n) {
        return IntStream.rangeClosed(1, n).mapToDouble(i -> i).toArray();
    }

    private static Condition[] normal(int n) {
        return IntStream.range(0, n).mapToObj(i -> Condition.NORMAL).toArray(Condition[]::new);
    }

    @Test
    void takesTheRankThatKeepsThePromise() {
        // ceil(20 * 0.95) = 19 of 19 scores.
        assertThat(new ThresholdRule.FalseAlarmRate(0.05)
                        .choose(oneTo(19), normal(19))
                        .value())
                .isEqualTo(19);
        assertThat(new ThresholdRule.FalseAlarmRate(0.1)
                        .choose(oneTo(99), normal(99))
                        .value())
                .isEqualTo(90);
    }

    @Test
    void promisesNothingWhereThereAreTooFewRows() {
        ThresholdRule.Threshold none = new ThresholdRule.FalseAlarmRate(0.05).choose(oneTo(18), normal(18));
        assertThat(none.value()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(none.how()).contains("18 held-out rows are too few").contains("takes 19");
    }

    @Test
    void keepsItsPromiseOverManyDraws() {
        Random random = new Random(4);
        double rate = 0.1;
        long alarms = 0;
        int draws = 4000;
        for (int d = 0; d < draws; d++) {
            double[] scores = random.doubles(30).map(u -> -Math.log(u)).toArray();
            double threshold = new ThresholdRule.FalseAlarmRate(rate)
                    .choose(scores, normal(30))
                    .value();
            alarms += -Math.log(random.nextDouble()) > threshold ? 1 : 0;
        }
        // Exactly 3/31 of new rows are above the 28th of 30 scores; four deviations of the count.
        double expected = 3.0 / 31;
        assertThat(alarms / (double) draws)
                .isCloseTo(expected, within(4 * Math.sqrt(expected * (1 - expected) / draws)))
                .isLessThan(rate + 4 * Math.sqrt(rate * (1 - rate) / draws));
    }

    @Test
    void takesAQuantile() {
        assertThat(new ThresholdRule.Quantile(0.9).choose(oneTo(10), normal(10)).value())
                .isEqualTo(9);
        assertThat(new ThresholdRule.Quantile(1).choose(oneTo(10), normal(10)).value())
                .isEqualTo(10);
    }

    @Test
    void takesTheBestF1OfLabelledRowsAlone() {
        Condition[] truth = normal(6);
        truth[3] = Condition.ANOMALOUS;
        truth[4] = Condition.ANOMALOUS;
        truth[5] = Condition.UNKNOWN;
        ThresholdRule.Threshold found = new ThresholdRule.Labels().choose(new double[] {1, 2, 3, 5, 6, 100}, truth);
        assertThat(found.value()).isEqualTo(4);
        assertThat(found.how()).contains("5 held-out rows with labels, 2 of them");
    }

    @Test
    void refusesLabelsOfOneKind() {
        assertThatThrownBy(() -> new ThresholdRule.Labels().choose(oneTo(5), normal(5)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 anomalies among 5");
    }

    @Test
    void readsWhatIsWritten() {
        assertThat(ThresholdRule.parse("quantile:0.99")).isEqualTo(new ThresholdRule.Quantile(0.99));
        assertThat(ThresholdRule.parse("false-alarm-rate:0.01")).isEqualTo(new ThresholdRule.FalseAlarmRate(0.01));
        assertThat(ThresholdRule.parse("labels")).isEqualTo(new ThresholdRule.Labels());
    }

    @Test
    void refusesAContaminationThatIsGuessed() {
        assertThatThrownBy(() -> ThresholdRule.parse("contamination:0.1"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("false-alarm-rate:0.05");
        assertThatThrownBy(() -> ThresholdRule.parse("false-alarm-rate:1.5"))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> ThresholdRule.parse("quantile:much"))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("quantile:0.05");
    }
}
