// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.Optional;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Histogram-based outlier score: Markus Goldstein, Andreas Dengel, "Histogram-based Outlier Score (HBOS): A fast
 * Unsupervised Anomaly Detection Algorithm", KI 2012, with bins of equal width. The score is the sum over columns of
 * {@code -log2} of the height of the row's bin, heights divided by the highest. A regulariser is added to each height,
 * so that empty bins and values outside all bins cost much and not infinitely.
 *
 * <p>{@link Detector#contributions}: the terms of the sum.
 *
 * @param bins of each column
 * @param regulariser what is added to each height
 */
public record Hbos(int bins, double regulariser) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "hbos";

    /** Checks the ranges. */
    public Hbos {
        Checks.positive("bins", bins);
        Checks.positive("regulariser", regulariser);
    }

    /** Ten bins, a regulariser of 0.1. */
    public static Hbos defaults() {
        return new Hbos(10, 0.1);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "a histogram a column (Goldstein and Dengel 2012): the fastest, blind to how columns go together";
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        float[] low = new float[width];
        float[] perUnit = new float[width];
        float[] costs = new float[width * (bins + 1)];
        float outside = cost(0);
        Arrays.fill(costs, outside);
        for (int j = 0; j < width; j++) {
            float least = Float.POSITIVE_INFINITY;
            float most = Float.NEGATIVE_INFINITY;
            for (float[] row : rows) {
                least = Math.min(least, row[j]);
                most = Math.max(most, row[j]);
            }
            low[j] = least;
            // A constant column has one bin, around the constant.
            perUnit[j] = most > least ? (float) (bins / ((double) most - least)) : 1;
            int[] counts = new int[bins];
            for (float[] row : rows) {
                counts[Math.min(bins - 1, (int) place(row[j], least, perUnit[j]))]++;
            }
            int highest = Arrays.stream(counts).max().orElse(1);
            for (int b = 0; b < bins; b++) {
                costs[j * (bins + 1) + b] = cost(counts[b] / (double) highest);
            }
        }
        return new Fitted(bins, low, perUnit, costs);
    }

    private float cost(double height) {
        return (float) (-Math.log(height + regulariser) / Math.log(2));
    }

    /** In singles, as the graph does it. */
    private static float place(float x, float low, float perUnit) {
        float from = x - low;
        return from * perUnit;
    }

    private static final class Fitted implements Detector {
        /** How far, in bins, a value may lie beyond the last edge and still count as on it: rounding. */
        private static final float EDGE = 1e-4f;

        private final int bins;
        private final float[] low;
        private final float[] perUnit;
        private final float[] costs;

        Fitted(int bins, float[] low, float[] perUnit, float[] costs) {
            this.bins = bins;
            this.low = low;
            this.perUnit = perUnit;
            this.costs = costs;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return low.length;
        }

        /** The bin, or {@code bins} where the value lies outside all of them. */
        private int bin(float[] row, int j) {
            float place = place(row[j], low[j], perUnit[j]);
            return place < 0 || place > bins + EDGE ? bins : (int) Math.min((float) (bins - 1), place);
        }

        private double[] costs(float[] row) {
            double[] out = new double[low.length];
            for (int j = 0; j < out.length; j++) {
                out[j] = costs[j * (bins + 1) + bin(row, j)];
            }
            return out;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, low.length);
            return Arrays.stream(rows)
                    .mapToDouble(row -> Arrays.stream(costs(row)).sum())
                    .toArray();
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, low.length);
            return Optional.of(costs(row));
        }

        @Override
        public Answer build(Graph graph, Value features) {
            int width = low.length;
            Value place = graph.mul(
                    graph.sub(features, graph.constant(HostTensor.of(low, 1, width))),
                    graph.constant(HostTensor.of(perUnit, 1, width)));
            Value outside = graph.binary(
                    Op.BinaryKind.OR,
                    graph.binary(Op.BinaryKind.LESS, place, graph.scalar(0)),
                    graph.binary(Op.BinaryKind.GREATER, place, graph.scalar(bins + EDGE)));
            Value inside = graph.unary(Op.UnaryKind.FLOOR, graph.clip(place, 0, bins - 1));
            Value bin = graph.cast(graph.where(outside, graph.scalar(bins), inside), DType.I64);
            long[] offsets = new long[width];
            Arrays.setAll(offsets, j -> (long) j * (bins + 1));
            Value index = graph.add(bin, graph.constant(HostTensor.of(offsets, 1, width)));
            Value terms = graph.gather(graph.constant(HostTensor.of(costs, costs.length)), index, 0);
            return new Answer(graph.reduce(Op.ReduceKind.SUM, terms, false, 1), terms);
        }

        @Override
        public Config describe() {
            return Config.empty().with("family", ID).with("bins", bins);
        }
    }
}
