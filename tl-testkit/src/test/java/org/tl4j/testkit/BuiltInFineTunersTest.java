// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.tl4j.tuning.FineTuner;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Recipe;

/** The strategies that come with TL4J keep the contract. */
class BuiltInFineTunersTest {
    @Nested
    class HeadOnly implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.HeadOnly();
        }
    }

    @Nested
    class UnfreezeLast implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.UnfreezeLast();
        }
    }

    @Nested
    class UnfreezeLastTwo implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.UnfreezeLast();
        }

        @Override
        public Recipe recipe() {
            return Recipe.defaults().withLayers(2);
        }

        @Override
        public List<Integer> layers() {
            return List.of(2, 3, 12);
        }
    }

    @Nested
    class Gradual implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.Gradual();
        }
    }

    @Nested
    class Full implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.Full();
        }
    }

    @Nested
    class Discriminative implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.Discriminative();
        }
    }

    @Nested
    class ClosedForm implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.ClosedFormHead();
        }
    }

    @Nested
    class Ridge implements FineTunerContract {
        @Override
        public FineTuner tuner() {
            return new FineTuners.RidgeHead();
        }
    }

    /** One class above for each of them; a new one must come with its test. */
    @Test
    void allAreHere() {
        assertThat(FineTuners.installed().all())
                .extracting(FineTuner::id)
                .filteredOn(id -> !id.equals("toy"))
                .containsExactly(
                        "closed-form", "discriminative", "full", "gradual", "head-only", "ridge", "unfreeze-last");
        assertThat(FineTuners.installed().problems()).isEmpty();
    }
}
