// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StridedLengthTest {
    private static StridedLength of(String name) {
        return StridedLength.of(Dim.named(name)).orElseThrow();
    }

    @Test
    void knownAndNamelessAxesHaveNone() {
        assertThat(StridedLength.of(Dim.of(7))).isEmpty();
        assertThat(StridedLength.of(Dim.ANY)).isEmpty();
    }

    @Test
    void aNetworkOfStride32SaysSo() {
        StridedLength stem = of("H").windows(7, 2, 6); // 7x7 convolution
        StridedLength pooled = stem.windows(3, 2, 2); // 3x3 pooling
        StridedLength convolved = pooled.windows(3, 2, 2).windows(3, 2, 2).windows(3, 2, 2);
        StridedLength shortcut = pooled.windows(1, 2, 0).windows(1, 2, 0).windows(1, 2, 0);

        assertThat(convolved).hasToString("(H + 31)/32").isEqualTo(shortcut);
        assertThat(convolved.at(224)).isEqualTo(7);
        assertThat(convolved.at(225)).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({
        "H, H, 0, 1, 0",
        "H + 3, H, 0, 1, 3",
        "H - 2, H, 0, 1, -2",
        "H/16, H, 0, 16, 0",
        "H/16 - 1, H, 0, 16, -1",
        "(H + 1)/2, H, 1, 2, 0",
        "(H + 1)/2 + 4, H, 1, 2, 4",
        "(past + 1 + 1)/2, past + 1, 1, 2, 0",
        "batch_size, batch_size, 0, 1, 0",
        "H/0, H/0, 0, 1, 0",
    })
    void readsWhatItWrites(String name, String axis, long plus, long step, long offset) {
        StridedLength length = of(name);

        assertThat(length).isEqualTo(new StridedLength(axis, plus, step, offset));
        assertThat(length.dim()).isEqualTo(Dim.named(name));
    }

    @Property
    void windowsFollowWindows(
            @ForAll @LongRange(min = 40, max = 400) long size,
            @ForAll @IntRange(min = 1, max = 7) int kernelA,
            @ForAll @IntRange(min = 1, max = 4) int strideA,
            @ForAll @IntRange(max = 6) int padsA,
            @ForAll @IntRange(min = 1, max = 5) int kernelB,
            @ForAll @IntRange(min = 1, max = 3) int strideB,
            @ForAll @IntRange(max = 4) int padsB) {
        long first = (size + padsA - kernelA) / strideA + 1;
        long second = (first + padsB - kernelB) / strideB + 1;

        StridedLength length = of("W").windows(kernelA, strideA, padsA).windows(kernelB, strideB, padsB);

        assertThat(length.at(size)).isEqualTo(second);
        assertThat(StridedLength.of(length.dim())).contains(length);
    }
}
