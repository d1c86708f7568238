// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

class DatasetTest {
    private final Dataset<String, String> toy = Dataset.of(
            "toy",
            List.of(
                    new Example<>("one", "a", "line 1"),
                    new Example<>("two", "b", "line 2"),
                    new Example<>("three", "a", "line 3")));

    @Test
    void givesExamplesByIndex() {
        assertThat(toy.get(1)).isEqualTo(new Example<>("two", "b", "line 2"));
        assertThatThrownBy(() -> toy.get(3))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Data set 'toy' has no such example.")
                .hasMessageContaining("from 0 to 2");
    }

    @Test
    void mapsAndKeepsSources() {
        assertThat(toy.mapInputs(String::length).examples())
                .containsExactly(
                        new Example<>(3, "a", "line 1"),
                        new Example<>(3, "b", "line 2"),
                        new Example<>(5, "a", "line 3"));
        assertThat(toy.mapTargets(String::toUpperCase).targets()).containsExactly("A", "B", "A");
    }

    @Test
    void takesSubsetsInTheGivenOrder() {
        assertThat(toy.subset("two of toy", 2, 0).inputs()).containsExactly("three", "one");
        assertThat(toy.head(2).inputs()).containsExactly("one", "two");
        assertThat(toy.head(9)).hasSize(3);
    }

    @Test
    void fingerprintFollowsContentsAndOrderButNotNamesOrSources() {
        assertThat(toy.sha256()).hasSize(64).isEqualTo(toy.named("other").sha256());
        assertThat(toy.sha256())
                .isEqualTo(toy.map(e -> new Example<>(e.input(), e.target(), "elsewhere"))
                        .sha256());
        assertThat(toy.sha256()).isNotEqualTo(toy.subset("toy", 1, 0, 2).sha256());
        assertThat(toy.sha256()).isNotEqualTo(toy.head(2).sha256());
        assertThat(toy.sha256()).isNotEqualTo(toy.mapTargets(t -> t + " ").sha256());
    }

    @Test
    void fingerprintIsUnambiguous(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "abc");
        Path twin = Files.writeString(folder.resolve("b.txt"), "abc");
        List<Object> different = List.of(
                "1",
                1,
                1.0,
                true,
                List.of("ab", "c"),
                List.of("a", "bc"),
                Map.of("a", 1),
                Optional.of(1),
                Optional.empty(),
                DType.F32,
                new int[] {1},
                new float[] {1},
                new double[] {1, 2},
                new long[] {1, 2},
                new byte[] {1},
                HostTensor.of(new float[] {1, 2}, 2),
                HostTensor.of(new float[] {1, 2}, 1, 2),
                file,
                (Fingerprint.Part) f -> f.add("part"));

        assertThat(different.stream().map(DatasetTest::hash)).doesNotHaveDuplicates();
        assertThat(hash(file)).isEqualTo(hash(twin));
        assertThat(hash(1L)).isEqualTo(hash(1));
    }

    @Test
    void fingerprintRefusesWhatItCannotHash(@TempDir Path folder) {
        assertThatThrownBy(() -> hash(new Object()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("java.lang.Object")
                .hasMessageContaining("Fingerprint.Part");
        assertThatThrownBy(() -> hash(folder.resolve("gone.png")))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gone.png");
    }

    @Test
    void countsClassesInTheOrderOfTheLabels() {
        ClassCounts counts = ClassCounts.of(toy.mapTargets(List::of).targets());

        assertThat(counts.counts()).containsExactly(Map.entry("a", 2), Map.entry("b", 1));
        assertThat(counts.majority()).isEqualTo("a");
        assertThat(counts.rarest()).isEqualTo("b");
        assertThat(counts.imbalance()).isEqualTo(2);
        assertThat(counts.total()).isEqualTo(3);
        assertThat(counts.balancedWeights().get(0)).isCloseTo(0.75, within(1e-12));
        assertThat(counts.balancedWeights().get(1)).isCloseTo(1.5, within(1e-12));
        assertThat(ClassCounts.of(LabelMap.of("b", "a", "never"), List.of(Set.of("a")))
                        .counts())
                .containsExactly(Map.entry("b", 0), Map.entry("a", 1), Map.entry("never", 0));
    }

    @Test
    void refusesDataThatNothingCanBeLearnedFrom() {
        assertThatThrownBy(() -> DatasetChecks.atLeastTwoClasses(toy.mapTargets(t -> "a"), List::of))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("only 'a', in all 3 examples")
                .hasMessageContaining("at least 2 different labels");
        assertThatThrownBy(() -> DatasetChecks.atLeastTwoClasses(toy.mapTargets(t -> List.<String>of()), t -> t))
                .hasMessageContaining("no label at all");
        assertThatThrownBy(() -> DatasetChecks.notEmpty(toy.head(0)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'toy' holds no examples.");
        DatasetChecks.atLeastTwoClasses(toy, List::of);
    }

    @Test
    void namesTheRowsWhoseLabelsAreUnknown() {
        Function<String, List<String>> label = List::of;

        assertThatThrownBy(() -> DatasetChecks.labelsKnown(toy, LabelMap.of("a", "bb"), label))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'b' at line 2")
                .hasMessageContaining("perhaps a, bb");
        assertThatThrownBy(() -> DatasetChecks.labelsKnown(toy, LabelMap.of("b", "c"), label))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a' at line 1")
                .hasMessageContaining("'a' at line 3")
                .hasMessageContaining("labels out of [b, c]");
        DatasetChecks.labelsKnown(toy, LabelMap.of("a", "b", "c"), label);
    }

    private static String hash(Object value) {
        return new Fingerprint().add(value).sha256();
    }
}
