// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.family;

import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;

/** What a family learned. Immutable; safe for use by several threads at once. */
public interface Recommender {
    /** The name of its {@link RecommenderFamily}. */
    String family();

    /** The score of each item for a user that was learned from, {@code [I]}; the higher, the sooner recommended. */
    float[] scores(int user);

    /**
     * Writes it as nodes and constants, so that it runs on ONNX Runtime. Gives the same scores as {@link #scores} up to
     * the rounding of singles.
     *
     * @param user its number, {@code i64[N]}
     * @param history 1 for each item that the user had, else 0: {@code f32[N, I]}
     * @return the scores, {@code f32[N, I]}
     */
    Value build(Graph graph, Value user, Value history);

    /** What was learned, for reports: sizes, numbers that were chosen. */
    Config describe();
}
