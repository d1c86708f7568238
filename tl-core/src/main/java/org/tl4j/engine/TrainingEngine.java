// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import java.util.List;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.weights.Weights;

/** Makes sessions that learn. */
public interface TrainingEngine {
    /** The output of a graph that is minimised: {@code f32[]}. */
    String LOSS = "loss";

    /**
     * How a session learns.
     *
     * @param groups the trainable parameters; every other one is frozen, and a batch normalisation whose weight is
     *     frozen uses and keeps its running statistics in training, too
     * @param optimizer the rule of the update
     * @param averaging decay of the exponential moving average that is kept of trainable parameters; 0 keeps none. As
     *     {@code torch.optim.swa_utils.AveragedModel} does, it begins with the parameters after the first step, so that
     *     a new head's random start has no part in it
     * @param device where it runs
     */
    record Options(List<ParameterGroup> groups, Optimizer optimizer, double averaging, Device device) {
        /** Keeps a copy and checks the ranges. */
        public Options {
            groups = List.copyOf(groups);
            Checks.between("averaging", averaging, 0, 0.999999);
        }
    }

    /**
     * Refuses at once what {@link #load} would refuse after the work before it.
     *
     * @throws org.tl4j.error.MissingArtifactException if libtorch or the device is not there
     */
    void require(Device device);

    /**
     * Loads a graph that has an output {@value #LOSS}.
     *
     * @throws org.tl4j.error.WeightMismatchException if a parameter of the graph has no weights
     * @throws org.tl4j.error.MissingArtifactException if libtorch or the device is not there
     */
    TrainingSession load(Graph graph, Weights weights, Options options);
}
