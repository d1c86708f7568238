// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;

/**
 * How often each class was taken for each: the accumulator of single-label classification. Not safe for several threads
 * at once.
 */
public final class ConfusionMatrix {
    private final List<String> labels;
    private final long[][] counts;
    private long examples;

    /** An empty matrix over these classes. */
    public ConfusionMatrix(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.counts = new long[labels.size()][labels.size()];
    }

    /** Counts one example of class {@code truth} that was taken for {@code answer}, by indices from 0. */
    public void add(int truth, int answer) {
        int n = labels.size();
        if (truth < 0 || truth >= n || answer < 0 || answer >= n) {
            throw new InvalidArgumentException(
                    "A class that a confusion matrix does not have was counted.",
                    "truth " + truth + ", answer " + answer,
                    "indices from 0 to " + (n - 1),
                    "check that the answers belong to these labels");
        }
        counts[truth][answer]++;
        examples++;
    }

    /** The classes. */
    public List<String> labels() {
        return labels;
    }

    /** How many examples of class {@code truth} were taken for {@code answer}. */
    public long count(int truth, int answer) {
        return counts[truth][answer];
    }

    /** How many examples were counted. */
    public long examples() {
        return examples;
    }

    /** How many examples of a class there are. */
    public long support(int label) {
        return IntStream.range(0, labels.size())
                .mapToLong(k -> counts[label][k])
                .sum();
    }

    /** How many examples were taken for a class. */
    private long answered(int label) {
        return IntStream.range(0, labels.size())
                .mapToLong(k -> counts[k][label])
                .sum();
    }

    /** The share of examples that were taken for what they are. */
    public Estimate accuracy() {
        long hits =
                IntStream.range(0, labels.size()).mapToLong(k -> counts[k][k]).sum();
        return Estimate.share(hits, examples);
    }

    /** Of the examples that were taken for a class, the share that is of it; 0 where there are none. */
    public double precision(int label) {
        long answered = answered(label);
        return answered == 0 ? 0 : counts[label][label] / (double) answered;
    }

    /** Of the examples of a class, the share that was taken for it; 0 where there are none. */
    public double recall(int label) {
        long support = support(label);
        return support == 0 ? 0 : counts[label][label] / (double) support;
    }

    /** Harmonic mean of precision and recall; 0 where the class neither occurs nor is answered. */
    public double f1(int label) {
        long both = support(label) + answered(label);
        return both == 0 ? 0 : 2.0 * counts[label][label] / both;
    }

    /**
     * Mean F1 over the classes that occur or are answered, as scikit-learn's {@code f1_score(average="macro")}. The
     * interval is by the delta method on the multinomial cells: Kanae Takahashi, Kouji Yamamoto, Aya Kuchiba, Tatsuki
     * Koyama, "Confidence interval for micro-averaged F1 and macro-averaged F1 scores", Applied Intelligence 2022.
     */
    public Estimate macroF1() {
        int n = labels.size();
        List<Integer> seen = new ArrayList<>();
        double sum = 0;
        for (int k = 0; k < n; k++) {
            if (support(k) + answered(k) > 0) {
                seen.add(k);
                sum += f1(k);
            }
        }
        if (seen.isEmpty()) {
            return Estimate.nothing();
        }
        // Derivatives of the mean by the cells' probabilities: 2 / d on the diagonal, -F / d for row and column.
        double[] slope = new double[n];
        double[] hit = new double[n];
        for (int k : seen) {
            double d = (support(k) + answered(k)) / (double) examples;
            slope[k] = f1(k) / d / seen.size();
            hit[k] = 2 / d / seen.size();
        }
        double mean = 0;
        double square = 0;
        for (int t = 0; t < n; t++) {
            for (int a = 0; a < n; a++) {
                double p = counts[t][a] / (double) examples;
                double g = (t == a ? hit[t] : 0) - slope[t] - slope[a];
                mean += p * g;
                square += p * g * g;
            }
        }
        return Estimate.bounded(sum / seen.size(), Math.max(0, square - mean * mean) / examples, examples);
    }

    /**
     * Matthews's correlation coefficient for any number of classes: Jan Gorodkin, "Comparing two K-category assignments
     * by a K-category correlation coefficient", 2004; from -1 to 1, 0 where either side has one class only.
     */
    public double matthews() {
        double hits = 0;
        double products = 0;
        double truths = 0;
        double answers = 0;
        for (int k = 0; k < labels.size(); k++) {
            double t = support(k);
            double a = answered(k);
            hits += counts[k][k];
            products += t * a;
            truths += t * t;
            answers += a * a;
        }
        double all = (double) examples * examples;
        double norm = Math.sqrt(all - truths) * Math.sqrt(all - answers);
        return norm == 0 ? 0 : (hits * examples - products) / norm;
    }

    /** Precision, recall, F1 and number of examples of each class, for people. */
    public String classTable() {
        TextTable table = new TextTable("class", "precision", "recall", "F1", "examples");
        for (int k = 0; k < labels.size(); k++) {
            table.row(
                    labels.get(k),
                    String.format(Locale.ROOT, "%.4f", precision(k)),
                    String.format(Locale.ROOT, "%.4f", recall(k)),
                    String.format(Locale.ROOT, "%.4f", f1(k)),
                    String.valueOf(support(k)));
        }
        return table.toString();
    }

    /** The counts, a row for each class that is true, a column for each that was answered, for people. */
    public String table() {
        List<String> head = new ArrayList<>(List.of("true \\ answered"));
        for (int k = 0; k < labels.size(); k++) {
            head.add(shortened(labels.get(k)));
        }
        TextTable table = new TextTable(head.toArray(String[]::new));
        for (int t = 0; t < labels.size(); t++) {
            List<String> row = new ArrayList<>(List.of(labels.get(t)));
            for (int a = 0; a < labels.size(); a++) {
                row.add(counts[t][a] == 0 ? "." : String.valueOf(counts[t][a]));
            }
            table.row(row.toArray(String[]::new));
        }
        return table.toString();
    }

    private static String shortened(String label) {
        return label.length() <= 10 ? label : label.substring(0, 9) + "…";
    }
}
