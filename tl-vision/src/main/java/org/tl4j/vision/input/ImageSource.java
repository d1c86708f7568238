// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.Checks;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * Where an image comes from. Data sets hold sources and not images, so that a folder of 50,000 of them is never in
 * memory; each is decoded when its turn comes.
 */
public sealed interface ImageSource extends Fingerprint.Part {
    /** The largest image that is decoded unless more is allowed; larger ones are mostly decompression bombs. */
    long MAX_PIXELS = 89_478_485;

    /** What people call it: its path, or the name it was given. */
    String name();

    /**
     * The upright image.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws CorruptFileException if it is empty, cut short, damaged or no image at all
     * @throws UnsupportedFeatureException if it is of a format that is not read, or has too many pixels
     */
    Image read();

    /** The size of the image, without its pixels where a file says it before them; the errors are those of reading. */
    default Size size() {
        Image image = read();
        return new Size(image.width(), image.height());
    }

    /**
     * The size of an upright image.
     *
     * @param width in pixels
     * @param height in pixels
     */
    record Size(int width, int height) {}

    /** An image file: JPEG, PNG, WebP, BMP or GIF, of which the first frame counts. */
    static ImageSource file(Path path) {
        return new File(path, MAX_PIXELS);
    }

    /** An image file by its path as a user typed it. */
    static ImageSource parse(String path) {
        try {
            return file(Path.of(path));
        } catch (InvalidPathException e) {
            throw new InvalidArgumentException(
                    "An image is named by its path.", path, "the path of an image file", "correct the path", e);
        }
    }

    /** An image file that may have that many pixels. */
    static ImageSource file(Path path, long maxPixels) {
        return new File(path, maxPixels);
    }

    /** The bytes of an image file, which are copied; {@code name} is for errors. */
    static ImageSource bytes(String name, byte[] bytes) {
        return bytes(name, bytes, MAX_PIXELS);
    }

    /** The bytes of an image file that may have that many pixels. */
    static ImageSource bytes(String name, byte[] bytes, long maxPixels) {
        return new Encoded(name, bytes, maxPixels);
    }

    /** A decoded image; {@code name} is for errors. */
    static ImageSource of(String name, Image image) {
        return new Decoded(name, image);
    }

    /**
     * An image file.
     *
     * @param path where it lies
     * @param maxPixels above which it is refused before it is decoded
     */
    record File(Path path, long maxPixels) implements ImageSource {
        private static final long MAX_BYTES = 1L << 30;

        /** Checks the limit. */
        public File {
            Checks.positive("maxPixels", (double) maxPixels);
        }

        @Override
        public String name() {
            return path.toString();
        }

        @Override
        public Image read() {
            return new ImageDecoder(name(), maxPixels).decode(contents());
        }

        @Override
        public Size size() {
            return new ImageDecoder(name(), maxPixels).size(contents());
        }

        /** The bytes of the file, once its beginning has turned out to be that of an image. */
        byte[] contents() {
            if (!Files.isRegularFile(path)) {
                throw new MissingArtifactException(
                        "There is no image '" + path + "'.",
                        Files.isDirectory(path) ? "a folder" : "nothing there",
                        "a JPEG, PNG, WebP, BMP or GIF file",
                        "check the path");
            }
            try {
                try (InputStream in = Files.newInputStream(path)) {
                    new ImageDecoder(name(), maxPixels).format(in.readNBytes(ImageFormat.SIGNATURE));
                }
                long size = Files.size(path);
                if (size > MAX_BYTES) {
                    throw new UnsupportedFeatureException(
                            "'" + path + "' is too large to be read.",
                            size + " bytes",
                            "at most " + MAX_BYTES + " bytes",
                            "compress it, or scale it down");
                }
                return Files.readAllBytes(path);
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

    /** The bytes of an image file. */
    final class Encoded implements ImageSource {
        private final String name;
        private final byte[] bytes;
        private final long maxPixels;

        private Encoded(String name, byte[] bytes, long maxPixels) {
            this.name = name;
            this.bytes = bytes.clone();
            this.maxPixels = maxPixels;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Image read() {
            return new ImageDecoder(name, maxPixels).decode(bytes);
        }

        @Override
        public Size size() {
            return new ImageDecoder(name, maxPixels).size(bytes);
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
     * A decoded image.
     *
     * @param name for errors
     * @param image the pixels
     */
    record Decoded(String name, Image image) implements ImageSource {
        @Override
        public Image read() {
            return image;
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(image);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * An image with random changes, the same each time it is read.
     *
     * @param source the image as it is
     * @param changes in order
     * @param seed what they are drawn from
     */
    record Changed(ImageSource source, List<ImageChange> changes, long seed) implements ImageSource {
        /** Keeps a copy. */
        public Changed {
            changes = List.copyOf(changes);
        }

        @Override
        public String name() {
            return source.name();
        }

        /** The changes on the whole image, cuts resized to its own size. */
        @Override
        public Image read() {
            Image image = source.read();
            return changed(image, new ImageChange.Frame(image.width(), image.height(), Resampling.BILINEAR));
        }

        /** The changed image in a frame; {@code otherwise} brings it there if no change cuts. */
        Image framed(ImageChange.Frame frame, UnaryOperator<Image> otherwise) {
            boolean isCut = changes.stream().anyMatch(ImageChange::isCut);
            Image image = source.read();
            return changed(isCut ? image : otherwise.apply(image), frame);
        }

        private Image changed(Image image, ImageChange.Frame frame) {
            SplittableRandom random = new SplittableRandom(seed);
            Image out = image;
            for (ImageChange change : changes) {
                out = change.apply(out, frame, random);
            }
            return out;
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(source).add(changes.toString()).add(seed);
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /**
     * Two images in one, which only a preprocessing can put together.
     *
     * @param one the first
     * @param other the second
     * @param share of the first where they lie over each other
     * @param window where the second shows; of no area where they lie over each other
     */
    record Mixed(ImageSource one, ImageSource other, double share, ImageMix.Window window) implements ImageSource {
        @Override
        public String name() {
            return one.name() + " with " + other.name();
        }

        /** The first image, which is what a mix is about. */
        @Override
        public Image read() {
            return one.read();
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(one).add(other).add(share).add(window.toString());
        }

        @Override
        public String toString() {
            return name();
        }
    }
}
