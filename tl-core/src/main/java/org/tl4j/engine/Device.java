// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import java.util.List;
import java.util.Locale;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;

/**
 * Where a graph runs.
 *
 * @param kind CPU or CUDA
 * @param index which of several
 */
public record Device(Kind kind, int index) {
    /** The kinds of device. */
    public enum Kind {
        CPU,
        CUDA
    }

    /** The processor. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** Reads {@code cpu}, {@code cuda} or {@code cuda:1}. */
    public static Device parse(String text) {
        String t = text.strip().toLowerCase(Locale.ROOT);
        if (t.equals("cpu")) {
            return CPU;
        }
        if (t.equals("cuda")) {
            return new Device(Kind.CUDA, 0);
        }
        if (t.startsWith("cuda:")) {
            try {
                return new Device(Kind.CUDA, Integer.parseUnsignedInt(t.substring(5)));
            } catch (NumberFormatException e) {
                throw new InvalidArgumentException(
                        "The CUDA device has no number.",
                        text,
                        "cuda:0, cuda:1, ...",
                        "write 'cuda' for the first one",
                        e);
            }
        }
        throw new UnknownNameException(
                "device", text, List.of("cpu", "cuda", "cuda:0"), "write --device cpu or --device cuda");
    }

    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + index;
    }
}
