// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.detector.DetectorFamily;
import org.tl4j.anomaly.detector.Detectors;
import org.tl4j.anomaly.detector.IsolationForest;
import org.tl4j.anomaly.detector.SignalAutoencoder;
import org.tl4j.anomaly.head.AnomalyScore;
import org.tl4j.anomaly.head.BackboneAnomalyTask;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.data.Dataset;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Transfer;

/**
 * Photographs of bees among those of ants and the other way round, looked for by detectors on the vectors of SqueezeNet
 * 1.1. Semi-supervised detectors learn from the 40 normal photographs, unsupervised ones from these and 4 of the other
 * kind; 40 of each are judged. Writes the table to {@code target/ants-and-bees-as-anomalies.txt}.
 */
class AntsAndBeesAsAnomaliesTest {
    private static final BackboneAnomalyTask.Images IMAGES = new BackboneAnomalyTask.Images();

    /** One strange photograph beside ten normal ones. */
    private static final int ONE_IN = 10;

    private static Path below(String variable, String name) {
        String folder = System.getenv(variable);
        assumeTrue(folder != null, variable + " names no folder");
        Path path = Path.of(folder, name);
        assumeTrue(Files.exists(path), path + " is not there");
        return path;
    }

    /** What parity/detect_in_vectors.py prints for the same vectors, in the order of the columns. */
    private static final Map<String, double[]> SCIKIT_LEARN = Map.of(
            "one-class-svm", new double[] {79.9, 70.9, 68.9, 63.9},
            "mahalanobis", new double[] {80.4, 72.8, 63.3, 57.7},
            "nearest-neighbours", new double[] {79.8, 73.7, 69.4, 62.5},
            "memory-bank", new double[] {76.6, 73.1, 55.6, 51.1});

    /** The mean of its forests of ten seeds. */
    private static final double[] FORESTS = {73.8, 71.2, 56.6, 53.8};

    private static final int SEEDS = 10;

    @Test
    void ranksOneKindAmongTheOtherAsScikitLearnDoes() throws IOException {
        Path weights = below("TL4J_WEIGHTS", "squeezenet1.1/weights");
        Path train = below("TL4J_DATA", "hymenoptera/train");
        Path val = below("TL4J_DATA", "hymenoptera/val");
        Map<String, double[]> found = new LinkedHashMap<>();
        TextTable table = new TextTable(
                "detector on squeezenet1_1",
                "ants, semi-supervised",
                "ants, unsupervised",
                "bees, semi-supervised",
                "bees, unsupervised");
        Map<String, Estimate[]> all = new LinkedHashMap<>();
        double[] forests = new double[FORESTS.length];
        int column = 0;
        for (String strange : List.of("bees", "ants")) {
            Config columns = Config.empty().with("anomaly-label", strange);
            Dataset<Object, Condition> learn = IMAGES.read(train, columns).all();
            Dataset<Object, Condition> judge = IMAGES.read(val, columns).all();
            Transfer<Object, Condition, AnomalyScore> transfer = Transfer.from(
                            PretrainedSource.of("squeezenet1_1").withWeights(weights.toString()))
                    .to(new Task<>(IMAGES, IMAGES.create(learn, Config.empty())));
            float[][] learned = transfer.features(learn);
            float[][] judged = transfer.features(judge);
            float[][] normal = rows(learned, learn, Condition.NORMAL);
            float[][] other = rows(learned, learn, Condition.ANOMALOUS);
            float[][] mixed = Stream.concat(Stream.of(normal), Stream.of(other).limit(normal.length / ONE_IN))
                    .toArray(float[][]::new);
            boolean[] truth = new boolean[judged.length];
            for (int i = 0; i < truth.length; i++) {
                truth[i] = judge.get(i).target() == Condition.ANOMALOUS;
            }
            for (DetectorFamily family : Detectors.all()) {
                // A vector is no window of a signal.
                if (family instanceof SignalAutoencoder) {
                    continue;
                }
                Estimate[] row = all.computeIfAbsent(family.id(), id -> new Estimate[4]);
                row[column] = ScoredTruth.of(family.fit(normal, 1).scores(judged), truth)
                        .auroc();
                row[column + 1] = ScoredTruth.of(family.fit(mixed, 1).scores(judged), truth)
                        .auroc();
            }
            for (int seed = 0; seed < SEEDS; seed++) {
                DetectorFamily forest = IsolationForest.defaults();
                forests[column] += percent(forest, normal, judged, truth, seed) / SEEDS;
                forests[column + 1] += percent(forest, mixed, judged, truth, seed) / SEEDS;
            }
            column += 2;
        }
        all.forEach((family, row) -> {
            table.row(Stream.concat(Stream.of(family), Stream.of(row).map(AntsAndBeesAsAnomaliesTest::percent))
                    .toArray(String[]::new));
            found.put(family, Stream.of(row).mapToDouble(e -> 100 * e.value()).toArray());
        });
        Files.writeString(
                Files.createDirectories(Path.of("target")).resolve("ants-and-bees-as-anomalies.txt"), table + "\n");
        SCIKIT_LEARN.forEach((family, reference) -> {
            double[] own = Objects.requireNonNull(found.get(family));
            for (int i = 0; i < reference.length; i++) {
                assertThat(own[i])
                        .as("%s, column %d of%n%s", family, i + 1, table)
                        // Printed to a tenth; two of the 1,600 pairs may change places by rounding.
                        .isCloseTo(reference[i], within(0.05 + 2 * 100 / 1600.0));
            }
        });
        for (int i = 0; i < FORESTS.length; i++) {
            // Single forests deviate by up to 3.7 points, the difference of two means of ten by 1.7: three times that.
            assertThat(forests[i]).as("forests of ten seeds, column %d", i + 1).isCloseTo(FORESTS[i], within(3 * 1.7));
        }
    }

    private static double percent(
            DetectorFamily family, float[][] learned, float[][] judged, boolean[] truth, long seed) {
        return 100
                * ScoredTruth.of(family.fit(learned, seed).scores(judged), truth)
                        .auroc()
                        .value();
    }

    private static String percent(Estimate e) {
        return String.format(Locale.ROOT, "%.1f [%.1f, %.1f]", 100 * e.value(), 100 * e.low(), 100 * e.high());
    }

    private static float[][] rows(float[][] features, Dataset<Object, Condition> data, Condition wanted) {
        return IntStream.range(0, features.length)
                .filter(i -> data.get(i).target() == wanted)
                .mapToObj(i -> features[i])
                .toArray(float[][]::new);
    }
}
