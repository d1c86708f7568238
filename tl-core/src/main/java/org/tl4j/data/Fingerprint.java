// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;

/**
 * SHA-256 over values, in an unambiguous notation: {@code ["ab", "c"]} and {@code ["a", "bc"]} differ.
 *
 * <p>Takes strings, numbers, booleans, enum constants, {@link HostTensor}, arrays of primitive numbers, collections in
 * their order, maps in the order of their keys' texts, optionals, and files by {@link Path}, whose contents count and
 * whose name does not. Any other type joins by implementing {@link Part}.
 */
public final class Fingerprint {
    private final MessageDigest digest;

    /** Nothing added yet. */
    public Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** A type that says itself which of its values count. */
    public interface Part {
        /** Adds every value that tells this object from an unequal one. */
        void addTo(Fingerprint fingerprint);
    }

    /** Adds a value; returns this. */
    public Fingerprint add(Object value) {
        if (value instanceof Part part) {
            tag('P', 0);
            part.addTo(this);
        } else if (value instanceof String s) {
            bytes('s', s.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof Double || value instanceof Float) {
            tag('d', Double.doubleToLongBits(((Number) value).doubleValue()));
        } else if (value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte) {
            tag('i', ((Number) value).longValue());
        } else if (value instanceof Boolean b) {
            tag('b', b ? 1 : 0);
        } else if (value instanceof Enum<?> e) {
            bytes('e', e.name().getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof HostTensor t) {
            bytes('t', t.sha256().getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof Path path) {
            file(path);
        } else if (value instanceof Optional<?> o) {
            tag('o', o.isPresent() ? 1 : 0);
            o.ifPresent(this::add);
        } else if (value instanceof Collection<?> c) {
            tag('l', c.size());
            c.forEach(this::add);
        } else if (value instanceof Map<?, ?> map) {
            tag('m', map.size());
            Map<String, Object> sorted = new TreeMap<>();
            map.forEach((k, v) -> sorted.put(String.valueOf(k), v));
            sorted.forEach((k, v) -> add(k).add(v));
        } else {
            array(value);
        }
        return this;
    }

    /** The hash of all that was added, as lower-case hexadecimal; more can be added afterwards. */
    public String sha256() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's SHA-256 can be copied", e);
        }
    }

    private void array(Object value) {
        if (value instanceof byte[] a) {
            bytes('B', a);
        } else if (value instanceof int[] a) {
            tag('I', a.length);
            for (int v : a) {
                tag('i', v);
            }
        } else if (value instanceof long[] a) {
            tag('J', a.length);
            for (long v : a) {
                tag('i', v);
            }
        } else if (value instanceof float[] a) {
            tag('F', a.length);
            for (float v : a) {
                tag('d', Double.doubleToLongBits(v));
            }
        } else if (value instanceof double[] a) {
            tag('D', a.length);
            for (double v : a) {
                tag('d', Double.doubleToLongBits(v));
            }
        } else {
            throw new UnsupportedFeatureException(
                    "A value of this type has no fingerprint.",
                    value.getClass().getName(),
                    "text, number, boolean, enum, tensor, primitive array, collection, map, path, or a Fingerprint.Part",
                    "let the type implement Fingerprint.Part");
        }
    }

    private void file(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            tag('f', Files.size(path));
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "A file of a data set cannot be read.",
                    path + " (" + e + ")",
                    "a readable file",
                    "restore the file, or take it out of the data set",
                    e);
        }
    }

    private void bytes(char kind, byte[] bytes) {
        tag(kind, bytes.length);
        digest.update(bytes);
    }

    private void tag(char kind, long value) {
        digest.update(ByteBuffer.allocate(9).put((byte) kind).putLong(value).flip());
    }
}
