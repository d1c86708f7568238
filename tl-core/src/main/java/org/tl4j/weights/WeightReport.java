// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.ArrayList;
import java.util.Collection;
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
 * @param misshaped parameters whose tensor has another shape or type: name and both types
 * @param renamed names of the file and what they became, where that differs
 * @param cast parameters whose tensor was of another element type: name and both types
 */
public record WeightReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<String> misshaped,
        Map<String, String> renamed,
        Map<String, String> cast) {
    private static final int SHOWN = 10;
    private static final int HINTS = 3;

    /** Keeps copies. */
    public WeightReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshaped = List.copyOf(misshaped);
        renamed = Collections.unmodifiableMap(new LinkedHashMap<>(renamed));
        cast = Collections.unmodifiableMap(new LinkedHashMap<>(cast));
    }

    /**
     * This report, if every parameter got its tensor and every name of the file has its use.
     *
     * @throws WeightMismatchException with the whole report otherwise
     */
    public WeightReport orThrow() {
        return orThrow(unexpected.isEmpty());
    }

    /**
     * This report, if every parameter got its tensor.
     *
     * @throws WeightMismatchException with the whole report otherwise
     */
    public WeightReport orThrowAllowingUnexpected() {
        return orThrow(true);
    }

    private WeightReport orThrow(boolean isUsed) {
        if (missing.isEmpty() && misshaped.isEmpty() && isUsed) {
            return this;
        }
        int parameters = loaded.size() + missing.size() + misshaped.size();
        throw new WeightMismatchException(
                "The weights do not fit the network.",
                this,
                "a tensor of the right shape for each of " + parameters + " parameters"
                        + (isUsed ? "" : ", and no others"),
                "choose the variant that the weights were made for, or rename them with a WeightMapping" + hints());
    }

    /** The names of the file that come nearest to missing ones. */
    private String hints() {
        StringBuilder hints = new StringBuilder();
        for (String name : missing.subList(0, Math.min(HINTS, missing.size()))) {
            for (String near : UnknownNameException.nearest(name, unexpected, 1)) {
                hints.append("\nis '")
                        .append(near)
                        .append("' the missing '")
                        .append(name)
                        .append("'?");
            }
        }
        return hints.toString();
    }

    /** All lists with their lengths and their first entries, one list under the other. */
    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(loaded.size() + " loaded");
        append(s, "missing", missing);
        append(s, "misshaped", misshaped);
        append(s, "unexpected", unexpected);
        append(s, "renamed", pairs(renamed, " to "));
        append(s, "cast", pairs(cast, " from "));
        return s.toString();
    }

    private static List<String> pairs(Map<String, String> map, String between) {
        List<String> pairs = new ArrayList<>();
        map.forEach((a, b) -> pairs.add(a + between + b));
        return pairs;
    }

    private static void append(StringBuilder s, String what, Collection<String> names) {
        if (names.isEmpty()) {
            return;
        }
        s.append('\n').append(names.size()).append(' ').append(what).append(':');
        names.stream().limit(SHOWN).forEach(n -> s.append("\n  ").append(n));
        if (names.size() > SHOWN) {
            s.append("\n  and ").append(names.size() - SHOWN).append(" more");
        }
    }
}
