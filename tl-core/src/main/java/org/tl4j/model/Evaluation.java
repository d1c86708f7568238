// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        List<String> head = new ArrayList<>(List.of("beside it"));
        head.addAll(metrics.keySet());
        TextTable table = new TextTable(head.toArray(String[]::new));
        Config figures = Config.empty();
        for (Map.Entry<String, Evaluation> other : others.entrySet()) {
            List<String> row = new ArrayList<>(List.of(other.getKey()));
            Config own = Config.empty();
            for (String metric : metrics.keySet()) {
                Estimate e = other.getValue().metrics.get(metric);
                row.add(e == null ? "" : e.toString());
                own = e == null
                        ? own
                        : own.with(
                                metric,
                                Config.empty()
                                        .with("value", e.value())
                                        .with("low", e.low())
                                        .with("high", e.high()));
            }
            table.row(row.toArray(String[]::new));
            figures = figures.with(other.getKey(), own);
        }
        return new Evaluation(
                metrics, baseline, baselineName, report + "\n\n" + table, details.with("baselines", figures));
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
