// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import java.util.List;
import org.tl4j.data.Fingerprint;

/**
 * What one user did, or a part of it; as the target of an example what is to be learned or to be found again.
 *
 * @param user who
 * @param interactions what was done, each item once
 * @param negatives items that stand for those the user left alone, drawn by whoever learns from pairs; else none
 */
public record History(String user, List<Interaction> interactions, List<String> negatives) implements Fingerprint.Part {
    /** Keeps copies. */
    public History {
        interactions = List.copyOf(interactions);
        negatives = List.copyOf(negatives);
    }

    /** Without negatives. */
    public History(String user, List<Interaction> interactions) {
        this(user, interactions, List.of());
    }

    /** The same with other negatives. */
    public History withNegatives(List<String> drawn) {
        return new History(user, interactions, drawn);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(user).add(interactions).add(negatives);
    }
}
