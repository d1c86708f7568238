// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Tail probabilities by empirical distribution functions: Zheng Li, Yue Zhao, Xiyang Hu, Nicola Botta, Cezar Ionescu,
 * George Chen, "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions", IEEE TKDE
 * 2022. There is nothing to choose. The score is the largest of three sums over columns of {@code -log} tail
 * probabilities: left tails, right tails, and for each column the tail on which it is skewed. A row that was not
 * learned from counts as one more row of the distribution, so that no probability is 0.
 *
 * <p>{@link Detector#contributions}: the terms of the sum that is the largest.
 */
public record Ecod() implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "ecod";

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "how far out in the tails of each column (Li et al. 2022): nothing to tune, each column by itself";
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        int padded = Integer.highestOneBit(rows.length) * 2;
        float[] sorted = new float[Math.multiplyExact(width, padded)];
        Arrays.fill(sorted, Float.POSITIVE_INFINITY);
        boolean[] right = new boolean[width];
        for (int j = 0; j < width; j++) {
            double sum = 0;
            for (int i = 0; i < rows.length; i++) {
                sorted[j * padded + i] = rows[i][j];
                sum += rows[i][j];
            }
            Arrays.sort(sorted, j * padded, j * padded + rows.length);
            double mean = sum / rows.length;
            double third = 0;
            for (float[] row : rows) {
                double d = row[j] - mean;
                third += d * d * d;
            }
            right[j] = third >= 0;
        }
        return new Fitted(rows.length, padded, sorted, right);
    }

    /** Columns one after another, each sorted and filled up with infinity to a power of two. */
    private static final class Fitted implements Detector {
        private final int rows;
        private final int padded;
        private final float[] sorted;
        private final boolean[] right;

        Fitted(int rows, int padded, float[] sorted, boolean[] right) {
            this.rows = rows;
            this.padded = padded;
            this.sorted = sorted;
            this.right = right;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return right.length;
        }

        /** How many learned values of a column are below {@code x}, or at most {@code x}. */
        private int count(int column, float x, boolean orEqual) {
            int place = 0;
            for (int step = padded / 2; step > 0; step /= 2) {
                float v = sorted[column * padded + place + step - 1];
                place += v < x || orEqual && v == x ? step : 0;
            }
            return place;
        }

        /** Left, right and skewed terms of a row: {@code [3][F]}. */
        private double[][] terms(float[] row) {
            double[][] terms = new double[3][row.length];
            for (int j = 0; j < row.length; j++) {
                terms[0][j] = -Math.log((count(j, row[j], true) + 1.0) / (rows + 1.0));
                terms[1][j] = -Math.log((rows - count(j, row[j], false) + 1.0) / (rows + 1.0));
                terms[2][j] = terms[right[j] ? 1 : 0][j];
            }
            return terms;
        }

        private static double[] largest(double[][] terms) {
            double[] best = terms[0];
            for (double[] t : terms) {
                best = Arrays.stream(t).sum() > Arrays.stream(best).sum() ? t : best;
            }
            return best;
        }

        @Override
        public double[] scores(float[][] given) {
            Rows.requireFinite(given, width());
            return IntStream.range(0, given.length)
                    .parallel()
                    .mapToDouble(i -> Arrays.stream(largest(terms(given[i]))).sum())
                    .toArray();
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, width());
            return Optional.of(largest(terms(row)));
        }

        /** Finds the place of all values at once by halving, one gather a step: {@code i64[N, F]}. */
        @Override
        public Answer build(Graph graph, Value x) {
            Value table = graph.constant(HostTensor.of(sorted, sorted.length));
            Value atMost = build(graph, x, table, Op.BinaryKind.LESS_OR_EQUAL);
            Value below = build(graph, x, table, Op.BinaryKind.LESS);
            Value all = graph.scalar(rows + 1.0);
            Value one = graph.scalar(1);
            Value left = graph.unary(
                    Op.UnaryKind.NEG, graph.unary(Op.UnaryKind.LOG, graph.div(graph.add(atMost, one), all)));
            Value rightTail =
                    graph.unary(Op.UnaryKind.NEG, graph.unary(Op.UnaryKind.LOG, graph.div(graph.sub(all, below), all)));
            float[] isRight = new float[right.length];
            for (int j = 0; j < isRight.length; j++) {
                isRight[j] = right[j] ? 1 : 0;
            }
            Value skewed = graph.where(
                    graph.cast(graph.constant(HostTensor.of(isRight, 1, isRight.length)), DType.BOOL), rightTail, left);
            Value sums = graph.concat(1, sum(graph, left), sum(graph, rightTail), sum(graph, skewed)); // [N, 3]
            return new Answer(graph.reduce(Op.ReduceKind.MAX, sums, false, 1), null);
        }

        private static Value sum(Graph graph, Value terms) {
            return graph.reduce(Op.ReduceKind.SUM, terms, true, 1);
        }

        private Value build(Graph graph, Value x, Value table, Op.BinaryKind counts) {
            long[] offsets = new long[right.length];
            Arrays.setAll(offsets, j -> (long) j * padded - 1);
            Value offset = graph.constant(HostTensor.of(offsets, 1, offsets.length));
            Value place = graph.cast(graph.mul(x, graph.scalar(0)), DType.I64); // zeros [N, F]
            for (int step = padded / 2; step > 0; step /= 2) {
                Value next = graph.add(place, graph.constant(HostTensor.of(new long[] {step}, 1, 1)));
                Value v = graph.gather(table, graph.add(next, offset), 0);
                place = graph.where(graph.binary(counts, v, x), next, place);
            }
            return graph.cast(place, DType.F32);
        }

        @Override
        public Config describe() {
            return Config.empty().with("family", ID).with("rows", rows);
        }
    }
}
