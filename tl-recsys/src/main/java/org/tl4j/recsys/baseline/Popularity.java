// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.baseline;

import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.Recommender;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/** The items that most users had, for everybody. What every other family has to beat. */
public record Popularity() implements RecommenderFamily {
    /** The name on the command line. */
    public static final String ID = "popularity";

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "the items that most users had: the baseline of every other family";
    }

    @Override
    public Recommender fit(InteractionMatrix ratings, long seed) {
        float[] counts = new float[ratings.columns()];
        for (int k = 0; k < ratings.size(); k++) {
            counts[ratings.item(k)]++;
        }
        return new Fitted(counts);
    }

    private static final class Fitted implements Recommender {
        private final float[] counts;

        Fitted(float[] counts) {
            this.counts = counts;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public float[] scores(int user) {
            return counts.clone();
        }

        @Override
        public Value build(Graph graph, Value user, Value history) {
            Value nothing = graph.mul(graph.unsqueeze(graph.cast(user, DType.F32), 1), graph.scalar(0)); // [N, 1]
            return graph.add(nothing, graph.constant("item_counts", HostTensor.of(counts, 1, counts.length)));
        }

        @Override
        public Config describe() {
            return Config.empty().with("family", ID).with("items", counts.length);
        }
    }
}
