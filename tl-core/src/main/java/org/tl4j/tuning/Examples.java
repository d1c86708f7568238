// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.Map;
import org.tl4j.tensor.HostTensor;

/**
 * Preprocessed examples with their targets, by index. An implementation may preprocess on demand: a folder of pictures
 * is never held in memory. The same index and view always give the same bits. Safe for use by several threads at once.
 *
 * @param <Y> what is learned for an example
 */
public interface Examples<Y> {
    /** The view that is the example as it is, without augmentation. */
    long PLAIN = 0;

    /**
     * An example as the graph takes it.
     *
     * @param inputs the input tensors by name, without the batch axis
     * @param target what is to be learned for it
     * @param <Y> what is learned
     */
    record Prepared<Y>(Map<String, HostTensor> inputs, Y target) {}

    /** How many there are. */
    int size();

    /** One example in one of its views; where there is no augmentation, all views are {@link #PLAIN}. */
    Prepared<Y> get(int index, long view);

    /** What is to be learned for one example as it is. */
    Y target(int index);

    /**
     * How many augmented views of each example are kept where the backbone is frozen and run once; 0 without
     * augmentation.
     */
    int views();

    /** How many are run at once where nothing is learned from them; see {@code Preprocessor.batch}. */
    default int batch(int usual) {
        return usual;
    }

    /** How long it is, for putting examples of like length into one batch; 0 where all are alike. */
    int length(int index);

    /** A hash of all that decides the tensors: the data, the preprocessing and the augmentation. */
    String fingerprint();
}
