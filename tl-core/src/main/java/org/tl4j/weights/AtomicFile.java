// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tl4j.error.WriteFailedException;

/**
 * Files that are complete or not there: written beside their place, forced to the disk, and moved into it. What stood
 * there before stays until then; what a killed process left behind is cleared away by the next one that writes there.
 *
 * <pre>{@code
 * AtomicFile.replace(Path.of("report.json"), part -> Files.writeString(part, json));
 * }</pre>
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** Writes the file or the folder whose path it is given. */
    @FunctionalInterface
    public interface Content {
        /** Writes at {@code part}, which is taken away again if this fails. */
        void write(Path part) throws IOException;
    }

    /**
     * Writes a file in the place of one that may be there. The folder that it lies in is made where it is missing.
     *
     * @throws WriteFailedException if the disk does not take it; nothing has changed then
     */
    public static void replace(Path target, Content content) {
        try {
            Path place = Staging.place(target);
            Files.createDirectories(place.resolveSibling(""));
            Staging.abandoned(place, Staging.PART).forEach(Staging::discard);
            write(place, content);
        } catch (IOException | UncheckedIOException e) {
            throw Staging.failed(target, e);
        }
    }

    private static void write(Path place, Content content) throws IOException {
        Path part = Staging.beside(place, Staging.PART);
        boolean isDone = false;
        try {
            content.write(part);
            Staging.force(part);
            Staging.move(part, place);
            isDone = true;
            Staging.forceFolder(place.resolveSibling(""));
        } finally {
            if (!isDone) {
                Staging.discard(part);
            }
            Staging.release(part);
        }
    }
}
