// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.tl4j.data.Batches;
import org.tl4j.data.LabelMap;

/**
 * Labels that the examples themselves contradict: a classifier on the frozen features, trained on the other folds, is
 * sure of another label. The rule is confident learning's: Curtis G. Northcutt, Lu Jiang, Isaac L. Chuang, "Confident
 * Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021. A label is sure if its probability is at least the
 * mean that it has among the examples that were given it.
 *
 * @param suspects the most doubtful first
 * @param examples how many were examined
 */
public record LabelNoise(List<Suspect> suspects, int examples) {
    private static final int FOLDS = 5;

    /** Keeps a copy. */
    public LabelNoise {
        suspects = List.copyOf(suspects);
    }

    /**
     * An example whose label is doubtful.
     *
     * @param index from 0, in the data set
     * @param given the label it has
     * @param givenProbability what the classifier gives that label
     * @param likely the label that the classifier would give
     * @param likelyProbability how sure it is
     */
    public record Suspect(int index, String given, double givenProbability, String likely, double likelyProbability) {}

    /**
     * Finds them.
     *
     * @param features {@code [n, width]}
     * @param given the label of each example
     */
    static LabelNoise find(float[][] features, List<String> given, long seed) {
        LabelMap labels = LabelMap.fromData(given);
        int n = features.length;
        int[] truth = given.stream().mapToInt(labels::index).toArray();
        double[][] probabilities = outOfFold(features, truth, labels.size(), seed);
        double[] sure = new double[labels.size()];
        int[] counts = new int[labels.size()];
        for (int i = 0; i < n; i++) {
            sure[truth[i]] += probabilities[i][truth[i]];
            counts[truth[i]]++;
        }
        for (int k = 0; k < sure.length; k++) {
            sure[k] /= Math.max(1, counts[k]);
        }
        List<Suspect> suspects = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            double[] p = probabilities[i];
            int best = IntStream.range(0, p.length)
                    .reduce((a, b) -> p[b] > p[a] ? b : a)
                    .orElseThrow();
            if (best != truth[i] && p[best] >= sure[best]) {
                suspects.add(new Suspect(i, labels.name(truth[i]), p[truth[i]], labels.name(best), p[best]));
            }
        }
        suspects.sort(Comparator.comparingDouble((Suspect s) -> s.givenProbability() - s.likelyProbability()));
        return new LabelNoise(suspects, n);
    }

    /** The probabilities that a classifier trained on the other folds gives; each label is spread over the folds. */
    private static double[][] outOfFold(float[][] features, int[] truth, int classes, long seed) {
        int n = truth.length;
        int[] fold = folds(truth, classes, seed);
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        // One penalty for all folds: it hardly depends on a fifth of the data, and choosing it is the costly part.
        double penalty = LinearHead.logisticPenalty(features, truth, classes, ones, seed);
        double[][] probabilities = new double[n][];
        for (int f = 0; f < FOLDS; f++) {
            int current = f;
            int[] others = IntStream.range(0, n).filter(i -> fold[i] != current).toArray();
            int[] own = IntStream.range(0, n).filter(i -> fold[i] == current).toArray();
            if (own.length == 0 || others.length == 0) {
                continue;
            }
            LinearHead head = LinearHead.logisticStandardised(
                    IntStream.of(others).mapToObj(i -> features[i]).toArray(float[][]::new),
                    IntStream.of(others).map(i -> truth[i]).toArray(),
                    classes,
                    penalty * others.length / n);
            for (int i : own) {
                probabilities[i] = head.probabilities(features[i]);
            }
        }
        return probabilities;
    }

    private static int[] folds(int[] truth, int classes, long seed) {
        int[] order = Batches.order(truth.length, seed, 0);
        int[] next = new int[classes];
        int[] fold = new int[truth.length];
        for (int i : order) {
            fold[i] = next[truth[i]]++ % FOLDS;
        }
        return fold;
    }
}
