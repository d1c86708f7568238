// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.DownloadFailedException;

/**
 * Requests with the rules that all of them follow: redirects never lead from {@code https} to {@code http}, the token
 * goes to the endpoint alone, and what may pass is tried again after a pause.
 */
final class HubClient {
    private static final int MOST_REDIRECTS = 10;
    private static final long POLL_MILLIS = 100;
    /** A server that is not there is not there a second later. */
    private static final int CONNECT_ATTEMPTS = 2;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

    private final HubSettings settings;
    private @Nullable HttpClient http;

    HubClient(HubSettings settings) {
        this.settings = settings;
    }

    /**
     * What a server said.
     *
     * @param uri that answered, after redirects
     * @param text of the body, where it was asked for or is an error
     */
    record Answer(URI uri, int status, HttpHeaders headers, String text) {
        Optional<String> header(String name) {
            return headers.firstValue(name).filter(v -> !v.isBlank());
        }

        long number(String name) {
            return header(name)
                    .filter(v -> v.matches("\\d{1,18}"))
                    .map(Long::parseLong)
                    .orElse(-1L);
        }

        boolean isOk() {
            return status == 200 || status == 206;
        }

        boolean isRedirect() {
            return REDIRECTS.contains(status);
        }

        /** Whether the same request may be answered otherwise a little later. */
        boolean mayPass() {
            return PASSING.contains(status);
        }
    }

    /** Takes what one request brings. */
    interface Receiver {
        /** An answer came that leads elsewhere. */
        default void redirected(HttpHeaders headers) {}

        /** Where the body goes. */
        BodySubscriber<String> body(HttpResponse.ResponseInfo info);

        /** How long nothing has come since the body began; 0 before that. */
        default Duration stalled() {
            return Duration.ZERO;
        }

        /** Called now and then while the body comes. */
        default void tick() {}
    }

    /** The headers of a file, from the first server that does not lead to another path of its own. */
    Answer head(URI uri, int attempts) {
        return repeated(uri, attempts, () -> send("HEAD", uri, Map.of(), text(), false));
    }

    /** A document. */
    Answer get(URI uri, int attempts) {
        return repeated(uri, attempts, () -> send("GET", uri, Map.of(), text(), true));
    }

    private static Receiver text() {
        return info -> BodySubscribers.ofString(StandardCharsets.UTF_8);
    }

    private interface Exchange {
        Answer run() throws IOException, InterruptedException;
    }

    private Answer repeated(URI uri, int attempts, Exchange exchange) {
        for (int attempt = 1; ; attempt++) {
            try {
                Answer answer = exchange.run();
                if (!answer.mayPass() || attempt >= attempts || !pause(attempt, answer)) {
                    return answer;
                }
            } catch (IOException e) {
                if (attempt >= attempts || !isWorthAnother(e, attempt)) {
                    throw unreachable(uri, e);
                }
                pause(attempt);
            } catch (InterruptedException e) {
                throw interrupted(uri, e);
            }
        }
    }

    /** Whether an error of the network may pass; the second parameter counts from 1. */
    static boolean isWorthAnother(IOException e, int attempt) {
        boolean unknownHost = e.getCause() instanceof UnresolvedAddressException
                || e.getCause() != null && e.getCause().getCause() instanceof UnresolvedAddressException;
        boolean connecting = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
        return !unknownHost
                && !(e instanceof SSLException)
                && !(e instanceof ProtocolException)
                && (!connecting || attempt < CONNECT_ATTEMPTS);
    }

    /** Waits before the next attempt. */
    void pause(int attempt) {
        sleep(settings.backOff().multipliedBy(1L << Math.min(attempt - 1, 6)));
    }

