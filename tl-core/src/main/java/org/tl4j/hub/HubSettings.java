// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;

/**
 * How files are fetched and where they are kept. The environment variables are those of Python's
 * {@code huggingface_hub}, so that both share one cache: {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code XDG_CACHE_HOME},
 * {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_TOKEN_PATH}, {@code HF_HUB_DISABLE_IMPLICIT_TOKEN},
 * {@code HF_HUB_OFFLINE}, {@code HF_HUB_DISABLE_SYMLINKS}, {@code HF_HUB_DISABLE_PROGRESS_BARS},
 * {@code HF_HUB_ETAG_TIMEOUT} and {@code HF_HUB_DOWNLOAD_TIMEOUT}; and {@code TL4J_HOME}. Proxies are the JVM's
 * ({@code -Dhttps.proxyHost}, {@code -Dhttps.proxyPort}).
 *
 * @param endpoint of the Hugging Face Hub, without a slash at its end
 * @param token of the Hugging Face Hub, sent to the endpoint alone; or null
 * @param huggingFaceCache the folder {@code hub} of Hugging Face's cache
 * @param downloads where files of other servers are kept
 * @param offline whether the network is not to be used
 * @param symlinks whether a file of the cache may be a link, as is usual
 * @param progress whether {@link DownloadListener#download} is told
 * @param connectTimeout for a connection
 * @param responseTimeout from a request to the first line of its answer
 * @param stallTimeout after which a download from which nothing comes is broken off and resumed
 * @param attempts how often a request is made that brings nothing
 * @param backOff pause after the first attempt, doubled after each
 * @param patience the longest pause that a server can ask for
 */
