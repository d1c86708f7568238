// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Example;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.timeseries.baseline.Baselines;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.head.ForecastHead;
import org.tl4j.timeseries.metric.ForecastErrors;

class ForecastingTaskTest {
    private static final int SEASON = 6;

    /** Two variables of three series each: one with a season, one that wanders about zero. */
    private static WindowDataset windows() {
        Random random = new Random(5);
        List<WindowDataset.Span> spans = new ArrayList<>();
        for (int s = 0; s < 3; s++) {
            float[][] values = new float[2][60];
            for (int t = 0; t < 60; t++) {
                values[0][t] = (float) (20 + s + 5 * Math.sin(t * Math.PI / 3) + random.nextGaussian());
                values[1][t] = (float) ((t == 0 ? 0 : values[1][t - 1]) + random.nextGaussian());
            }
            TimeSeries series = new TimeSeries(
                    "s" + s, null, null, List.of("load", "drift"), values, List.of(), new float[0][], Map.of());
            spans.add(new WindowDataset.Span(series, 40, 60));
        }
        return WindowDataset.of("waves", spans, 3, 1);
    }

    private static ForecastHead head(WindowDataset windows) {
        return SeriesNetwork.head(
                ForecastingTask.NAME,
                windows,
                Config.empty().with("context", 12).with("season", SEASON));
    }

    private static Map<String, Map<String, Estimate>> baselines(WindowDataset windows, int threads) throws Exception {
        ForkJoinPool pool = new ForkJoinPool(threads);
        try {
            Map<String, Evaluation> all = pool.submit(
                            () -> new ForecastingTask().baselines(head(windows), windows, windows))
                    .get();
            Map<String, Map<String, Estimate>> metrics = new LinkedHashMap<>();
            all.forEach((name, evaluation) -> metrics.put(name, evaluation.metrics()));
            return metrics;
        } finally {
            pool.shutdown();
        }
    }

    /** The same bits on one thread and on many, and those of windows that are forecast one after another. */
    @Test
    void fitsWindowsSideBySideToTheSameFigures() throws Exception {
        WindowDataset windows = windows();
        Map<String, Map<String, Estimate>> one = baselines(windows, 1);
        assertThat(one.keySet()).containsExactly("naive", "drift", "ets", "theta");
        assertThat(baselines(windows, 4)).isEqualTo(one);
        for (String name : one.keySet()) {
            ForecastErrors errors = head(windows).measured(true);
            for (Example<SeriesWindow, Future> e : windows) {
                errors.add(e.target(), Baselines.of(name).forecast(e.input(), SEASON, windows.horizon()));
            }
            assertThat(errors.metrics()).as(name).containsAllEntriesOf(one.get(name));
        }
    }
}
