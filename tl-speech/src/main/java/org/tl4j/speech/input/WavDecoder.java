// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * Reads WAV files: PCM of 8, 16, 24 and 32 bits and floats of 32 and 64 bits, also in the extensible form; channels are
 * averaged to one.
 *
 * <p>The platform's own reader ({@code javax.sound.sampled}) is not asked: it does not check lengths against the file,
 * and answers a file that was cut short with fewer samples. A length of {@code 0xffffffff}, which programs that write
 * to a pipe leave there, means the rest of the file.
 */
final class WavDecoder {
    private static final int PCM = 1;
    private static final int FLOAT = 3;
    private static final int EXTENSIBLE = 0xfffe;
    private static final long STREAMED = 0xffffffffL;
    private static final int HIGHEST_RATE = 768_000;
    private static final int MOST_CHANNELS = 256;

    /** What follows the tag of a coding in the extensible form. */
    private static final byte[] SUBFORMAT = {
        0, 0, 0, 0, 0x10, 0, (byte) 0x80, 0, 0, (byte) 0xaa, 0, 0x38, (byte) 0x9b, 0x71
    };

    private final String name;

    WavDecoder(String name) {
        this.name = name;
    }

    /**
     * How samples are written.
     *
     * @param isFloat whether they are floating-point numbers
     * @param bytes of one sample of one channel
     */
    private record Coding(boolean isFloat, int channels, int rate, int bytes) {}

    /** Refuses what does not begin as a WAV file. */
    void requireWav(byte[] start) {
        if (start.length == 0) {
            throw new CorruptFileException(
                    "'" + name + "' is empty.", "0 bytes", "a WAV file", "record or copy it again");
        }
        if (AudioFormat.isWav(start)) {
            return;
        }
        if (start.length < 12 && new String(start, StandardCharsets.ISO_8859_1).startsWith("RIFF")) {
            throw cutShort("the end of the file at byte " + start.length, "the header of a WAV file");
        }
        throw new UnsupportedFeatureException(
                "'" + name + "' is no WAV file.",
                AudioFormat.describe(start),
                "WAV: PCM of 8, 16, 24 or 32 bits, or floats",
                "convert it: ffmpeg -i FILE -c:a pcm_s16le FILE.wav");
    }

    Waveform decode(byte[] bytes) {
        requireWav(Arrays.copyOf(bytes, Math.min(bytes.length, AudioFormat.SIGNATURE)));
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Coding coding = null;
        int at = 12;
        while (at + 8 <= bytes.length) {
            String id = new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
            long size = in.getInt(at + 4) & 0xffffffffL;
            int start = at + 8;
            long left = (long) bytes.length - start;
            if (id.equals("data")) {
                if (coding == null) {
                    throw damaged("samples before the chunk 'fmt ' that says what they are", "'fmt ' before 'data'");
                }
                if (size > left && size != STREAMED) {
                    throw cutShort(
                            left + " bytes of samples", size + " bytes, as the chunk 'data' at byte " + at + " says");
                }
                return samples(in, start, (int) Math.min(size, left), coding);
            }
            if (size > left) {
                throw cutShort(
                        left + " bytes of the chunk '" + printable(id) + "' at byte " + at,
                        size + " bytes, as it says");
            }
            if (id.equals("fmt ")) {
                coding = coding(in, start, (int) size);
            }
            // Chunks begin at even bytes.
            at = (int) Math.min(bytes.length, start + size + (size & 1));
        }
        throw cutShort(
                "no chunk 'data' up to byte " + bytes.length,
                coding == null ? "the chunks 'fmt ' and 'data'" : "the chunk 'data' with the samples");
    }

