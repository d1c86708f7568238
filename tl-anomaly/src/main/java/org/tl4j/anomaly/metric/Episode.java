// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.error.InvalidArgumentException;

/**
 * A stretch of a series that is anomalous.
 *
 * @param first its first row
 * @param last its last row, which is part of it
 */
public record Episode(int first, int last) {
    /** Checks the order. */
    public Episode {
        if (first < 0 || last < first) {
            throw new InvalidArgumentException(
                    "That is no stretch of a series.",
                    "rows " + first + " to " + last,
                    "a first row of at least 0, and a last one that is not before it",
                    "put the ends in order");
        }
    }

    /** How many rows it has. */
    public int length() {
        return last - first + 1;
    }

    /** The runs of rows that are anomalous, in their order. */
    public static List<Episode> of(boolean[] anomalous) {
        List<Episode> all = new ArrayList<>();
        for (int i = 0; i < anomalous.length; i++) {
            if (anomalous[i]) {
                int first = i;
                while (i + 1 < anomalous.length && anomalous[i + 1]) {
                    i++;
                }
                all.add(new Episode(first, i));
            }
        }
        return all;
    }
}
