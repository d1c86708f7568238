// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import org.tl4j.hub.Hub;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;

/** Where a backbone comes from; every call builds it anew, as heads add their nodes to its graph. */
@FunctionalInterface
public interface BackboneSource {
    /**
     * Builds the backbone and loads its weights.
     *
     * @param modality of the task, for sources that do not tell theirs
     * @param loader where families and presets are looked for
     * @param hub fetches what is not on this machine
     */
    Pretrained load(Modality modality, ClassLoader loader, Hub hub);
}