    private Coding coding(ByteBuffer in, int at, int size) {
        if (size < 16) {
            throw damaged("a chunk 'fmt ' of " + size + " bytes", "at least 16 bytes");
        }
        int tag = in.getShort(at) & 0xffff;
        int channels = in.getShort(at + 2) & 0xffff;
        long rate = in.getInt(at + 4) & 0xffffffffL;
        int frame = in.getShort(at + 12) & 0xffff;
        int bits = in.getShort(at + 14) & 0xffff;
        if (tag == EXTENSIBLE) {
            if (size < 40) {
                throw damaged("an extensible chunk 'fmt ' of " + size + " bytes", "40 bytes");
            }
            byte[] rest = new byte[SUBFORMAT.length];
            in.get(at + 26, rest);
            if (!Arrays.equals(rest, SUBFORMAT)) {
                throw unknown("an extensible coding of its own kind");
            }
            tag = in.getShort(at + 24) & 0xffff;
        }
        if (tag != PCM && tag != FLOAT) {
            throw unknown(AudioFormat.coding(tag));
        }
        boolean isFloat = tag == FLOAT;
        if (isFloat ? bits != 32 && bits != 64 : bits != 8 && bits != 16 && bits != 24 && bits != 32) {
            throw unknown((isFloat ? "floats of " : "PCM of ") + bits + " bits");
        }
        if (channels == 0 || channels > MOST_CHANNELS || rate == 0 || rate > HIGHEST_RATE) {
            throw damaged(
                    channels + " channels at " + rate + " Hz",
                    "1 to " + MOST_CHANNELS + " channels at 1 to " + HIGHEST_RATE + " Hz");
        }
        if (frame != channels * bits / 8) {
            throw damaged(
                    frame + " bytes for all channels of a sample",
                    channels * bits / 8 + " bytes for " + channels + " channels of " + bits + " bits");
        }
        return new Coding(isFloat, channels, (int) rate, bits / 8);
    }

    private Waveform samples(ByteBuffer in, int start, int size, Coding c) {
        int frame = c.channels * c.bytes;
        if (size % frame != 0) {
            throw cutShort(
                    size + " bytes of samples", "a multiple of " + frame + " bytes, those of all channels of a sample");
        }
        if (size == 0) {
            throw new InvalidDataException(
                    "'" + name + "' has no samples.",
                    "a header and 0 bytes of samples",
                    "at least 1 sample",
                    "remove it, or record it again");
        }
        float[] samples = new float[size / frame];
        for (int i = 0; i < samples.length; i++) {
            double sum = 0;
            for (int channel = 0; channel < c.channels; channel++) {
                sum += value(in, start + i * frame + channel * c.bytes, c);
            }
            samples[i] = (float) (sum / c.channels);
        }
        return Waveform.owning(name, c.rate, samples);
    }

    private static double value(ByteBuffer in, int at, Coding c) {
        if (c.isFloat) {
            return c.bytes == 4 ? in.getFloat(at) : in.getDouble(at);
        }
        return switch (c.bytes) {
            case 1 -> ((in.get(at) & 0xff) - 128) / 128.0;
            case 2 -> in.getShort(at) / 32768.0;
            case 3 -> ((in.get(at) & 0xff) | (in.get(at + 1) & 0xff) << 8 | in.get(at + 2) << 16) / 8388608.0;
            default -> in.getInt(at) / 2147483648.0;
        };
    }

    private static String printable(String id) {
        return id.replaceAll("[^ -~]", "?");
    }

    private CorruptFileException cutShort(String found, String expected) {
        return new CorruptFileException("'" + name + "' was cut short.", found, expected, "copy or record it again");
    }

    private CorruptFileException damaged(String found, String expected) {
        return new CorruptFileException(
                "The header of '" + name + "' is damaged.", found, expected, "write the file anew");
    }

    private UnsupportedFeatureException unknown(String found) {
        return new UnsupportedFeatureException(
                "'" + name + "' is a WAV file of a coding that is not read.",
                found,
                "PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64 bits",
                "convert it: ffmpeg -i FILE -c:a pcm_s16le FILE.wav");
    }
}
