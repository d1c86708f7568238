// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import com.google.gson.JsonNull;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.UnknownNameException;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.TextTable;

/**
 * How good a model is on data it was not trained on.
 *
 * @param metrics figures by their names, such as {@code accuracy}
 * @param baseline the same figures for the naive answer, under the same names
 * @param baselineName what the naive answer is, such as {@code majority class}
 * @param report a table for people, several lines
 * @param details what else a script may want, such as the confusion matrix
 */
public record Evaluation(
        Map<String, Estimate> metrics,
        Map<String, Double> baseline,
        String baselineName,
        String report,
        Config details) {
    /** Keeps copies. */
    public Evaluation {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
        baseline = Collections.unmodifiableMap(new LinkedHashMap<>(baseline));
    }

    /** The same with the figures of further naive answers, by name, below the report and as {@code baselines}. */
    public Evaluation beside(Map<String, Evaluation> others) {
        if (others.isEmpty()) {
            return this;
        }
        Set<String> shared = new LinkedHashSet<>(metrics.keySet());
        shared.removeIf(metric -> others.values().stream().noneMatch(other -> other.metrics.containsKey(metric)));
        List<String> head = new ArrayList<>(List.of("beside it"));
        head.addAll(shared);
        TextTable table = new TextTable(head.toArray(String[]::new));
        Config figures = Config.empty();
        for (Map.Entry<String, Evaluation> other : others.entrySet()) {
            Map<String, Estimate> own = new LinkedHashMap<>(other.getValue().metrics);
            own.keySet().retainAll(metrics.keySet());
            List<String> row = new ArrayList<>(List.of(other.getKey()));
            shared.forEach(metric -> row.add(own.containsKey(metric) ? String.valueOf(own.get(metric)) : ""));
            table.row(row.toArray(String[]::new));
            figures = figures.with(other.getKey(), figures(own));
        }
        return new Evaluation(
                metrics, baseline, baselineName, report + "\n\n" + table, details.with("baselines", figures));
    }

    /**
     * The figures in the form that scripts read: {@code {NAME: {value, low, high}}}; null for one that is undefined.
     */
    public Config figures() {
        return figures(metrics);
    }

    /** Those of the naive answer in the form that scripts read: {@code {NAME: VALUE}}. */
    public Config baselineFigures() {
        Config figures = Config.empty();
        for (Map.Entry<String, Double> b : baseline.entrySet()) {
            figures = figures.with(b.getKey(), number(b.getValue()));
        }
        return figures;
    }

    /** JSON has no word for a figure that is none, such as an error relative to a naive error of 0. */
    private static Object number(double value) {
        return Double.isFinite(value) ? value : JsonNull.INSTANCE;
    }

    private static Config figures(Map<String, Estimate> metrics) {
        Config figures = Config.empty();
        for (Map.Entry<String, Estimate> m : metrics.entrySet()) {
            Estimate e = m.getValue();
            figures = figures.with(
                    m.getKey(),
                    Config.empty()
                            .with("value", number(e.value()))
                            .with("low", number(e.low()))
                            .with("high", number(e.high())));
        }
        return figures;
    }

    /**
     * Figures with their intervals beside those of the naive answer, one a line, for people.
     *
     * @param title what was judged, such as {@code on 153 examples}
     * @param naive what the naive answer is, such as {@code majority class}
     */
    public static String table(
            String title, Map<String, Estimate> metrics, Map<String, Double> baseline, String naive) {
        TextTable table = new TextTable(title, "value", "95 % interval", naive);
        metrics.forEach((name, e) -> table.row(
                name,
                String.format(Locale.ROOT, "%.4f", e.value()),
                String.format(Locale.ROOT, "%.4f - %.4f", e.low(), e.high()),
                String.format(Locale.ROOT, "%.4f", baseline.getOrDefault(name, Double.NaN))));
        return table.toString();
    }

    /** The value of a metric. */
    public double value(String metric) {
        Estimate m = metrics.get(metric);
        if (m == null) {
            throw new UnknownNameException("metric", metric, metrics.keySet(), "choose one that this task measures");
        }
        return m.value();
    }
}
