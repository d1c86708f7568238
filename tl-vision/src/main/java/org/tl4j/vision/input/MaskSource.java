// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.nio.file.Path;
import java.util.List;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;

/** Where a mask comes from; as with {@link ImageSource}, it is read when its turn comes. */
public sealed interface MaskSource extends Fingerprint.Part {
    /** What people call it: its path, or the name it was given. */
    String name();

    /**
     * The mask.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws CorruptFileException if it is damaged or no image
     * @throws InvalidDataException if it holds a number or colour that stands for no class
     */
    Mask read();

    /** An image file whose pixels stand for classes. */
    static MaskSource file(Path path, MaskCodes codes) {
        return new File(path, codes);
    }

    /** A mask that is there already; {@code name} is for errors. */
    static MaskSource of(String name, Mask mask) {
        return new Decoded(name, mask);
    }

    /** A mask that is drawn: class 0, and over it one region after the other; {@code name} is for errors. */
    static MaskSource drawn(String name, int width, int height, List<Region> regions) {
        return new Drawn(name, width, height, regions);
    }

    /**
     * An image file whose pixels stand for classes.
     *
     * @param path where it lies
     * @param codes what its pixels stand for
     */
    record File(Path path, MaskCodes codes) implements MaskSource {
        @Override
        public String name() {
            return path.toString();
        }

        @Override
        public Mask read() {
            return MaskDecoder.decode(path, codes);
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(path).add(codes);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /**
     * A mask that is there already.
     *
     * @param name for errors
     * @param mask the classes
     */
    record Decoded(String name, Mask mask) implements MaskSource {
        @Override
        public Mask read() {
            return mask;
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(mask);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A mask that is drawn.
     *
     * @param name for errors
     * @param width columns of pixels
     * @param height rows of pixels
     * @param regions painted one over the other
     */
    record Drawn(String name, int width, int height, List<Region> regions) implements MaskSource {
        /** Keeps a copy. */
        public Drawn {
            regions = List.copyOf(regions);
        }

        @Override
        public Mask read() {
            short[] classes = new short[Math.multiplyExact(width, height)];
            regions.forEach(r -> r.paint(classes, width, height));
            return Mask.over(width, height, classes);
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(width).add(height).add(regions);
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
