// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

class SplitTest {
    private static final Function<String, List<String>> LABEL = List::of;

    @Property(tries = 300)
    void everyClassHasItsShareInBothParts(
            @ForAll @Size(min = 2, max = 300) List<@IntRange(min = 0, max = 6) Integer> classes,
            @ForAll @DoubleRange(min = 0.05, max = 0.95) double fraction,
            @ForAll long seed) {
        Dataset<Integer, String> data = data(classes);
        Split<Integer, String> split = Split.stratified(data, fraction, seed, LABEL);

        assertPartition(data, List.of(split.train(), split.heldOut()));
        for (String label : Set.copyOf(data.targets())) {
            int all = Collections.frequency(data.targets(), label);
            int held = Collections.frequency(split.heldOut().targets(), label);
            assertThat((double) held).isBetween(all * fraction - 1.000001, all * fraction + 1.000001);
            if (all >= 2) {
                assertThat(held).isBetween(1, all - 1);
            }
        }
        assertThat(split.train().inputs()).isSorted();
        assertThat(split.heldOut().inputs()).isSorted();
    }

    @Property(tries = 100)
    void sizesFollowTheFractionAcrossManySmallClasses(@ForAll long seed) {
        Dataset<Integer, String> data =
                data(IntStream.range(0, 300).map(i -> i % 60).boxed().toList());

        assertThat(Split.stratified(data, 0.25, seed, LABEL).heldOut().size()).isBetween(73, 77);
    }

    @Test
    void keepsASingleExampleOfAClassForTraining() {
        Dataset<Integer, String> data = data(List.of(0, 0, 0, 0, 1));

        assertThat(Split.stratified(data, 0.9, 7, LABEL).train().targets()).contains("class 1");
    }

    @Property(tries = 50)
    void sameSeedMeansSameSplit(
            @ForAll @Size(min = 2, max = 60) List<@IntRange(min = 0, max = 4) Integer> classes, @ForAll long seed) {
        Dataset<Integer, String> data = data(classes);

        assertThat(Split.stratified(data, 0.3, seed, LABEL).heldOut().inputs())
                .isEqualTo(Split.stratified(data, 0.3, seed, LABEL).heldOut().inputs());
    }

    @Test
    void drawsTheSameSplitOnEveryPlatform() {
        Dataset<Integer, String> data =
                data(IntStream.range(0, 20).map(i -> i % 2).boxed().toList());

        assertThat(Split.stratified(data, 0.2, 42, LABEL).heldOut().inputs()).containsExactly(0, 12, 13, 17);
    }

    @Test
    void anotherSeedMeansAnotherSplit() {
        Dataset<Integer, String> data =
                data(IntStream.range(0, 100).map(i -> i % 3).boxed().toList());

        assertThat(Split.stratified(data, 0.3, 1, LABEL).heldOut().inputs())
                .isNotEqualTo(Split.stratified(data, 0.3, 2, LABEL).heldOut().inputs());
    }

    @Property(tries = 100)
    void severalLabelsAnExampleAreStratifiedToo(@ForAll long seed) {
        Random random = new Random(seed);
        List<Example<Integer, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            List<String> labels = new ArrayList<>();
            for (int k = 0; k < 6; k++) {
                if (random.nextDouble() < 0.5 / (k + 1)) {
                    labels.add("topic " + k);
                }
            }
            examples.add(new Example<>(i, labels, "line " + (i + 1)));
        }
        Dataset<Integer, List<String>> data = Dataset.of("topics", examples);
        Split<Integer, List<String>> split = Split.stratified(data, 0.25, seed, Function.identity());

