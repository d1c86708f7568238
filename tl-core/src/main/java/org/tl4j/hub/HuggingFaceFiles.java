// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.DownloadFailedException;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WriteFailedException;

/** Files of the Hugging Face Hub, from its cache or its server. */
final class HuggingFaceFiles {
    private static final int MOST_VERSIONS = 3;
    private static final int SHOWN = 8;
    private static final String HOME = "HF_HOME or HF_HUB_CACHE";

    private final HubSettings settings;
    private final HubClient client;
    private final DownloadListener listener;
    private final HuggingFaceCache cache;

    HuggingFaceFiles(HubSettings settings, HubClient client, DownloadListener listener) {
        this.settings = settings;
        this.client = client;
        this.listener = listener;
        this.cache = new HuggingFaceCache(settings.huggingFaceCache(), settings.symlinks());
    }

    HuggingFaceCache cache() {
        return cache;
    }

    /**
     * What the server says of a file.
     *
     * @param commit that the revision is at
     * @param blob name by hash
     * @param size in bytes, or -1
     */
    private record Remote(String commit, String blob, long size) {}

    /** The file, in the cache. */
    Path path(HubSource.HuggingFace f, ContentHash wanted) {
        if (f.path().isEmpty()) {
            throw new InvalidArgumentException(
                    "'" + f + "' names a repository where a file is wanted.",
                    "no path in the repository",
                    f + "/FILE",
                    "name the file, such as " + f + "/model.safetensors");
        }
        Path found = located(f);
        Optional<String> other = mismatch(wanted, found);
        if (other.isEmpty()) {
            return found;
        }
        if (isIntact(found)) {
            throw notPublished(f, wanted, other.get(), "the repository holds another file at this revision");
        }
        // It changed on this disk.
        listener.note("'" + found + "' is damaged and is fetched again");
        try {
            cache.drop(found);
        } catch (IOException e) {
            throw unwritable(found, e);
        }
        Path again = located(f);
        mismatch(wanted, again).ifPresent(o -> {
            throw notPublished(f, wanted, o, "the repository holds another file at this revision");
        });
        return again;
    }

    private static CorruptFileException notPublished(
            HubSource source, ContentHash wanted, String other, String reason) {
        return new CorruptFileException(
                "'" + source + "' is not the file that was expected.",
                wanted.title() + " " + other,
                wanted,
                reason + "; check the revision and the hash");
    }

