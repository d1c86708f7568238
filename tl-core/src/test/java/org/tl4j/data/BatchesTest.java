// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;

class BatchesTest {
    @Property(tries = 200)
    void everyIndexIsInExactlyOneBatch(
            @ForAll @IntRange(min = 0, max = 500) int size,
            @ForAll @IntRange(min = 1, max = 64) int batch,
            @ForAll long seed,
            @ForAll @IntRange(min = 0, max = 20) int epoch) {
        int[] lengths = new Random(seed).ints(size, 1, 512).toArray();
        for (List<int[]> batches : List.of(
                Batches.sequential(size, batch),
                Batches.shuffled(size, batch, seed, epoch),
                Batches.byLength(lengths, batch, seed, epoch),
                Batches.longestFirst(lengths, batch))) {
            assertThat(batches).hasSize((size + batch - 1) / batch);
            assertThat(batches.stream().flatMapToInt(IntStream::of).sorted().toArray())
                    .isEqualTo(IntStream.range(0, size).toArray());
            assertThat(batches).allMatch(b -> b.length > 0 && b.length <= batch);
        }
    }

    @Property(tries = 50)
    void theOrderDependsOnSeedAndEpochOnly(@ForAll long seed, @ForAll @IntRange(min = 0, max = 1000) int epoch) {
        assertThat(Batches.order(50, seed, epoch)).isEqualTo(Batches.order(50, seed, epoch));
        assertThat(Batches.order(50, seed, epoch)).isNotEqualTo(Batches.order(50, seed, epoch + 1));
        assertThat(Batches.order(50, seed, epoch)).isNotEqualTo(Batches.order(50, seed + 1, epoch));
    }

    @Test
    void drawsTheSameOrderOnEveryPlatform() {
        assertThat(Batches.order(10, 42, 0)).containsExactly(9, 3, 5, 1, 2, 7, 8, 4, 0, 6);
    }

    @Test
    void isUnbiased() {
        int[][] seen = new int[6][6];
        for (int epoch = 0; epoch < 6000; epoch++) {
            int[] order = Batches.order(6, 5, epoch);
            for (int i = 0; i < 6; i++) {
                seen[i][order[i]]++;
            }
        }
        for (int[] row : seen) {
            for (int n : row) {
                assertThat(n).isBetween(870, 1130); // 1000 expected, deviation 29
            }
        }
    }

    @Test
    void likeLengthsMeetAndSavePadding() {
        int[] lengths = new Random(1).ints(2000, 1, 200).toArray();

        assertThat(padded(Batches.byLength(lengths, 16, 3, 0), lengths))
                .isLessThan(padded(Batches.shuffled(2000, 16, 3, 0), lengths) * 0.6);
        assertThat(padded(Batches.byLength(lengths, 16, 3, 0), lengths))
                .isLessThan(IntStream.of(lengths).sum() * 1.05);
    }

    @Test
    void batchesOfLikeLengthComeInRandomOrder() {
        int[] lengths = IntStream.range(0, 640).toArray();
        int[] first =
                Batches.byLength(lengths, 16, 9, 0).stream().mapToInt(b -> b[0]).toArray();

        assertThat(first).isNotEqualTo(IntStream.of(first).sorted().toArray());
    }

    @Test
    void beginsWithTheLongestWhereAsked() {
        List<int[]> batches = Batches.longestFirst(new int[] {3, 9, 1, 7, 5}, 2);

        assertThat(batches).containsExactly(new int[] {1, 3}, new int[] {4, 0}, new int[] {2});
    }

    @Test
    void alikeTakesEveryExampleOnceLongestFirst() {
        int[] lengths = new Random(5).ints(333, 1, 129).toArray();
        List<int[]> batches = Batches.alike(lengths, 32);

        int[] order = batches.stream().flatMapToInt(IntStream::of).toArray();
        assertThat(IntStream.of(order).sorted().toArray())
                .isEqualTo(IntStream.range(0, 333).toArray());
        assertThat(IntStream.of(order).map(i -> -lengths[i]).toArray()).isSorted();
        assertThat(batches).allSatisfy(b -> assertThat(b).hasSizeBetween(1, 32));
    }

    @Test
    void alikeCutsBatchesWhereThatSavesPadding() {
        assertThat(Batches.alike(new int[] {100, 10, 99, 11, 98, 10}, 32))
                .containsExactly(new int[] {0, 2, 4}, new int[] {3, 5, 1});

        int[] lengths = new Random(1).ints(32, 20, 129).toArray();
        assertThat(padded(Batches.alike(lengths, 32), lengths))
                .isLessThan(padded(Batches.longestFirst(lengths, 32), lengths) * 0.75)
                .isLessThan(IntStream.of(lengths).sum() * 1.2);
    }

    @Test
    void alikeDoesNotCutWhatIsAlike() {
        assertThat(Batches.alike(new int[64], 32)).hasSize(2);
        assertThat(Batches.alike(IntStream.generate(() -> 7).limit(64).toArray(), 32))
                .hasSize(2);
        assertThat(Batches.alike(new int[] {20, 20, 19, 20}, 32)).hasSize(1);
        assertThat(Batches.alike(new int[0], 32)).isEmpty();
    }

    @Test
    void cutsMicroBatchesInOrder() {
        assertThat(Batches.micro(new int[] {5, 3, 8, 1, 9}, 2))
                .containsExactly(new int[] {5, 3}, new int[] {8, 1}, new int[] {9});
    }

    @Test
    void refusesBatchesOfNothing() {
        assertThatThrownBy(() -> Batches.shuffled(10, 0, 1, 1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("batch = 0");
    }

    private static double padded(List<int[]> batches, int[] lengths) {
        return batches.stream()
                .mapToLong(b -> (long) b.length
                        * IntStream.of(b).map(i -> lengths[i]).max().orElseThrow())
                .sum();
    }
}
