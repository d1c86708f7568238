// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.speech.Fixtures;

class AudioSourceTest {
    @TempDir
    Path folder;

    static List<Config> written() {
        return Fixtures.audio("wav.json").configs("cases");
    }

    /** Rounding to single precision is all that may differ. */
    @ParameterizedTest
    @MethodSource("written")
    void readsWhatLibsndfileWrote(Config fixture) {
        byte[] file = Base64.getDecoder().decode(fixture.text("file"));

        Waveform sound = AudioSource.bytes(fixture.text("name"), file).read();

        assertThat(sound.rate()).isEqualTo(fixture.integer("rate"));
        float[] expected = Fixtures.floats(fixture, "expected");
        assertThat(sound.samples()).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(sound.samples()[i]).isCloseTo(expected[i], within(Math.ulp(1f)));
        }
    }

    @Test
    void theRangeOfEachWidthIsFromMinusOneToOne() {
        assertThat(pcm(8, (byte) 0, (byte) 128, (byte) 255)).containsExactly(-1, 0, 127 / 128f);
        assertThat(pcm(16, (byte) 0, (byte) 0x80, (byte) 0, (byte) 0x40)).containsExactly(-1, 0.5f);
        assertThat(pcm(24, (byte) 0, (byte) 0, (byte) 0x80, (byte) 0, (byte) 0, (byte) 0x40))
                .containsExactly(-1, 0.5f);
        assertThat(pcm(32, (byte) 0, (byte) 0, (byte) 0, (byte) 0x80)).containsExactly(-1);
    }

    private static float[] pcm(int bits, byte... data) {
        byte[] file = Fixtures.wav(1, 8000, bits, data);
        return AudioSource.bytes("range", file).read().samples();
    }

    @Test
    void chunksThatAreNotKnownArePassedOver() {
        byte[] tone = Fixtures.tone(8000, 5, 440, 1);
        ByteBuffer file = ByteBuffer.allocate(tone.length + 12);
        file.put(tone, 0, 36).put(new byte[] {'L', 'I', 'S', 'T', 3, 0, 0, 0, 'x', 'y', 'z', 0});
        file.put(tone, 36, tone.length - 36);

        assertThat(AudioSource.bytes("listed", file.array()).read())
                .isEqualTo(AudioSource.bytes("plain", tone).read());
    }

    @Test
    void aLengthThatAPipeLeftOpenIsTheRestOfTheFile() {
        byte[] tone = Fixtures.tone(8000, 50, 440, 0);
        byte[] piped = tone.clone();
        Arrays.fill(piped, 40, 44, (byte) 0xff);

        assertThat(AudioSource.bytes("piped", piped).read())
                .isEqualTo(AudioSource.bytes("whole", tone).read());
    }

    static Stream<Arguments> broken() {
        byte[] tone = Fixtures.tone(8000, 100, 440, 0);
        return Stream.of(
                broken("empty", new byte[0], CorruptFileException.class, "0 bytes"),
                broken("four bytes", Arrays.copyOf(tone, 4), CorruptFileException.class, "byte 4"),
                broken(
                        "half a header",
                        Arrays.copyOf(tone, 30),
                        CorruptFileException.class,
                        "10 bytes of the chunk 'fmt '"),
                broken("no samples yet", Arrays.copyOf(tone, 40), CorruptFileException.class, "no chunk 'data'"),
                broken("cut", Arrays.copyOf(tone, 101), CorruptFileException.class, "57 bytes of samples"),
                broken("silent", Fixtures.tone(8000, 0, 1, 0), InvalidDataException.class, "0 bytes of samples"),
                broken("half a sample", with(tone, 40, 199), CorruptFileException.class, "199 bytes of samples"),
                broken("a huge format", with(tone, 16, 0x7fffffff), CorruptFileException.class, "'fmt '"),
                broken("a negative format", with(tone, 16, -2), CorruptFileException.class, "224 bytes of the chunk"),
                broken("a short format", with(tone, 16, 8), CorruptFileException.class, "8 bytes"),
                broken("huge data", with(tone, 40, 0x7ffffff0), CorruptFileException.class, "200 bytes of samples"),
                broken("no rate", with(tone, 24, 0), CorruptFileException.class, "1 channels at 0 Hz"),
                broken("a negative rate", with(tone, 24, -1), CorruptFileException.class, "4294967295 Hz"),
                broken("no channels", with(tone, 20, 1), CorruptFileException.class, "0 channels"),
                broken("another frame", with(tone, 32, 16 << 16 | 5), CorruptFileException.class, "5 bytes for all"),
                broken("12 bits", with(tone, 32, 12 << 16 | 2), UnsupportedFeatureException.class, "PCM of 12 bits"),
                broken("mu-law", with(tone, 20, 1 << 16 | 7), UnsupportedFeatureException.class, "mu-law (0x0007)"),
                broken("ADPCM", with(tone, 20, 1 << 16 | 0x11), UnsupportedFeatureException.class, "IMA ADPCM"),
                broken("unknown", with(tone, 20, 1 << 16 | 0x1234), UnsupportedFeatureException.class, "0x1234"),
                broken("short extensible", with(tone, 20, 1 << 16 | 0xfffe), CorruptFileException.class, "16 bytes"),
                broken(
                        "text",
                        "Once upon a time".getBytes(StandardCharsets.UTF_8),
                        UnsupportedFeatureException.class,
                        "4f 6e 63 65"),
                broken("flac", text("fLaC\0\0\0\42"), UnsupportedFeatureException.class, "a FLAC file"),
                broken("mp3", text("ID3\4\0\0\0\0"), UnsupportedFeatureException.class, "an MP3 file"),
                broken("ogg", text("OggS\0\2\0\0"), UnsupportedFeatureException.class, "an Ogg file"),
                broken("m4a", text("\0\0\0\40ftypM4A "), UnsupportedFeatureException.class, "M4A"),
                broken("rf64", text("RF64\377\377\377\377WAVE"), UnsupportedFeatureException.class, "RF64"),
                broken("avi", text("RIFF\0\0\0\0AVI LIST"), UnsupportedFeatureException.class, "an AVI video"),
                broken("page", text("<html>not found"), UnsupportedFeatureException.class, "a web page"),
                broken("not a number", floats(Float.NaN), InvalidDataException.class, "NaN at sample 1"));
    }

    private static Arguments broken(String name, byte[] bytes, Class<? extends TlException> type, String found) {
        return Arguments.of(name, bytes, type, found);
    }

    private static byte[] text(String s) {
        return s.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] with(byte[] file, int at, int value) {
        byte[] out = file.clone();
        ByteBuffer.wrap(out).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return out;
    }

    private static byte[] floats(float second) {
        int bits = Float.floatToIntBits(second);
        return Fixtures.wav(
                3,
                8000,
                32,
                (byte) 0,
                (byte) 0,
                (byte) 0,
                (byte) 0,
                (byte) bits,
                (byte) (bits >> 8),
                (byte) (bits >> 16),
                (byte) (bits >> 24));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void saysWhatIsWrongWithAFile(String name, byte[] bytes, Class<? extends TlException> type, String found)
            throws IOException {
        Path file = Files.write(folder.resolve("broken.wav"), bytes);

        TlException fromFile =
                catchThrowableOfType(type, () -> AudioSource.file(file).read());
        TlException fromBytes = catchThrowableOfType(
                type, () -> AudioSource.bytes("clip", bytes).read());

        assertThat(fromFile.what()).contains(file.toString());
        assertThat(fromFile.found()).contains(found);
        assertThat(fromFile.expected()).isNotBlank();
        assertThat(fromFile.fix()).isNotBlank();
        assertThat(fromBytes.what()).contains("'clip'");
        assertThat(fromBytes.found()).isEqualTo(fromFile.found());
    }

    /** Whatever byte is lost or changed, there is sound or an error that names the file, and nothing else. */
    @Test
    void neverFailsInAnotherWay() {
        byte[] tone = Fixtures.tone(8000, 20, 440, 0);
        for (int i = 0; i < tone.length; i++) {
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                byte[] changed = tone.clone();
                changed[i] = (byte) value;
                readOrRefuse(changed);
            }
            readOrRefuse(Arrays.copyOf(tone, i));
        }
    }

    private static void readOrRefuse(byte[] bytes) {
        try {
            assertThat(AudioSource.bytes("clip", bytes).read().length()).isPositive();
        } catch (TlException e) {
            assertThat(e.what()).contains("clip");
        }
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> AudioSource.file(folder.resolve("gone.wav")).read())
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gone.wav");
        assertThatThrownBy(() -> AudioSource.file(folder).read()).hasMessageContaining("a folder");
    }

    @Test
    void contentsAndNotNamesMakeAFingerprint() throws IOException {
        byte[] tone = Fixtures.tone(8000, 20, 440, 0);
        Path one = Files.write(folder.resolve("one.wav"), tone);
        Path two = Files.write(folder.resolve("two.wav"), tone);

        assertThat(new Fingerprint().add(AudioSource.file(one)).sha256())
                .isEqualTo(new Fingerprint().add(AudioSource.file(two)).sha256());
        assertThat(new Fingerprint().add(AudioSource.bytes("a", tone)).sha256())
                .isNotEqualTo(new Fingerprint()
                        .add(AudioSource.bytes("a", Fixtures.tone(8000, 20, 441, 0)))
                        .sha256());
    }
}
