// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChoiceTest {
    private enum Way {
        SHORTER_SIDE,
        EXACT
    }

    @Test
    void findsConstantsByTheNameThatUsersWrite() {
        assertThat(Choice.of(Way.class, "way", "shorter-side", "")).isEqualTo(Way.SHORTER_SIDE);
        assertThat(Choice.of(Way.class, "way", "Exact", "")).isEqualTo(Way.EXACT);
        assertThat(Choice.name(Way.SHORTER_SIDE)).isEqualTo("shorter-side");
    }

    @Test
    void saysWhatThereIsToChooseFrom() {
        assertThatThrownBy(() -> Choice.of(Way.class, "way to resize", "exakt", "correct 'resize'"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("way to resize 'exakt'")
                .hasMessageContaining("perhaps exact (one of exact, shorter-side)")
                .hasMessageContaining("correct 'resize'");
    }
}
