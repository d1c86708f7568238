// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;

/**
 * A model after training.
 *
 * @param model with the trained weights
 * @param history the losses and the epochs
 * @param phases what was trained, in order
 * @param trainedParameters number of values that moved
 * @param totalParameters number of values of all parameters
 * @param frozen what was checked to have stayed as it was
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public record Tuned<Y, P>(
        Trainable<Y, P> model,
        History history,
        List<Phase> phases,
        long trainedParameters,
        long totalParameters,
        FreezeProof frozen) {
    /** Keeps a copy. */
    public Tuned {
        phases = List.copyOf(phases);
    }
}
