// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.metric.ForecastErrors;

/** The errors that the M4 competition published for its own benchmarks, on its hourly and weekly series. */
class M4Test {
    static List<TimeSeries> read(String name) {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path m4 = Path.of(folder, "m4");
        assumeTrue(Files.isDirectory(m4), m4 + " is not there");
        return SeriesReader.series(
                m4.resolve(name + "-train.csv"),
                Config.empty()
                        .with("layout", "rows")
                        .with("continued-by", m4.resolve(name + "-test.csv").toString()));
    }

    private static Map<String, Estimate> errors(String set, String name, int season, int horizon) {
        LocalForecaster forecaster = Baselines.of(name);
        ForecastErrors errors = new ForecastErrors(season);
        for (TimeSeries s : read(set)) {
            SeriesWindow window = new SeriesWindow(s, s.length() - horizon);
            errors.add(
                    new Future(s, window.origin(), horizon),
                    forecaster.forecast(window, season, horizon),
                    null,
                    Baselines.naive2().forecast(window, season, horizon));
        }
        return errors.metrics();
    }

    /** To the last digit that was published, for what has no optimum to search for or only one. */
    @ParameterizedTest
    @CsvSource({
        "Hourly, seasonal-naive, 24, 48, 13.912, 1.193",
        "Hourly, naive, 24, 48, 43.003, 11.608",
        "Hourly, naive2, 24, 48, 18.383, 2.395",
        "Hourly, theta, 24, 48, 18.138, 2.455",
        "Hourly, ses, 24, 48, 18.094, 2.385",
        "Weekly, naive2, 1, 13, 9.161, 2.777",
        "Weekly, theta, 1, 13, 9.093, 2.637",
    })
    void errsAsPublished(String set, String name, int season, int horizon, double smape, double mase) {
        Map<String, Estimate> metrics = errors(set, name, season, horizon);
        assertThat(metrics.get("smape").value()).isCloseTo(smape, within(0.00051));
        assertThat(metrics.get("mase").value()).isCloseTo(mase, within(0.00051));
        if (name.equals("naive2")) {
            assertThat(metrics.get("owa").value()).isCloseTo(1, within(1e-12));
        }
    }

    /** Where an optimiser decides, at most one part in a hundred worse than what R's found. */
    @ParameterizedTest
    @CsvSource({
        "Hourly, damped, 24, 48, 19.265, 2.956",
        "Weekly, ses, 1, 13, 9.012, 2.685",
        "Weekly, holt, 1, 13, 9.708, 2.420",
        "Weekly, damped, 1, 13, 8.866, 2.404",
        "Weekly, ets, 1, 13, 8.727, 2.527",
    })
    void errsNoMoreThanPublished(String set, String name, int season, int horizon, double smape, double mase) {
        Map<String, Estimate> metrics = errors(set, name, season, horizon);
        assertThat(metrics.get("smape").value()).isLessThan(1.01 * smape);
        assertThat(metrics.get("mase").value()).isLessThan(1.01 * mase);
    }
}
