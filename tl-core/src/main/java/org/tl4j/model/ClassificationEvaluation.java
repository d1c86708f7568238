// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.tl4j.data.LabelMap;
import org.tl4j.metric.Calibration;
import org.tl4j.metric.ConfusionMatrix;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.LabelSets;
import org.tl4j.tensor.HostTensor;

/** Judges answers of a classifier, beside the answer that needs no model: what the training data hold most often. */
final class ClassificationEvaluation {
    static final String ACCURACY = "accuracy";
    static final String MACRO_F1 = "macroF1";
    static final String MICRO_F1 = "microF1";
    private static final String TOP_5 = "top5Accuracy";
    private static final String LOG_LOSS = "logLoss";

    private ClassificationEvaluation() {}

    /** For examples that have one label each. */
    static final class OneLabel implements TaskHead.Evaluator<List<String>> {
        private final ClassificationHead head;
        private final LabelMap labels;
        private final Iterable<List<String>> training;
        private final ConfusionMatrix confusion;
        private final Calibration calibration = new Calibration();
        private long amongFive;

        OneLabel(ClassificationHead head, Iterable<List<String>> training) {
            this.head = head;
            this.labels = head.labels();
            this.training = training;
            this.confusion = new ConfusionMatrix(labels.names());
        }

        @Override
        public void add(Map<String, HostTensor> outputs, List<List<String>> targets) {
            List<Classification> answers = head.decode(outputs);
            for (int i = 0; i < answers.size(); i++) {
                Classification answer = answers.get(i);
                Classification.LabelScore best = answer.best();
                String truth = targets.get(i).get(0);
                confusion.add(labels.index(truth), labels.index(best.label()));
                calibration.add(best.score(), best.label().equals(truth), answer.score(truth));
                amongFive += answer.ranked().stream()
                        .limit(5)
                        .filter(s -> s.label().equals(truth))
                        .count();
            }
        }

        @Override
        public Evaluation evaluation() {
            Map<String, Estimate> metrics = new LinkedHashMap<>();
            metrics.put(ACCURACY, confusion.accuracy());
            metrics.put(MACRO_F1, confusion.macroF1());
            if (labels.size() > 5) {
                metrics.put(TOP_5, Estimate.share(amongFive, confusion.examples()));
            }
            metrics.put(LOG_LOSS, calibration.logLoss());
            Map<String, Double> baseline = baseline();
            Config details = Config.empty()
                    .with("matthews", confusion.matthews())
                    .with("calibrationError", calibration.expectedError())
                    .with("classes", classes(labels, confusion::precision, confusion::recall, confusion::f1))
                    .with("confusion", rows());
            String report = Evaluation.table(
                            "on " + confusion.examples() + " examples", metrics, baseline, "majority class")
                    + String.format(Locale.ROOT, "%nexpected calibration error %.4f%n%n", calibration.expectedError())
                    + confusion.classTable() + "\n\n" + confusion.table();
            return new Evaluation(metrics, baseline, "majority class", report, details);
        }

        /** The same figures for always answering with the shares of the labels in the training data. */
        private Map<String, Double> baseline() {
            long[] counts = new long[labels.size()];
            long total = 0;
            for (List<String> t : training) {
                counts[labels.index(t.get(0))]++;
                total++;
            }
            List<Integer> order = IntStream.range(0, counts.length)
                    .boxed()
                    .sorted(Comparator.comparingLong((Integer k) -> -counts[k])) // stable: ties keep the labels' order
                    .toList();
            ConfusionMatrix naive = new ConfusionMatrix(labels.names());
            long five = 0;
            double loss = 0;
            for (int truth = 0; truth < labels.size(); truth++) {
                long examples = confusion.support(truth);
                for (long i = 0; i < examples; i++) {
                    naive.add(truth, order.get(0));
                }
                five += order.indexOf(truth) < 5 ? examples : 0;
                // A label that the training data lack would cost infinity: each is given one example more.
                loss -= examples * Math.log((counts[truth] + 1.0) / (total + counts.length));
            }
            Map<String, Double> baseline = new LinkedHashMap<>();
            baseline.put(ACCURACY, naive.accuracy().value());
            baseline.put(MACRO_F1, naive.macroF1().value());
            if (labels.size() > 5) {
                baseline.put(TOP_5, five / (double) naive.examples());
            }
            baseline.put(LOG_LOSS, loss / naive.examples());
            return baseline;
        }

        private List<List<Long>> rows() {
            int n = labels.size();
            return IntStream.range(0, n)
                    .mapToObj(t -> IntStream.range(0, n)
                            .mapToObj(a -> confusion.count(t, a))
                            .toList())
                    .toList();
        }
    }

    /** For examples that have any number of labels. */
    static final class AnyLabels implements TaskHead.Evaluator<List<String>> {
        private final ClassificationHead head;
        private final LabelMap labels;
        private final Iterable<List<String>> training;
        private final LabelSets sets;
        private final List<List<Integer>> truths = new ArrayList<>();

        AnyLabels(ClassificationHead head, Iterable<List<String>> training) {
            this.head = head;
            this.labels = head.labels();
            this.training = training;
            this.sets = new LabelSets(labels.names());
        }

        @Override
        public void add(Map<String, HostTensor> outputs, List<List<String>> targets) {
            List<Classification> answers = head.decode(outputs);
            for (int i = 0; i < answers.size(); i++) {
                List<Integer> truth = indices(targets.get(i));
                truths.add(truth);
                sets.add(truth, indices(answers.get(i).labels()));
            }
        }

        @Override
        public Evaluation evaluation() {
            List<Integer> usual = mostFrequentSet();
            LabelSets naive = new LabelSets(labels.names());
            truths.forEach(t -> naive.add(t, usual));
            Map<String, Estimate> metrics = figures(sets);
            Map<String, Double> baseline = new LinkedHashMap<>();
            figures(naive).forEach((name, e) -> baseline.put(name, e.value()));
            return new Evaluation(
                    metrics,
                    baseline,
                    "most frequent set of labels",
                    Evaluation.table("on " + truths.size() + " examples", metrics, baseline, "most frequent set")
                            + "\n\n" + sets.classTable(),
                    Config.empty().with("classes", classes(labels, sets::precision, sets::recall, sets::f1)));
        }

        private List<Integer> indices(List<String> some) {
            return some.stream().map(labels::index).toList();
        }

        private List<Integer> mostFrequentSet() {
            Map<Set<String>, Integer> counts = new LinkedHashMap<>();
            training.forEach(t -> counts.merge(new LinkedHashSet<>(t), 1, Integer::sum));
            return counts.entrySet().stream()
                    .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
                    .map(e -> indices(List.copyOf(e.getKey())))
                    .orElse(List.of());
        }

        private static Map<String, Estimate> figures(LabelSets sets) {
            Map<String, Estimate> figures = new LinkedHashMap<>();
            figures.put(ACCURACY, sets.accuracy());
            figures.put(MICRO_F1, sets.microF1());
            figures.put(MACRO_F1, sets.macroF1());
            return figures;
        }
    }

    private static Config classes(
            LabelMap labels, IntToDoubleFunction precision, IntToDoubleFunction recall, IntToDoubleFunction f1) {
        Config classes = Config.empty();
        for (int k = 0; k < labels.size(); k++) {
            classes = classes.with(
                    labels.name(k),
                    Config.empty()
                            .with("precision", precision.applyAsDouble(k))
                            .with("recall", recall.applyAsDouble(k))
                            .with("f1", f1.applyAsDouble(k)));
        }
        return classes;
    }
}
