// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import org.tl4j.error.Choice;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.HostTensor;

/**
 * {@code (x - shift) * factor} for each column, in singles, so that the graph and Java give the same bits. A column
 * that was constant keeps its unit: whatever differs from the constant stays visible.
 */
final class Scaling {
    /** How shift and factor are chosen. */
    enum Kind {
        /** As they are. */
        NONE,
        /** Mean 0 and deviation 1. */
        STANDARD,
        /** From 0 to 1. */
        MIN_MAX;

        static Kind named(String name) {
            return Choice.of(Kind.class, "scaling", name, "choose one of these");
        }

        @Override
        public String toString() {
            return Choice.name(this);
        }
    }

    private final Kind kind;
    private final float[] shift;
    private final float[] factor;

    private Scaling(Kind kind, float[] shift, float[] factor) {
        this.kind = kind;
        this.shift = shift;
        this.factor = factor;
    }

    static Scaling fit(Kind kind, float[][] rows) {
        int width = rows[0].length;
        float[] shift = new float[width];
        float[] factor = new float[width];
        Arrays.fill(factor, 1);
        for (int j = 0; j < width && kind != Kind.NONE; j++) {
            double sum = 0;
            float low = Float.POSITIVE_INFINITY;
            float high = Float.NEGATIVE_INFINITY;
            for (float[] row : rows) {
                sum += row[j];
                low = Math.min(low, row[j]);
                high = Math.max(high, row[j]);
            }
            double mean = sum / rows.length;
            double squares = 0;
            for (float[] row : rows) {
                squares += (row[j] - mean) * (row[j] - mean);
            }
            shift[j] = kind == Kind.STANDARD ? (float) mean : low;
            double spread = kind == Kind.STANDARD ? Math.sqrt(squares / rows.length) : (double) high - low;
            // A spread that drowns in the rounding of the mean is none.
            if (low < high && spread > 1e-30) {
                factor[j] = (float) (1 / spread);
            }
        }
        return new Scaling(kind, shift, factor);
    }

    float[] apply(float[] row) {
        if (kind == Kind.NONE) {
            return row;
        }
        float[] out = new float[row.length];
        for (int j = 0; j < out.length; j++) {
            float centred = row[j] - shift[j];
            out[j] = centred * factor[j];
        }
        return out;
    }

    float[][] apply(float[][] rows) {
        return Arrays.stream(rows).map(this::apply).toArray(float[][]::new);
    }

    Value build(Graph graph, Value x) {
        return kind == Kind.NONE
                ? x
                : graph.mul(
                        graph.sub(x, graph.constant(HostTensor.of(shift, 1, shift.length))),
                        graph.constant(HostTensor.of(factor, 1, factor.length)));
    }

    Kind kind() {
        return kind;
    }
}
