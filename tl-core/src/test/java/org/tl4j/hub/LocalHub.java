// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A web server on this machine that answers as the Hugging Face Hub does and as plain servers do, and misbehaves when
 * it is told to.
 */
final class LocalHub implements Closeable {
    static final String COMMIT = "1111111111111111111111111111111111111111";
    static final String REPOSITORY = "acme/tiny";

    /** One answer that is not the usual one; whoever returns false has left the usual one to follow. */
    interface Mischief {
        boolean answer(HttpExchange exchange) throws IOException;
    }

    /** What was asked. */
    record Request(String method, String path, Map<String, String> headers) {
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    private static final Pattern FILE = Pattern.compile("/" + REPOSITORY + "/resolve/(?:main|[0-9a-f]{40})/(.+)");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> files = new TreeMap<>();
    private final ConcurrentLinkedDeque<Mischief> mischief = new ConcurrentLinkedDeque<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();
    volatile String commit = COMMIT;
    volatile boolean ranges = true;

    LocalHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** A file of the repository. */
    LocalHub with(String path, byte[] bytes) {
        files.put(path, bytes);
        return this;
    }

    /** The next GET of a file is answered so. */
    void next(Mischief m) {
        mischief.add(m);
    }

    long gets() {
        return requests.stream().filter(r -> r.method().equals("GET")).count();
    }

    HubSettings settings(Path cache) {
        return HubSettings.of(Map.of(
                        "HF_HOME", cache.resolve("huggingface").toString(),
                        "TL4J_HOME", cache.resolve("tl4j").toString(),
                        "HF_ENDPOINT", address(),
                        "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"))
                .withTimes(
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(2),
                        Duration.ofMillis(400),
                        4,
                        Duration.ofMillis(5),
                        Duration.ofSeconds(3));
    }

    private void handle(HttpExchange x) throws IOException {
        String path = x.getRequestURI().getPath();
        requests.add(new Request(
                x.getRequestMethod(),
                path,
                x.getRequestHeaders().entrySet().stream()
                        .collect(Collectors.toMap(
                                e -> e.getKey().toLowerCase(Locale.ROOT),
                                e -> e.getValue().get(0)))));
        try (x) {
            if (x.getRequestMethod().equals("GET") && !path.startsWith("/api/")) {
                Mischief m = mischief.poll();
                if (m != null && m.answer(x)) {
                    return;
                }
            }
            if (path.equals("/api/models/" + REPOSITORY + "/revision/main")
                    || path.equals("/api/models/" + REPOSITORY + "/revision/" + commit)) {
                String siblings = files.keySet().stream()
                        .map(f -> "{\"rfilename\":\"" + f + "\"}")
                        .collect(Collectors.joining(","));
                byte[] json = ("{\"sha\":\"" + commit + "\",\"siblings\":[" + siblings + "]}")
                        .getBytes(StandardCharsets.UTF_8);
                x.sendResponseHeaders(200, json.length);
                x.getResponseBody().write(json);
                return;
            }
            Matcher file = FILE.matcher(path);
            if (file.matches()) {
                resolve(x, file.group(1));
                return;
            }
            if (path.startsWith("/files/") && files.containsKey(path.substring(7))) {
                byte[] bytes = files.get(path.substring(7));
                give(x, bytes, etag(bytes), bytes.length);
                return;
            }
            error(x, 404, path.startsWith("/files/") ? "" : "RepoNotFound");
        }
    }

    private void resolve(HttpExchange x, String file) throws IOException {
        byte[] bytes = files.get(file);
        if (bytes == null) {
            error(x, 404, "EntryNotFound");
            return;
        }
        x.getResponseHeaders().add("X-Repo-Commit", commit);
        give(x, bytes, etag(bytes), bytes.length);
    }

    static void error(HttpExchange x, int status, String code) throws IOException {
        if (!code.isEmpty()) {
            x.getResponseHeaders().add("X-Error-Code", code);
        }
        x.sendResponseHeaders(status, -1);
    }

    /** Large files have their SHA-256 as ETag, small ones what Git calls them by. */
    static String etag(byte[] bytes) {
        return bytes.length >= 1000 ? Hub.sha256(bytes) : git(bytes);
    }

    static String git(byte[] bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest.digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Answers with a file, or the part of it that was asked for, and stops after {@code most} bytes of it. */
    void give(HttpExchange x, byte[] bytes, String etag, int most) throws IOException {
        x.getResponseHeaders().add("ETag", "\"" + etag + "\"");
        if (x.getRequestMethod().equals("HEAD")) {
            x.getResponseHeaders().add("Content-Length", String.valueOf(bytes.length));
            x.sendResponseHeaders(200, -1);
            return;
        }
        int from = 0;
        String range = x.getRequestHeaders().getFirst("Range");
        String condition = x.getRequestHeaders().getFirst("If-Range");
        if (ranges && range != null && (condition == null || condition.equals("\"" + etag + "\""))) {
            from = Integer.parseInt(range.replaceAll("\\D", ""));
            x.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        x.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
        OutputStream out = x.getResponseBody();
        out.write(bytes, from, Math.max(0, Math.min(most, bytes.length) - from));
        out.flush();
    }

    /** Breaks off after some bytes of the file. */
    Mischief truncated(byte[] bytes, int most) {
        return x -> {
            x.getResponseHeaders().add("X-Repo-Commit", commit);
            try {
                give(x, bytes, etag(bytes), most);
            } finally {
                x.close();
            }
            return true;
        };
    }

    /** Gives some bytes and then nothing more, without an end. */
    Mischief stalled(byte[] bytes, int most) {
        return x -> {
            x.getResponseHeaders().add("X-Repo-Commit", commit);
            give(x, bytes, etag(bytes), most);
            try {
                TimeUnit.SECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return true;
        };
    }

    /** Refuses. */
    static Mischief status(int status, String... headers) {
        return x -> {
            for (int i = 0; i < headers.length; i += 2) {
                x.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            x.sendResponseHeaders(status, -1);
            return true;
        };
    }

    URI uri(String path) {
        return URI.create(address() + path);
    }

    /** Bytes that do not repeat. */
    static byte[] bytes(int count, int seed) {
        byte[] made = new byte[count];
        new java.util.Random(seed).nextBytes(made);
        return made;
    }

    static byte[] changed(byte[] bytes) {
        byte[] other = Arrays.copyOf(bytes, bytes.length);
        other[bytes.length / 2] ^= 1;
        return other;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
