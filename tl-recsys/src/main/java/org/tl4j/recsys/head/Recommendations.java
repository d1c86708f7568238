// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tl4j.model.Config;

/**
 * Items for a user, the best first; none that the user had.
 *
 * @param user whom they are for; empty where it was not said
 * @param entries at most {@value #MOST}
 */
public record Recommendations(String user, List<Entry> entries) {
    /** As many are kept. */
    public static final int MOST = 1000;

    private static final int SHOWN = 10;

    /**
     * An item.
     *
     * @param item its id
     * @param score the higher, the better; comparable within one user only, unless it is a rating
     */
    public record Entry(String item, double score) {}

    /** Keeps a copy. */
    public Recommendations {
        entries = List.copyOf(entries);
    }

    /** The same for somebody. */
    public Recommendations named(String who) {
        return new Recommendations(who, entries);
    }

    /** The first so many. */
    public Recommendations top(int count) {
        return new Recommendations(user, entries.subList(0, Math.min(count, entries.size())));
    }

    /** For scripts: the first {@value #SHOWN}. */
    public Config describe() {
        return Config.empty()
                .with(
                        "items",
                        top(SHOWN).entries.stream()
                                .<Object>map(e -> Config.empty()
                                        .with("item", e.item())
                                        .with("score", e.score())
                                        .toJson())
                                .toList());
    }

    /** For people: the first {@value #SHOWN}, in one line. */
    public String render() {
        return top(SHOWN).entries.stream()
                .map(e -> String.format(Locale.ROOT, "%s (%.4g)", e.item(), e.score()))
                .collect(Collectors.joining(", "));
    }
}
