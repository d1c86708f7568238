// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.graph.Value;
import org.tl4j.model.Endpoints;

/** Collects what blocks give, and keeps the last of each stride. */
final class FeatureMaps {
    private final List<Endpoints.FeatureMap> maps = new ArrayList<>();

    /** Adds what a block gives. */
    FeatureMaps add(Value value, int stride) {
        if (!maps.isEmpty() && maps.get(maps.size() - 1).stride() == stride) {
            maps.remove(maps.size() - 1);
        }
        maps.add(new Endpoints.FeatureMap(value, stride, (int) value.shape().size(1)));
        return this;
    }

    /** The last map of each stride, finest first. */
    List<Endpoints.FeatureMap> all() {
        return List.copyOf(maps);
    }

    /** The last map. */
    Endpoints.FeatureMap last() {
        return maps.get(maps.size() - 1);
    }
}
