// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.List;

/**
 * A head that is computed at once from the vectors that the frozen backbone gives for all training examples, before it
 * is built: a detector of anomalies, prototypes of classes. Its size may follow from the data. No gradient reaches it;
 * until it is fitted, {@link #build} adds nothing.
 *
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public interface FeatureHead<Y, P> extends TaskHead<Y, P> {
    /** Whether {@link #fit} made it, or it was restored from a saved model. */
    boolean isFitted();

    /**
     * The fitted head.
     *
     * @param features {@code [n, D]}: the backbone's pooled vector of each example
     * @param targets of the same examples
     * @param seed of everything random
     */
    FeatureHead<Y, P> fit(float[][] features, List<Y> targets, long seed);
}
