// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * How well sets of labels were answered: the accumulator of multi-label classification. Not safe for several threads at
 * once.
 */
public final class LabelSets {
    private final List<String> labels;
    private final List<BitSet> truths = new ArrayList<>();
    private final List<BitSet> answers = new ArrayList<>();
    private final long[] both;
    private final long[] present;
    private final long[] answered;
    private long exact;

    /** An empty accumulator over these labels. */
    public LabelSets(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.both = new long[labels.size()];
        this.present = new long[labels.size()];
        this.answered = new long[labels.size()];
    }

    /** Counts one example, its labels and those that were answered, by indices from 0. */
    public void add(Iterable<Integer> truth, Iterable<Integer> answer) {
        BitSet t = new BitSet(labels.size());
        BitSet a = new BitSet(labels.size());
        truth.forEach(t::set);
        answer.forEach(a::set);
        truths.add(t);
        answers.add(a);
        exact += t.equals(a) ? 1 : 0;
        for (int k = 0; k < labels.size(); k++) {
            both[k] += t.get(k) && a.get(k) ? 1 : 0;
            present[k] += t.get(k) ? 1 : 0;
            answered[k] += a.get(k) ? 1 : 0;
        }
    }

    /** The share of examples that were given exactly their labels. */
    public Estimate accuracy() {
        return Estimate.share(exact, truths.size());
    }

    /** F1 over all labels of all examples together; the interval is of a ratio of sums over examples. */
    public Estimate microF1() {
        double hits = 0;
        double sum = 0;
        for (int k = 0; k < labels.size(); k++) {
            hits += 2 * both[k];
            sum += present[k] + answered[k];
        }
        if (sum == 0) {
            return Estimate.nothing();
        }
        double f = hits / sum;
        double variance = 0;
        for (int i = 0; i < truths.size(); i++) {
            double residual = 0;
            for (int k = 0; k < labels.size(); k++) {
                residual += residual(i, k, f);
            }
            variance += residual * residual / (sum * sum);
        }
        return Estimate.bounded(f, variance, truths.size());
    }

    /** Mean F1 over all labels, as scikit-learn's {@code f1_score(average="macro")}; 0 for a label never met. */
    public Estimate macroF1() {
        int n = labels.size();
        double mean = 0;
        for (int k = 0; k < n; k++) {
            mean += f1(k) / n;
        }
        double variance = 0;
        for (int i = 0; i < truths.size(); i++) {
            double residual = 0;
            for (int k = 0; k < n; k++) {
                long sum = present[k] + answered[k];
                residual += sum == 0 ? 0 : residual(i, k, f1(k)) / sum / n;
            }
            variance += residual * residual;
        }
        return Estimate.bounded(mean, variance, truths.size());
    }

    private double residual(int example, int label, double f) {
        int t = truths.get(example).get(label) ? 1 : 0;
        int a = answers.get(example).get(label) ? 1 : 0;
        return 2 * t * a - f * (t + a);
    }

    /** F1 of one label; 0 where it neither occurs nor is answered. */
    public double f1(int label) {
        long sum = present[label] + answered[label];
        return sum == 0 ? 0 : 2.0 * both[label] / sum;
    }

    /** Of the examples that were given a label, the share that has it; 0 where there are none. */
    public double precision(int label) {
        return answered[label] == 0 ? 0 : both[label] / (double) answered[label];
    }

    /** Of the examples that have a label, the share that was given it; 0 where there are none. */
    public double recall(int label) {
        return present[label] == 0 ? 0 : both[label] / (double) present[label];
    }

    /** How many examples have a label. */
    public long support(int label) {
        return present[label];
    }

    /** Precision, recall, F1 and number of examples of each label, for people. */
    public String classTable() {
        TextTable table = new TextTable("label", "precision", "recall", "F1", "examples");
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
}
