// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.Map;
import org.tl4j.tensor.HostTensor;

/**
 * Preprocessed examples with their targets, by index. An implementation may preprocess on demand: a folder of pictures
 * is never held in memory. The same index always gives the same bits. Safe for use by several threads at once.
 *
 * @param <Y> what is learned for an example
 */
public interface Examples<Y> {
    /** How many there are. */
    int size();

    /** The input tensors of one example, without the batch axis. */
    Map<String, HostTensor> inputs(int index);

    /** What is to be learned for it. */
    Y target(int index);

    /** How long it is, for putting examples of like length into one batch; 0 where all are alike. */
    int length(int index);

    /** A hash of all that decides the tensors: the data and the preprocessing. */
    String fingerprint();
}