    private static Optional<String> mismatch(ContentHash wanted, Path file) {
        try {
            return wanted.mismatch(file);
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be read.",
                    e.getClass().getSimpleName() + ": " + e.getMessage(),
                    "a readable file",
                    "check the permissions of the cache",
                    e);
        }
    }

    /** Whether a cached file is what its blob's name says; one that is no link has no such name. */
    private static boolean isIntact(Path place) {
        try {
            String blob = String.valueOf(place.toRealPath().getFileName());
            ContentHash own = ContentHash.ofBlob(blob);
            return own.isKnown() && own.mismatch(place).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    private Path located(HubSource.HuggingFace f) {
        Optional<Path> cached = cache.find(f);
        if (cached.isPresent() && (f.isPinned() || settings.offline())) {
            return cached.get();
        }
        if (settings.offline()) {
            throw offline(f);
        }
        for (int version = 1; ; version++) {
            Remote remote;
            try {
                remote = remote(f, cached.isPresent() ? 1 : settings.attempts());
            } catch (DownloadFailedException e) {
                if (cached.isEmpty()) {
                    throw e;
                }
                listener.note("'" + settings.endpoint().getHost() + "' does not answer: the copy of " + f
                        + " in the cache is used");
                return cached.get();
            }
            Path place = cache.place(f, remote.commit());
            try {
                if (Files.isRegularFile(place)) {
                    rememberIfWritable(f, remote.commit());
                    return place;
                }
                Files.createDirectories(cache.repository(f).resolve("blobs"));
                cache.remember(f, remote.commit());
                if (fetched(f, remote, place)) {
                    return place;
                }
            } catch (IOException e) {
                throw unwritable(cache.repository(f), e);
            } catch (InterruptedException e) {
                throw HubClient.interrupted(uri(f), e);
            }
            if (version >= MOST_VERSIONS) {
                throw new DownloadFailedException(
                        "'" + f + "' changed again and again while it was fetched.",
                        version + " versions",
                        "one version",
                        "name a commit as the revision: hf://" + f.repository() + "@COMMIT/" + f.path());
            }
        }
    }

    /** A cache that cannot be written is no reason not to read it. */
    private void rememberIfWritable(HubSource.HuggingFace f, String commit) {
        try {
            cache.remember(f, commit);
        } catch (WriteFailedException e) {
            System.getLogger(HuggingFaceFiles.class.getName())
                    .log(System.Logger.Level.DEBUG, "the commit of " + f + " was not noted", e);
        }
    }

    /** False if the server has another version by now. */
    private boolean fetched(HubSource.HuggingFace f, Remote remote, Path place)
            throws IOException, InterruptedException {
        Path blob = cache.blob(f, remote.blob());
        return CacheLock.holding(cache.lock(f, remote.blob()), f.toString(), listener, () -> {
            if (Files.isRegularFile(place)) {
                return true;
            }
            boolean isFresh = !Files.isRegularFile(blob);
            if (isFresh && !download(f, remote, blob)) {
                return false;
            }
            cache.link(blob, place, isFresh);
            return true;
        });
    }

    private boolean download(HubSource.HuggingFace f, Remote remote, Path blob) throws IOException {
        ContentHash own = ContentHash.ofBlob(remote.blob());
        Path partial = cache.partial(f, remote.blob());
        String name = f.path().replaceFirst("^.*/", "");
        listener.note("downloading " + f + (remote.size() < 0 ? "" : " (" + CachedFile.megabytes(remote.size()) + ")"));
        while (true) {
            Download.Outcome outcome = new Download(
                            client,
                            settings,
                            listener,
                            name,
                            uri(f.withRevision(remote.commit())),
                            partial,
                            remote.size(),
                            remote.blob(),
                            own.isKnown())
                    .run();
            HubClient.Answer answer = outcome.answer();
            if (outcome.end() == Download.End.CHANGED) {
                return false;
            }
            if (outcome.end() == Download.End.REFUSED && answer != null) {
                throw refused(f, answer);
            }
            Optional<String> other = own.mismatch(partial);
            if (other.isEmpty()) {
                Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                Download.moved(partial);
                return true;
            }
            Download.discard(partial);
            if (!outcome.resumed()) {
                if (!remote(f, settings.attempts()).blob().equals(remote.blob())) {
                    return false; // it is whole, but a version that came in between
                }
                throw new CorruptFileException(
                        "'" + f + "' arrived damaged and was removed.",
                        own.title() + " " + other.get(),
                        own,
                        "try again; if it happens again, a proxy between here and '" + uri(f).getHost()
                                + "' changes files");
            }
        }
    }

    // ------------------------------------------------------------------------------------------- server

    /** The server's address of a file. */
    private URI uri(HubSource.HuggingFace f) {
        return URI.create(settings.endpoint() + "/" + f.repository() + "/resolve/" + encoded(f.revision()) + "/"
                + Arrays.stream(f.path().split("/", -1))
                        .map(HuggingFaceFiles::encoded)
                        .collect(Collectors.joining("/")));
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Remote remote(HubSource.HuggingFace f, int attempts) {
        HubClient.Answer answer = client.head(uri(f), attempts);
        if (!answer.isOk() && !answer.isRedirect()) {
            throw refused(f, answer);
        }
        Optional<String> commit = answer.header("X-Repo-Commit")
                .filter(c -> SourceSyntax.COMMIT.matcher(c).matches());
        Optional<String> etag =
                answer.header("X-Linked-Etag").or(() -> answer.isRedirect() ? Optional.empty() : answer.header("ETag"));
        if (commit.isEmpty() || etag.isEmpty()) {
            throw new DownloadFailedException(
                    "'" + settings.endpoint() + "' does not answer like the Hugging Face Hub.",
                    commit.isEmpty() ? "no X-Repo-Commit" : "no ETag",
                    "the headers X-Repo-Commit and ETag",
                    "check HF_ENDPOINT, and whether a proxy asks you to log in");
        }
        long linked = answer.number("X-Linked-Size");
        long size = linked >= 0 || answer.isRedirect() ? linked : answer.number("Content-Length");
        return new Remote(commit.get(), HuggingFaceCache.blobName(etag.get()), size);
    }

    /** A repository at one commit. */
    HubSnapshot snapshot(HubSource.HuggingFace repository) {
        HubSource.HuggingFace all = repository.withPath("");
        if (!settings.offline()) {
            Optional<String> cached = cache.commit(all);
            try {
                HubClient.Answer answer = listing(all, cached.isPresent() ? 1 : settings.attempts());
                if (!answer.isOk()) {
                    throw refused(all, answer);
                }
                HubSnapshot snapshot = parsed(all, answer);
                rememberIfWritable(all, snapshot.repository().revision());
                return snapshot;
            } catch (DownloadFailedException e) {
                if (cached.isEmpty() || cachedFiles(all, cached.get()).isEmpty()) {
                    throw e;
                }
                listener.note("'" + settings.endpoint().getHost() + "' does not answer: what the cache has of " + all
                        + " is used");
            }
        }
        String commit = cache.commit(all).orElseThrow(() -> offline(all));
        List<String> files = cachedFiles(all, commit);
        if (files.isEmpty()) {
            throw offline(all);
        }
        return new HubSnapshot(all.withRevision(commit), files);
    }

    private List<String> cachedFiles(HubSource.HuggingFace all, String commit) {
        try {
            return cache.files(all, commit);
        } catch (IOException | UncheckedIOException e) {
            throw new CorruptFileException(
                    "The cache '" + cache.repository(all) + "' cannot be read.",
                    e.getClass().getSimpleName() + ": " + e.getMessage(),
                    "a readable folder",
                    "check its permissions",
                    e);
        }
    }

    private HubClient.Answer listing(HubSource.HuggingFace f, int attempts) {
        return client.get(
                URI.create(
                        settings.endpoint() + "/api/models/" + f.repository() + "/revision/" + encoded(f.revision())),
                attempts);
    }

    private HubSnapshot parsed(HubSource.HuggingFace f, HubClient.Answer answer) {
        try {
            JsonObject json = JsonParser.parseString(answer.text()).getAsJsonObject();
            String commit = json.get("sha").getAsString();
            List<String> files = new ArrayList<>();
            for (JsonElement e : json.getAsJsonArray("siblings")) {
                files.add(e.getAsJsonObject().get("rfilename").getAsString());
            }
            return new HubSnapshot(f.withRevision(commit), List.copyOf(files));
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | InvalidArgumentException e) {
            throw new DownloadFailedException(
                    "'" + settings.endpoint() + "' does not answer like the Hugging Face Hub.",
                    "a list of the files of " + f + " that cannot be read",
                    "JSON with sha and siblings",
                    "check HF_ENDPOINT, and whether a proxy asks you to log in",
                    e);
        }
    }

    // ------------------------------------------------------------------------------------------- errors

    private TlException refused(HubSource.HuggingFace f, HubClient.Answer answer) {
        String code = answer.header("X-Error-Code").orElse("");
        String said = answer.header("X-Error-Message").map(m -> ": " + m).orElse("");
        String status = "status " + answer.status() + said;
        boolean known = settings.token() != null;
        if (answer.mayPass()) {
            return HubClient.later(f.toString(), answer);
        }
        if (code.equals("GatedRepo")) {
            return new MissingArtifactException(
                    "The repository '" + f.repository() + "' is gated: its owner wants to know who uses it.",
                    status + (known ? ", with the token that is set" : ", without a token"),
                    "a token of a user who accepted its conditions",
                    "accept them at " + settings.endpoint() + "/" + f.repository()
                            + (known
                                    ? " as the user of the token"
                                    : ", then set HF_TOKEN to a token of " + settings.endpoint() + "/settings/tokens"));
        }
        if (answer.status() == 401 || answer.status() == 403) {
            return new MissingArtifactException(
                    known
                            ? "The token does not open '" + f.repository() + "', or there is no such repository."
                            : "There is no public repository '" + f.repository() + "'.",
                    status + (known ? ", with the token that is set" : ", without a token"),
                    "a public repository, or a token that may read it",
                    known
                            ? "check the name, and HF_TOKEN at " + settings.endpoint() + "/settings/tokens"
                            : "check the name; if it is private, set HF_TOKEN");
        }
        if (answer.status() == 407) {
            return new MissingArtifactException(
                    "The proxy wants to know who you are.",
                    status,
                    "an open proxy",
                    "name user and password to the JVM with a java.net.Authenticator");
        }
        if (answer.status() != 404) {
            return new MissingArtifactException(
                    "'" + f + "' was not given.", status, "status 200", "see what the server says");
        }
        return missing(f, code, status);
    }

    private TlException missing(HubSource.HuggingFace f, String code, String status) {
        if (code.equals("RepoNotFound")) {
            return new MissingArtifactException(
                    "There is no repository '" + f.repository() + "'.",
                    status,
                    "OWNER/NAME of a model at " + settings.endpoint(),
                    "check the name");
        }
        if (code.equals("RevisionNotFound")) {
            return new MissingArtifactException(
                    "The repository '" + f.repository() + "' has no revision '" + f.revision() + "'.",
                    status,
                    "a branch, a tag, or a commit of 40 digits",
                    "see " + settings.endpoint() + "/" + f.repository() + "/commits, or leave @" + f.revision()
                            + " out for the main branch");
        }
        // The server names what it has, if it is in the mood.
        try {
            HubClient.Answer answer = listing(f, 1);
            if (answer.isOk()) {
                return new UnknownNameException(
                        "file of " + f.withPath(""),
                        f.path(),
                        parsed(f.withPath(""), answer).files(),
                        "see " + settings.endpoint() + "/" + f.repository() + "/tree/" + f.revision());
            }
        } catch (TlException e) {
            System.getLogger(HuggingFaceFiles.class.getName())
                    .log(System.Logger.Level.DEBUG, "the files of " + f + " cannot be listed", e);
        }
        return new MissingArtifactException(
                code.equals("EntryNotFound")
                        ? "The repository '" + f.repository() + "' has no file '" + f.path() + "' at '" + f.revision()
                                + "'."
                        : "There is no '" + f + "'.",
                status,
                "a repository (" + f.repository() + "), a revision (" + f.revision() + ") and a file ("
                        + (f.path().isEmpty() ? "any" : f.path()) + ") that exist",
                "see " + settings.endpoint() + "/" + f.repository() + "/tree/" + f.revision());
    }

    private MissingArtifactException offline(HubSource.HuggingFace f) {
        String there;
        try {
            List<String> files = cache.commit(f).map(c -> cachedFiles(f, c)).orElse(List.of());
            Path repository = cache.repository(f);
            if (!files.isEmpty()) {
                there = "of this revision " + Excerpt.of(files, SHOWN);
            } else if (Files.isDirectory(repository)) {
                there = "of this repository the revisions " + Excerpt.of(HuggingFaceCache.revisions(repository), SHOWN);
            } else {
                List<Path> all = cache.repositories();
                there = all.isEmpty()
                        ? "nothing"
                        : Excerpt.of(all.stream().map(HuggingFaceCache::name).toList(), SHOWN);
            }
        } catch (IOException e) {
            there = "what cannot be read: " + e.getMessage();
        }
        return new MissingArtifactException(
                "'" + f + "' is not in the cache, and HF_HUB_OFFLINE forbids to fetch it.",
                "in '" + cache.folder() + "': " + there,
                "the file in the cache",
                "unset HF_HUB_OFFLINE once, or copy the cache of a machine that has it");
    }

    private static WriteFailedException unwritable(Path place, IOException e) {
        return new WriteFailedException(
                "The cache cannot be written at '" + place + "'.",
                e.getClass().getSimpleName() + ": " + e.getMessage(),
                "a writable folder with room",
                "name another folder with " + HOME + ", or make this one writable",
                e);
    }
}
