// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import org.tl4j.graph.Graph;
import org.tl4j.weights.Weights;

/** Makes sessions that answer. */
public interface InferenceEngine {
    /**
     * Prepares a graph for running; outputs that only training needs (a loss) must not be among its outputs.
     *
     * @throws org.tl4j.error.WeightMismatchException if a parameter of the graph has no weights
     * @throws org.tl4j.error.MissingArtifactException if the device or its libraries are not there
     */
    InferenceSession load(Graph graph, Weights weights, Device device);

    /**
     * As {@link #load}, for many batches: each is run by one thread, and {@link InferenceSession#concurrency} of them
     * at once. All together are done sooner than one after the other on all threads, which wait for each other after
     * every operation.
     */
    InferenceSession loadForMany(Graph graph, Weights weights, Device device);
}