    /** As long as the server asks for; false if that is too long. */
    boolean pause(int attempt, Answer answer) {
        Optional<Duration> asked = retryAfter(answer);
        if (asked.isPresent() && asked.get().compareTo(settings.patience()) > 0) {
            return false;
        }
        if (asked.isPresent()) {
            sleep(asked.get());
        } else {
            pause(attempt);
        }
        return true;
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DownloadFailedException(
                    "A download was interrupted.", "an interrupt of its thread", "none", "start it again", e);
        }
    }

    /** {@code Retry-After} in seconds or as a date. */
    static Optional<Duration> retryAfter(Answer answer) {
        return answer.header("Retry-After").flatMap(value -> {
            if (value.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            try {
                Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration left = Duration.between(Instant.now(), then);
                return Optional.of(left.isNegative() ? Duration.ZERO : left);
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        });
    }

    /**
     * One request and the redirects that follow.
     *
     * @param everywhere whether redirects to other hosts are followed; if not, the redirect is the answer
     */
    Answer send(String method, URI start, Map<String, String> headers, Receiver receiver, boolean everywhere)
            throws IOException, InterruptedException {
        URI uri = start;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            Answer answer = once(method, uri, headers, receiver);
            Optional<String> location = answer.header("Location");
            if (!answer.isRedirect() || location.isEmpty()) {
                return answer;
            }
            URI next;
            try {
                next = uri.resolve(location.get());
            } catch (IllegalArgumentException e) {
                throw new ProtocolException("a redirect to '" + location.get() + "', which is no address");
            }
            boolean same = origin(next).equals(origin(uri));
            if (!same && !everywhere) {
                return answer;
            }
            if (!"https".equals(next.getScheme())
                    && !("http".equals(next.getScheme()) && "http".equals(uri.getScheme()))) {
                throw new ProtocolException("a redirect from " + uri.getScheme() + " to '" + next.getScheme() + "://"
                        + next.getHost() + "', which is not safe");
            }
            receiver.redirected(answer.headers());
            uri = next;
        }
        throw new ProtocolException("more than " + MOST_REDIRECTS + " redirects");
    }

    /** Scheme, host and port. */
    static String origin(URI uri) {
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        return uri.getScheme() + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }

    private Answer once(String method, URI uri, Map<String, String> headers, Receiver receiver)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(settings.responseTimeout())
                // The length and the hash are those of the file, not of a packed one.
                .header("Accept-Encoding", "identity")
                .header("User-Agent", "tl4j; java/" + Runtime.version().feature());
        headers.forEach(request::header);
        String token = settings.token();
        if (token != null && origin(uri).equals(origin(settings.endpoint()))) {
            request.header("Authorization", "Bearer " + token);
        }
        CompletableFuture<HttpResponse<String>> future = http().sendAsync(
                        request.build(),
                        info -> REDIRECTS.contains(info.statusCode())
                                ? BodySubscribers.replacing("")
                                : receiver.body(info));
        long begin = System.nanoTime();
        long most = settings.responseTimeout().plus(settings.stallTimeout()).toNanos();
        while (true) {
            try {
                HttpResponse<String> response = future.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                return new Answer(uri, response.statusCode(), response.headers(), String.valueOf(response.body()));
            } catch (TimeoutException e) {
                receiver.tick();
                Duration stalled = receiver.stalled();
                if (stalled.compareTo(settings.stallTimeout()) > 0) {
                    future.cancel(true);
                    throw new HttpTimeoutException("nothing came for " + seconds(stalled));
                }
                if (stalled.isZero() && System.nanoTime() - begin > most) {
                    future.cancel(true);
                    throw new HttpTimeoutException("no answer for " + seconds(Duration.ofNanos(most)));
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            } catch (InterruptedException e) {
                future.cancel(true);
                throw e;
            }
        }
    }

    private synchronized HttpClient http() {
        HttpClient made = http;
        if (made == null) {
            // Without a proxy of its own a client uses the JVM's.
            HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(settings.connectTimeout());
            Authenticator authenticator = Authenticator.getDefault();
            if (authenticator != null) {
                builder.authenticator(authenticator);
            }
            made = builder.build();
            http = made;
        }
        return made;
    }

    /** Such as {@code 1.5 s}. */
    static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 || time.toSeconds() >= 10
                ? time.toSeconds() + " s"
                : String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }

    /** The error for a server that cannot be reached or does not go on. */
    static DownloadFailedException unreachable(URI uri, IOException e) {
        String what = e instanceof HttpConnectTimeoutException
                ? "'" + uri.getHost() + "' did not accept a connection in time."
                : e instanceof HttpTimeoutException
                        ? "'" + uri.getHost() + "' stopped answering."
                        : "'" + uri.getHost() + "' cannot be reached, or broke off.";
        String fix = e instanceof SSLException
                ? "check the clock and the certificates (-Djavax.net.ssl.trustStore), or a proxy that replaces them"
                : "check the network, try again (what came is kept), or behind a proxy start the JVM with"
                        + " -Dhttps.proxyHost and -Dhttps.proxyPort";
        return new DownloadFailedException(
                what, described(e) + "\nat " + shown(uri), "an answer of the server", fix, e);
    }

    static DownloadFailedException interrupted(URI uri, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new DownloadFailedException(
                "The download of '" + shown(uri) + "' was interrupted.",
                "an interrupt of its thread",
                "none",
                "start it again: what came is kept",
                e);
    }

    /** The error for an answer that says to come again later. */
    static DownloadFailedException later(String name, Answer answer) {
        String after = retryAfter(answer).map(d -> "after " + seconds(d)).orElse("in a few minutes");
        return answer.status() == 429
                ? new DownloadFailedException(
                        "'" + answer.uri().getHost() + "' asks for fewer requests; '" + name + "' was not fetched.",
                        "status 429 (too many requests) again and again",
                        "the file",
                        "try again " + after
                                + ", or set HF_TOKEN for the Hugging Face Hub: known users may ask more often")
                : new DownloadFailedException(
                        "'" + answer.uri().getHost() + "' failed to give '" + name + "'.",
                        "status " + answer.status() + " again and again",
                        "status 200",
                        "try again " + after + ": the trouble is the server's");
    }

    /** An address without its query, which may hold a signature. */
    static String shown(URI uri) {
        String text = uri.toString();
        int query = text.indexOf('?');
        return query < 0 ? text : text.substring(0, query) + "?…";
    }

    private static String described(Throwable e) {
        Throwable root = e;
        while (root.getMessage() == null && root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof UnresolvedAddressException) {
            return "the name of the host is not known";
        }
        return root.getClass().getSimpleName() + (root.getMessage() == null ? "" : ": " + root.getMessage());
    }
}
