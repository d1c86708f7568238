// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;

class AudioInputTest {
    private static final Config TEN_HERTZ = Config.empty().with("rate", 10);

    private static AudioSource sound(float... samples) {
        return AudioSource.of("sound", Waveform.of(10, samples));
    }

    private static float[] audio(Config settings, AudioSource source) {
        return AudioInput.of(settings).encode(source).get("audio").toFloats();
    }

    @Test
    void shortSoundsGetZerosAroundAndLongOnesLoseTheirEnds() {
        Config c = TEN_HERTZ.with("seconds", 0.5);

        assertThat(audio(c, sound(1, 2))).containsExactly(0, 1, 2, 0, 0);
        assertThat(audio(c.with("place", "start"), sound(1, 2))).containsExactly(1, 2, 0, 0, 0);
        assertThat(audio(c.with("place", "end"), sound(1, 2))).containsExactly(0, 0, 0, 1, 2);
        assertThat(audio(c, sound(1, 2, 3, 4, 5, 6, 7, 8))).containsExactly(2, 3, 4, 5, 6);
        assertThat(audio(TEN_HERTZ.with("shortest", 4), sound(1))).containsExactly(0, 1, 0, 0);
        assertThat(audio(TEN_HERTZ, sound(1, 2, 3))).containsExactly(1, 2, 3);
    }

    @Test
    void windowsAreThoseOfTheSoundAndNotOfItsBatch() {
        AudioInput input = AudioInput.of(TEN_HERTZ.with("window", 4).with("hop", 2));

        List<Map<String, HostTensor>> encoded =
                input.encodeAll(List.of(sound(1, 1), sound(new float[5]), sound(new float[8])));

        assertThat(encoded.get(0).get("audio").toFloats()).containsExactly(0, 1, 1, 0);
        assertThat(encoded).extracting(e -> e.get("windows").shape().size(0)).containsExactly(1L, 1L, 3L);
        assertThat(encoded.get(2).get("windows").longAt(2)).isEqualTo(1);
    }

    @Test
    void everySoundIsNormalisedByItself() {
        float[] found = audio(TEN_HERTZ.with("normalisation", "standard").with("shortest", 6), sound(1, 2, 3, 6));

        assertThat(found[0]).isZero();
        assertThat(found[5]).isZero();
        double deviation = Math.sqrt((4 + 1 + 0 + 9) / 4.0);
        assertThat(found[4]).isCloseTo((float) (3 / deviation), within(1e-6f));
        assertThat(audio(TEN_HERTZ.with("normalisation", "standard"), sound(2, 2)))
                .containsExactly(0, 0);
    }

    @Test
    void resamplesToItsRate() {
        assertThat(audio(Config.empty().with("rate", 20), sound(new float[7]))).hasSize(14);
    }

    @Test
    void givesSpectrograms() {
        AudioInput input = AudioInput.of(Config.empty()
                .with("rate", 8000)
                .with("features", "mel")
                .with("n_mels", 10)
                .with("tensor", "input_values"));

        HostTensor mel = input.encode(AudioSource.of("s", Waveform.of(8000, new float[800])))
                .get("input_values");

        assertThat(mel.shape().toArray()).containsExactly(10, 5);
        assertThat(mel.toFloats()[0]).isEqualTo((float) Math.log(1e-10));
    }

    @Test
    void isMadeAnewFromItsSettings() {
        for (Config c : List.of(
                TEN_HERTZ.with("seconds", 2).with("normalisation", "standard").with("place", "end"),
                Config.empty().with("window", 12512).with("hop", 1280),
                Config.empty()
                        .with("features", "mel")
                        .with("mel_scale", "slaney")
                        .with("top_db", 80))) {
            Config settings = AudioInput.of(c).config();
            assertThat(AudioInput.of(Config.parse("saved", settings.toString())).config())
                    .isEqualTo(settings);
        }
    }

    @Test
    void saysWhatCannotBe() {
        assertThatThrownBy(() -> audio(TEN_HERTZ.with("longest", 1), sound(new float[11])))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("'sound'")
                .hasMessageContaining("1.1 s")
                .hasMessageContaining("seconds=10");
        assertThatThrownBy(() -> AudioInput.of(TEN_HERTZ.with("features", "mfcc")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("mel");
    }
}
