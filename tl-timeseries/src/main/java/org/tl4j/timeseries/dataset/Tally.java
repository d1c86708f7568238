// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts what is done to many series, so that it takes one sentence to say. */
final class Tally {
    private final Map<String, Long> counts = new LinkedHashMap<>();
    private final Map<String, String> firsts = new LinkedHashMap<>();

    /** Something that is said once. */
    void add(String what, String first) {
        add(what, first, 0);
    }

    /** Something of which there are several; {@code first} says where it was met first. */
    void add(String what, String first, long count) {
        counts.merge(what, count, Long::sum);
        firsts.putIfAbsent(what, first);
    }

    List<String> notes(String file) {
        List<String> out = new ArrayList<>();
        counts.forEach((what, count) -> {
            String first = String.valueOf(firsts.get(what));
            out.add(file + ": " + (count == 0 ? "" : count + " ") + what
                    + (first.isEmpty() ? "" : count == 1 ? ": " + first : ", the first: " + first));
        });
        return out;
    }
}
