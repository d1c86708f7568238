// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.math3.special.Erf;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.anomaly.dataset.SignalTable;
import org.tl4j.anomaly.input.SignalInput;
import org.tl4j.anomaly.metric.AlarmedEpisodes;
import org.tl4j.anomaly.metric.Episode;
import org.tl4j.anomaly.metric.NabScore;
import org.tl4j.anomaly.stream.Peaks;
import org.tl4j.anomaly.stream.Refitted;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;

/**
 * Series of the Numenta Anomaly Benchmark below the folder in {@code TL4J_DATA}. Detectors are fitted to windows of the
 * first 15 % of a series (at most 750 rows), and anew every 500 rows to all that came before; no score looks ahead. As
 * in the benchmark itself, each detector has one threshold for all series, the one that scores best.
 *
 * <p>{@code main} prints totals for families and contexts; arguments are both, with commas, and after how many rows a
 * detector is fitted anew: {@code isolation-forest,mahalanobis 1,10,24 500}.
 */
public final class Nab {
    static final int EVERY = 500;
    static final int QUIET = 200;

    private Nab() {}

    record Series(String name, List<SignalPoint> points, List<Episode> episodes) {
        float[][] windows(int context) {
            SignalInput input = new SignalInput(context, true, false);
            return points.stream()
                    .map(p -> Objects.requireNonNull(input.encode(p).get(SignalInput.INPUT))
                            .toFloats())
                    .toArray(float[][]::new);
        }
    }

    static List<Series> read(Path folder) throws IOException {
        Config settings = Config.empty()
                .with("windows", folder.resolve("combined_windows.json").toString());
        List<Series> all = new ArrayList<>();
        for (String part : List.of("realKnownCause", "artificialWithAnomaly")) {
            try (Stream<Path> files = Files.list(folder.resolve(part))) {
                for (Path file : files.sorted().toList()) {
                    Dataset<SignalPoint, Condition> data =
                            SignalTable.read(file, settings).all();
                    boolean[] anomalous = new boolean[data.size()];
                    for (int i = 0; i < anomalous.length; i++) {
                        anomalous[i] = data.get(i).target() == Condition.ANOMALOUS;
                    }
                    all.add(new Series(
                            part + "/" + file.getFileName(),
                            data.examples().stream().map(Example::input).toList(),
                            Episode.of(anomalous)));
                }
            }
        }
        return all;
    }

    /** The benchmark's own baseline: one minus the tail of a normal distribution that the last values give. */
    static double[] windowedGaussian(Series s, int window, int step) {
        int n = s.points().size();
        double[] scores = new double[n];
        List<Double> values = new ArrayList<>();
        List<Double> waiting = new ArrayList<>();
        double mean = 0;
        double deviation = 1;
        for (int i = 0; i < n; i++) {
            double value = s.points().get(i).value();
            if (i > 0) {
                // The benchmark writes 1.4142 for the square root of two.
                scores[i] = 1 - 0.5 * Erf.erfc(Math.abs(value - mean) / deviation / 1.4142);
            }
            boolean moved = true;
            if (values.size() < window) {
                values.add(value);
            } else {
                waiting.add(value);
                moved = waiting.size() == step;
                if (moved) {
                    values = new ArrayList<>(values.subList(step, values.size()));
                    values.addAll(waiting);
                    waiting.clear();
                }
            }
            if (moved) {
                double sum = 0;
                for (double v : values) {
                    sum += v;
                }
                mean = sum / values.size();
                double squares = 0;
                for (double v : values) {
                    squares += (v - mean) * (v - mean);
                }
                deviation = Math.sqrt(squares / values.size());
                deviation = deviation == 0 ? 0.000001 : deviation;
            }
        }
        return scores;
    }

    /** Scores of a family on windows, one alarm for what goes on. */
    static double[] scores(Series s, DetectorFamily family, int context, int every) {
        int first = NabScore.probation(s.points().size());
        double[] scores = new Refitted(family, first, every, 10_000).scores(s.windows(context), 1);
        return Peaks.of(scores, QUIET);
    }

    static NabScore score(List<Series> all, List<double[]> scores) {
        NabScore nab = new NabScore();
        for (int i = 0; i < all.size(); i++) {
            nab.add(scores.get(i), all.get(i).episodes());
        }
        return nab;
    }

