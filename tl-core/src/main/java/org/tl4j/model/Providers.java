// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Function;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;

/**
 * The providers of one SPI that a class loader sees, by name. A name claimed twice is an error that names both classes
 * and where they lie; a provider that cannot be loaded is reported, and the others work.
 *
 * @param <T> the SPI
 */
public final class Providers<T> {
    private final String kind;
    private final Map<String, T> byName;
    private final List<String> problems;

    private Providers(String kind, Map<String, T> byName, List<String> problems) {
        this.kind = kind;
        this.byName = Collections.unmodifiableMap(byName);
        this.problems = List.copyOf(problems);
    }

    /** Loads the providers of {@code spi}; {@code kind} names them in errors. */
    public static <T> Providers<T> load(String kind, Class<T> spi, Function<T, String> name, ClassLoader loader) {
        Map<String, T> found = new TreeMap<>();
        List<String> problems = new ArrayList<>();
        Iterator<T> services = ServiceLoader.load(spi, loader).iterator();
        while (true) {
            try {
                if (!services.hasNext()) {
                    break;
                }
                T provider = services.next();
                T clash = found.putIfAbsent(name.apply(provider), provider);
                if (clash != null) {
                    throw new InvalidArgumentException(
                            "Two providers claim the " + kind + " '" + name.apply(provider) + "'.",
                            where(clash) + " and " + where(provider),
                            "one provider a name",
                            "take one of the two artefacts off the class path");
                }
            } catch (ServiceConfigurationError | LinkageError e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        return new Providers<>(kind, found, problems);
    }

    /** The loader by which providers are looked for: the thread's, or the one of TL4J where the thread has none. */
    public static ClassLoader contextLoader() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        return loader == null ? Providers.class.getClassLoader() : loader;
    }

    /** All, by name. */
    public Collection<T> all() {
        return byName.values();
    }

    /** What could not be loaded. */
    public List<String> problems() {
        return problems;
    }

    /** The provider of that name, or an error with the nearest names and {@code fix}. */
    public T get(String name, String fix) {
        T found = byName.get(name);
        if (found == null) {
            throw new UnknownNameException(
                    kind,
                    name,
                    byName.keySet(),
                    problems.isEmpty() ? fix : fix + "; could not be loaded: " + String.join("; ", problems));
        }
        return found;
    }

    private static String where(Object provider) {
        CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
        return provider.getClass().getName() + " in " + (source == null ? "the platform" : source.getLocation());
    }
}
