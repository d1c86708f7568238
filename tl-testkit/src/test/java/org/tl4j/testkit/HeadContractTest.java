// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.testkit.ToyHead.Flaw;

/** The contract passes a head that is as it should be, and finds each of many flaws. */
class HeadContractTest {
    private static final ThreadLocal<Flaw> FLAW = ThreadLocal.withInitial(() -> Flaw.NONE);

    /** What somebody would write for their task. */
    static class Toys implements HeadContract<String, List<String>, Classification> {
        @Override
        public Head<String, List<String>, Classification> head() {
            return new ToyHead(FLAW.get());
        }

        @Override
        public Dataset<String, List<String>> data() {
            List<Example<String, List<String>>> words = new ArrayList<>();
            for (String word : List.of("ape", "bee", "cod", "asp", "bat", "cow", "ant")) {
                words.add(new Example<>(word, List.of(word.substring(0, 1)), "words, " + word));
            }
            return Dataset.of("words", words);
        }

        @Override
        public List<String> unknownTarget() {
            return List.of("z");
        }

        @Override
        public Config settings() {
            return Config.empty().with("label-smoothing", 0.1).with("class-weights", "balanced");
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
        String restored = "isRestoredFromItsSettings";
        String builds = "buildsOnATinyBackbone";
        String loses = "losesAsMuchInPartsAsInOne";
        String answers = "answersEachExample";
        String measures = "measuresWhatItIsMonitoredBy";
        String refuses = "refusesTargetsThatItDoesNotKnow";
        return Stream.of(
                arguments(Flaw.ANOTHER_TASK, Set.of("isFoundByItsTask")),
                arguments(Flaw.A_FORGOTTEN_SETTING, Set.of(restored)),
                arguments(Flaw.ONE_ANSWER_TOO_FEW, Set.of(answers)),
                arguments(Flaw.ANSWERS_OF_TWO_LINES, Set.of(answers)),
                arguments(Flaw.ANSWERS_THAT_LOOK_AT_THE_BATCH, Set.of(answers)),
                arguments(Flaw.ANY_TARGET_WILL_DO, Set.of(refuses)),
                arguments(Flaw.NAMES_NO_EXAMPLE, Set.of(refuses)),
                arguments(Flaw.A_MONITOR_THAT_IS_NOT_MEASURED, Set.of(measures, "learns")),
                arguments(Flaw.A_BASELINE_OF_OTHER_NAMES, Set.of(measures)),
                arguments(Flaw.FIGURES_OF_THE_LAST_BATCH, Set.of(measures)),
                arguments(Flaw.A_BASELINE_THAT_NEEDS_TRAINING_DATA, Set.of(measures, "learns")),
                arguments(Flaw.A_PARAMETER_OUTSIDE_ITS_SCOPE, Set.of(builds)),
                arguments(Flaw.AN_UNUSED_PARAMETER, Set.of("learns")),
                arguments(Flaw.A_LOSS_PER_EXAMPLE, Set.of(loses)),
                arguments(Flaw.A_LOSS_WITHOUT_THE_SCALE, Set.of(loses)),
                arguments(Flaw.AN_INFINITE_LOSS, Set.of(loses, "learns")),
                arguments(Flaw.A_LOSS_TURNED_ROUND, Set.of("learns")),
                arguments(Flaw.A_WEIGHT_THAT_DOES_NOT_ADD_UP, Set.of(loses)),
                arguments(Flaw.TARGETS_UNDER_OTHER_NAMES, Set.of(builds, loses, "learns")));
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