    /** Alarms at a threshold among the rows that count. */
    static AlarmedEpisodes episodes(List<Series> all, List<double[]> scores, double threshold) {
        AlarmedEpisodes found = new AlarmedEpisodes();
        for (int i = 0; i < all.size(); i++) {
            double[] s = scores.get(i);
            boolean[] alarms = new boolean[s.length];
            for (int j = NabScore.probation(s.length); j < s.length; j++) {
                alarms[j] = s[j] >= threshold;
            }
            found.add(alarms, all.get(i).episodes());
        }
        return found;
    }

    /** A line for each detector. */
    static String totals(List<Series> all, Map<String, List<double[]>> detectors) {
        TextTable table = new TextTable(
                "detector",
                "standard",
                "reward low FP",
                "reward low FN",
                "episodes found",
                "alarms",
                "true",
                "F1",
                "delay");
        detectors.forEach((name, scores) -> {
            NabScore nab = score(all, scores);
            List<String> row = new ArrayList<>(List.of(name));
            for (NabScore.Profile p : NabScore.Profile.all()) {
                row.add(String.format(Locale.ROOT, "%.1f", nab.best(p).normalised()));
            }
            AlarmedEpisodes found =
                    episodes(all, scores, nab.best(NabScore.Profile.STANDARD).threshold());
            row.add(Math.round(found.recall().value() * found.episodes()) + " of " + found.episodes());
            row.add(String.valueOf(found.runs()));
            row.add(String.format(Locale.ROOT, "%.2f", found.precision().value()));
            row.add(String.format(Locale.ROOT, "%.2f", found.f1()));
            row.add(String.format(Locale.ROOT, "%.0f", found.meanDelay()));
            table.row(row.toArray(String[]::new));
        });
        return table.toString();
    }

    /** A line for each series, the standard profile at the threshold of all. */
    static String perSeries(List<Series> all, Map<String, List<double[]>> detectors) {
        List<String> head = new ArrayList<>(List.of("series"));
        head.addAll(detectors.keySet());
        head.add("no alarm ever");
        TextTable table = new TextTable(head.toArray(String[]::new));
        for (int i = 0; i < all.size(); i++) {
            List<String> row = new ArrayList<>(List.of(all.get(i).name()));
            for (List<double[]> scores : detectors.values()) {
                double threshold =
                        score(all, scores).best(NabScore.Profile.STANDARD).threshold();
                NabScore one = new NabScore().add(scores.get(i), all.get(i).episodes());
                row.add(String.format(
                        Locale.ROOT,
                        "%.1f",
                        one.at(NabScore.Profile.STANDARD, threshold).normalised()));
            }
            row.add("0.0");
            table.row(row.toArray(String[]::new));
        }
        return table.toString();
    }

    /**
     * The benchmark's baseline, random scores, and families on windows of these contexts, all but the first with one
     * alarm for what goes on.
     */
    static Map<String, List<double[]>> detectors(
            List<Series> all, List<String> families, List<Integer> contexts, int every) {
        Map<String, List<double[]>> detectors = new LinkedHashMap<>();
        List<double[]> gaussian =
                all.stream().map(s -> windowedGaussian(s, 1000, 1)).toList();
        detectors.put("windowed Gaussian", gaussian);
        detectors.put(
                "windowed Gaussian, peaks",
                gaussian.stream().map(s -> Peaks.of(s, QUIET)).toList());
        Random random = new Random(1);
        detectors.put(
                "random, peaks",
                all.stream()
                        .map(s -> Peaks.of(random.doubles(s.points().size()).toArray(), QUIET))
                        .toList());
        for (String family : families) {
            for (int context : contexts) {
                Config options = family.contains("convolutional") || family.contains("lstm")
                        ? Config.empty().with("window", context)
                        : Config.empty();
                DetectorFamily made = Detectors.named(family, options);
                detectors.put(
                        family + ", " + context,
                        all.stream().map(s -> scores(s, made, context, every)).toList());
            }
        }
        return detectors;
    }

    public static void main(String[] arguments) throws IOException {
        List<Series> all = read(Path.of(System.getenv("TL4J_DATA"), "nab"));
        List<Integer> contexts =
                Stream.of(arguments[1].split(",", -1)).map(Integer::valueOf).toList();
        Map<String, List<double[]>> detectors =
                detectors(all, List.of(arguments[0].split(",", -1)), contexts, Integer.parseInt(arguments[2]));
        System.out.println(totals(all, detectors));
        System.out.println();
        System.out.println(perSeries(all, detectors));
    }
}
