// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.model.Config;

/**
 * What is expected of the steps after a window, in the unit of the values.
 *
 * @param variables names of what is forecast
 * @param steps what the steps are called: dates, or numbers from 1
 * @param point {@code [variable][horizon]}: the mean or the median, by the loss that was trained on
 * @param quantiles {@code [variable][horizon]} by level, ascending; none for a model of points alone
 */
@SuppressWarnings("ArrayRecordComponent") // numbers of a forecast; nobody compares them by this record
public record Forecast(
        List<String> variables, List<String> steps, double[][] point, Map<Double, double[][]> quantiles) {
    /** Keeps copies of names and levels. */
    public Forecast {
        variables = List.copyOf(variables);
        steps = List.copyOf(steps);
        quantiles = new LinkedHashMap<>(quantiles);
    }

    /** How many steps. */
    public int horizon() {
        return point[0].length;
    }

    /** The same with other names of the steps. */
    public Forecast withSteps(List<String> names) {
        return new Forecast(variables, names, point, quantiles);
    }

    /** For scripts: {@code {steps, VARIABLE: {forecast, quantiles: {0.1: ...}}}}. */
    public Config describe() {
        Config c = Config.empty().with("steps", steps);
        for (int v = 0; v < variables.size(); v++) {
            Config levels = Config.empty();
            for (Map.Entry<Double, double[][]> q : quantiles.entrySet()) {
                levels = levels.with(String.valueOf(q.getKey()), list(q.getValue()[v]));
            }
            Config one = Config.empty().with("forecast", list(point[v]));
            c = c.with(variables.get(v), quantiles.isEmpty() ? one : one.with("quantiles", levels));
        }
        return c;
    }

    private static List<Double> list(double[] values) {
        List<Double> list = new ArrayList<>();
        for (double x : values) {
            list.add(x);
        }
        return list;
    }
}
