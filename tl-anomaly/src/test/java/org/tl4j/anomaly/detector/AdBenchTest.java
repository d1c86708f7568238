// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.anomaly.detector.AdBench.Protocol;

/**
 * Within three points of the published figures, over five seeds; {@link AdBench} says by what protocol.
 *
 * <p>Glass is left out: three of its nine anomalies are in the judged part, and scikit-learn's own detectors are off
 * the published figures by as much on the same splits (decision 8).
 */
class AdBenchTest {
    private static final double POINTS = 3;

    static Stream<String> sets() {
        Set<String> left = Set.of("14_glass");
        return AdBench.PUBLISHED.keySet().stream().filter(name -> !left.contains(name));
    }

    private static AdBench.Data read(String name) {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path file = Path.of(folder, "adbench", name + ".npz");
        assumeTrue(Files.exists(file), file + " is not there");
        return AdBench.Data.read(file);
    }

    @ParameterizedTest
    @MethodSource("sets")
    void findsAnomaliesAsPublished(String name) {
        AdBench.Data data = read(name);
        double[] published = AdBench.PUBLISHED.get(name);
        DetectorFamily forest = IsolationForest.defaults();
        assertThat(AdBench.auroc(data, forest, true, Protocol.SPLIT))
                .as("IForest, semi-supervised")
                .isGreaterThan(published[0] - POINTS);
        assertThat(AdBench.auroc(data, forest, false, Protocol.SPLIT))
                .as("IForest, unsupervised")
                .isGreaterThan(published[3] - POINTS);
        // On mammography's 11,000 rows ten fits of the SVM would take a minute; AdBench's main does them.
        if (data.rows().length < 10_000) {
            DetectorFamily svm = OneClassSvm.defaults();
            assertThat(AdBench.auroc(data, svm, true, Protocol.SPLIT))
                    .as("OCSVM, semi-supervised")
                    .isGreaterThan(published[1] - POINTS);
            assertThat(AdBench.auroc(data, svm, false, Protocol.SPLIT))
                    .as("OCSVM, unsupervised")
                    .isGreaterThan(published[4] - POINTS);
        }
    }

    /** Thyroid falls short by eight points (decision 8); the larger sets take minutes. */
    @ParameterizedTest
    @ValueSource(strings = {"4_breastw", "18_Ionosphere", "29_Pima", "42_WBC"})
    void reproducesAsPublished(String name) {
        AdBench.Data data = read(name);
        assertThat(AdBench.auroc(data, Autoencoder.defaults(), true, Protocol.SPLIT))
                .as("AE, semi-supervised")
                .isGreaterThan(AdBench.PUBLISHED.get(name)[2] - POINTS);
    }
}
