// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tl4j.tensor.HostTensor;

/**
 * Brings an example into the very format that a backbone was trained on. Safe for use by several threads at once.
 *
 * @param <X> an example: a text, an image
 */
public interface Preprocessor<X> extends AutoCloseable {
    /** The input tensors of one example by name, without the batch axis: {@code input_ids i64[L]}. */
    Map<String, HostTensor> encode(X example);

    /** As {@link #encode}, for many examples in their order; overridden where that is faster, as on all cores. */
    default List<Map<String, HostTensor>> encodeAll(List<X> examples) {
        return examples.stream().map(this::encode).toList();
    }

    /**
     * Whether encoded examples are so small that those of a whole data set are held in memory: token ids are, pictures
     * are not.
     */
    default boolean isCheapToKeep() {
        return false;
    }

    /**
     * How many examples are run at once where nothing is learned from them; fewer than usual where they are large, so
     * that memory does not depend on how large they are.
     *
     * @param usual for examples of the size that is common in the field
     */
    default int batch(int usual) {
        return usual;
    }

    /** What a shorter example of a batch is filled up with, by input name; 0 where nothing is named. */
    Map<String, Double> padding();

    /** The settings, from which {@link Head#preprocessor} makes an equal one. */
    Config config();

    /** Writes the files that {@link #config} refers to (a vocabulary) into the folder of a model. */
    void saveFiles(Path folder) throws IOException;

    @Override
    void close();
}
