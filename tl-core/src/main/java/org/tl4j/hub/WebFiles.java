// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.DownloadFailedException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.weights.AtomicFile;

/**
 * Files of servers other than the Hugging Face Hub: each address has a folder of its own, named by the first digits of
 * the address's SHA-256, with the file and {@value #ABOUT}. A file that is there is used as it is, however the server's
 * may have changed.
 */
final class WebFiles {
    static final String ABOUT = "source.json";
    private static final int MOST_VERSIONS = 3;

    private final HubSettings settings;
    private final HubClient client;
    private final DownloadListener listener;

    WebFiles(HubSettings settings, HubClient client, DownloadListener listener) {
        this.settings = settings;
        this.client = client;
        this.listener = listener;
    }

    private static String name(URI uri) {
        String name = uri.getPath().replaceFirst("^.*/", "").replaceAll("[^A-Za-z0-9._+=@-]", "_");
        return name.startsWith(".") || name.equals(ABOUT) ? "_" + name : name;
    }

    private Path place(URI uri) {
        String address = Hub.sha256(uri.toString().getBytes(StandardCharsets.UTF_8));
        return settings.downloads().resolve(address.substring(0, 16)).resolve(name(uri));
    }

    Optional<Path> find(URI uri) {
        return Optional.of(place(uri)).filter(Files::isRegularFile);
    }

    Path path(URI uri, ContentHash asked) {
        ContentHash wanted = asked.isKnown() ? asked : ContentHash.inName(name(uri));
        Path place = place(uri);
        try {
            if (isGood(place, wanted)) {
                return place;
            }
            if (settings.offline()) {
                throw new MissingArtifactException(
                        "'" + HubClient.shown(uri) + "' is not in the cache, and HF_HUB_OFFLINE forbids to fetch it.",
                        Files.exists(place) ? "'" + place + "', whose hash is another one" : "no '" + place + "'",
                        "the file in the cache",
                        "unset HF_HUB_OFFLINE once, or copy the file there");
            }
            Path lock = place.resolveSibling(place.getFileName() + ".lock");
            return CacheLock.holding(lock, HubClient.shown(uri), listener, () -> {
                if (!isGood(place, wanted)) {
                    if (Files.exists(place)) {
                        listener.note("'" + place + "' is damaged or out of date and is fetched again");
                        Files.delete(place);
                    }
                    download(uri, place, wanted);
                }
                return place;
            });
        } catch (IOException e) {
            throw new WriteFailedException(
                    "The cache cannot be written at '" + place.resolveSibling("") + "'.",
                    e.getClass().getSimpleName() + ": " + e.getMessage(),
                    "a writable folder with room",
                    "name another folder with TL4J_HOME, or make this one writable",
                    e);
        } catch (InterruptedException e) {
            throw HubClient.interrupted(uri, e);
        }
    }

    private static boolean isGood(Path place, ContentHash wanted) throws IOException {
        return Files.isRegularFile(place) && wanted.mismatch(place).isEmpty();
    }

    private void download(URI uri, Path place, ContentHash wanted) throws IOException {
        Path partial = place.resolveSibling(place.getFileName() + ".incomplete");
        listener.note("downloading " + HubClient.shown(uri));
        for (int version = 1; ; version++) {
            Download.Outcome outcome =
                    new Download(client, settings, listener, name(uri), uri, partial, -1, "", wanted.isKnown()).run();
            HubClient.Answer answer = outcome.answer();
            if (outcome.end() == Download.End.REFUSED && answer != null) {
                throw refused(uri, answer);
            }
            if (outcome.end() == Download.End.COMPLETE) {
                Optional<String> other = wanted.mismatch(partial);
                if (other.isEmpty()) {
                    about(uri, place, partial);
                    Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    Download.moved(partial);
                    return;
                }
                Download.discard(partial);
                if (!outcome.resumed()) {
                    throw new CorruptFileException(
                            "'" + HubClient.shown(uri) + "' is not the file that was expected, and was removed.",
                            wanted.title() + " " + other.get(),
                            wanted,
                            "the server holds another file, or one that is damaged: check the address and the hash");
                }
            }
            if (version >= MOST_VERSIONS) {
                throw new DownloadFailedException(
                        "'" + HubClient.shown(uri) + "' changed again and again while it was fetched.",
                        version + " versions",
                        "one version",
                        "try again later");
            }
        }
    }

    private static void about(URI uri, Path place, Path partial) throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty("url", uri.toString());
        json.addProperty("sha256", Hub.sha256(partial));
        json.addProperty("bytes", Files.size(partial));
        AtomicFile.replace(place.resolveSibling(ABOUT), part -> Files.writeString(part, json + "\n"));
    }

    private static TlException refused(URI uri, HubClient.Answer answer) {
        String status = "status " + answer.status();
        if (answer.mayPass()) {
            return HubClient.later(HubClient.shown(uri), answer);
        }
        return switch (answer.status()) {
            case 404, 410 ->
                new MissingArtifactException(
                        "There is no file at '" + HubClient.shown(uri) + "'.", status, "a file", "check the address");
            case 401, 403 ->
                new MissingArtifactException(
                        "'" + uri.getHost() + "' does not give '" + HubClient.shown(uri) + "' to everybody.",
                        status,
                        "a file that needs no password",
                        "download the file yourself and name its path");
            case 407 ->
                new MissingArtifactException(
                        "The proxy wants to know who you are.",
                        status,
                        "an open proxy",
                        "name user and password to the JVM with a java.net.Authenticator");
            default ->
                new MissingArtifactException(
                        "'" + HubClient.shown(uri) + "' was not given.", status, "status 200", "check the address");
        };
    }

    /** The folders of all addresses. */
    List<Path> folders() throws IOException {
        if (!Files.isDirectory(settings.downloads())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(settings.downloads())) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    /** The address whose file a folder holds; the folder itself where that is not known yet. */
    static String source(Path folder) {
        try {
            return JsonParser.parseString(Files.readString(folder.resolve(ABOUT)))
                    .getAsJsonObject()
                    .get("url")
                    .getAsString();
        } catch (IOException | JsonParseException | IllegalStateException | NullPointerException e) {
            return folder.toString();
        }
    }
}
