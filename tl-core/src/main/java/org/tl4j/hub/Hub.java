// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WriteFailedException;

/**
 * Published files by their source: {@code hf://OWNER/NAME@REVISION/PATH}, {@code https://…}, {@code file:PATH},
 * {@code classpath:NAME}; see {@link HubSource}.
 *
 * <pre>{@code
 * Path weights = Hub.standard().path("hf://google-bert/bert-base-uncased@main/model.safetensors");
 * }</pre>
 *
 * <p>What is fetched stays in a cache, that of Python's {@code huggingface_hub} for {@code hf://}, so that neither
 * fetches what the other has. A file is in the cache when it is complete and its hash is right, not before; a download
 * that broke off is gone on with, by this process or the next. Two at once fetch a file once.
 *
 * <p>A revision that is a whole commit is looked for in the cache first and needs no network then. A branch or tag is
 * looked up at the server each time; the cache helps out where that does not answer.
 */
public final class Hub {
    private final HubSettings settings;
    private final HuggingFaceFiles huggingFace;
    private final WebFiles web;

    private Hub(HubSettings settings, HubClient client, DownloadListener listener) {
        this.settings = settings;
        this.huggingFace = new HuggingFaceFiles(settings, client, listener);
        this.web = new WebFiles(settings, client, listener);
    }

    /** The hub as the environment variables of this process set it; see {@link HubSettings}. */
    public static Hub standard() {
        return of(HubSettings.ofEnvironment());
    }

    /** A hub with settings of its own. */
    public static Hub of(HubSettings settings) {
        return new Hub(settings, new HubClient(settings), DownloadListener.NONE);
    }

    /** The same hub, which tells how downloads go. */
    public Hub withListener(DownloadListener other) {
        return new Hub(settings, new HubClient(settings), other);
    }

    /** The settings. */
    public HubSettings settings() {
        return settings;
    }

    /** The path of a file, which is fetched where it is not there yet; text without a scheme is a path itself. */
    public Path path(String source) {
        return HubSource.isSource(source) ? path(HubSource.parse(source), "") : Path.of(source);
    }

    /**
     * The path of a file, which is fetched where it is not there yet, and whose hash is checked.
     *
     * @param sha256 of the file in hexadecimal, or at least its first 8 digits, or empty where none is known
     * @throws MissingArtifactException if there is no such file, it is not given to everybody, or it is not in the
     *     cache and the network is not to be used
     * @throws org.tl4j.error.DownloadFailedException if the server does not answer now
     * @throws CorruptFileException if its hash is another one; what was fetched is gone then
     * @throws WriteFailedException if the cache cannot be written
     * @throws InvalidArgumentException if it is a resource of the class path, or the hash is malformed
     */
    public Path path(HubSource source, String sha256) {
        if (source instanceof HubSource.HuggingFace f) {
            return huggingFace.path(f, ContentHash.sha256(sha256));
        }
        if (source instanceof HubSource.Web w) {
            return web.path(w.uri(), ContentHash.sha256(sha256));
        }
        if (source instanceof HubSource.Local l) {
            return local(l, ContentHash.sha256(sha256));
        }
        throw new InvalidArgumentException(
                "'" + source + "' is no file of its own.",
                "a resource of the class path",
                "hf://…, https://… or file:PATH",
                "read its bytes with Hub.read");
    }

    private static Path local(HubSource.Local source, ContentHash wanted) {
        Path file = existing(source.path());
        try {
            Optional<String> other = wanted.mismatch(file);
            if (other.isPresent()) {
                throw notPublished(source.toString(), other.get(), Files.size(file), wanted.toString(), "");
            }
            return file;
        } catch (IOException e) {
            throw unreadable(source.toString(), e);
        }
    }

    /** Where a file lies already, found without the network; empty for resources of the class path. */
    public Optional<Path> cached(HubSource source) {
        if (source instanceof HubSource.HuggingFace f) {
            return f.path().isEmpty() ? Optional.empty() : huggingFace.cache().find(f);
        }
        if (source instanceof HubSource.Web w) {
            return web.find(w.uri());
        }
        return source instanceof HubSource.Local l
                ? Optional.of(l.path()).filter(Files::isRegularFile)
                : Optional.empty();
    }

    /** The commit that a repository's revision is at, and the files it holds. */
    public HubSnapshot snapshot(HubSource.HuggingFace repository) {
        return huggingFace.snapshot(repository);
    }

    // ------------------------------------------------------------------------------------------- what is kept

