// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/** Euclidean distances to stored rows, in doubles: singles would lose small ones in {@code a² + b² - 2ab}. */
final class Distances {
    private Distances() {}

    static double squared(float[] a, float[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) {
            double d = (double) a[j] - b[j];
            sum += d * d;
        }
        return sum;
    }

    /** The distances of each row to its {@code k} nearest stored rows, the nearest first: {@code [n, k]}. */
    static double[][] nearest(float[][] rows, float[][] stored, int k) {
        double[][] out = new double[rows.length][];
        IntStream.range(0, rows.length).parallel().forEach(i -> out[i] = nearest(rows[i], stored, k));
        return out;
    }

    private static double[] nearest(float[] row, float[][] stored, int k) {
        return IntStream.of(placesOfNearest(row, stored, k))
                .mapToDouble(i -> Math.sqrt(squared(row, stored[i])))
                .toArray();
    }

    /**
     * Where the {@code k} nearest stored rows are, the nearest first; of equally near ones the first; no more than
     * there are.
     */
    static int[] placesOfNearest(float[] row, float[][] stored, int k) {
        double[] best = new double[k];
        int[] places = new int[k];
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        for (int i = 0; i < stored.length; i++) {
            double d = squared(row, stored[i]);
            if (d < best[k - 1]) {
                int at = k - 1;
                for (; at > 0 && best[at - 1] > d; at--) {
                    best[at] = best[at - 1];
                    places[at] = places[at - 1];
                }
                best[at] = d;
                places[at] = i;
            }
        }
        return places;
    }

    /** Squared distances {@code f64[N, M]} of {@code f32[N, F]} to stored rows {@code [M, F]}, at least 0. */
    static Value squared(Graph graph, Value x, float[][] stored) {
        int m = stored.length;
        int width = stored[0].length;
        double[] transposed = new double[m * width];
        double[] norms = new double[m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < width; j++) {
                transposed[j * m + i] = -2.0 * stored[i][j];
                norms[i] += (double) stored[i][j] * stored[i][j];
            }
        }
        Value doubles = graph.cast(x, DType.F64);
        Value own = graph.reduce(Op.ReduceKind.SUM, graph.mul(doubles, doubles), true, 1); // [N, 1]
        Value products = graph.matMul(doubles, graph.constant(Rows.doubles(transposed, width, m)));
        Value sum = graph.add(graph.add(products, own), graph.constant(Rows.doubles(norms, 1, m)));
        return graph.binary(Op.BinaryKind.MAX, sum, graph.constant(Rows.doubles(new double[] {0}, 1, 1)));
    }

    /** The k-th smallest entry of each row of {@code f64[N, M]}: {@code f64[N, 1]}; the smaller ones are struck out. */
    static Value kthSmallest(Graph graph, Value values, int m, int k) {
        Value places = graph.constant(
                HostTensor.of(IntStream.range(0, m).asLongStream().toArray(), 1, m));
        Value infinity = graph.constant(Rows.doubles(new double[] {Double.POSITIVE_INFINITY}, 1, 1));
        Value left = values;
        for (int i = 1; ; i++) {
            Value at = graph.add("nearest", new Op.ArgMax(1, true, true), left).get(0);
            if (i == k) {
                return graph.add("distance", new Op.GatherElements(1), left, at).get(0);
            }
            left = graph.where(graph.binary(Op.BinaryKind.EQUAL, places, at), infinity, left);
        }
    }

    /** The square root of {@code f64[N, 1]} as {@code f32[N]}. */
    static Value root(Graph graph, Value squared) {
        return graph.squeeze(graph.cast(graph.unary(Op.UnaryKind.SQRT, squared), DType.F32), 1);
    }
}
