// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;
import org.tl4j.model.Endpoints;

/**
 * SPI: a strategy of fine-tuning, as a description: which layers are frozen, for how long, at what rate. The one loop
 * of Training runs the phases, so that every strategy has the feature cache, checkpoints and the freeze proof. Found by
 * {@link java.util.ServiceLoader}; a provider has a public constructor without arguments and no state.
 */
public interface FineTuner {
    /** The name on the command line: {@code head-only}. */
    String id();

    /** One line: what it does and when to choose it. */
    String title();

    /**
     * The phases in order.
     *
     * @param recipe the user's numbers
     * @param layers the backbone's layers in depth order, input side first
     */
    List<Phase> phases(Recipe recipe, List<Endpoints.Layer> layers);
}
