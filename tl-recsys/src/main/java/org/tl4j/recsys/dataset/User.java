// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import org.tl4j.data.Fingerprint;

/**
 * Somebody to recommend to.
 *
 * @param id as the data write it
 */
public record User(String id) implements Fingerprint.Part {
    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(id);
    }
}
