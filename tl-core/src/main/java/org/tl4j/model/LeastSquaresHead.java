// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Optional;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;

/**
 * A head whose answer may be one linear layer under a squared error, so that its weights can be computed at once.
 *
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public interface LeastSquaresHead<Y, P> extends TaskHead<Y, P> {
    /**
     * Adds what has to be regressed on what to a graph that this head built with its loss; empty where this head is not
     * such a one, which {@link #whyNot} explains.
     */
    Optional<Regression> regression(Graph graph);

    /** Why {@link #regression} is empty, for an error message. */
    String whyNot();

    /**
     * A linear regression of several rows an example.
     *
     * @param design {@code f32[N, R, D]}: what the layer reads
     * @param response {@code f32[N, R, K]}: what it should answer
     * @param rowWeight {@code f32[N, R]}: how much each row counts; 0 for one whose response is missing
     * @param weight the name of the layer's weight {@code f32[K, D]}
     * @param bias the name of its bias {@code f32[K]}
     */
    record Regression(Value design, Value response, Value rowWeight, String weight, String bias) {}
}
