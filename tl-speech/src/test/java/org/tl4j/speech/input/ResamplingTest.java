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
import org.tl4j.model.Config;
import org.tl4j.speech.Fixtures;

class ResamplingTest {
    static List<Config> cases() {
        return Fixtures.audio("resample.json").configs("cases");
    }

    /** torchaudio sums some tens of products in single precision, of values below 1. */
    @ParameterizedTest
    @MethodSource("cases")
    void givesTheSamplesOfTorchaudio(Config c) {
        float[] expected = Fixtures.floats(c, "expected");

        Waveform sound = Waveform.of(c.integer("from"), Fixtures.floats(c, "samples"));
        Waveform found = sound.at(c.integer("to"));

        assertThat(found.rate()).isEqualTo(c.integer("to"));
        assertThat(found.samples()).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(found.samples()[i]).as("sample %s", i).isCloseTo(expected[i], within(1e-5f));
        }
    }

    /** A table of 16,000 filters over 44,101 samples each would be 2.8 GB. */
    @Test
    void ratesWithoutACommonDivisorNeedLittleMemory() {
        float[] tone = new float[44_101];
        for (int i = 0; i < tone.length; i++) {
            tone[i] = (float) Math.sin(2 * Math.PI * 1000 * i / 44_101.0);
        }

        float[] found = Waveform.of(44_101, tone).at(16_000).samples();

        assertThat(found).hasSize(16_000);
        for (int i = 100; i < 15_900; i++) {
            assertThat(found[i]).isCloseTo((float) Math.sin(2 * Math.PI * 1000 * i / 16_000.0), within(5e-3f));
        }
    }

    @Test
    void theSameRateIsTheSameSound() {
        Waveform sound = Waveform.of(8000, 0.1f, -0.2f);

        assertThat(sound.at(8000)).isSameAs(sound);
        assertThatThrownBy(() -> sound.at(0)).isInstanceOf(InvalidArgumentException.class);
    }
}
