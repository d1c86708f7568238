// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;

/**
 * Distance to the nearest row of a memory bank that a greedy coreset keeps small: Karsten Roth, Latha Pemula, Joaquin
 * Zepeda, Bernhard Schölkopf, Thomas Brox, Peter Gehler, "Towards Total Recall in Industrial Anomaly Detection"
 * (PatchCore), CVPR 2022. The coreset takes again and again the row that is farthest from those it has (Ozan Sener,
 * Silvio Savarese, ICLR 2018); every training row then has one of them within the largest distance left. One vector an
 * example is stored; {@link PatchMemoryBank} stores one a patch.
 *
 * @param fraction of the rows that are kept
 * @param least rows that are kept at least, where there are as many
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record MemoryBank(double fraction, int least, String scaling) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "memory-bank";

    /** Checks the ranges. */
    public MemoryBank {
        if (!(fraction > 0 && fraction <= 1)) {
            throw new InvalidArgumentException(
                    "A memory bank keeps no such part of the rows.",
                    "fraction = " + fraction,
                    "above 0 and at most 1",
                    "use 0.1 for large data");
        }
        Checks.positive("least", least);
        Scaling.Kind.named(scaling);
    }

    /** A tenth of the rows and at least 100, features as the backbone gives them. */
    public static MemoryBank defaults() {
        return new MemoryBank(0.1, 100, "none");
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "distance to the nearest of a few rows that cover the data (PatchCore, Roth et al. 2022):"
                + " for image features";
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        Rows.requireLearnable(rows);
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        float[][] scaled = scale.apply(rows);
        int size = (int) Math.min(rows.length, Math.max(least, Math.round(fraction * rows.length)));
        Coreset kept = Coreset.of(scaled, size, seed);
        return new Fitted(scale, Rows.at(scaled, kept.chosen()), kept.radius(), rows.length);
    }

    private static final class Fitted implements Detector {
        private final Scaling scaling;
        private final float[][] bank;
        private final double radius;
        private final int rows;

        Fitted(Scaling scaling, float[][] bank, double radius, int rows) {
            this.scaling = scaling;
            this.bank = bank;
            this.radius = radius;
            this.rows = rows;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return bank[0].length;
        }

        @Override
        public double[] scores(float[][] given) {
            Rows.requireFinite(given, width());
            return Arrays.stream(Distances.nearest(scaling.apply(given), bank, 1))
                    .mapToDouble(d -> d[0])
                    .toArray();
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value squared = Distances.squared(graph, scaling.build(graph, features), bank);
            return new Answer(Distances.root(graph, Distances.kthSmallest(graph, squared, bank.length, 1)), null);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("kept", bank.length)
                    .with("rows", rows)
                    .with("radius", radius)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
