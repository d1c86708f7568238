// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * Where sound comes from. Data sets hold sources and not sound, so that hours of it are never in memory; each is
 * decoded when its turn comes.
 */
public sealed interface AudioSource extends Fingerprint.Part {
    /** What people call it: its path, or the name it was given. */
    String name();

    /**
     * The sound at its own rate, its channels averaged.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws CorruptFileException if it is empty, cut short or damaged
     * @throws InvalidDataException if it has no samples
     * @throws UnsupportedFeatureException if it is of a format or a coding that is not read
     */
    Waveform read();

    /** A WAV file: PCM of 8, 16, 24 or 32 bits, or floats, of any number of channels. */
    static AudioSource file(Path path) {
        return new File(path);
    }

    /** A WAV file by its path as a user typed it. */
    static AudioSource parse(String path) {
        try {
            return file(Path.of(path));
        } catch (InvalidPathException e) {
            throw new InvalidArgumentException(
                    "Sound is named by its path.", path, "the path of a WAV file", "correct the path", e);
        }
    }

    /** The bytes of a WAV file, which are copied; {@code name} is for errors. */
    static AudioSource bytes(String name, byte[] bytes) {
        return new Encoded(name, bytes);
    }

    /** Sound that is decoded already, as from a microphone; {@code name} is for errors. */
    static AudioSource of(String name, Waveform waveform) {
        return new Decoded(name, waveform);
    }

    /**
     * A WAV file.
     *
     * @param path where it lies
     */
    record File(Path path) implements AudioSource {
        private static final long MAX_BYTES = 1L << 30;

        @Override
        public String name() {
            return path.toString();
        }

        @Override
        public Waveform read() {
            if (!Files.isRegularFile(path)) {
                throw new MissingArtifactException(
                        "There is no sound '" + path + "'.",
                        Files.isDirectory(path) ? "a folder" : "nothing there",
                        "a WAV file",
                        "check the path");
            }
            WavDecoder decoder = new WavDecoder(name());
            try {
                try (InputStream in = Files.newInputStream(path)) {
                    decoder.requireWav(in.readNBytes(AudioFormat.SIGNATURE));
                }
                long size = Files.size(path);
                if (size > MAX_BYTES) {
                    throw new UnsupportedFeatureException(
                            "'" + path + "' is too large to be read.",
                            size + " bytes",
                            "at most " + MAX_BYTES + " bytes",
                            "cut it into pieces");
                }
                return decoder.decode(Files.readAllBytes(path));
            } catch (IOException e) {
                throw new CorruptFileException(
                        "'" + path + "' cannot be read.",
                        e.getClass().getSimpleName() + ": " + e.getMessage(),
                        "a readable file",
                        "check the disk and the permissions",
                        e);
            }
        }

        /** The contents count, the name does not. */
        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(path);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /** The bytes of a WAV file. */
    final class Encoded implements AudioSource {
        private final String name;
        private final byte[] bytes;

        private Encoded(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes.clone();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Waveform read() {
            return new WavDecoder(name).decode(bytes);
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(bytes);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Encoded e && name.equals(e.name) && Arrays.equals(bytes, e.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Sound that is decoded already.
     *
     * @param name for errors
     * @param waveform the samples
     */
    record Decoded(String name, Waveform waveform) implements AudioSource {
        @Override
        public Waveform read() {
            return waveform;
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(waveform);
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
