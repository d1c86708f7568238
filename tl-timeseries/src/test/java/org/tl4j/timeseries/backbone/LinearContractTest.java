// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;

/** Families in which nothing is trained but the head. */
class LinearContractTest {
    @Nested
    class OfNLinear implements SeriesContract {
        @Override
        public Backbone backbone() {
            return new NLinear();
        }

        @Override
        public Map<String, Config> configurations() {
            return Map.of(
                    "usual",
                    WINDOW,
                    "last-scaled, known, categories",
                    WINDOW.with("normalisation", "last-scaled").with("known", 2).with("categories", new double[] {3, 2
                    }),
                    "scaled, revin",
                    SeriesContract.scaled(WINDOW.with("normalisation", "revin")),
                    "none",
                    WINDOW.with("normalisation", "none"));
        }

        /** Its one layer is the head's. */
        @Override
        public Map<String, Set<String>> publishedNames() {
            return Map.of("usual", Set.of());
        }
    }

    @Nested
    class OfDLinear implements SeriesContract {
        @Override
        public Backbone backbone() {
            return new DLinear();
        }

        @Override
        public Map<String, Config> configurations() {
            return Map.of(
                    "usual",
                    WINDOW.with("moving_avg", 5),
                    "an average longer than the window",
                    WINDOW.with("moving_avg", 25),
                    "last, scaled, known",
                    SeriesContract.scaled(WINDOW.with("moving_avg", 3)
                            .with("normalisation", "last")
                            .with("known", 1)));
        }

        /** Its two layers are the head's. */
        @Override
        public Map<String, Set<String>> publishedNames() {
            return Map.of("usual", Set.of());
        }
    }

    @Nested
    class OfRocket implements SeriesContract {
        @Override
        public Backbone backbone() {
            return new Rocket();
        }

        @Override
        public Map<String, Config> configurations() {
            return Map.of(
                    "two variables",
                    WINDOW.with("num_kernels", 3).with("seed", 4),
                    "longer, without normalisation",
                    WINDOW.with("context", 40).with("num_kernels", 9).with("normalisation", "none"));
        }

        /** Published kernels have no names; with so few there is a convolution for each. */
        @Override
        public Map<String, Set<String>> publishedNames() {
            return Map.of(
                    "two variables",
                    Set.of(
                            "kernels.0.weight",
                            "kernels.0.bias",
                            "kernels.1.weight",
                            "kernels.1.bias",
                            "kernels.2.weight",
                            "kernels.2.bias"));
        }

        @Override
        public long largest() {
            return -1;
        }
    }
}
