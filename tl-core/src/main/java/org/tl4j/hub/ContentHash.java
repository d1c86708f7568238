// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.InvalidArgumentException;

/**
 * The hash that a file must have.
 *
 * @param kind which hash, or none
 * @param digits lower-case hexadecimal, perhaps only the first ones
 */
record ContentHash(Kind kind, String digits) {
    /** Which hash. */
    enum Kind {
        NONE("no hash"),
        SHA256("sha256"),
        /** What Git calls a file by: SHA-1 of a header and the contents; mirrors give SHA-1 of the contents alone. */
        GIT("git sha1");

        private final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    static final ContentHash NONE = new ContentHash(Kind.NONE, "");

    private static final Pattern HEXADECIMAL = Pattern.compile("[0-9a-f]{8,64}");
    private static final Pattern IN_NAME = Pattern.compile(".*-([0-9a-f]{8,64})\\.[^.]+");
    private static final Pattern DATE = Pattern.compile("(?:19|20)\\d\\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])");

    /** A SHA-256 or its first digits, at least 8; empty for none. */
    static ContentHash sha256(String text) {
        String digits = text.strip().toLowerCase(Locale.ROOT);
        if (digits.isEmpty()) {
            return NONE;
        }
        if (!HEXADECIMAL.matcher(digits).matches()) {
            throw new InvalidArgumentException(
                    "'" + text + "' is no SHA-256.",
                    digits.length() + " characters",
                    "64 hexadecimal digits, or at least the first 8",
                    "take the hash from where the file was published");
        }
        return new ContentHash(Kind.SHA256, digits);
    }

    /** What torchvision's and timm's names say, as {@code resnet18-f37072fd.pth} does; a date is no hash. */
    static ContentHash inName(String name) {
        Matcher m = IN_NAME.matcher(name);
        return m.matches() && !DATE.matcher(m.group(1)).matches() ? new ContentHash(Kind.SHA256, m.group(1)) : NONE;
    }

    /** The hash that names a blob of the Hugging Face Hub; none where a mirror names blobs otherwise. */
    static ContentHash ofBlob(String etag) {
        return etag.matches("[0-9a-f]{64}")
                ? new ContentHash(Kind.SHA256, etag)
                : etag.matches("[0-9a-f]{40}") ? new ContentHash(Kind.GIT, etag) : NONE;
    }

    boolean isKnown() {
        return kind != Kind.NONE;
    }

    /** The hash that the file has instead, if it is another one. */
    Optional<String> mismatch(Path file) throws IOException {
        List<String> found = switch (kind) {
            case NONE -> List.of(digits);
            case SHA256 -> List.of(Hub.sha256(file));
            case GIT -> List.of(sha1(file, "blob " + Files.size(file) + "\0"), sha1(file, ""));
        };
        return found.stream().anyMatch(f -> f.startsWith(digits)) ? Optional.empty() : Optional.of(found.get(0));
    }

    private static String sha1(Path file, String header) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
        digest.update(header.getBytes(StandardCharsets.US_ASCII));
        Hub.update(digest, file);
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Such as {@code sha256 f37072fd…}. */
    @Override
    public String toString() {
        return kind == Kind.SHA256 && digits.length() < 64
                ? "a sha256 that begins with " + digits
                : kind.title + " " + digits;
    }

    /** What is said of another hash of the same kind. */
    String title() {
        return kind.title;
    }
}
