// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same classes once more, in a class path on which there is no engine: whatever reaches for ONNX Runtime, DJL or
 * libtorch here fails as it would for a user who only lists what there is.
 */
final class EngineFree extends ClassLoader {
    private static final List<String> ENGINES = List.of("ai.onnxruntime.", "ai.djl.");

    private final ClassLoader classes;

    EngineFree(ClassLoader classes) {
        super(ClassLoader.getPlatformClassLoader());
        this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (ENGINES.stream().anyMatch(name::startsWith)) {
            throw new ClassNotFoundException(name + " (engines are kept away here)");
        }
        try (InputStream in = classes.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected @Nullable URL findResource(String name) {
        return classes.getResource(name);
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
        return classes.getResources(name);
    }
}
