// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.WriteFailedException;

/**
 * One file on its way to the disk. What has come lies in a partial file, and beside it what the server called the
 * version that it is a part of: the next attempt, of this process or another, asks for the rest of that very version,
 * and begins anew where there is none.
 */
final class Download {
    private static final String VERSION = ".version";
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final HubClient client;
    private final HubSettings settings;
    private final DownloadListener listener;
    private final String name;
    private final URI uri;
    private final Path partial;
    private final String blob;
    private final boolean isVerified;
    private long size;

    /**
     * @param name for messages
     * @param uri of the file
     * @param partial where it grows
     * @param size in bytes, or -1 where it is not known yet
     * @param blob the ETag that the file must have, or empty
     * @param isVerified whether a hash is checked afterwards, so that parts of unknown versions may be gone on with
     */
    Download(
            HubClient client,
            HubSettings settings,
            DownloadListener listener,
            String name,
            URI uri,
            Path partial,
            long size,
            String blob,
            boolean isVerified) {
        this.client = client;
        this.settings = settings;
        this.listener = settings.progress() ? listener : DownloadListener.NONE;
        this.name = name;
        this.uri = uri;
        this.partial = partial;
        this.size = size;
        this.blob = blob;
        this.isVerified = isVerified;
    }

    /** How it ended. */
    enum End {
        COMPLETE,
        /** The server has another version by now; what came of the first one is gone. */
        CHANGED,
        /** It gave neither; see the answer. */
        REFUSED
    }

    /**
     * What came of it.
     *
     * @param resumed whether bytes of an earlier attempt are part of the file
     * @param answer the last one, or null where the partial file was complete
     */
    record Outcome(End end, boolean resumed, HubClient.@Nullable Answer answer) {}

    /**
     * Fetches what is missing.
     *
     * @throws org.tl4j.error.DownloadFailedException if the server cannot be reached or breaks off again and again
     * @throws WriteFailedException if the disk does not take it
     */
    Outcome run() {
        boolean resumed = false;
        long best = 0;
        int failures = 0;
        while (true) {
            long offset = usable();
            if (size >= 0 && offset == size && size > 0) {
                return new Outcome(End.COMPLETE, true, null);
            }
            requireRoom(offset);
            Body body = new Body(offset);
            IOException broken = null;
            HubClient.Answer answer = null;
            try {
                answer = client.send("GET", uri, conditions(offset), body, true);
            } catch (IOException e) {
                broken = e;
            } catch (InterruptedException e) {
                throw HubClient.interrupted(uri, e);
            } finally {
                body.close();
            }
            if (body.diskFailure != null) {
                throw full(body.diskFailure);
            }
            if (body.isOtherVersion) {
                discard(partial);
                return new Outcome(End.CHANGED, false, answer);
            }
            if (answer != null && !answer.isOk()) {
                boolean isPast = answer.status() == 416 || answer.status() == 412;
                if (isPast) {
                    discard(partial);
                }
                boolean again = isPast || answer.mayPass();
                if (!again || ++failures >= settings.attempts() || !isPast && !client.pause(failures, answer)) {
                    return new Outcome(End.REFUSED, false, answer);
                }
                continue;
            }
            if (broken == null) {
                resumed = body.begin > 0;
                long there = length();
                if (size < 0 || there == size) {
                    force();
                    listener.download(name, there, there);
                    return new Outcome(End.COMPLETE, resumed, answer);
                }
                broken = new IOException("the answer ended after " + there + " of " + size + " bytes");
                if (there > size) {
                    discard(partial);
                }
            }
            // What brought the file further than it ever was does not count as a failure.
            long there = length();
            failures = there > best ? 1 : failures + 1;
            best = Math.max(best, there);
            if (failures >= settings.attempts() || !HubClient.isWorthAnother(broken, failures)) {
                throw HubClient.unreachable(uri, broken);
            }
            client.pause(failures);
        }
    }

