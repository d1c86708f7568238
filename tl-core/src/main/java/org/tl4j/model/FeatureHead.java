// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.List;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;

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

    /** The head for that backbone, before it is fitted: what it has to know of it, it notes. By default this one. */
    default FeatureHead<Y, P> on(Endpoints backbone) {
        return this;
    }

    /**
     * What the head is fitted to and reads when it answers, {@code f32[N, D]}; by default the backbone's pooled vector.
     * Asked of what {@link #on} gave.
     *
     * @param graph the backbone's, to which nodes may be added
     */
    default Value features(Graph graph, Endpoints backbone) {
        return backbone.requirePooled();
    }

    /**
     * The fitted head.
     *
     * @param features {@code [n, D]}: what {@link #features} gives for each example
     * @param targets of the same examples
     * @param seed of everything random
     */
    FeatureHead<Y, P> fit(float[][] features, List<Y> targets, long seed);
}
