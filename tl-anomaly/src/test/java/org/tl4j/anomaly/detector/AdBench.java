// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;

/**
 * The protocol of ADBench (Songqiao Han et al., NeurIPS 2022): 70 % to learn from and 30 % to judge, stratified, mean
 * AUROC over five seeds. Semi-supervised detectors learn from the normal rows of the 70 %, unsupervised ones from all
 * of them. Columns are standardised where the family does that itself. Rows are taken as they are; with
 * {@code --draw-1000} a set of fewer than 1,000 rows is replaced by 1,000 drawn from it with repetition, as ADBench
 * does, which puts copies of most rows into both parts; with {@code --all-anomalies} all anomalies are judged.
 * {@code --mvtec} takes the vectors of images instead of the tables.
 *
 * <p>{@code main} prints a table for the folder in {@code TL4J_DATA}: arguments are families with their options, such
 * as {@code one-class-svm,scaling=min-max}.
 */
public final class AdBench {
    static final int SEEDS = 5;

    /** Published AUROC: IForest, OCSVM, AE, learned from normal rows, then IForest and OCSVM from all; 0 for none. */
    static final Map<String, double[]> PUBLISHED = published();

    private static Map<String, double[]> published() {
        Map<String, double[]> m = new LinkedHashMap<>();
        m.put("38_thyroid", new double[] {99.0, 98.6, 98.6, 97.9, 95.8});
        m.put("23_mammography", new double[] {88.0, 88.6, 89.6, 86.0, 87.1});
        m.put("4_breastw", new double[] {99.5, 99.4, 99.2, 98.3, 93.5});
        m.put("18_Ionosphere", new double[] {91.2, 96.3, 89.8, 83.3, 83.8});
        m.put("29_Pima", new double[] {74.3, 71.5, 73.2, 67.4, 63.1});
        m.put("14_glass", new double[] {81.1, 69.7, 72.6, 79.0, 66.1});
        m.put("31_satimage-2", new double[] {99.1, 99.6, 99.0, 99.3, 99.7});
        m.put("28_pendigits", new double[] {97.2, 96.4, 94.5, 94.7, 92.9});
        m.put("42_WBC", new double[] {99.4, 99.6, 99.3, 99.6, 98.7});
        return Collections.unmodifiableMap(m);
    }

    /** Images of MVTec AD as vectors of a ResNet-18; their mean has a published figure, IForest from normal rows. */
    static final List<String> MVTEC = Stream.of("bottle", "cable", "grid", "hazelnut", "zipper")
            .map(kind -> "mvtec-resnet18/MVTec-AD_" + kind)
            .toList();

    private AdBench() {}

    record Data(float[][] rows, boolean[] anomalous) {
        static Data read(Path file) {
            Map<String, HostTensor> arrays = WeightFile.read(file).tensors();
            HostTensor x = arrays.get("X");
            HostTensor y = arrays.get("y");
            float[] flat = x.toFloats();
            int width = (int) x.shape().size(1);
            float[][] rows = new float[y.elements()][width];
            boolean[] anomalous = new boolean[rows.length];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(flat, i * width, rows[i], 0, width);
                anomalous[i] = y.doubleAt(i) == 1;
            }
            return new Data(rows, anomalous);
        }

        private Data at(List<Integer> indices) {
            boolean[] truth = new boolean[indices.size()];
            float[][] some = new float[truth.length][];
            for (int i = 0; i < truth.length; i++) {
                some[i] = rows[indices.get(i)];
                truth[i] = anomalous[indices.get(i)];
            }
            return new Data(some, truth);
        }

        /** At least 1,000 rows, drawn with repetition where there are fewer. */
        Data drawn(long seed) {
            return rows.length >= 1000 ? this : drawn(1000, seed);
        }

        private Data drawn(int count, long seed) {
            Random random = new Random(seed);
            return at(IntStream.range(0, count)
                    .mapToObj(i -> random.nextInt(rows.length))
                    .toList());
        }

        /** Learn, judge. */
        Data[] split(long seed) {
            List<Integer> learn = new ArrayList<>();
            List<Integer> judge = new ArrayList<>();
            for (boolean kind : new boolean[] {false, true}) {
                List<Integer> some = new ArrayList<>(indices(kind));
                Collections.shuffle(some, new Random(seed));
                int cut = (int) Math.round(0.7 * some.size());
                learn.addAll(some.subList(0, cut));
                judge.addAll(some.subList(cut, some.size()));
            }
            return new Data[] {at(learn), at(judge)};
        }

