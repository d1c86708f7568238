// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tl4j.error.UnknownNameException;
import org.tl4j.metric.Estimate;

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

    /** The value of a metric. */
    public double value(String metric) {
        Estimate m = metrics.get(metric);
        if (m == null) {
            throw new UnknownNameException("metric", metric, metrics.keySet(), "choose one that this task measures");
        }
        return m.value();
    }
}
