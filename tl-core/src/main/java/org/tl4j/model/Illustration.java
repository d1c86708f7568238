// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.nio.file.Path;
import java.util.Map;
import org.tl4j.data.Example;

/**
 * Collects, while a model is judged, what shows people how it answers, and writes it as files. Holds no more than it
 * will show, however many examples there are.
 *
 * @param <X> an example
 * @param <Y> what was to be learned
 * @param <P> what is answered
 */
public interface Illustration<X, Y, P> {
    /** Takes an example with its answer. */
    void add(Example<X, Y> example, P answer);

    /**
     * Writes the files, each whole or not at all.
     *
     * @return what was written: the names of the files in the folder, each with a few words about it
     */
    Map<String, String> write(Path folder);
}