        /**
         * Learn half of the normal rows, and judge the other half and all anomalies; unsupervised, learn as many rows
         * as there are, drawn with repetition, and judge all.
         */
        Data[] splitWithAllAnomalies(long seed, boolean semiSupervised) {
            if (!semiSupervised) {
                return new Data[] {drawn(rows.length, seed), this};
            }
            List<Integer> normal = new ArrayList<>(indices(false));
            Collections.shuffle(normal, new Random(seed));
            int half = normal.size() / 2;
            List<Integer> judge = new ArrayList<>(normal.subList(half, normal.size()));
            judge.addAll(indices(true));
            return new Data[] {at(normal.subList(0, half)), at(judge)};
        }

        private List<Integer> indices(boolean kind) {
            return IntStream.range(0, rows.length)
                    .filter(i -> anomalous[i] == kind)
                    .boxed()
                    .toList();
        }

        float[][] normal() {
            return IntStream.range(0, rows.length)
                    .filter(i -> !anomalous[i])
                    .mapToObj(i -> rows[i])
                    .toArray(float[][]::new);
        }
    }

    /** Which rows are learned from and which are judged. */
    enum Protocol {
        /** 70 % and 30 %. */
        SPLIT,
        /** As {@link #SPLIT}, of 1,000 rows drawn with repetition where there are fewer. */
        DRAWN,
        /** {@link Data#splitWithAllAnomalies}: for sets of which 30 % would be two or three anomalies. */
        ALL_ANOMALIES
    }

    /** Mean AUROC in percent over the seeds. */
    static double auroc(Data data, DetectorFamily family, boolean semiSupervised, Protocol protocol) {
        double sum = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Data[] parts = switch (protocol) {
                case SPLIT -> data.split(seed);
                case DRAWN -> data.drawn(seed).split(seed);
                case ALL_ANOMALIES -> data.splitWithAllAnomalies(seed, semiSupervised);
            };
            float[][] learned = semiSupervised ? parts[0].normal() : parts[0].rows();
            double[] scores = family.fit(learned, seed).scores(parts[1].rows());
            sum += ScoredTruth.of(scores, parts[1].anomalous()).auroc().value();
        }
        return 100 * sum / SEEDS;
    }

    /** A family as an argument names it: {@code isolation-forest,trees=500}. */
    static DetectorFamily family(String argument) {
        String[] parts = argument.split(",", -1);
        Config options = Config.empty();
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            Object value = pair[1].matches("[-+.0-9eE]+") ? (Object) Double.valueOf(pair[1]) : pair[1];
            options = options.with(
                    pair[0], value instanceof Double d && d == Math.rint(d) ? (Object) d.intValue() : value);
        }
        return Detectors.named(parts[0], options);
    }

    public static void main(String[] given) {
        Protocol protocol = List.of(given).contains("--draw-1000")
                ? Protocol.DRAWN
                : List.of(given).contains("--all-anomalies") ? Protocol.ALL_ANOMALIES : Protocol.SPLIT;
        boolean small = List.of(given).contains("--small");
        boolean mvtec = List.of(given).contains("--mvtec");
        String[] arguments =
                List.of(given).stream().filter(a -> !a.startsWith("--")).toArray(String[]::new);
        Path folder = Path.of(System.getenv("TL4J_DATA"), "adbench");
        boolean semiAlone = List.of(given).contains("--semi-supervised");
        for (boolean semi : semiAlone ? new boolean[] {true} : new boolean[] {true, false}) {
            List<String> head = new ArrayList<>(List.of(semi ? "semi-supervised" : "unsupervised"));
            head.addAll(List.of(arguments));
            if (!mvtec) {
                head.add(semi ? "published IF / OCSVM / AE" : "published IF / OCSVM");
            }
            TextTable table = new TextTable(head.toArray(String[]::new));
            double[] sums = new double[arguments.length];
            for (String name : mvtec ? MVTEC : PUBLISHED.keySet()) {
                Path file = folder.resolve(name + ".npz");
                if (!Files.exists(file)) {
                    continue;
                }
                Data data = Data.read(file);
                if (small && data.rows().length >= 1000) {
                    continue;
                }
                List<String> row = new ArrayList<>(List.of(name));
                for (int a = 0; a < arguments.length; a++) {
                    double auroc = auroc(data, family(arguments[a]), semi, protocol);
                    sums[a] += auroc;
                    row.add(String.format(Locale.ROOT, "%.1f", auroc));
                }
                double[] p = PUBLISHED.get(name);
                if (p != null) {
                    row.add(semi ? p[0] + " / " + p[1] + " / " + p[2] : p[3] + " / " + p[4]);
                }
                table.row(row.toArray(String[]::new));
            }
            if (mvtec) {
                table.row(Stream.concat(
                                Stream.of("mean"),
                                Arrays.stream(sums)
                                        .mapToObj(sum -> String.format(Locale.ROOT, "%.1f", sum / MVTEC.size())))
                        .toArray(String[]::new));
            }
            System.out.println(table);
            System.out.println();
        }
    }
}
