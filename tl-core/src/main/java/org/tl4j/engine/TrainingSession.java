// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import java.util.Map;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * A graph that is being trained. Used by one thread; closing it frees native memory.
 *
 * <p>One training at a time in a JVM: libtorch's gradient collector is one a process, so {@link TrainingEngine#load}
 * waits until an earlier session is closed.
 */
public interface TrainingSession extends AutoCloseable {
    /**
     * Every output but the loss, in evaluation mode, for the current weights. Inputs that only the loss reads may be
     * missing.
     */
    Map<String, HostTensor> run(Map<String, HostTensor> inputs);

    /** Every output and the loss, under {@link TrainingEngine#LOSS}, in evaluation mode, by one pass. */
    Map<String, HostTensor> evaluate(Map<String, HostTensor> inputs);

    /** The loss in evaluation mode, without gradients. */
    double loss(Map<String, HostTensor> inputs);

    /**
     * Runs forward and backward once in training mode and adds to the gradients.
     *
     * @param seed of everything random in this pass: equal seeds give equal bits
     * @return the loss
     */
    double backward(Map<String, HostTensor> inputs, long seed);

    /** The Euclidean norm of each trainable parameter's gradient; a parameter that no gradient reached is left out. */
    Map<String, Double> gradientNorms();

    /**
     * Moves the parameters by their gradients and clears these.
     *
     * @param rate learning rate before each group's scale
     * @param clipNorm largest norm of all gradients together, as {@code clip_grad_norm_} does; 0 is no limit
     * @return the norm of all gradients together, before clipping
     */
    double step(double rate, double clipNorm);

    /** A copy of every parameter and buffer as they are now. */
    Weights weights();

    /** A copy of the trainable parameters' moving averages; empty if none are kept. */
    Weights averages();

    /** Replaces parameters or buffers by name; names that are not given stay as they are. */
    void set(Weights weights);

    /** A copy of all that the optimiser remembers, moving averages included, under names of its own. */
    Weights state();

    /** Puts back what {@link #state} gave: from then on, bits are equal to a session that was never interrupted. */
    void restore(Weights state);

    @Override
    void close();
}
