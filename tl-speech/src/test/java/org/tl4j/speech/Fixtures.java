// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tl4j.model.Config;

/** What {@code parity/make_audio_fixtures.py} wrote, files that the project cannot hold, and WAV files made here. */
public final class Fixtures {
    private Fixtures() {}

    /** A fixture of that name, such as {@code wav.json}. */
    public static Config audio(String name) {
        Path file = Path.of("src/test/resources/audio", name);
        try {
            return Config.parse(name, Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Numbers as single precision has them. */
    public static float[] floats(Config c, String key) {
        var numbers = c.numbers(key);
        float[] out = new float[numbers.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = numbers.get(i).floatValue();
        }
        return out;
    }

    /** A file below the folder that an environment variable names; the test is skipped where there is none. */
    public static Path below(String variable, String name) {
        String folder = System.getenv(variable);
        assumeTrue(folder != null, variable + " names no folder");
        Path path = Path.of(folder).resolve(name);
        assumeTrue(Files.exists(path), name + " is not below " + variable);
        return path;
    }

    /** A tone of full loudness and so many samples as a WAV file of 16 bits. */
    public static byte[] tone(int rate, int length, double hertz, double phase) {
        ByteBuffer data = ByteBuffer.allocate(2 * length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < length; i++) {
            data.putShort((short) Math.round(32767 * Math.sin(2 * Math.PI * hertz * i / rate + phase)));
        }
        return wav(1, rate, 16, data.array());
    }

    /** A WAV file of one channel in the coding of that number. */
    public static byte[] wav(int coding, int rate, int bits, byte... data) {
        ByteBuffer out = ByteBuffer.allocate(44 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes(StandardCharsets.ISO_8859_1)).putInt(36 + data.length);
        out.put("WAVEfmt ".getBytes(StandardCharsets.ISO_8859_1)).putInt(16);
        out.putShort((short) coding).putShort((short) 1).putInt(rate).putInt(rate * bits / 8);
        out.putShort((short) (bits / 8)).putShort((short) bits);
        out.put("data".getBytes(StandardCharsets.ISO_8859_1))
                .putInt(data.length)
                .put(data);
        return out.array();
    }
}
