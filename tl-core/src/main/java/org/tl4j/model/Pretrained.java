// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.tl4j.graph.Graph;
import org.tl4j.weights.Weights;

/**
 * A pretrained backbone, built and with its weights, its published top taken off.
 *
 * @param name what the user asked for
 * @param modality what it looks at
 * @param graph without outputs; heads add theirs
 * @param endpoints what heads may use
 * @param weights of every parameter of the graph
 * @param input settings of the preprocessing
 * @param folder where files that {@code input} names lie, or null where they lie on the class path
 * @param about where it comes from: source, hash, licence
 */
public record Pretrained(
        String name,
        Modality modality,
        Graph graph,
        Endpoints endpoints,
        Weights weights,
        Config input,
        @Nullable Path folder,
        Config about) {
    /** The same with other settings of the preprocessing. */
    public Pretrained withInput(Config other) {
        return new Pretrained(name, modality, graph, endpoints, weights, other, folder, about);
    }

    /** The same with other weights. */
    public Pretrained withWeights(Weights other) {
        return new Pretrained(name, modality, graph, endpoints, other, input, folder, about);
    }

    /** The same with other words about where it comes from. */
    public Pretrained withAbout(Config other) {
        return new Pretrained(name, modality, graph, endpoints, weights, input, folder, other);
    }
}
