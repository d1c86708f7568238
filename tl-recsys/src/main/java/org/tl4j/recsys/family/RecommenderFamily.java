// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.family;

import org.tl4j.recsys.dataset.InteractionMatrix;

/** A family of recommenders with the numbers that a user chose; a description that costs nothing. */
public interface RecommenderFamily {
    /** The name on the command line: {@code als}. */
    String id();

    /** One line: what it does, when to choose it, the paper. */
    String title();

    /** Whether its scores are ratings in the data's own unit, to be judged by their errors, too. */
    default boolean predictsRatings() {
        return false;
    }

    /**
     * Learns from interactions. The same interactions and seed give the same bits with any number of threads.
     *
     * @param ratings users by items
     */
    Recommender fit(InteractionMatrix ratings, long seed);
}