public record HubSettings(
        URI endpoint,
        @Nullable String token,
        Path huggingFaceCache,
        Path downloads,
        boolean offline,
        boolean symlinks,
        boolean progress,
        Duration connectTimeout,
        Duration responseTimeout,
        Duration stallTimeout,
        int attempts,
        Duration backOff,
        Duration patience) {

    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{([A-Za-z0-9_]+)}|([A-Za-z0-9_]+))");

    /** Checks the numbers. */
    public HubSettings {
        Checks.positive("attempts", attempts);
    }

    /** The settings of this process. */
    public static HubSettings ofEnvironment() {
        return of(System.getenv());
    }

    /**
     * The settings that environment variables make.
     *
     * @throws InvalidArgumentException if one of them cannot be understood
     */
    public static HubSettings of(Map<String, String> environment) {
        Function<String, String> variable =
                name -> environment.getOrDefault(name, "").strip();
        String home = variable.apply("HOME").isEmpty() ? System.getProperty("user.home") : variable.apply("HOME");
        Path caches = folder(environment, home, "XDG_CACHE_HOME", Path.of(home, ".cache"));
        Path huggingFace = folder(environment, home, "HF_HOME", caches.resolve("huggingface"));
        Path hub = folder(
                environment,
                home,
                "HF_HUB_CACHE",
                folder(environment, home, "HUGGINGFACE_HUB_CACHE", huggingFace.resolve("hub")));
        Path own = folder(environment, home, "TL4J_HOME", caches.resolve("tl4j"));
        return new HubSettings(
                endpoint(variable.apply("HF_ENDPOINT")),
                token(environment, folder(environment, home, "HF_TOKEN_PATH", huggingFace.resolve("token"))),
                hub,
                own.resolve("downloads"),
                isTrue(variable.apply("HF_HUB_OFFLINE")) || isTrue(variable.apply("TRANSFORMERS_OFFLINE")),
                !isTrue(variable.apply("HF_HUB_DISABLE_SYMLINKS")),
                !isTrue(variable.apply("HF_HUB_DISABLE_PROGRESS_BARS")),
                Duration.ofSeconds(10),
                seconds("HF_HUB_ETAG_TIMEOUT", variable.apply("HF_HUB_ETAG_TIMEOUT"), 20),
                seconds("HF_HUB_DOWNLOAD_TIMEOUT", variable.apply("HF_HUB_DOWNLOAD_TIMEOUT"), 30),
                5,
                Duration.ofSeconds(1),
                Duration.ofMinutes(2));
    }

    private static boolean isTrue(String value) {
        return TRUE.contains(value.toUpperCase(Locale.ROOT));
    }

    private static Duration seconds(String name, String value, int otherwise) {
        if (value.isEmpty()) {
            return Duration.ofSeconds(otherwise);
        }
        try {
            return Duration.ofSeconds(Checks.positive(name, Integer.parseInt(value)));
        } catch (NumberFormatException e) {
            throw new InvalidArgumentException(
                    "The environment variable " + name + " is no number.",
                    value,
                    "seconds, such as " + otherwise,
                    "correct or unset it",
                    e);
        }
    }

    private static Path folder(Map<String, String> environment, String home, String name, Path otherwise) {
        String value = environment.getOrDefault(name, "").strip();
        if (value.isEmpty()) {
            return otherwise;
        }
        Matcher m = VARIABLE.matcher(value);
        String whole = m.replaceAll(v -> Matcher.quoteReplacement(
                environment.getOrDefault(v.group(1) == null ? v.group(2) : v.group(1), v.group())));
        try {
            return whole.equals("~") || whole.startsWith("~/") ? Path.of(home + whole.substring(1)) : Path.of(whole);
        } catch (InvalidPathException e) {
            throw new InvalidArgumentException(
                    "The environment variable " + name + " is no path.", value, "a path", "correct or unset it", e);
        }
    }

    private static URI endpoint(String value) {
        String text = value.isEmpty() ? "https://huggingface.co" : value.replaceFirst("/+$", "");
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && Set.of("http", "https").contains(String.valueOf(uri.getScheme()))) {
                return uri;
            }
            throw new URISyntaxException(text, "no http or https address");
        } catch (URISyntaxException e) {
            throw new InvalidArgumentException(
                    "The environment variable HF_ENDPOINT is no web address.",
                    value,
                    "such as https://huggingface.co",
                    "correct or unset it",
                    e);
        }
    }

    private static @Nullable String token(Map<String, String> environment, Path file) {
        for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            String value = environment.getOrDefault(name, "").strip();
            if (!value.isEmpty()) {
                return checked(value, "The environment variable " + name);
            }
        }
        if (isTrue(environment.getOrDefault("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")) || !Files.isRegularFile(file)) {
            return null;
        }
        try {
            String value = Files.readString(file, StandardCharsets.UTF_8).strip();
            return value.isEmpty() ? null : checked(value, "The file '" + file + "'");
        } catch (IOException e) {
            System.getLogger(HubSettings.class.getName())
                    .log(System.Logger.Level.WARNING, "the token in '" + file + "' cannot be read", e);
            return null;
        }
    }

    private static String checked(String token, String where) {
        if (!token.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new InvalidArgumentException(
                    where + " holds no token.",
                    "characters that a token cannot have",
                    "one word, such as hf_…",
                    "copy the token again from https://huggingface.co/settings/tokens");
        }
        return token;
    }

    /** The same with another token. */
    public HubSettings withToken(@Nullable String other) {
        return new HubSettings(
                endpoint,
                other,
                huggingFaceCache,
                downloads,
                offline,
                symlinks,
                progress,
                connectTimeout,
                responseTimeout,
                stallTimeout,
                attempts,
                backOff,
                patience);
    }

    /** The same with or without the network. */
    public HubSettings withOffline(boolean other) {
        return new HubSettings(
                endpoint,
                token,
                huggingFaceCache,
                downloads,
                other,
                symlinks,
                progress,
                connectTimeout,
                responseTimeout,
                stallTimeout,
                attempts,
                backOff,
                patience);
    }

    /** The same with other times. */
    HubSettings withTimes(
            Duration connect, Duration response, Duration stall, int mostAttempts, Duration pause, Duration longest) {
        return new HubSettings(
                endpoint,
                token,
                huggingFaceCache,
                downloads,
                offline,
                symlinks,
                progress,
                connect,
                response,
                stall,
                mostAttempts,
                pause,
                longest);
    }

    /** Everything but the token. */
    @Override
    public String toString() {
        return "HubSettings[endpoint=" + endpoint + ", token=" + (token == null ? "none" : "set")
                + ", huggingFaceCache=" + huggingFaceCache + ", downloads=" + downloads + ", offline=" + offline + "]";
    }
}
