// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.neighbour;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.Recommender;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.tensor.HostTensor;

/**
 * Collaborative filtering by neighbours among items: Badrul Sarwar, George Karypis, Joseph Konstan, John Riedl,
 * "Item-Based Collaborative Filtering Recommendation Algorithms", WWW 2001. Items are as similar as the cosine of the
 * sets of users that had them, {@code n_ij / (sqrt(n_i n_j) + shrinkage)}: shrinkage holds pairs down that few users
 * vouch for. The score of an item is the sum of the similarities of those of its {@code k} nearest neighbours that the
 * user had.
 *
 * @param k neighbours of an item
 * @param shrinkage what is added to the norm
 */
public record ItemNeighbours(int k, double shrinkage) implements RecommenderFamily {
    /** The name on the command line. */
    public static final String ID = "item-knn";

    /** The names of its constants in a saved model. */
    public static final String NEIGHBOURS = "item_neighbours";

    /** See {@link #NEIGHBOURS}. */
    public static final String SIMILARITIES = "item_similarities";

    /** Checks the ranges. */
    public ItemNeighbours {
        Checks.positive("k", k);
        Checks.notNegative("shrinkage", shrinkage);
    }

    /** 50 neighbours, a shrinkage of 10. */
    public static ItemNeighbours defaults() {
        return new ItemNeighbours(50, 10);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "items alike to those the user had (Sarwar et al. 2001): nothing to train, gives its reasons";
    }

    @Override
    public Recommender fit(InteractionMatrix ratings, long seed) {
        InteractionMatrix byItem = ratings.transposed();
        int items = ratings.columns();
        int width = Math.min(k, Math.max(1, items - 1));
        long[] neighbours = new long[items * width];
        float[] similarities = new float[items * width];
        int[] counts = ratings.counts();
        int blocks = (items + BLOCK - 1) / BLOCK;
        IntStream.range(0, blocks).parallel().forEach(b -> {
            int[] together = new int[items];
            for (int i = b * BLOCK; i < Math.min(items, (b + 1) * BLOCK); i++) {
                Arrays.fill(together, 0);
                for (int e = byItem.begin(i); e < byItem.begin(i + 1); e++) {
                    int user = byItem.item(e);
                    for (int x = ratings.begin(user); x < ratings.begin(user + 1); x++) {
                        together[ratings.item(x)]++;
                    }
                }
                nearest(i, together, counts, width, neighbours, similarities);
            }
        });
        return new Fitted(ratings, width, neighbours, similarities);
    }

    private static final int BLOCK = 64;

    /** The largest first; among equals the item that was seen first. */
    private void nearest(int item, int[] together, int[] counts, int width, long[] neighbours, float[] similarities) {
        long[] order = new long[together.length];
        int found = 0;
        for (int j = 0; j < together.length; j++) {
            if (together[j] > 0 && j != item) {
                float s = (float) (together[j] / (Math.sqrt((double) counts[item] * counts[j]) + shrinkage));
                // Bits of positive floats are in their order; negated, the largest come first.
                order[found++] = (long) -Float.floatToIntBits(s) << 32 | j;
            }
        }
        Arrays.sort(order, 0, found);
        for (int n = 0; n < width; n++) {
            boolean there = n < found;
            neighbours[item * width + n] = there ? (int) order[n] : 0;
            similarities[item * width + n] = there ? Float.intBitsToFloat(-(int) (order[n] >> 32)) : 0;
        }
    }

    private static final class Fitted implements Recommender {
        private final InteractionMatrix ratings;
        private final int width;
        private final long[] neighbours;
        private final float[] similarities;

        Fitted(InteractionMatrix ratings, int width, long[] neighbours, float[] similarities) {
            this.ratings = ratings;
            this.width = width;
            this.neighbours = neighbours;
            this.similarities = similarities;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public float[] scores(int user) {
            boolean[] had = new boolean[ratings.columns()];
            for (int e = ratings.begin(user); e < ratings.begin(user + 1); e++) {
                had[ratings.item(e)] = true;
            }
            float[] scores = new float[had.length];
            for (int i = 0; i < had.length; i++) {
                for (int n = i * width; n < (i + 1) * width; n++) {
                    scores[i] += had[(int) neighbours[n]] ? similarities[n] : 0;
                }
            }
            return scores;
        }

        @Override
        public Value build(Graph graph, Value user, Value history) {
            int items = ratings.columns();
            Value near = graph.constant(NEIGHBOURS, HostTensor.of(neighbours, items, width));
            Value alike = graph.constant(SIMILARITIES, HostTensor.of(similarities, 1, items, width));
            Value had = graph.gather(history, near, 1); // [N, I, k]
            return graph.reduce(Op.ReduceKind.SUM, graph.mul(had, alike), false, 2);
        }

        @Override
        public Config describe() {
            return Config.empty().with("family", ID).with("neighbours", width).with("items", ratings.columns());
        }
    }
}
