// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.List;
import java.util.Locale;

/**
 * What the examination of a data set found.
 *
 * @param severity how bad it is
 * @param check the name of the check, for scripts: {@code duplicates-across-parts}
 * @param sentence what was found
 * @param places the examples it was found at, with what stands there
 * @param advice what to do about it; empty where there is nothing to do
 */
public record Finding(Severity severity, String check, String sentence, List<String> places, String advice) {
    private static final int SHOWN = 8;

    /** How bad a finding is. */
    public enum Severity {
        /** Figures measured with these data mislead, or training fails. */
        PROBLEM,
        /** Worth a look. */
        WARNING,
        /** Nothing is wrong. */
        NOTE
    }

    /** Keeps a copy. */
    public Finding {
        places = List.copyOf(places);
    }

    /** Nothing is wrong. */
    public static Finding note(String check, String sentence) {
        return new Finding(Severity.NOTE, check, sentence, List.of(), "");
    }

    /** For people: the sentence, the first places, the advice. */
    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(
                String.format(Locale.ROOT, "%-7s  %s", severity.toString().toLowerCase(Locale.ROOT), sentence));
        for (String place : places.subList(0, Math.min(SHOWN, places.size()))) {
            s.append("\n           ").append(place);
        }
        if (places.size() > SHOWN) {
            s.append("\n           and ").append(places.size() - SHOWN).append(" more");
        }
        if (!advice.isEmpty()) {
            s.append("\n         -> ").append(advice);
        }
        return s.toString();
    }
}
