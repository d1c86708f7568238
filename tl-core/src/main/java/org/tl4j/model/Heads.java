// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Collection;
import java.util.List;

/** The tasks on a class path. Immutable. */
public final class Heads {
    @SuppressWarnings("rawtypes")
    private final Providers<Head> providers;

    @SuppressWarnings("rawtypes")
    private Heads(Providers<Head> providers) {
        this.providers = providers;
    }

    /** Those that the context class loader of this thread sees. */
    public static Heads installed() {
        return load(Providers.contextLoader());
    }

    /** Those that a class loader sees. */
    public static Heads load(ClassLoader loader) {
        return new Heads(Providers.load("task", Head.class, h -> h.task(), loader));
    }

    /** All, by name. */
    public Collection<? extends Head<?, ?, ?>> all() {
        return providers.all().stream().<Head<?, ?, ?>>map(h -> h).toList();
    }

    /** What could not be loaded, one message a provider; the others work. */
    public List<String> problems() {
        return providers.problems();
    }

    /** The task of that name. */
    public Head<?, ?, ?> get(String task) {
        return providers.get(
                task,
                "add the artefact that holds it (tl-nlp, tl-vision, ...) to the class path; `tl families` lists what is there");
    }
}
