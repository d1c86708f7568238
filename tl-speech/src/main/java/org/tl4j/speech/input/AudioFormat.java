// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a file of sound is by how it begins, and what the codings in a WAV file are called. */
final class AudioFormat {
    /** How many bytes from the beginning tell the format. */
    static final int SIGNATURE = 32;

    /** What files begin with that are found where a WAV file should be, and what they are. */
    private record Stranger(String start, int at, String what) {}

    private static final List<Stranger> STRANGERS = List.of(
            new Stranger("RF64", 0, "a WAV file of 64-bit lengths (RF64)"),
            new Stranger("RIFX", 0, "a big-endian WAV file (RIFX)"),
            new Stranger("riff", 0, "a Sony Wave64 file"),
            new Stranger("AVI ", 8, "an AVI video"),
            new Stranger("fLaC", 0, "a FLAC file"),
            new Stranger("OggS", 0, "an Ogg file, such as Vorbis or Opus"),
            new Stranger("ID3", 0, "an MP3 file"),
            new Stranger("\u00ff\u00fb", 0, "an MP3 file"),
            new Stranger("\u00ff\u00f3", 0, "an MP3 file"),
            new Stranger("\u00ff\u00f2", 0, "an MP3 file"),
            new Stranger("\u00ff\u00f1", 0, "an AAC file"),
            new Stranger("\u00ff\u00f9", 0, "an AAC file"),
            new Stranger("FORM", 0, "an AIFF file"),
            new Stranger(".snd", 0, "a Sun AU file"),
            new Stranger("caff", 0, "an Apple CAF file"),
            new Stranger("#!AMR", 0, "an AMR file"),
            new Stranger("NIST_1A", 0, "a NIST SPHERE file"),
            new Stranger("ftyp", 4, "an MP4 file, such as M4A"),
            new Stranger("\u001aE\u00df\u00a3", 0, "a Matroska or WebM file"),
            new Stranger("MThd", 0, "a MIDI file"),
            new Stranger("PK\003\004", 0, "a zip archive"),
            new Stranger("\037\u008b", 0, "a gzip archive"),
            new Stranger("version https://git-lfs", 0, "a pointer of Git LFS, whose file was not fetched"),
            new Stranger("<", 0, "a web page, such as the error of a download"));

    private static final Map<Integer, String> CODINGS = Map.of(
            0x2,
            "Microsoft ADPCM",
            0x6,
            "A-law",
            0x7,
            "mu-law",
            0x11,
            "IMA ADPCM",
            0x31,
            "GSM 6.10",
            0x50,
            "MPEG",
            0x55,
            "MP3",
            0xff,
            "AAC",
            0x161,
            "Windows Media Audio");

    private AudioFormat() {}

    /** Whether a file of this beginning is a WAV file. */
    static boolean isWav(byte[] start) {
        return begins(start, "RIFF", 0) && begins(start, "WAVE", 8);
    }

    /** What something that is no WAV file looks like, for people. */
    static String describe(byte[] start) {
        return STRANGERS.stream()
                .filter(s -> begins(start, s.start, s.at))
                .map(Stranger::what)
                .findFirst()
                .orElseGet(() -> "bytes that begin with "
                        + HexFormat.ofDelimiter(" ").formatHex(Arrays.copyOf(start, Math.min(8, start.length))));
    }

    /** The name of a coding by its number in a WAV file. */
    static String coding(int tag) {
        return CODINGS.getOrDefault(tag, "coding") + String.format(Locale.ROOT, " (0x%04x)", tag);
    }

    private static boolean begins(byte[] start, String with, int at) {
        byte[] wanted = with.getBytes(StandardCharsets.ISO_8859_1);
        return start.length >= at + wanted.length
                && Arrays.equals(start, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
