// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;

/** Reads published files by their source: {@code classpath:NAME}, {@code file:PATH}. */
public final class Hub {
    private static final String CLASSPATH = "classpath:";
    private static final String FILE = "file:";

    private Hub() {}

    /**
     * Reads a file whole and checks its hash.
     *
     * @param source such as {@code classpath:all-minilm-l6-v2.onnx}
     * @param sha256 of the file in hexadecimal, or empty where none is known
     * @param artefact the Maven artefact that holds a {@code classpath:} source, for the error; may be empty
     * @param loader that sees the artefact
     * @throws MissingArtifactException if it is not there
     * @throws CorruptFileException if its hash is another one
     */
    public static byte[] read(String source, String sha256, String artefact, ClassLoader loader) {
        byte[] bytes = bytes(source, artefact, loader);
        String found = sha256(bytes);
        if (!sha256.isEmpty() && !sha256.equals(found)) {
            throw new CorruptFileException(
                    "'" + source + "' is not the file that was published.",
                    "sha256 " + found + " of " + bytes.length + " bytes",
                    "sha256 " + sha256,
                    artefact.isEmpty() ? "restore the file" : "use version " + artefact);
        }
        return bytes;
    }

    private static byte[] bytes(String source, String artefact, ClassLoader loader) {
        try {
            if (source.startsWith(CLASSPATH)) {
                String name = source.substring(CLASSPATH.length());
                try (InputStream in = loader.getResourceAsStream(name)) {
                    if (in == null) {
                        throw new MissingArtifactException(
                                "'" + name + "' is not on the class path.",
                                "no such resource",
                                artefact.isEmpty() ? "an artefact that holds it" : "the artefact " + artefact,
                                artefact.isEmpty()
                                        ? "add the artefact that holds it"
                                        : "add the dependency " + artefact + " (its own dependencies are not needed)");
                    }
                    return in.readAllBytes();
                }
            }
            if (source.startsWith(FILE)) {
                Path path = Path.of(source.substring(FILE.length()));
                if (!Files.isRegularFile(path)) {
                    throw new MissingArtifactException(
                            "There is no file '" + path + "'.", "nothing there", "a readable file", "check the path");
                }
                return Files.readAllBytes(path);
            }
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + source + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a readable file",
                    "check the disk and the permissions",
                    e);
        }
        int colon = source.indexOf(':');
        String scheme = colon < 0 ? source : source.substring(0, colon);
        if (List.of("hf", "http", "https").contains(scheme)) {
            throw new UnsupportedFeatureException(
                    "This version does not download.",
                    source,
                    "classpath:NAME or file:PATH",
                    "download the files yourself and name their folder");
        }
        throw new UnknownNameException(
                "kind of source", scheme, List.of("classpath", "file"), "write classpath:NAME or file:PATH");
    }

    /** SHA-256 as lower-case hexadecimal. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** SHA-256 of a file, which is never in memory as a whole. */
    public static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        byte[] part = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                digest.update(part, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
