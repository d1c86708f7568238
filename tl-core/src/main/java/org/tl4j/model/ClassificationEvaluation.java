// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.LabelMap;
import org.tl4j.metric.Calibration;
import org.tl4j.metric.ConfusionMatrix;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.LabelSets;
import org.tl4j.metric.TextTable;

/** Judges answers of a classifier, beside the answer that needs no model: what the training data hold most often. */
final class ClassificationEvaluation {
    static final String ACCURACY = "accuracy";
    static final String MACRO_F1 = "macroF1";
    static final String MICRO_F1 = "microF1";
    private static final String TOP_5 = "top5Accuracy";
    private static final String LOG_LOSS = "logLoss";

    private final LabelMap labels;
    private final List<List<String>> targets;
    private final List<List<String>> training;

    ClassificationEvaluation(LabelMap labels, List<List<String>> targets, List<List<String>> training) {
        this.labels = labels;
        this.targets = targets;
        this.training = training;
    }

    // ------------------------------------------------------------------------------------------- one label each

    Evaluation single(List<Classification> answers) {
        ConfusionMatrix confusion = new ConfusionMatrix(labels.names());
        Calibration calibration = new Calibration();
        long five = 0;
        for (int i = 0; i < answers.size(); i++) {
            Classification answer = answers.get(i);
            String truth = targets.get(i).get(0);
            confusion.add(labels.index(truth), labels.index(answer.best().label()));
            calibration.add(
                    Math.min(1, answer.best().score()), answer.best().label().equals(truth), answer.score(truth));
            five += answer.ranked().stream().limit(5).anyMatch(s -> s.label().equals(truth)) ? 1 : 0;
        }
        Map<String, Estimate> metrics = new LinkedHashMap<>();
        metrics.put(ACCURACY, confusion.accuracy());
        metrics.put(MACRO_F1, confusion.macroF1());
        if (labels.size() > 5) {
            metrics.put(TOP_5, Estimate.share(five, answers.size()));
        }
        metrics.put(LOG_LOSS, calibration.logLoss());
        Map<String, Double> baseline = priors();
        Config details = Config.empty()
                .with("matthews", confusion.matthews())
                .with("calibrationError", calibration.expectedError())
                .with("classes", classes(labels, confusion))
                .with("confusion", confusion(confusion));
        String report = table(metrics, baseline, "majority class", answers.size())
                + String.format(Locale.ROOT, "%nexpected calibration error %.4f%n%n", calibration.expectedError())
                + confusion.classTable() + "\n\n" + confusion.table();
        return new Evaluation(metrics, baseline, "majority class", report, details);
    }

    /** The same figures for always answering with the shares of the labels in the training data. */
    private Map<String, Double> priors() {
        long[] counts = new long[labels.size()];
        training.forEach(t -> counts[labels.index(t.get(0))]++);
        List<Integer> order = new ArrayList<>();
        for (int k = 0; k < counts.length; k++) {
            order.add(k);
        }
        order.sort((a, b) -> Long.compare(counts[b], counts[a])); // stable: ties keep the labels' order
        ConfusionMatrix confusion = new ConfusionMatrix(labels.names());
        long five = 0;
        double loss = 0;
        for (List<String> target : targets) {
            int truth = labels.index(target.get(0));
            confusion.add(truth, order.get(0));
            five += order.indexOf(truth) < 5 ? 1 : 0;
            // A label that the training data lack would cost infinity: each is given one example more.
            loss -= Math.log((counts[truth] + 1.0) / (training.size() + counts.length));
        }
        Map<String, Double> baseline = new LinkedHashMap<>();
        baseline.put(ACCURACY, confusion.accuracy().value());
        baseline.put(MACRO_F1, confusion.macroF1().value());
        if (labels.size() > 5) {
            baseline.put(TOP_5, five / (double) targets.size());
        }
        baseline.put(LOG_LOSS, loss / targets.size());
        return baseline;
    }

    private static Config classes(LabelMap labels, ConfusionMatrix confusion) {
        Config classes = Config.empty();
        for (int k = 0; k < labels.size(); k++) {
            classes = classes.with(
                    labels.name(k),
                    Config.empty()
                            .with("precision", confusion.precision(k))
                            .with("recall", confusion.recall(k))
                            .with("f1", confusion.f1(k))
                            .with("examples", confusion.support(k)));
        }
        return classes;
    }

    private static List<List<Long>> confusion(ConfusionMatrix confusion) {
        int n = confusion.labels().size();
        List<List<Long>> rows = new ArrayList<>();
        for (int t = 0; t < n; t++) {
            List<Long> row = new ArrayList<>();
            for (int a = 0; a < n; a++) {
                row.add(confusion.count(t, a));
            }
            rows.add(row);
        }
        return rows;
    }

    // ------------------------------------------------------------------------------------------- any number of labels

    Evaluation several(List<Classification> answers) {
        LabelSets sets = new LabelSets(labels.names());
        for (int i = 0; i < answers.size(); i++) {
            sets.add(indices(targets.get(i)), indices(answers.get(i).labels()));
        }
        LabelSets naive = new LabelSets(labels.names());
        List<Integer> usual = indices(mostFrequentSet());
        targets.forEach(t -> naive.add(indices(t), usual));
        Map<String, Estimate> metrics = figures(sets);
        Map<String, Double> baseline = new LinkedHashMap<>();
        figures(naive).forEach((name, e) -> baseline.put(name, e.value()));
        Config classes = Config.empty();
        for (int k = 0; k < labels.size(); k++) {
            classes = classes.with(
                    labels.name(k),
                    Config.empty()
                            .with("precision", sets.precision(k))
                            .with("recall", sets.recall(k))
                            .with("f1", sets.f1(k))
                            .with("examples", sets.support(k)));
        }
        return new Evaluation(
                metrics,
                baseline,
                "most frequent set of labels",
                table(metrics, baseline, "most frequent set", answers.size()) + "\n\n" + sets.classTable(),
                Config.empty().with("classes", classes));
    }

    private static Map<String, Estimate> figures(LabelSets sets) {
        Map<String, Estimate> figures = new LinkedHashMap<>();
        figures.put(ACCURACY, sets.accuracy());
        figures.put(MICRO_F1, sets.microF1());
        figures.put(MACRO_F1, sets.macroF1());
        return figures;
    }

    private List<Integer> indices(List<String> some) {
        return some.stream().map(labels::index).toList();
    }

    private List<String> mostFrequentSet() {
        Map<Set<String>, Integer> counts = new LinkedHashMap<>();
        training.forEach(t -> counts.merge(new LinkedHashSet<>(t), 1, Integer::sum));
        return counts.entrySet().stream()
                .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
                .map(e -> List.copyOf(e.getKey()))
                .orElse(List.of());
    }

    // ------------------------------------------------------------------------------------------- for people

    private static String table(
            Map<String, Estimate> metrics, Map<String, Double> baseline, String naive, int examples) {
        TextTable table = new TextTable("on " + examples + " examples", "value", "95 % interval", naive);
        metrics.forEach((name, e) -> table.row(
                name,
                String.format(Locale.ROOT, "%.4f", e.value()),
                String.format(Locale.ROOT, "%.4f - %.4f", e.low(), e.high()),
                String.format(Locale.ROOT, "%.4f", baseline.getOrDefault(name, Double.NaN))));
        return table.toString();
    }
}
