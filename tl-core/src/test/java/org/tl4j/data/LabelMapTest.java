// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

class LabelMapTest {
    @Test
    void sortsTheLabelsOfData() {
        assertThat(LabelMap.fromData(List.of("spam", "ham", "spam", "Ham")).names())
                .containsExactly("Ham", "ham", "spam");
    }

    @Test
    void sortsWholeNumbersByValue() {
        assertThat(LabelMap.fromData(List.of("10", "9", "-1", "10")).names()).containsExactly("-1", "9", "10");
        assertThat(LabelMap.fromData(List.of("10", "9", "x")).names()).containsExactly("10", "9", "x");
    }

    @Test
    void keepsSpellingsOfTheSameNumberApart() {
        assertThat(LabelMap.fromData(List.of("1", "01", "2")).names()).containsExactly("01", "1", "2");
    }

    @Test
    void sortsByCharacterAsPythonDoes() {
        assertThat(LabelMap.fromData(List.of("\uD83D\uDE00", "\uFF21", "z")).names())
                .containsExactly("z", "\uFF21", "\uD83D\uDE00");
    }

    @Test
    void keepsAGivenOrder() {
        LabelMap labels = LabelMap.of("negative", "neutral", "positive");

        assertThat(labels.index("positive")).isEqualTo(2);
        assertThat(labels.name(0)).isEqualTo("negative");
        assertThat(labels).containsExactly("negative", "neutral", "positive");
        assertThat(labels).isEqualTo(LabelMap.of(List.of("negative", "neutral", "positive")));
    }

    @Test
    void namesTheRowOfAnUnknownLabelAndTheNearestLabels() {
        assertThatThrownBy(() -> LabelMap.of("ham", "spam").index("spma", "test.tsv line 7"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'spma' at test.tsv line 7")
                .hasMessageContaining("perhaps spam")
                .hasMessageContaining("[ham, spam]");
    }

    @Test
    void refusesUnknownNamesAndIndices() {
        LabelMap labels = LabelMap.of("ham", "spam");

        assertThatThrownBy(() -> labels.index("hum"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("Unknown label 'hum'.")
                .hasMessageContaining("perhaps ham");
        assertThatThrownBy(() -> labels.name(2))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("index 2")
                .hasMessageContaining("from 0 to 1");
    }

    @Test
    void refusesALabelThatIsListedTwice() {
        assertThatThrownBy(() -> LabelMap.of("a", "b", "a"))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("'a' in [a, b, a]");
    }
}
