// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Collection;
import java.util.List;

/** The backbones on a class path. Immutable. */
public final class Backbones {
    private final Providers<Backbone> providers;

    private Backbones(Providers<Backbone> providers) {
        this.providers = providers;
    }

    /** Those that the context class loader of this thread sees. */
    public static Backbones installed() {
        return load(Providers.contextLoader());
    }

    /** Those that a class loader sees. */
    public static Backbones load(ClassLoader loader) {
        return new Backbones(Providers.load("backbone", Backbone.class, Backbone::id, loader));
    }

    /** All, by name. */
    public Collection<Backbone> all() {
        return providers.all();
    }

    /** What could not be loaded, one message a provider; the others work. */
    public List<String> problems() {
        return providers.problems();
    }

    /** The family of that name. */
    public Backbone get(String id) {
        return providers.get(
                id,
                "add the artefact that holds it (tl-nlp, tl-vision, tl-speech, tl-timeseries ...) to the class path; `tl families` lists what is there");
    }
}
