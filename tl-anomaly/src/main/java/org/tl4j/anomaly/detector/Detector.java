// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;

/** A detector that was fitted to rows of numbers. Immutable; safe for use by several threads at once. */
public interface Detector {
    /** The name of its {@link DetectorFamily}. */
    String family();

    /** F, the numbers of a row. */
    int width();

    /**
     * The score of each row; the higher, the stranger.
     *
     * @param rows {@code [n, F]}, finite
     */
    double[] scores(float[][] rows);

    /**
     * Writes the detector as nodes and constants, so that it runs on ONNX Runtime behind any backbone. Gives the same
     * scores as {@link #scores} up to the rounding of singles.
     *
     * @param features {@code f32[N, F]}
     */
    Answer build(Graph graph, Value features);

    /**
     * What the graph of a detector gives.
     *
     * @param score {@code f32[N]}
     * @param contributions what each feature adds to the score, {@code f32[N, F]}, or null where the graph does not
     *     tell
     * @param patches how strange each place of the example is, {@code f32[N, P]}, or null where the family knows no
     *     places
     */
    record Answer(
            Value score,
            @Nullable Value contributions,
            @Nullable Value patches) {
        /** Of a family that knows no places. */
        public Answer(Value score, @Nullable Value contributions) {
            this(score, contributions, null);
        }
    }

    /**
     * What each feature has to do with the score of a row, {@code [F]}; empty where the family cannot tell. What the
     * numbers mean is said at the family.
     */
    default Optional<double[]> contributions(float[] row) {
        return Optional.empty();
    }

    /** What was fitted, for reports: sizes, numbers that were chosen, notes. */
    Config describe();
}
