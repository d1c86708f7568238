// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;

/**
 * Where a published file lies, read from text:
 *
 * <ul>
 *   <li>{@code hf://OWNER/NAME@REVISION/PATH/IN/REPOSITORY}, on the Hugging Face Hub; {@code @main} where no revision
 *       is given, the whole repository where no path is
 *   <li>{@code https://HOST/PATH}; {@code http} only on this machine
 *   <li>{@code file:PATH}
 *   <li>{@code classpath:NAME}
 * </ul>
 *
 * {@link Object#toString} gives that text again.
 */
public sealed interface HubSource {
    /** Whether a text names a source by its scheme, rather than a path or a preset. */
    static boolean isSource(String text) {
        return SourceSyntax.scheme(text).length() > 1; // one letter is a drive of Windows
    }

    /**
     * Reads a source.
     *
     * @throws InvalidArgumentException if it is malformed
     * @throws UnknownNameException if it has another scheme
     */
    static HubSource parse(String text) {
        String scheme = SourceSyntax.scheme(text);
        String rest = text.substring(Math.min(text.length(), scheme.length() + 1));
        return switch (scheme) {
            case "classpath" -> new Resource(SourceSyntax.named(text, rest));
            case "file" -> new Local(SourceSyntax.path(text, SourceSyntax.named(text, rest)));
            case "hf" -> SourceSyntax.huggingFace(text, rest);
            case "https", "http" -> new Web(SourceSyntax.web(text));
            default ->
                throw new UnknownNameException(
                        "kind of source",
                        scheme.isEmpty() ? text : scheme,
                        List.of("classpath", "file", "hf", "https"),
                        "write hf://OWNER/NAME@REVISION/FILE, https://HOST/FILE, file:PATH or classpath:NAME");
        };
    }

    /**
     * A file of a model repository on the Hugging Face Hub, or the whole repository.
     *
     * @param owner user or organisation
     * @param name of the repository
     * @param revision branch, tag or commit
     * @param path in the repository, with {@code /}; empty for the repository itself
     */
    record HuggingFace(String owner, String name, String revision, String path) implements HubSource {
        /** Checks that each part can be a part of a path. */
        public HuggingFace {
            SourceSyntax.requireParts(owner, name, revision, path);
        }

        /** {@code OWNER/NAME}. */
        public String repository() {
            return owner + "/" + name;
        }

        /** A file of the same repository and revision. */
        public HuggingFace withPath(String other) {
            return new HuggingFace(owner, name, revision, other);
        }

        /** The same file at another revision. */
        public HuggingFace withRevision(String other) {
            return new HuggingFace(owner, name, other, path);
        }

        /** Whether the revision is a whole commit, whose files never change. */
        public boolean isPinned() {
            return SourceSyntax.COMMIT.matcher(revision).matches();
        }

        @Override
        public String toString() {
            boolean plain = revision.indexOf('/') < 0
                    || SourceSyntax.REFERENCE.matcher(revision).matches();
            return "hf://" + repository() + "@" + (plain ? revision : revision.replace("/", "%2F"))
                    + (path.isEmpty() ? "" : "/" + path);
        }
    }

    /**
     * A file on a web server.
     *
     * @param uri {@code https}, or {@code http} on this machine
     */
    record Web(URI uri) implements HubSource {
        @Override
        public String toString() {
            return uri.toString();
        }
    }

    /**
     * A file.
     *
     * @param path as it was given
     */
    record Local(Path path) implements HubSource {
        @Override
        public String toString() {
            return "file:" + path;
        }
    }

    /**
     * A resource of the class path.
     *
     * @param name without a leading slash
     */
    record Resource(String name) implements HubSource {
        @Override
        public String toString() {
            return "classpath:" + name;
        }
    }
}
