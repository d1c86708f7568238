// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import org.tl4j.data.Fingerprint;

/**
 * What a user did with an item.
 *
 * @param item as the data write it
 * @param rating what the user gave it; 1 where the data have no ratings
 * @param time seconds since 1970, or the row's number where the data have no times
 */
public record Interaction(String item, float rating, long time) implements Fingerprint.Part {
    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(item).add(rating).add(time);
    }
}
