// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What the cache holds of one source: a repository of the Hugging Face Hub or a file of another server.
 *
 * @param source {@code hf://OWNER/NAME} or the address
 * @param folder where it lies
 * @param bytes on the disk, those of broken downloads included
 * @param incomplete those of broken downloads alone
 * @param revisions branches, tags and commits; empty for other servers
 */
public record CachedFile(String source, Path folder, long bytes, long incomplete, List<String> revisions) {
    /** Copies the list. */
    public CachedFile {
        revisions = List.copyOf(revisions);
    }

    /** Such as {@code 90.4 MB}. */
    public static String megabytes(long bytes) {
        return bytes < 1_000
                ? bytes + " B"
                : bytes < 1_000_000
                        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                        : bytes < 1_000_000_000
                                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                                : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
