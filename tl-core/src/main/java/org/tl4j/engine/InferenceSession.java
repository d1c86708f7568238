// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import java.util.Map;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.TensorType;

/** A graph that is ready to answer. Safe for use by several threads at once; closing it frees native memory. */
public interface InferenceSession extends AutoCloseable {
    /** The inputs that {@link #run} takes. */
    Map<String, TensorType> inputs();

    /** The outputs that {@link #run} gives. */
    Map<String, TensorType> outputs();

    /**
     * Runs once. An input that the graph does not have is ignored, a missing one refused.
     *
     * @throws org.tl4j.error.ShapeMismatchException if an input has another type or shape than the graph takes
     */
    Map<String, HostTensor> run(Map<String, HostTensor> inputs);

    /** How many threads should {@link #run} at once to make use of the device. */
    int concurrency();

    @Override
    void close();
}