    /** All that the cache holds, by source. Repositories may have been fetched by Python as well. */
    public List<CachedFile> cache() {
        List<CachedFile> all = new ArrayList<>();
        try {
            for (Path repository : huggingFace.cache().repositories()) {
                all.add(new CachedFile(
                        "hf://" + HuggingFaceCache.name(repository),
                        repository,
                        size(repository, false),
                        size(repository, true),
                        HuggingFaceCache.revisions(repository)));
            }
            for (Path folder : web.folders()) {
                all.add(new CachedFile(
                        WebFiles.source(folder), folder, size(folder, false), size(folder, true), List.of()));
            }
        } catch (IOException e) {
            throw unreadable("the cache", e);
        }
        all.sort(Comparator.comparing(CachedFile::source));
        return List.copyOf(all);
    }

    /**
     * Takes a source out of the cache, all its revisions with it.
     *
     * @param source as {@link CachedFile#source} says
     * @return what it was
     * @throws UnknownNameException if the cache does not hold it
     */
    public CachedFile remove(String source) {
        List<CachedFile> all = cache();
        CachedFile found = all.stream()
                .filter(c -> c.source().equals(source))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "source in the cache",
                        source,
                        all.stream().map(CachedFile::source).toList(),
                        "`tl cache` lists what is there"));
        try {
            // First out of sight, so that nobody finds half of it.
            Path away =
                    found.folder().resolveSibling(".removed-" + found.folder().getFileName());
            delete(away);
            Files.move(found.folder(), away);
            delete(away);
            return found;
        } catch (IOException e) {
            throw new WriteFailedException(
                    "'" + source + "' cannot be taken out of the cache.",
                    e.getClass().getSimpleName() + ": " + e.getMessage(),
                    "a writable folder '" + found.folder() + "'",
                    "check its permissions, and whether another program has its files open",
                    e);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path f : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(f);
            }
        }
    }

    private static long size(Path folder, boolean onlyIncomplete) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path f : files.toList()) {
                if (Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)
                        && (!onlyIncomplete || f.toString().endsWith(".incomplete"))) {
                    bytes += Files.size(f);
                }
            }
        }
        return bytes;
    }

    // ------------------------------------------------------------------------------------------- bytes

    /**
     * Reads a small file, or a resource of the class path, whole and checks its hash. Large files are better opened by
     * {@link #path(HubSource, String)}.
     *
     * @param source such as {@code classpath:all-minilm-l6-v2.onnx}
     * @param sha256 of the file in hexadecimal, or at least its first 8 digits, or empty where none is known
     * @param artefact the Maven artefact that holds a {@code classpath:} source, for the error; may be empty
     * @param loader that sees the artefact
     * @throws MissingArtifactException if it is not there
     * @throws CorruptFileException if its hash is another one
     */
    public static byte[] read(String source, String sha256, String artefact, ClassLoader loader) {
        HubSource parsed = HubSource.parse(source);
        try {
            if (!(parsed instanceof HubSource.Resource resource)) {
                return Files.readAllBytes(standard().path(parsed, sha256));
            }
            byte[] bytes = resource(resource.name(), artefact, loader);
            ContentHash wanted = ContentHash.sha256(sha256);
            String found = sha256(bytes);
            if (!found.startsWith(wanted.digits())) {
                throw notPublished(source, found, bytes.length, wanted.toString(), artefact);
            }
            return bytes;
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    private static byte[] resource(String name, String artefact, ClassLoader loader) throws IOException {
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

    private static Path existing(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new MissingArtifactException(
                    "There is no file '" + path + "'.", "nothing there", "a readable file", "check the path");
        }
        return path;
    }

    private static CorruptFileException notPublished(
            String source, String found, long bytes, String wanted, String artefact) {
        return new CorruptFileException(
                "'" + source + "' is not the file that was published.",
                "sha256 " + found + " of " + bytes + " bytes",
                wanted,
                artefact.isEmpty() ? "restore the file" : "use version " + artefact);
    }

    private static CorruptFileException unreadable(String source, IOException e) {
        return new CorruptFileException(
                "'" + source + "' cannot be read.",
                String.valueOf(e.getMessage()),
                "a readable file",
                "check the disk and the permissions",
                e);
    }

    /** SHA-256 as lower-case hexadecimal. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** SHA-256 of a file, which is never in memory as a whole. */
    public static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        update(digest, file);
        return HexFormat.of().formatHex(digest.digest());
    }

    static void update(MessageDigest digest, Path file) throws IOException {
        byte[] part = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                digest.update(part, 0, n);
            }
        }
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