        assertPartition(data, List.of(split.train(), split.heldOut()));
        assertThat(split.heldOut().size()).isBetween(88, 112);
        ClassCounts all = ClassCounts.of(data.targets());
        ClassCounts held = ClassCounts.of(split.heldOut().targets());
        all.counts()
                .forEach((label, n) -> assertThat((double) held.count(label)).isBetween(n * 0.25 - 4, n * 0.25 + 4));
    }

    @Property(tries = 100)
    void foldsCoverTheDataAndHoldEveryClass(
            @ForAll @Size(min = 10, max = 200) List<@IntRange(min = 0, max = 3) Integer> classes,
            @ForAll @IntRange(min = 2, max = 10) int k,
            @ForAll long seed) {
        Dataset<Integer, String> data = data(classes);
        List<Split<Integer, String>> folds = Split.folds(data, k, seed, LABEL);

        assertThat(folds).hasSize(k);
        assertPartition(data, folds.stream().map(Split::heldOut).toList());
        for (Split<Integer, String> fold : folds) {
            assertPartition(data, List.of(fold.train(), fold.heldOut()));
            for (String label : Set.copyOf(data.targets())) {
                double exact = Collections.frequency(data.targets(), label) / (double) k;
                int held = Collections.frequency(fold.heldOut().targets(), label);
                assertThat((double) held).isBetween(exact - 1.000001, exact + 1.000001);
            }
        }
    }

    @Test
    void dealsThreePartsWithTheirFractions() {
        Dataset<Integer, String> data =
                data(IntStream.range(0, 1000).map(i -> i % 4).boxed().toList());
        List<Dataset<Integer, String>> parts = Split.parts(data, List.of(0.8, 0.1, 0.1), 3, LABEL);

        assertPartition(data, parts);
        assertThat(parts).extracting(Dataset::size).containsExactly(800, 100, 100);
        assertThat(parts).extracting(Dataset::name).containsExactly("toy (part 1)", "toy (part 2)", "toy (part 3)");
    }

    @Test
    void holdsOutTheLastExamplesInTime() {
        Split<Integer, String> split = Split.last(data(List.of(0, 1, 0, 1, 0)), 0.4);

        assertThat(split.train().inputs()).containsExactly(0, 1, 2);
        assertThat(split.heldOut().inputs()).containsExactly(3, 4);
    }

    @Test
    void followsAColumnOfTheData() {
        Dataset<Integer, String> data = data(List.of(0, 1, 0, 1, 0));
        Split<Integer, String> split = Split.byColumn(data, List.of("Train", "train", "dev", "test", " test "));

        assertThat(split.train().inputs()).containsExactly(0, 1);
        assertThat(split.heldOut().inputs()).containsExactly(3, 4);
        assertThat(Split.byColumn(data, List.of("train", "train", "dev", "dev", "other"))
                        .heldOut()
                        .inputs())
                .containsExactly(2, 3);
    }

    @Test
    void refusesAColumnThatNamesNoTwoParts() {
        assertThatThrownBy(() -> Split.byColumn(data(List.of(0, 1)), List.of("train", "a")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("The split column of 'toy' does not name two parts.")
                .hasMessageContaining("[train, a]")
                .hasMessageContaining("'train', and 'test' or 'validation'");
        assertThatThrownBy(() -> Split.byColumn(data(List.of(0, 1)), List.of("train")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("1 cells")
                .hasMessageContaining("2 examples in 'toy'");
    }

    @Test
    void refusesFractionsThatLeaveAPartEmpty() {
        Dataset<Integer, String> data = data(List.of(0, 1, 0));
        for (double fraction : new double[] {0, 1, -0.1, Double.NaN}) {
            assertThatThrownBy(() -> Split.stratified(data, fraction, 1, LABEL))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("fraction = " + fraction)
                    .hasMessageContaining("above 0 and below 1");
        }
        assertThatThrownBy(() -> Split.parts(data, List.of(0.5, 0.4), 1, LABEL))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("sum to 1");
        assertThatThrownBy(() -> Split.stratified(data(List.of(1)), 0.5, 1, LABEL))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("1 example\n")
                .hasMessageContaining("at least 2");
        assertThatThrownBy(() -> Split.folds(data, 1, 1, LABEL))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("k = 1");
        assertThatThrownBy(() -> Split.folds(data, 5, 1, LABEL))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("3 examples");
    }

    private static Dataset<Integer, String> data(List<Integer> classes) {
        return Dataset.of(
                "toy",
                IntStream.range(0, classes.size())
                        .mapToObj(i -> new Example<>(i, "class " + classes.get(i), "line " + (i + 1)))
                        .toList());
    }

    private static <X, Y> void assertPartition(Dataset<X, Y> whole, Collection<Dataset<X, Y>> parts) {
        Set<X> seen = new HashSet<>();
        for (Dataset<X, Y> part : parts) {
            assertThat(part.isEmpty()).isFalse();
            part.inputs()
                    .forEach(x ->
                            assertThat(seen.add(x)).as("%s in one part only", x).isTrue());
        }
        assertThat(seen).hasSize(whole.size());
    }
}
