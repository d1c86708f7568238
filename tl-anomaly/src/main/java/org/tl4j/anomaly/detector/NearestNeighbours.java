// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;

/**
 * Distance to the k-th nearest training row: Sridhar Ramaswamy, Rajeev Rastogi, Kyuseok Shim, "Efficient Algorithms for
 * Mining Outliers from Large Data Sets", SIGMOD 2000. Keeps all training rows and compares with each of them.
 *
 * @param k which neighbour; the farthest there is where there are fewer rows
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record NearestNeighbours(int k, String scaling) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "nearest-neighbours";

    /** Checks the ranges. */
    public NearestNeighbours {
        Checks.positive("k", k);
        Scaling.Kind.named(scaling);
    }

    /** The fifth neighbour, columns standardised. */
    public static NearestNeighbours defaults() {
        return new NearestNeighbours(5, "standard");
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "distance to the k-th nearest training row (Ramaswamy et al. 2000): strong, slow beyond 100,000 rows";
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        Rows.requireLearnable(rows);
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        return new Fitted(scale, scale.apply(rows), Math.min(k, rows.length));
    }

    private static final class Fitted implements Detector {
        private final Scaling scaling;
        private final float[][] stored;
        private final int k;

        Fitted(Scaling scaling, float[][] stored, int k) {
            this.scaling = scaling;
            this.stored = stored;
            this.k = k;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return stored[0].length;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width());
            double[][] nearest = Distances.nearest(scaling.apply(rows), stored, k);
            return Arrays.stream(nearest).mapToDouble(d -> d[k - 1]).toArray();
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value squared = Distances.squared(graph, scaling.build(graph, features), stored);
            return new Answer(Distances.root(graph, Distances.kthSmallest(graph, squared, stored.length, k)), null);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("k", k)
                    .with("rows", stored.length)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
