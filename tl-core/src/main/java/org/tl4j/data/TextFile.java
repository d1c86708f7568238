// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;

/** A file of UTF-8 text, read whole, strictly, and with refusals that name the line. */
public final class TextFile {
    private TextFile() {}

    /** The text of a file without its byte order mark; {@code .gz} is unpacked. */
    public static String read(Path file) {
        return decode(String.valueOf(file.getFileName()), bytes(file));
    }

    private static byte[] bytes(Path file) {
        if (!Files.isRegularFile(file)) {
            throw missing(file);
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "A file cannot be read.", file + " (" + e + ")", "a readable file", "check its permissions", e);
        }
        if (!file.toString().endsWith(".gz")) {
            return bytes;
        }
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be unpacked.",
                    String.valueOf(e.getMessage()),
                    "a whole gzip file",
                    "fetch or pack the file again",
                    e);
        }
    }

    private static String decode(String name, byte[] bytes) {
        int mark = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        if (mark == 0xfffe || mark == 0xfeff) {
            throw new InvalidDataException(
                    "'" + name + "' is not UTF-8.",
                    "a byte order mark of UTF-16",
                    "UTF-8",
                    "save it as UTF-8, for example: iconv -f UTF-16 -t UTF-8 " + name);
        }
        boolean marked =
                bytes.length >= 3 && bytes[0] == (byte) 0xef && bytes[1] == (byte) 0xbb && bytes[2] == (byte) 0xbf;
        ByteBuffer in = ByteBuffer.wrap(bytes, marked ? 3 : 0, bytes.length - (marked ? 3 : 0));
        CharBuffer out = CharBuffer.allocate(in.remaining());
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            long line = 1;
            for (int i = 0; i < in.position(); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            throw new InvalidDataException(
                    "'" + name + "' line " + line + " is not UTF-8.",
                    String.format("byte 0x%02x after '%s'", bytes[in.position()] & 0xff, lastCharacters(out)),
                    "UTF-8",
                    "save it as UTF-8; if it comes from Windows: iconv -f WINDOWS-1252 -t UTF-8 " + name);
        }
        return out.flip().toString();
    }

    private static String lastCharacters(CharBuffer out) {
        CharBuffer before = out.duplicate().flip();
        String text = before.subSequence(Math.max(0, before.length() - 20), before.length())
                .toString();
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    private static MissingArtifactException missing(Path file) {
        if (Files.isDirectory(file)) {
            return new MissingArtifactException(
                    "A file was expected, but there is a folder.",
                    file,
                    "a file",
                    "name a file in it: " + listing(file, null));
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return new MissingArtifactException(
                    "There is no file '" + file + "'.", "no folder " + folder, "an existing file", "check the path");
        }
        return new MissingArtifactException(
                "There is no file '" + file + "'.",
                "in its folder: " + listing(folder, String.valueOf(file.getFileName())),
                "an existing file",
                "check the path");
    }

    private static String listing(Path folder, @Nullable String wanted) {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names =
                    files.map(p -> String.valueOf(p.getFileName())).sorted().toList();
            List<String> near = wanted == null ? List.of() : UnknownNameException.nearest(wanted, names, 3);
            if (names.isEmpty()) {
                return "nothing";
            }
            return near.isEmpty()
                    ? String.join(", ", names.subList(0, Math.min(10, names.size())))
                            + (names.size() > 10 ? " ..." : "")
                    : "perhaps " + String.join(", ", near);
        } catch (IOException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }
}
