// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.anomaly.metric.NabScore;

/**
 * Thirteen series of the Numenta Anomaly Benchmark; {@link Nab} says by what protocol. Writes {@code target/nab.txt}.
 */
class NabTest {
    private static List<Nab.Series> read() throws IOException {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path nab = Path.of(folder, "nab");
        assumeTrue(Files.exists(nab), nab + " is not there");
        return Nab.read(nab);
    }

    /**
     * Score, true and false alarms that the benchmark publishes for its windowed Gaussian at the threshold 1
     * (results/windowedGaussian/windowedGaussian_standard_scores.csv). For three other series the published figures
     * differ from those of the published code: they were made with another window (ec2_request_latency -0.066,
     * rogue_agent_key_updown -1.396, art_load_balancer_spikes -0.692).
     */
    private static Map<String, double[]> published() {
        Map<String, double[]> p = new LinkedHashMap<>();
        p.put("realKnownCause/ambient_temperature_system_failure.csv", new double[] {-2, 0, 0});
        p.put("realKnownCause/cpu_utilization_asg_misconfiguration.csv", new double[] {-1.11, 0, 1});
        p.put("realKnownCause/machine_temperature_system_failure.csv", new double[] {-4, 0, 0});
        p.put("realKnownCause/nyc_taxi.csv", new double[] {-5, 0, 0});
        p.put("realKnownCause/rogue_agent_key_hold.csv", new double[] {-2.44, 0, 4});
        for (String name : List.of("flatmiddle", "jumpsdown", "jumpsup", "nojump")) {
            p.put("artificialWithAnomaly/art_daily_" + name + ".csv", new double[] {-1, 0, 0});
        }
        p.put("artificialWithAnomaly/art_increase_spike_density.csv", new double[] {-1, 0, 0});
        return p;
    }

    @Test
    void reproducesWhatTheBenchmarkPublishesForItsBaseline() throws IOException {
        Map<String, double[]> published = published();
        List<String> compared = new ArrayList<>();
        for (Nab.Series s : read()) {
            double[] expected = published.get(s.name());
            if (expected != null) {
                NabScore.Result r = new NabScore()
                        .add(Nab.windowedGaussian(s, 1000, 1), s.episodes())
                        .at(NabScore.Profile.STANDARD, 1);
                assertThat(new double[] {r.raw(), r.truePositives(), r.falsePositives()})
                        .as(s.name())
                        .containsExactly(expected, within(1e-9));
                compared.add(s.name());
            }
        }
        assertThat(compared).hasSameSizeAs(published.keySet());
    }

    @Test
    void detectorsOnWindowsScoreAboveTheBaselines() throws IOException {
        List<Nab.Series> all = read();
        Map<String, List<double[]>> detectors =
                Nab.detectors(all, List.of("hbos", "isolation-forest", "mahalanobis"), List.of(1, 24), Nab.EVERY);
        String table = Nab.totals(all, detectors) + "\n\n" + Nab.perSeries(all, detectors) + "\n";
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("nab.txt"), table);
        Map<String, Double> standard = new LinkedHashMap<>();
        detectors.forEach((name, scores) -> standard.put(
                name, Nab.score(all, scores).best(NabScore.Profile.STANDARD).normalised()));
        for (String name : List.of("hbos, 1", "isolation-forest, 1", "mahalanobis, 1")) {
            for (String baseline : List.of("windowed Gaussian, peaks", "random, peaks")) {
                assertThat(Objects.requireNonNull(standard.get(name)))
                        .as("%s beside %s in%n%s", name, baseline, table)
                        .isGreaterThan(Objects.requireNonNull(standard.get(baseline)));
            }
        }
    }
}
