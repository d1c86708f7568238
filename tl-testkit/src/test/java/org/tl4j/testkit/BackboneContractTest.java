// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.testkit.ToyBackbone.Flaw;

/** The contract passes a backbone that is as it should be, and finds each of many flaws by the test that is for it. */
class BackboneContractTest {
    private static final ThreadLocal<Backbone> UNDER_TEST = ThreadLocal.withInitial(ToyBackbone::new);

    /** What somebody would write for their family. */
    static class Toys implements BackboneContract {
        @Override
        public Backbone backbone() {
            return UNDER_TEST.get();
        }

        @Override
        public Map<String, Config> configurations() {
            return ToyBackbone.configurations();
        }

        @Override
        public Map<String, Set<String>> publishedNames() {
            return Map.of(
                    "pictures",
                    Set.of(
                            "stem.conv.weight",
                            "stem.bn.weight",
                            "stem.bn.bias",
                            "stem.bn.running_mean",
                            "stem.bn.running_var",
                            "stem.bn.num_batches_tracked",
                            "block.0.conv.weight",
                            "block.0.conv.bias",
                            "neck.weight",
                            "neck.bias"));
        }

        /** The variants are the configurations once more: built again they are, run they need not be. */
        @Override
        public long largest() {
            return 0;
        }
    }

    /** As {@link Toys}, of which the small variants are run. */
    static class ToysOfAnySize extends Toys {
        @Override
        public long largest() {
            return 1000;
        }
    }

    private static Set<String> failures(Backbone backbone) {
        UNDER_TEST.set(backbone);
        try {
            return Contracts.failures(Toys.class);
        } finally {
            UNDER_TEST.remove();
        }
    }

    @Test
    void passesWhatIsAsItShouldBe() {
        assertThat(failures(new ToyBackbone())).isEmpty();
    }

    @Test
    void runsSmallVariantsToo() {
        assertThat(Contracts.started(ToysOfAnySize.class))
                .contains("answersAlikeOnBothEngines toy-texts", "answersAlikeOnBothEngines texts");
        assertThat(Contracts.started(Toys.class))
                .contains("buildsEveryVariant toy-texts", "answersAlikeOnBothEngines texts")
                .doesNotContain("answersAlikeOnBothEngines toy-texts");
    }

    static Stream<Arguments> flaws() {
        String builds = "buildsEveryVariant";
        String names = "namesParametersAsPublished";
        String presets = "hasAsManyParametersAsItsPresets";
        String trains = "trainsWhatIsNotFrozenAndNothingElse";
        String alike = "answersAlikeOnBothEngines";
        String itself = "answersEachExampleByItself";
        String cut = "canBeCutWhereTrainingBegins";
        return Stream.of(
                arguments(Flaw.VARIANTS_THAT_CHANGE, Set.of("describesItself")),
                arguments(Flaw.TITLE_OF_TWO_LINES, Set.of("describesItself")),
                arguments(Flaw.ANOTHER_NAME, Set.of("describesItself", "isFoundByItsName")),
                arguments(Flaw.A_PARAMETER_IN_NO_LAYER, Set.of(builds)),
                arguments(Flaw.A_PARAMETER_IN_TWO_LAYERS, Set.of(builds)),
                arguments(Flaw.AN_EMPTY_LAYER, Set.of(builds, trains)),
                arguments(Flaw.LAYERS_FROM_THE_TOP, Set.of(builds)),
                arguments(Flaw.OTHER_NAMES, Set.of(names)),
                arguments(Flaw.ONE_PARAMETER_TOO_WIDE, Set.of(presets)),
                arguments(Flaw.A_WRONG_STRIDE, Set.of(alike)),
                arguments(Flaw.WRONG_CHANNELS, Set.of(builds)),
                arguments(Flaw.COARSEST_MAP_FIRST, Set.of(builds)),
                arguments(Flaw.POOLED_OF_RANK_4, Set.of(builds, trains, cut)),
                arguments(Flaw.NOTHING_FOR_HEADS, Set.of(builds)),
                arguments(Flaw.THE_HEADS_SCOPE, Set.of(builds, names, presets)),
                arguments(Flaw.OUTPUTS_OF_ITS_OWN, Set.of(builds)),
                arguments(Flaw.ANOTHER_BATCH_AXIS, Set.of(builds)),
                arguments(Flaw.A_RANDOM_CONSTANT, Set.of(builds)),
                arguments(Flaw.AN_UNUSED_PARAMETER, Set.of(names, presets, trains, cut)),
                arguments(Flaw.A_PARAMETER_TIMES_NOTHING, Set.of(names, presets, trains)),
                arguments(Flaw.A_MEAN_OVER_THE_BATCH, Set.of(itself)),
                arguments(Flaw.A_MEAN_OVER_PADDING, Set.of(itself)),
                arguments(Flaw.NOT_A_NUMBER, Set.of(alike, itself, trains, cut)),
                arguments(Flaw.CHAOS, Set.of(alike, cut)),
                arguments(Flaw.WRAPPERS_IN_THE_WRONG_ORDER, Set.of("loadsWhatWasSaved")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void flaws(Flaw flaw, Set<String> expected) {
        Set<String> failures = failures(new ToyBackbone(flaw));
        if (flaw == Flaw.CHAOS) {
            // Where rounding decides, more may fail than has to.
            assertThat(failures).containsAll(expected);
        } else {
            assertThat(failures).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @Test
    void everyFlawIsTried() {
        Set<Flaw> tried = EnumSet.of(Flaw.NONE);
        flaws().forEach(a -> tried.add((Flaw) a.get()[0]));
        assertThat(tried).containsExactlyInAnyOrderElementsOf(Arrays.asList(Flaw.values()));
    }

    @Test
    void findsABackboneThatNeedsAnEngineToBeListed() {
        assertThat(failures(new ToyBackbone.Eager())).contains("needsNoEngineUntilItRuns");
    }

    @Test
    void findsABackboneThatIsNowhereRegistered() {
        assertThat(failures(new ToyBackbone.Hidden())).containsExactly("isFoundByItsName");
    }

    @Test
    void asksForNamesAndConfigurations() {
        assertThat(Contracts.failures(Empty.class)).contains("namesParametersAsPublished", "buildsEveryVariant");
    }

    /** A test that says nothing of its family. */
    static class Empty implements BackboneContract {
        @Override
        public Backbone backbone() {
            return new ToyBackbone();
        }

        @Override
        public Map<String, Config> configurations() {
            return Map.of();
        }

        @Override
        public Map<String, Set<String>> publishedNames() {
            return Map.of();
        }
    }
}
