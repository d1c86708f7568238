// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnsupportedFeatureException;

/** How sources are written. */
final class SourceSyntax {
    static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    static final Pattern REFERENCE = Pattern.compile("refs/(?:pr|convert|heads|tags)/[^/]+");

    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*", Pattern.DOTALL);
    private static final Pattern HUGGING_FACE =
            Pattern.compile("//([^/@]*)/([^/@]*)(?:@(" + REFERENCE.pattern() + "|[^/]*))?(?:/(.*))?", Pattern.DOTALL);
    private static final Pattern NAME =
            Pattern.compile("(?!.*(?:--|\\.\\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?");
    private static final Pattern FORBIDDEN = Pattern.compile("[\\\\\\p{Cntrl}:*?\"<>|]");
    private static final String EXAMPLE = "hf://sentence-transformers/all-MiniLM-L6-v2@main/onnx/model.onnx";

    private SourceSyntax() {}

    static String scheme(String text) {
        Matcher m = SCHEME.matcher(text);
        return m.matches() ? m.group(1).toLowerCase(Locale.ROOT) : "";
    }

    static String named(String text, String rest) {
        if (rest.isEmpty()) {
            throw malformed(text, "nothing after the colon", "a name after '" + text + "'", "name the file");
        }
        return rest;
    }

    static Path path(String text, String rest) {
        try {
            return rest.startsWith("///") ? Path.of(URI.create(text)) : Path.of(rest);
        } catch (IllegalArgumentException e) {
            throw new InvalidArgumentException(
                    "'" + text + "' names no file.",
                    String.valueOf(e.getMessage()),
                    "file:PATH",
                    "correct the path",
                    e);
        }
    }

    static HubSource.HuggingFace huggingFace(String text, String rest) {
        Matcher m = HUGGING_FACE.matcher(rest);
        if (!m.matches()) {
            String[] words = rest.replaceFirst("^/*", "").split("[/@]", -1);
            throw malformed(
                    text,
                    rest.startsWith("//") ? "'" + rest.substring(2) + "', which has no owner" : "no // after hf:",
                    "hf://OWNER/NAME, such as " + EXAMPLE,
                    words.length > 0 && rest.startsWith("//")
                            ? "write the owner before '" + words[0] + "'; the repository's page names it"
                            : "write it as " + EXAMPLE);
        }
        String owner = m.group(1);
        if (owner.equals("datasets") || owner.equals("spaces")) {
            throw new UnsupportedFeatureException(
                    "'" + text + "' names no repository of a model.",
                    "a repository of " + owner,
                    "hf://OWNER/NAME of a model",
                    "download its files yourself and name their path");
        }
        String revision = m.group(3) == null ? "main" : m.group(3);
        try {
            return new HubSource.HuggingFace(
                    owner,
                    m.group(2),
                    URLDecoder.decode(revision.replace("+", "%2B"), StandardCharsets.UTF_8),
                    m.group(4) == null ? "" : m.group(4).replaceFirst("/$", ""));
        } catch (InvalidArgumentException e) {
            throw malformed(text, e.found(), e.expected(), e.fix());
        } catch (IllegalArgumentException e) {
            throw new InvalidArgumentException(
                    "'" + text + "' is malformed.",
                    "the revision " + revision,
                    "a percent sign only before two digits",
                    "leave the percent sign out",
                    e);
        }
    }

    static void requireParts(String owner, String name, String revision, String path) {
        for (String word : List.of(owner, name)) {
            if (!NAME.matcher(word).matches()) {
                throw malformed(
                        "hf://" + owner + "/" + name,
                        "'" + word + "'",
                        "OWNER/NAME of letters, digits, '-', '_' and '.', such as " + EXAMPLE,
                        "copy the name from the repository's page");
            }
        }
        requireSegments(revision, "revision", false);
        requireSegments(path, "path", true);
    }

    private static void requireSegments(String text, String kind, boolean mayBeEmpty) {
        if (text.isEmpty() && mayBeEmpty) {
            return;
        }
        for (String part : text.split("/", -1)) {
            if (part.isEmpty()
                    || part.equals(".")
                    || part.equals("..")
                    || FORBIDDEN.matcher(part).find()) {
                throw malformed(
                        text,
                        "the " + kind + " '" + text + "'",
                        "a " + kind + " without empty parts, '.', '..', '\\' and ':'",
                        "write it as " + EXAMPLE);
            }
        }
    }

    static URI web(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidArgumentException(
                    "'" + text + "' is no web address.",
                    String.valueOf(e.getMessage()),
                    "https://HOST/PATH",
                    "write blanks and other special characters as %20 and the like",
                    e);
        }
        String path = uri.getPath();
        if (uri.getHost() == null || path == null || path.isEmpty() || path.endsWith("/")) {
            throw malformed(
                    text,
                    uri.getHost() == null ? "no host" : "no name of a file",
                    "https://HOST/PATH/FILE",
                    "name the file, not its folder");
        }
        if (uri.getRawUserInfo() != null) {
            throw malformed(
                    "https://…@" + uri.getHost(),
                    "a user name or password in the address",
                    "an address without",
                    "download the file yourself and name its path");
        }
        if (scheme(text).equals("http") && !isLoopback(uri)) {
            throw malformed(
                    text,
                    "http, where anybody on the way can change the file",
                    "https",
                    "write " + text.replaceFirst("(?i)^http:", "https:"));
        }
        return uri;
    }

    static boolean isLoopback(URI uri) {
        String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        return host.equals("localhost") || host.matches("127(?:\\.\\d{1,3}){3}") || host.equals("[::1]");
    }

    private static InvalidArgumentException malformed(String text, String found, String expected, String fix) {
        return new InvalidArgumentException("'" + text + "' is malformed.", found, expected, fix);
    }
}
