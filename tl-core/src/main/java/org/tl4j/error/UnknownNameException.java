// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A name that nobody declared; the nearest declared names are part of the message. */
public final class UnknownNameException extends TlException {
    private static final long serialVersionUID = 1L;

    /**
     * @param kind what the name should have named, such as {@code backbone}
     * @param name the name as it was given
     * @param known every name that would have been accepted
     * @param fix what else could help, such as the artefact to add or the command that lists the names
     */
    public UnknownNameException(String kind, String name, Collection<String> known, String fix) {
        super("Unknown " + kind + " '" + name + "'.", "'" + name + "'", expectation(name, known), fix);
    }

    private static String expectation(String name, Collection<String> known) {
        if (known.isEmpty()) {
            return "a declared name, but none is declared on this class path";
        }
        List<String> near = nearest(name, known, 3);
        String all = known.size() <= 12
                ? "one of " + String.join(", ", known.stream().sorted().toList())
                : "one of " + known.size() + " names";
        return near.isEmpty() ? all : "perhaps " + String.join(", ", near) + " (" + all + ")";
    }

    /** The known names closest to {@code name} by edit distance, best first, none that is wholly different. */
    public static List<String> nearest(String name, Collection<String> known, int most) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return known.stream()
                .filter(k -> closeness(wanted, k.toLowerCase(Locale.ROOT)) <= Math.max(2, wanted.length() / 2))
                .sorted(Comparator.<String>comparingInt(k -> closeness(wanted, k.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(most)
                .toList();
    }

    /** Edit distance, but a name that contains the other counts as near whatever its length. */
    private static int closeness(String a, String b) {
        if (a.length() >= 3 && (b.contains(a) || a.contains(b))) {
            return 1;
        }
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitute = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substitute, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
