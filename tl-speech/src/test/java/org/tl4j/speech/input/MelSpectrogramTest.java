// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.speech.Fixtures;

class MelSpectrogramTest {
    static List<Config> cases() {
        return Fixtures.audio("mel.json").configs("cases");
    }

    /**
     * The reference transforms some hundred samples in single precision: errors of some 1e-6 of the largest magnitude,
     * so of the power, too; 40 dB below it that is 1e-2 of the magnitude's own error, 2e-3 dB.
     */
    @ParameterizedTest
    @MethodSource("cases")
    void givesTheNumbersOfItsReference(Config c) {
        float[] samples = Fixtures.floats(c, "samples");
        float[] expected = Fixtures.floats(c, "expected");
        MelSpectrogram mel = MelSpectrogram.of(c.integer("rate"), c.config("settings"));

        float[] found = mel.of(samples);

        assertThat(found).hasSize(expected.length).hasSize(mel.bands() * mel.frames(samples.length));
        float largest = 0;
        for (float e : expected) {
            largest = Math.max(largest, Math.abs(e));
        }
        boolean isLog = c.config("settings").text("log").equals("decibel");
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).as("value %s", i).isCloseTo(expected[i], within(isLog ? 2e-3f : 1e-5f * largest));
        }
    }

    @Test
    void theNaturalLogarithmIsThatOfThePower() {
        float[] samples = Fixtures.floats(cases().get(0), "samples");
        Config settings = Config.empty().with("n_mels", 20);
        float[] plain = MelSpectrogram.of(16_000, settings.with("log", "none")).of(samples);
        float[] log = MelSpectrogram.of(16_000, settings).of(samples);

        for (int i = 0; i < plain.length; i++) {
            assertThat(log[i]).isCloseTo((float) Math.log(Math.max(1e-10, plain[i])), within(1e-5f));
        }
    }

    @Test
    void saysWhatCannotBe() {
        Config c = Config.empty();

        assertThatThrownBy(() -> MelSpectrogram.of(16_000, c).of(new float[200]))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("200 samples")
                .hasMessageContaining("at least 201");
        assertThatThrownBy(() -> MelSpectrogram.of(16_000, c.with("mel_scale", "bark")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("slaney");
        assertThatThrownBy(() -> MelSpectrogram.of(16_000, c.with("win_length", 401)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("win_length = 401");
    }
}
