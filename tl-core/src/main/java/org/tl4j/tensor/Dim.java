// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import org.tl4j.error.InvalidArgumentException;

/**
 * One axis of a shape: a number, a name that stands for the same number wherever it occurs, or unknown.
 *
 * @param size the length, or -1 where only the run knows it
 * @param name the symbol ({@code N}, {@code L}), {@code ?} for unknown, or empty when the length is known
 */
public record Dim(long size, String name) {
    /** A length that nothing is known about. */
    public static final Dim ANY = new Dim(-1, "?");

    /** Refuses a negative length and a symbol that has a length. */
    public Dim {
        if (size < -1 || (size >= 0) != name.isEmpty()) {
            throw new InvalidArgumentException(
                    "A dimension is a length or a name.",
                    size + " '" + name + "'",
                    "a length of at least 0, or a name",
                    "use Dim.of(length) or Dim.named(name)");
        }
    }

    /** A known length. */
    public static Dim of(long size) {
        return new Dim(size, "");
    }

    /** A length that a run knows under this name. */
    public static Dim named(String name) {
        return new Dim(-1, name);
    }

    /** Whether the length is a number. */
    public boolean isFixed() {
        return size >= 0;
    }

    /** Whether the length has a name, so that two such axes are known to agree. */
    public boolean isNamed() {
        return size < 0 && !name.equals("?");
    }

    /** Whether a run may find the two lengths equal. */
    public boolean mayEqual(Dim other) {
        return !isFixed() || !other.isFixed() || size == other.size;
    }

    @Override
    public String toString() {
        return isFixed() ? Long.toString(size) : name;
    }
}
