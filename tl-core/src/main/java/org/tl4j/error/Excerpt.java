// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import java.util.List;

/** The first ones of many things, for a message that has no room for all, and how many there are beside them. */
public final class Excerpt {
    private Excerpt() {}

    /** One on a line, at most so many of them. */
    public static String lines(List<String> all, int most) {
        return excerpt(all, most, "\n", "\nand ");
    }

    /** Between commas, at most so many of them. */
    public static String of(List<String> all, int most) {
        return excerpt(all, most, ", ", " and ");
    }

    private static String excerpt(List<String> all, int most, String between, String beforeRest) {
        String first = String.join(between, all.subList(0, Math.min(most, all.size())));
        return all.size() > most ? first + beforeRest + (all.size() - most) + " more" : first;
    }
}
