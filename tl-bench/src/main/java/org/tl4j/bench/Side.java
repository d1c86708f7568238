// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.List;
import java.util.Map;
import org.tl4j.error.EngineFailureException;

/** One side of a row, warm in a process of its own. */
public interface Side extends AutoCloseable {
    /** Numbers that both sides compute from the same inputs; where they differ, timing them means nothing. */
    Map<String, List<Double>> verify();

    /** One round. */
    Measured measure();

    @Override
    void close();

    /**
     * What a round gave.
     *
     * @param value in the unit of the row
     * @param series numbers beside it by name, such as losses; all must be finite
     */
    record Measured(double value, Map<String, List<Double>> series) {
        /** Refuses what is no number: a loss that diverged makes every time look good. */
        public Measured {
            series = Map.copyOf(series);
            series.forEach((name, values) -> {
                if (values.stream().anyMatch(v -> !Double.isFinite(v))) {
                    throw new EngineFailureException(
                            "A round did not compute numbers.",
                            name + " " + values,
                            "finite numbers",
                            "lower the learning rate of the benchmark, or report this");
                }
            });
        }

        /** A figure alone. */
        static Measured of(double value) {
            return new Measured(value, Map.of());
        }
    }
}
