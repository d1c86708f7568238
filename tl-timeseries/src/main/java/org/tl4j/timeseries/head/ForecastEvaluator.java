// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.timeseries.baseline.Baselines;
import org.tl4j.timeseries.baseline.LocalForecaster;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.metric.ForecastErrors;

/** Judges forecasts beside the seasonal naive one, and where that does not take long beside Naive2 for OWA. */
final class ForecastEvaluator implements TaskHead.Evaluator<Future> {
    /** Steps of past that Naive2 is fitted on, over all windows, before it is left out. */
    private static final long MOST_STEPS = 50_000_000L;

    private static final LocalForecaster NAIVE = Baselines.of("seasonal-naive");

    private final ForecastHead head;
    private final ForecastErrors errors;
    private final ForecastErrors naive;
    private final List<Future> truths = new ArrayList<>();
    private final List<Forecast> forecasts = new ArrayList<>();

    ForecastEvaluator(ForecastHead head) {
        this.head = head;
        this.errors = head.measured(false);
        this.naive = head.measured(true);
    }

    @Override
    public void add(Map<String, HostTensor> outputs, List<Future> targets) {
        forecasts.addAll(head.decode(outputs));
        truths.addAll(targets);
    }

    @Override
    public Evaluation evaluation() {
        // Windows come in any order; the past of a series is followed forwards.
        boolean isCompared = truths.stream()
                        .mapToLong(
                                t -> (long) t.origin() * t.series().variables().size())
                        .sum()
                <= MOST_STEPS;
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < truths.size(); i++) {
            order.add(i);
        }
        order.sort(
                (a, b) -> Integer.compare(truths.get(a).origin(), truths.get(b).origin()));
        for (int i : order) {
            Future truth = truths.get(i);
            SeriesWindow window = new SeriesWindow(truth.series(), truth.origin());
            double[][] naive2 = isCompared ? Baselines.naive2().forecast(window, head.season(), truth.horizon()) : null;
            Forecast f = forecasts.get(i);
            double[][][] quantiles =
                    f.quantiles().isEmpty() ? null : f.quantiles().values().toArray(double[][][]::new);
            errors.add(truth, f.point(), quantiles, naive2);
            naive.add(truth, NAIVE.forecast(window, head.season(), truth.horizon()), null, naive2);
        }
        Map<String, Estimate> metrics = errors.metrics();
        Map<String, Double> baseline = new LinkedHashMap<>();
        naive.metrics().forEach((name, e) -> baseline.put(name, e.value()));
        String title = "on " + errors.windows() + (errors.windows() == 1 ? " window" : " windows");
        return new Evaluation(
                metrics,
                baseline,
                NAIVE.name(),
                Evaluation.table(title, metrics, baseline, NAIVE.name()),
                Config.empty()
                        .with("maeByStep", list(errors.maeByStep()))
                        .with("mseByStep", list(errors.mseByStep()))
                        .with("maeByVariable", byName(errors.maeByVariable())));
    }

    /** Null where nothing came to compare with. */
    private static JsonArray list(double[] values) {
        JsonArray list = new JsonArray();
        for (double v : values) {
            list.add(Double.isNaN(v) ? null : v);
        }
        return list;
    }

    private static JsonObject byName(Map<String, Double> values) {
        JsonObject object = new JsonObject();
        values.forEach((name, v) -> object.addProperty(name, v.isNaN() ? null : v));
        return object;
    }
}
