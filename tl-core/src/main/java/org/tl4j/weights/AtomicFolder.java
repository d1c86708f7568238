// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.tl4j.error.WriteFailedException;

/**
 * Folders that are complete or not there, as {@link AtomicFile} does it for files. A folder cannot be exchanged for
 * another in one step: for a moment the old one waits beside its place. {@link #restore} puts it back if its process
 * was killed in that moment; whoever reads such folders calls it first.
 */
public final class AtomicFolder {
    private static final Object EXCHANGE = new Object();

    private AtomicFolder() {}

    /**
     * Writes a folder in the place of one that may be there, which is deleted when the new one is complete.
     *
     * @param content gets an empty folder
     * @throws WriteFailedException if the disk does not take it; nothing has changed then
     */
    public static void replace(Path target, AtomicFile.Content content) {
        try {
            Path place = Staging.place(target);
            if (Files.exists(place) && !Files.isDirectory(place)) {
                throw new NotDirectoryException(place.toString());
            }
            Files.createDirectories(place.resolveSibling(""));
            restorePlace(place);
            write(place, content);
        } catch (IOException | UncheckedIOException e) {
            throw Staging.failed(target, e);
        }
    }

    /**
     * Brings a folder and its surroundings in order after a process was killed while it wrote there: an old folder that
     * is without its successor goes back to its place, what is unfinished is deleted.
     *
     * @throws WriteFailedException if the disk does not allow it
     */
    public static void restore(Path target) {
        try {
            restorePlace(Staging.place(target));
        } catch (IOException | UncheckedIOException e) {
            throw Staging.failed(target, e);
        }
    }

    private static void restorePlace(Path place) throws IOException {
        synchronized (EXCHANGE) {
            for (Path old : Staging.abandoned(place, Staging.OLD)) {
                if (Files.exists(place)) {
                    Staging.discard(old);
                } else {
                    Staging.move(old, place);
                }
            }
            Staging.abandoned(place, Staging.PART).forEach(Staging::discard);
        }
    }

    private static void write(Path place, AtomicFile.Content content) throws IOException {
        Path part = Staging.beside(place, Staging.PART);
        boolean isDone = false;
        try {
            Files.createDirectory(part);
            content.write(part);
            Staging.force(part);
            exchange(part, place);
            isDone = true;
            Staging.forceFolder(place.resolveSibling(""));
        } finally {
            if (!isDone) {
                Staging.discard(part);
            }
            Staging.release(part);
        }
    }

    private static void exchange(Path part, Path place) throws IOException {
        synchronized (EXCHANGE) {
            if (!Files.exists(place)) {
                Staging.move(part, place);
                return;
            }
            Path old = Staging.beside(place, Staging.OLD);
            try {
                Staging.move(place, old);
                try {
                    Staging.move(part, place);
                } catch (IOException e) {
                    Staging.move(old, place);
                    throw e;
                }
                Staging.discard(old);
            } finally {
                Staging.release(old);
            }
        }
    }
}
