// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Pretrained;
import org.tl4j.weights.Weights;

/**
 * A family's variant without published weights, for training from scratch: {@code scratch:VARIANT}, or
 * {@code scratch:VARIANT{SETTING: VALUE, ...}} with settings put over those of the variant.
 *
 * @param name as the user wrote it
 * @param variant of a family
 * @param settings put over the variant's
 */
record Untrained(String name, String variant, Config settings) {
    static final String PREFIX = "scratch:";

    static Untrained parse(String name) {
        String what = name.substring(PREFIX.length());
        int brace = what.indexOf('{');
        return brace < 0
                ? new Untrained(name, what, Config.empty())
                : new Untrained(name, what.substring(0, brace).strip(), Config.parse(name, what.substring(brace)));
    }

    /** Builds the variant; its weights start as the run's seed says. */
    Pretrained load(ClassLoader loader) {
        List<String> known = new ArrayList<>();
        for (Backbone family : Backbones.load(loader).all()) {
            for (Backbone.Variant v : family.variants()) {
                if (v.id().equals(variant)) {
                    return built(family, v);
                }
                known.add(PREFIX + v.id());
            }
        }
        throw new UnknownNameException("backbone", name, known, "`tl families` lists the variants");
    }

    private Pretrained built(Backbone family, Backbone.Variant v) {
        Graph graph = new Graph();
        Config config = v.config().with(settings);
        Endpoints endpoints = family.build(graph, config);
        Config about = Config.empty()
                .with("source", "new weights")
                .with("family", family.id())
                .with("variant", v.id())
                .with("config", config);
        return new Pretrained(
                name, family.modality(), graph, endpoints, Weights.none(), Config.empty(), null, about);
    }
}
