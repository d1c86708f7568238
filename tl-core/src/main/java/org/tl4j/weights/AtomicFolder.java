// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;

/**
 * Files and folders that are complete or not there: written beside their place and moved into it. What stood there
 * before stays until the new one is complete; what a killed process left behind is cleared away by the next one that
 * writes there.
 */
public final class AtomicFolder {
    private static final String PART = ".tl4j-part";
    private static final String OLD = ".tl4j-old";

    private AtomicFolder() {}

    /** Writes into the path it is given. */
    @FunctionalInterface
    public interface Content {
        void write(Path fresh) throws IOException;
    }

    /** Replaces a file. */
    public static void file(Path target, Content content) {
        Path place = target.toAbsolutePath();
        Path part = beside(place, PART);
        try {
            Files.createDirectories(parent(place));
            content.write(part);
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            move(part, place);
        } catch (IOException e) {
            throw failed(target, part, e);
        } catch (RuntimeException | Error e) {
            discard(part);
            throw e;
        }
    }

    /** Replaces a folder. */
    public static void replace(Path target, Content content) {
        Path place = target.toAbsolutePath();
        Path part = beside(place, PART);
        Path old = beside(place, OLD);
        try {
            Files.createDirectories(parent(place));
            if (Files.exists(old) && !Files.exists(place)) {
                // A process died between the two moves below: the old folder is the only one, so it goes back.
                Files.move(old, place);
            }
            delete(old);
            delete(part);
            Files.createDirectory(part);
            content.write(part);
            sync(part);
            if (Files.exists(place)) {
                Files.move(place, old);
            }
            move(part, place);
            delete(old);
        } catch (IOException e) {
            putBack(old, place);
            throw failed(target, part, e);
        } catch (RuntimeException | Error e) {
            discard(part);
            throw e;
        }
    }

    private static Path parent(Path place) {
        return Optional.ofNullable(place.getParent()).orElse(place);
    }

    private static Path beside(Path place, String suffix) {
        return place.resolveSibling("." + place.getFileName() + suffix);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void sync(Path folder) throws IOException {
        for (Path file : inside(folder)) {
            if (Files.isRegularFile(file)) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
    }

    private static void putBack(Path old, Path place) {
        try {
            if (Files.exists(old) && !Files.exists(place)) {
                Files.move(old, place);
            }
        } catch (IOException e) {
            log("'" + old + "' could not be moved back to '" + place + "'; move it by hand", e);
        }
    }

    private static void discard(Path part) {
        try {
            delete(part);
        } catch (IOException e) {
            log("the unfinished '" + part + "' could not be deleted", e);
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            for (Path file : inside(path)) {
                Files.delete(file);
            }
        }
    }

    /** Everything below, deepest first. */
    private static List<Path> inside(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.sorted(Comparator.reverseOrder()).toList();
        }
    }

    private static TlException failed(Path target, Path part, IOException e) {
        discard(part);
        return new MissingArtifactException(
                "'" + target + "' could not be written; nothing was left behind and what was there is as it was.",
                e.getClass().getSimpleName() + ": " + e.getMessage(),
                "a writable place with enough room",
                "free some space or choose another place",
                e);
    }

    private static void log(String sentence, IOException e) {
        System.getLogger(AtomicFolder.class.getName()).log(System.Logger.Level.WARNING, sentence, e);
    }
}
