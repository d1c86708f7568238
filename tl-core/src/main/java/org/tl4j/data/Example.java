// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.Objects;

/**
 * Something to learn from, and the place it came from.
 *
 * @param input what a model sees: a text, a picture, a series
 * @param target what it should answer
 * @param source where the example stands, for messages: {@code tickets.csv line 14}
 * @param <X> kind of input
 * @param <Y> kind of target
 */
public record Example<X, Y>(X input, Y target, String source) {
    /** Refuses null once, here. */
    public Example {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(source, "source");
    }

    /** The same target and source for another input. */
    public <Z> Example<Z, Y> withInput(Z other) {
        return new Example<>(other, target, source);
    }

    /** The same input and source with another target. */
    public <Z> Example<X, Z> withTarget(Z other) {
        return new Example<>(input, other, source);
    }
}