    /** Forgets a partial file. */
    static void discard(Path partial) {
        try {
            Files.deleteIfExists(partial);
            Files.deleteIfExists(versionFile(partial));
        } catch (IOException e) {
            throw new WriteFailedException(
                    "The incomplete file '" + partial + "' cannot be taken away.",
                    e.getClass().getSimpleName() + ": " + e.getMessage(),
                    "a writable cache",
                    "delete it yourself",
                    e);
        }
    }

    /** What stands beside a partial file goes when that has moved to its place. */
    static void moved(Path partial) throws IOException {
        Files.deleteIfExists(versionFile(partial));
    }

    private static Path versionFile(Path partial) {
        return partial.resolveSibling(partial.getFileName() + VERSION);
    }

    /** How many bytes of an earlier attempt are of use. */
    private long usable() {
        long offset = length();
        if (offset > 0 && (size >= 0 && offset > size || version().isEmpty() && !isVerified)) {
            discard(partial);
            return 0;
        }
        return offset;
    }

    private long length() {
        try {
            return Files.exists(partial) ? Files.size(partial) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private Map<String, String> conditions(long offset) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (offset > 0) {
            headers.put("Range", "bytes=" + offset + "-");
            String version = version();
            if (!version.isEmpty()) {
                headers.put("If-Range", version);
            }
        }
        return headers;
    }

    /** The strong ETag, or else the date, of the version that the partial file is a part of. */
    private String version() {
        try {
            Path file = versionFile(partial);
            return Files.exists(file)
                    ? Files.readString(file, StandardCharsets.ISO_8859_1).strip()
                    : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static String version(HttpHeaders headers) {
        Optional<String> etag = headers.firstValue("ETag").filter(e -> e.startsWith("\""));
        return etag.or(() -> headers.firstValue("Last-Modified")).orElse("");
    }

    private void requireRoom(long offset) {
        try {
            long free = Files.getFileStore(partial.resolveSibling("")).getUsableSpace();
            if (size > 0 && free > 0 && size - offset > free) {
                throw new WriteFailedException(
                        "There is no room for '" + name + "' in '" + partial.resolveSibling("") + "'.",
                        free + " bytes free",
                        size - offset + " bytes",
                        "free some space, or name another folder with HF_HOME (hf://) or TL4J_HOME (https://)");
            }
        } catch (IOException e) {
            System.getLogger(Download.class.getName())
                    .log(System.Logger.Level.DEBUG, "the free space of '" + partial + "' is not known", e);
        }
    }

    private void force() {
        try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
            channel.force(true);
        } catch (IOException e) {
            throw full(e);
        }
    }

    private WriteFailedException full(IOException e) {
        long free = -1;
        try {
            free = Files.getFileStore(partial.resolveSibling("")).getUsableSpace();
        } catch (IOException unknown) {
            e.addSuppressed(unknown);
        }
        return new WriteFailedException(
                "'" + name + "' cannot be written to '" + partial.resolveSibling("") + "'.",
                e.getClass().getSimpleName() + ": " + e.getMessage() + (free < 0 ? "" : "; " + free + " bytes free"),
                "a writable folder" + (size < 0 ? "" : " with room for " + size + " bytes"),
                "free some space, or name another folder with HF_HOME (hf://) or TL4J_HOME (https://)",
                e);
    }

    /** The body of one answer, written as it comes. */
    private final class Body implements HubClient.Receiver, BodySubscriber<String> {
        private final CompletableFuture<String> done = new CompletableFuture<>();
        private final long asked;
        private volatile long begin;
        private volatile long written;
        private volatile long lastActivity;
        private volatile boolean hasBegun;
        private volatile boolean isOtherVersion;
        private volatile @Nullable IOException diskFailure;
        private String linked = "";
        private Flow.@Nullable Subscription subscription;
        private @Nullable FileChannel channel;

        Body(long asked) {
            this.asked = asked;
        }

        @Override
        public void redirected(HttpHeaders headers) {
            headers.firstValue("X-Linked-Etag").ifPresent(e -> linked = e);
        }

        @Override
        public BodySubscriber<String> body(HttpResponse.ResponseInfo info) {
            lastActivity = System.nanoTime();
            hasBegun = true;
            HttpHeaders headers = info.headers();
            if (info.statusCode() == 206) {
                Matcher range =
                        RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
                String before = version();
                boolean fits = range.matches()
                        && Long.parseLong(range.group(1)) == asked
                        && (before.isEmpty() || version(headers).isEmpty() || before.equals(version(headers)))
                        && isVersion(range.group(3), headers);
                if (!fits) {
                    isOtherVersion = true;
                    return this;
                }
                begin = asked;
            } else if (info.statusCode() == 200) {
                if (!isVersion(headers.firstValue("Content-Length").orElse("*"), headers)) {
                    isOtherVersion = true;
                    return this;
                }
                begin = 0;
            } else {
                return BodySubscribers.ofString(StandardCharsets.UTF_8);
            }
            try {
                open(headers);
            } catch (IOException e) {
                diskFailure = e;
            }
            return this;
        }

        /** Whether an answer is about the version that is wanted; learns the size where it is not known. */
        private boolean isVersion(String total, HttpHeaders headers) {
            if (total.matches("\\d{1,18}")) {
                long whole = Long.parseLong(total);
                if (size < 0) {
                    size = whole;
                } else if (size != whole) {
                    if (!blob.isEmpty()) {
                        return false;
                    }
                    size = whole;
                }
            }
            String etag = !linked.isEmpty()
                    ? linked
                    : headers.firstValue("X-Linked-Etag").orElse("");
            return blob.isEmpty()
                    || etag.isEmpty()
                    || HuggingFaceCache.blobName(etag).equals(blob);
        }

        private synchronized void open(HttpHeaders headers) throws IOException {
            if (begin == 0) {
                Files.deleteIfExists(partial);
                Files.writeString(versionFile(partial), version(headers), StandardCharsets.ISO_8859_1);
            }
            FileChannel file = FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            file.position(begin);
            channel = file;
        }

        @Override
        public Duration stalled() {
            return hasBegun ? Duration.ofNanos(Math.max(1, System.nanoTime() - lastActivity)) : Duration.ZERO;
        }

        @Override
        public void tick() {
            if (written > 0) {
                listener.download(name, begin + written, size);
            }
        }

        @Override
        public CompletionStage<String> getBody() {
            return done;
        }

        @Override
        public synchronized void onSubscribe(Flow.Subscription s) {
            subscription = s;
            if (isOtherVersion || diskFailure != null) {
                // Gigabytes that nobody wants are not waited for.
                s.cancel();
                done.complete("");
            } else {
                s.request(1);
            }
        }

        @Override
        public synchronized void onNext(List<ByteBuffer> parts) {
            FileChannel file = channel;
            if (file == null || !file.isOpen() || diskFailure != null) {
                return;
            }
            try {
                for (ByteBuffer part : parts) {
                    while (part.hasRemaining()) {
                        written += file.write(part);
                    }
                }
            } catch (IOException e) {
                diskFailure = e;
                cancel();
                done.completeExceptionally(e);
                return;
            }
            lastActivity = System.nanoTime();
            Flow.Subscription s = subscription;
            if (s != null) {
                s.request(1);
            }
        }

        @Override
        public void onError(Throwable e) {
            done.completeExceptionally(e);
        }

        @Override
        public void onComplete() {
            done.complete("");
        }

        private void cancel() {
            Flow.Subscription s = subscription;
            if (s != null) {
                s.cancel();
            }
        }

        /** Nothing is written after this, even if more comes. */
        synchronized void close() {
            cancel();
            FileChannel file = channel;
            if (file != null) {
                try {
                    file.close();
                } catch (IOException e) {
                    diskFailure = e;
                }
            }
        }
    }
}
