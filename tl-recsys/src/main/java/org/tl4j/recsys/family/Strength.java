// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.family;

import java.util.Locale;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidDataException;
import org.tl4j.recsys.dataset.InteractionMatrix;

/** How much an interaction says of a user's liking, where a rating is not what is predicted. */
public enum Strength {
    /** Each as much as any other. */
    ONE,
    /** In proportion to its rating, or count. */
    RATING;

    /** The one of that name. */
    public static Strength named(String name) {
        return Choice.of(Strength.class, "strength", name, "choose one of these");
    }

    /**
     * The strength of every entry.
     *
     * @throws InvalidDataException if it is not above 0
     */
    public float[] of(InteractionMatrix ratings) {
        float[] strengths = new float[ratings.size()];
        for (int k = 0; k < strengths.length; k++) {
            strengths[k] = this == ONE ? 1 : ratings.value(k);
            if (!(strengths[k] > 0)) {
                throw new InvalidDataException(
                        "An interaction of no strength says nothing.",
                        String.format(Locale.ROOT, "a rating of %s", strengths[k]),
                        "ratings above 0",
                        "leave such rows out (--set positive-from=1), or use --set strength=one");
            }
        }
        return strengths;
    }

    @Override
    public String toString() {
        return Choice.name(this);
    }
}
