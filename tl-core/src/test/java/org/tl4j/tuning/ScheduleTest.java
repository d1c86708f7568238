// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;

/** Factors of the learning rate, against those of transformers and of PyTorch. */
class ScheduleTest {
    /** {@code parity/make_training_fixtures.py} wrote these. */
    private record Fixture(List<Case> cases) {}

    private record Case(
            String name,
            int steps,
            double warmUp,
            double rise,
            double startDivisor,
            double endDivisor,
            List<Double> factors) {
        Schedule schedule() {
            return name.equals("one-cycle")
                    ? new Schedule.OneCycle(rise, startDivisor, endDivisor)
                    : Schedule.named(name, warmUp);
        }

        int warmUpSteps() {
            return name.equals("one-cycle") ? 0 : (int) Math.ceil(warmUp * steps);
        }

        @Override
        public String toString() {
            return schedule() + " over " + steps;
        }
    }

    static Stream<Case> cases() throws IOException {
        try (InputStream in = ScheduleTest.class.getResourceAsStream("/training/schedules.json")) {
            return new Gson()
                    .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class).cases().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheReferencesAfterTheWarmUp(Case c) {
        for (int step = c.warmUpSteps(); step < c.steps(); step++) {
            assertThat(c.schedule().factor(step, c.steps()))
                    .as("step " + step)
                    .isCloseTo(c.factors().get(step), within(1e-9));
        }
    }

    /** The reference begins with i / k, that is, with a step of rate 0. */
    @ParameterizedTest
    @MethodSource("cases")
    void risesByEqualPartsFromTheFirstStepOn(Case c) {
        int rise = c.warmUpSteps();
        for (int step = 0; step < rise; step++) {
            assertThat(c.factors().get(step)).isCloseTo(step / (double) rise, within(1e-9));
            assertThat(c.schedule().factor(step, c.steps()))
                    .isEqualTo((step + 1.0) / (rise + 1))
                    .isGreaterThan(c.factors().get(step));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "cosine", "one-cycle", "constant"})
    void everyStepTeachesSomething(String name) {
        for (double warmUp : new double[] {0, 0.1, 0.5, 1}) {
            Schedule s = Schedule.named(name, warmUp);
            for (int steps : new int[] {1, 2, 3, 4, 5, 17}) {
                for (int step = 0; step < steps; step++) {
                    assertThat(s.factor(step, steps))
                            .as(s + ", step " + step + " of " + steps)
                            .isPositive()
                            .isLessThanOrEqualTo(1);
                }
            }
        }
    }

    @Test
    void aSingleStepOfOneCycleIsTakenAtThePeak() {
        assertThat(Schedule.oneCycle().factor(0, 1)).isEqualTo(1);
        // A quarter of four steps ends with the first one, which is the peak; PyTorch divides by 0 here.
        assertThat(Schedule.oneCycle().factor(0, 4)).isEqualTo(1);
        assertThat(Schedule.oneCycle().factor(3, 4)).isCloseTo(1e-5, within(1e-12));
    }

    @Test
    void refusesWhatIsNoSchedule() {
        assertThatThrownBy(() -> Schedule.named("linaer", 0.1))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("linear");
        assertThatThrownBy(() -> Schedule.named("linear", 1.5))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("warmUp = 1.5");
        assertThatThrownBy(() -> new Schedule.OneCycle(0, 25, 1e5)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new Schedule.OneCycle(0.3, 0, 1e5)).isInstanceOf(InvalidArgumentException.class);
    }
}
