// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.testkit.ToyTuner.Flaw;
import org.tl4j.tuning.FineTuner;

/** The contract passes a strategy that is as it should be, and finds each of many flaws. */
class FineTunerContractTest {
    private static final ThreadLocal<Flaw> FLAW = ThreadLocal.withInitial(() -> Flaw.NONE);

    /** What somebody would write for their strategy. */
    static class Toys implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new ToyTuner(FLAW.get());
        }
    }

    private static Set<String> failures(Flaw flaw) {
        FLAW.set(flaw);
        try {
            return Contracts.failures(Toys.class);
        } finally {
            FLAW.remove();
        }
    }

    @Test
    void passesWhatIsAsItShouldBe() {
        assertThat(failures(Flaw.NONE)).isEmpty();
    }

    static Stream<Arguments> flaws() {
        String found = "isFoundByItsName";
        String phases = "givesPhasesForAnyDepth";
        String again = "givesTheSamePhasesAgain";
        String recipe = "keepsToTheRecipe";
        String says = "trainsWhatItSaysAndNothingElse";
        return Stream.of(
                arguments(Flaw.A_NUMBER_IN_ITS_NAME, Set.of(found)),
                arguments(Flaw.NO_TITLE, Set.of(found)),
                arguments(Flaw.NO_PHASES, Set.of(phases, again, recipe, says, "learns")),
                arguments(Flaw.NO_PHASES_FOR_MANY_LAYERS, Set.of(phases)),
                arguments(Flaw.A_RANDOM_RATE, Set.of(again, recipe, "trainsToTheSameBitsFromTheSameSeed")),
                arguments(Flaw.ANOTHER_ANSWER_EACH_TIME, Set.of(again, "trainsToTheSameBitsFromTheSameSeed")),
                arguments(Flaw.EPOCHS_OF_ITS_OWN, Set.of(again, recipe)),
                arguments(Flaw.A_RATE_OF_ITS_OWN, Set.of(again, recipe)),
                arguments(Flaw.A_SCHEDULE_OF_ITS_OWN, Set.of(again, recipe)),
                arguments(Flaw.A_DECAY_OF_ITS_OWN, Set.of(again, recipe)),
                arguments(Flaw.A_RATE_THAT_TEACHES_NOTHING, Set.of(again, recipe, says, "learns")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void flaws(Flaw flaw, Set<String> expected) {
        assertThat(failures(flaw)).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void everyFlawIsTried() {
        Set<Flaw> tried = EnumSet.of(Flaw.NONE);
        flaws().forEach(a -> tried.add((Flaw) a.get()[0]));
        assertThat(tried).containsExactlyInAnyOrderElementsOf(Arrays.asList(Flaw.values()));
    }
}
