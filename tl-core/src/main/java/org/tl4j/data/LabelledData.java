// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Labelled data as a file holds them.
 *
 * @param all every example in the file's order
 * @param parts the examples by the file's own split ({@code train}, {@code validation}, {@code test}); empty where it
 *     has none
 * @param notes what was guessed or left out, a sentence each
 * @param <X> kind of input
 * @param <Y> kind of target
 */
public record LabelledData<X, Y>(Dataset<X, Y> all, Map<String, Dataset<X, Y>> parts, List<String> notes) {
    /** Keeps copies. */
    public LabelledData {
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        notes = List.copyOf(notes);
    }
}
