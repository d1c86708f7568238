// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.junit.jupiter.api.Test;

/** The numbers of scikit-learn and LibSVM; see {@code parity/make_anomaly_fixtures.py}. */
class ReferenceTest {
    record Gaussian(double shrinkage, double[] mahalanobis) {}

    record Svm(double nu, double gamma, double tolerance, int supportVectors, double[] decision) {}

    record Expected(
            float[][] train,
            float[][] test,
            Gaussian ledoitWolf,
            double[] kthDistance,
            double[] meanDistance,
            List<Svm> oneClassSvm) {}

    record Forest(float[][] rows, double[] scores) {}

    private static <T> T read(String name, Class<T> type) throws IOException {
        try (InputStream in = ReferenceTest.class.getResourceAsStream("/detector/" + name)) {
            return new Gson().fromJson(new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8), type);
        }
    }

    @Test
    void ranksAsTheIsolationForestOfScikitLearn() throws IOException {
        Forest expected = read("isolation-forest.json", Forest.class);
        double[] scores =
                new IsolationForest(500, 256, 0).fit(expected.rows(), 1).scores(expected.rows());
        assertThat(new SpearmansCorrelation().correlation(scores, expected.scores()))
                .isGreaterThanOrEqualTo(0.98);
        double[] differences = IntStream.range(0, scores.length)
                .mapToDouble(i -> Math.abs(scores[i] - expected.scores()[i]))
                .toArray();
        // Scores themselves are the published ones: they differ by the trees' chance alone.
        assertThat(Arrays.stream(differences).average().orElseThrow()).isLessThan(0.01);
    }

    @Test
    void decidesAsLibSvm() throws IOException {
        Expected e = read("expected.json", Expected.class);
        for (Svm svm : e.oneClassSvm()) {
            OneClassSvm.Fitted fitted =
                    new OneClassSvm(svm.nu(), svm.gamma(), svm.tolerance(), "none").fit(e.train(), 1);
            assertThat(fitted.supportVectors()).isEqualTo(svm.supportVectors());
            double[] decision = fitted.decisionValues(e.test());
            for (int i = 0; i < decision.length; i++) {
                assertThat(decision[i]).as("nu %s row %d", svm.nu(), i).isCloseTo(svm.decision()[i], within(1e-6));
            }
        }
    }

    @Test
    void keepsLibSvmQuiet() throws IOException {
        Expected e = read("expected.json", Expected.class);
        PrintStream before = System.out;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
            OneClassSvm.defaults().fit(e.train(), 1);
        } finally {
            System.setOut(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void shrinksAndMeasuresAsScikitLearn() throws IOException {
        Expected e = read("expected.json", Expected.class);
        ShrinkageGaussian.Fitted fitted = new ShrinkageGaussian().fit(e.train(), 1);
        assertThat(fitted.shrinkage()).isCloseTo(e.ledoitWolf().shrinkage(), within(1e-9));
        double[] distances = fitted.scores(e.test());
        for (int i = 0; i < distances.length; i++) {
            double squared = e.ledoitWolf().mahalanobis()[i];
            assertThat(distances[i] * distances[i]).isCloseTo(squared, within(1e-6 * squared));
        }
    }

    @Test
    void measuresNeighboursAsScikitLearn() throws IOException {
        Expected e = read("expected.json", Expected.class);
        assertThat(new NearestNeighbours(5, "none").fit(e.train(), 1).scores(e.test()))
                .usingComparatorWithPrecision(1e-9)
                .containsExactly(e.kthDistance());
    }
}
