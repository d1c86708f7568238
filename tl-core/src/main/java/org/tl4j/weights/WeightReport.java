// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WeightMismatchException;

/**
 * What came of matching the tensors of a file to the parameters of a graph.
 *
 * @param loaded names of parameters that got their tensor
 * @param missing names of parameters that got none
 * @param unexpected names of the file that no parameter wants
 * @param misshaped parameters whose tensor has another shape: name and both shapes
 * @param renamed names of the file and what they became, where that differs
 * @param cast parameters whose tensor was of another element type: name and that type
 */
public record WeightReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<String> misshaped,
        Map<String, String> renamed,
        Map<String, String> cast) {
    private static final int SHOWN = 10;

    /** Keeps copies. */
    public WeightReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshaped = List.copyOf(misshaped);
        renamed = Collections.unmodifiableMap(new LinkedHashMap<>(renamed));
        cast = Collections.unmodifiableMap(new LinkedHashMap<>(cast));
    }

    /** Fails if a parameter is missing or misshaped, or, unless they are allowed, if a name is unexpected. */
    public WeightReport orThrow(boolean allowUnexpected) {
        if (missing.isEmpty() && misshaped.isEmpty() && (allowUnexpected || unexpected.isEmpty())) {
            return this;
        }
        List<String> hints = new ArrayList<>();
        for (String name : missing.subList(0, Math.min(3, missing.size()))) {
            List<String> near = UnknownNameException.nearest(name, unexpected, 1);
            if (!near.isEmpty()) {
                hints.add("is '" + near.get(0) + "' the missing '" + name + "'?");
            }
        }
        throw new WeightMismatchException(
                "The weights do not fit the network.",
                this,
                "a tensor of the right shape for each of " + (loaded.size() + missing.size() + misshaped.size())
                        + " parameters",
                "choose the variant that the weights were made for, or rename them with a WeightMapping"
                        + (hints.isEmpty() ? "" : "; " + String.join(" ", hints)));
    }

    /** All lists with their lengths and their first entries. */
    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(loaded.size() + " loaded");
        append(s, "missing", missing);
        append(s, "misshaped", misshaped);
        append(s, "unexpected", unexpected);
        return s.toString();
    }

    private static void append(StringBuilder s, String what, List<String> names) {
        if (!names.isEmpty()) {
            s.append('\n').append(names.size()).append(' ').append(what).append(": ");
            s.append(String.join(", ", names.subList(0, Math.min(SHOWN, names.size()))));
            s.append(names.size() > SHOWN ? ", ..." : "");
        }
    }
}
