// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.weights.AtomicFile;

/**
 * The folder that Python's {@code huggingface_hub} keeps, read and written the same way:
 *
 * <pre>
 * models--OWNER--NAME/blobs/ETAG                 the files, by hash
 * models--OWNER--NAME/refs/main                  the commit that a branch or tag was at
 * models--OWNER--NAME/snapshots/COMMIT/FILE      a relative link to ../../blobs/ETAG
 * .locks/models--OWNER--NAME/ETAG.lock
 * </pre>
 *
 * What is not complete lies in {@code blobs/ETAG.tl4j.incomplete}, a name that Python does not write to.
 */
final class HuggingFaceCache {
    private static final String PREFIX = "models--";

    private final Path folder;
    private final boolean symlinks;

    HuggingFaceCache(Path folder, boolean symlinks) {
        this.folder = folder;
        this.symlinks = symlinks;
    }

    /** An ETag as the name of a blob. */
    static String blobName(String etag) {
        String name = etag.strip().replaceFirst("^W/", "").replaceAll("^\"|\"$", "");
        // What a server says never becomes a path.
        return name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
                ? name
                : Hub.sha256(name.getBytes(StandardCharsets.UTF_8));
    }

    Path folder() {
        return folder;
    }

    /** The folder of a repository. */
    Path repository(HubSource.HuggingFace f) {
        return folder.resolve(PREFIX + f.owner() + "--" + f.name());
    }

    /** The commit that a revision was at when it was last looked up. */
    Optional<String> commit(HubSource.HuggingFace f) {
        if (f.isPinned()) {
            return Optional.of(f.revision());
        }
        Path reference = repository(f).resolve("refs").resolve(f.revision());
        try {
            return Files.isRegularFile(reference)
                    ? Optional.of(Files.readString(reference).strip())
                            .filter(c -> SourceSyntax.COMMIT.matcher(c).matches())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Where a file of a commit stands, whether or not it is there. */
    Path place(HubSource.HuggingFace f, String commit) {
        return repository(f).resolve("snapshots").resolve(commit).resolve(f.path());
    }

    /** The file as it is in the cache, without asking anybody. */
    Optional<Path> find(HubSource.HuggingFace f) {
        return commit(f).map(c -> place(f, c)).filter(Files::isRegularFile);
    }

    /** The files of a snapshot, by their paths in the repository. */
    List<String> files(HubSource.HuggingFace f, String commit) throws IOException {
        Path snapshot = repository(f).resolve("snapshots").resolve(commit);
        if (!Files.isDirectory(snapshot)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(snapshot)) {
            return all.filter(Files::isRegularFile)
                    .map(p -> snapshot.relativize(p).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    Path blob(HubSource.HuggingFace f, String blob) {
        return repository(f).resolve("blobs").resolve(blob);
    }

    Path partial(HubSource.HuggingFace f, String blob) {
        return repository(f).resolve("blobs").resolve(blob + ".tl4j.incomplete");
    }

    Path lock(HubSource.HuggingFace f, String blob) {
        return folder.resolve(".locks")
                .resolve(PREFIX + f.owner() + "--" + f.name())
                .resolve(blob + ".lock");
    }

    /** Remembers the commit that a revision is at. */
    void remember(HubSource.HuggingFace f, String commit) {
        if (!f.isPinned() && !commit(f).equals(Optional.of(commit))) {
            AtomicFile.replace(
                    repository(f).resolve("refs").resolve(f.revision()), part -> Files.writeString(part, commit));
        }
    }

    /** Makes a blob visible as a file of a commit: a link, or the blob itself where links cannot be made. */
    void link(Path blob, Path place, boolean isFresh) throws IOException {
        Path parent = place.resolveSibling("");
        Files.createDirectories(parent);
        if (symlinks) {
            try {
                Files.createSymbolicLink(place, parent.relativize(blob));
                return;
            } catch (FileAlreadyExistsException e) {
                if (Files.exists(place)) {
                    return;
                }
                Files.delete(place); // a link whose blob was deleted
                link(blob, place, isFresh);
                return;
            } catch (UnsupportedOperationException | IOException | SecurityException e) {
                System.getLogger(HuggingFaceCache.class.getName())
                        .log(System.Logger.Level.DEBUG, "'" + place + "' cannot be a link; it becomes a file", e);
            }
        }
        if (isFresh) {
            Files.move(blob, place, StandardCopyOption.REPLACE_EXISTING);
        } else {
            AtomicFile.replace(place, part -> Files.copy(blob, part));
        }
    }

    /** Takes a file away whose contents are not what its name says. */
    void drop(Path place) throws IOException {
        if (Files.isSymbolicLink(place)) {
            Path blob = place.resolveSibling(Files.readSymbolicLink(place)).normalize();
            Files.deleteIfExists(blob);
        }
        Files.deleteIfExists(place);
    }

    /** The repositories that are there. */
    List<Path> repositories() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> String.valueOf(p.getFileName()).startsWith(PREFIX) && Files.isDirectory(p))
                    .sorted()
                    .toList();
        }
    }

    /** {@code OWNER/NAME}, or {@code NAME} of the first models, which had no owner. */
    static String name(Path repository) {
        return String.valueOf(repository.getFileName())
                .substring(PREFIX.length())
                .replaceFirst("--", "/");
    }

    /** The branches and tags that are remembered, and the commits of which there are files. */
    static List<String> revisions(Path repository) throws IOException {
        List<String> all = new ArrayList<>();
        Path references = repository.resolve("refs");
        if (Files.isDirectory(references)) {
            try (Stream<Path> files = Files.walk(references)) {
                files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                        .map(f -> references.relativize(f).toString().replace('\\', '/'))
                        .sorted()
                        .forEach(all::add);
            }
        }
        Path snapshots = repository.resolve("snapshots");
        if (Files.isDirectory(snapshots)) {
            try (Stream<Path> files = Files.list(snapshots)) {
                files.map(f -> String.valueOf(f.getFileName())).sorted().forEach(all::add);
            }
        }
        return all;
    }
}
