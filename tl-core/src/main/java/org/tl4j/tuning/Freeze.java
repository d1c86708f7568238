// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;
import org.tl4j.error.Checks;
import org.tl4j.model.Endpoints;

/** Which layers of a backbone are trained; its head always is. */
public sealed interface Freeze {
    /** The trained layers among {@code layers}, which are in depth order, input side first. */
    List<Endpoints.Layer> trained(List<Endpoints.Layer> layers);

    /** None: the head alone. */
    record HeadOnly() implements Freeze {
        @Override
        public List<Endpoints.Layer> trained(List<Endpoints.Layer> layers) {
            return List.of();
        }

        @Override
        public String toString() {
            return "head only";
        }
    }

    /** The last {@code count} layers. */
    record LastLayers(int count) implements Freeze {
        /** Checks the range. */
        public LastLayers {
            Checks.positive("count", count);
        }

        @Override
        public List<Endpoints.Layer> trained(List<Endpoints.Layer> layers) {
            return layers.subList(Math.max(0, layers.size() - count), layers.size());
        }

        @Override
        public String toString() {
            return count == 1 ? "head and last layer" : "head and last " + count + " layers";
        }
    }

    /** The first {@code count} layers, as where those alone are new: tables of users that no one has seen before. */
    record FirstLayers(int count) implements Freeze {
        /** Checks the range. */
        public FirstLayers {
            Checks.positive("count", count);
        }

        @Override
        public List<Endpoints.Layer> trained(List<Endpoints.Layer> layers) {
            return layers.subList(0, Math.min(count, layers.size()));
        }

        @Override
        public String toString() {
            return count == 1 ? "head and first layer" : "head and first " + count + " layers";
        }
    }

    /** Nothing is frozen. */
    record Nothing() implements Freeze {
        @Override
        public List<Endpoints.Layer> trained(List<Endpoints.Layer> layers) {
            return layers;
        }

        @Override
        public String toString() {
            return "all layers";
        }
    }
}
