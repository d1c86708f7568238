// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.data.Example;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.report.ForecastCharts;
import org.tl4j.timeseries.task.ForecastingTask;

class ForecastIllustrationTest {
    private static final int HORIZON = 5;

    @TempDir
    private Path folder;

    /** Days that come again each week, which M4 would compare with the day before: the model says the season. */
    @Test
    void comparesWithTheSeasonThatTheModelSays() throws IOException {
        float[] values = new float[42];
        for (int t = 0; t < values.length; t++) {
            values[t] = 2 + t % 7;
        }
        TimeSeries days = new TimeSeries(
                "days",
                LocalDateTime.parse("2024-01-01T00:00"),
                Frequency.parse("D"),
                List.of("value"),
                new float[][] {values},
                List.of(),
                new float[0][],
                Map.of());
        int origin = 30; // a third of the week
        ForecastHead head = ForecastHead.restore(
                ForecastingTask.NAME,
                Config.empty()
                        .with("horizon", HORIZON)
                        .with("variables", List.of("value"))
                        .with("season", 7));
        var illustration = new ForecastingTask().illustration(head).orElseThrow();
        double[] point = new double[HORIZON];
        double[] errors = new double[HORIZON];
        double size = (4 + 5 + 6 + 7 + 8) / 5.0;
        for (int h = 0; h < HORIZON; h++) {
            point[h] = 4;
            errors[h] = h / size;
        }
        illustration.add(
                new Example<>(new SeriesWindow(days, origin), new Future(days, origin, HORIZON), "days"),
                new Forecast(List.of("value"), List.of("1", "2", "3", "4", "5"), new double[][] {point}, Map.of()));
        assertThat(illustration.write(folder)).containsKey("error-by-step.svg");
        Map<String, double[]> lines = new LinkedHashMap<>();
        lines.put("model", errors);
        lines.put("seasonal naive", new double[HORIZON]);
        assertThat(Files.readString(folder.resolve("error-by-step.svg")))
                .isEqualTo(ForecastCharts.errorsByStep(
                                "Errors by step", "mean absolute error, each window by its mean size", lines)
                        .svg());
    }
}
