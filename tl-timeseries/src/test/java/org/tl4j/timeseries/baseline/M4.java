// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.metric.ForecastErrors;

/**
 * Baselines on the hourly and weekly series of the M4 competition, beside what the competition published for them:
 * Spyros Makridakis, Evangelos Spiliotis, Vassilios Assimakopoulos, International Journal of Forecasting 2020.
 * {@link #main} prints them; {@code TL4J_DATA} names the folder of data sets.
 */
final class M4 {
    /** sMAPE and MASE. */
    static final Map<String, double[]> PUBLISHED = new LinkedHashMap<>();

    static {
        PUBLISHED.put("Hourly naive", new double[] {43.003, 11.608});
        PUBLISHED.put("Hourly seasonal-naive", new double[] {13.912, 1.193});
        PUBLISHED.put("Hourly naive2", new double[] {18.383, 2.395});
        PUBLISHED.put("Hourly ses", new double[] {18.094, 2.385});
        PUBLISHED.put("Hourly holt", new double[] {29.249, 9.328});
        PUBLISHED.put("Hourly damped", new double[] {19.265, 2.956});
        PUBLISHED.put("Hourly theta", new double[] {18.138, 2.455});
        PUBLISHED.put("Hourly ets", new double[] {17.307, 1.824});
        PUBLISHED.put("Weekly naive", new double[] {9.161, 2.777});
        PUBLISHED.put("Weekly naive2", new double[] {9.161, 2.777});
        PUBLISHED.put("Weekly ses", new double[] {9.012, 2.685});
        PUBLISHED.put("Weekly holt", new double[] {9.708, 2.420});
        PUBLISHED.put("Weekly damped", new double[] {8.866, 2.404});
        PUBLISHED.put("Weekly theta", new double[] {9.093, 2.637});
        PUBLISHED.put("Weekly ets", new double[] {8.727, 2.527});
    }

    private M4() {}

    /** The errors of a forecaster, called as in {@link #PUBLISHED}. */
    static Map<String, Estimate> errors(Path folder, String setAndName) {
        String set = setAndName.substring(0, setAndName.indexOf(' '));
        LocalForecaster forecaster = Baselines.of(setAndName.substring(set.length() + 1));
        int horizon = set.equals("Hourly") ? 48 : 13;
        int season = set.equals("Hourly") ? 24 : 1;
        ForecastErrors errors = new ForecastErrors(season);
        List<TimeSeries> series = SeriesReader.series(
                folder.resolve("m4").resolve(set + "-train.csv"),
                Config.empty()
                        .with("layout", "rows")
                        .with(
                                "continued-by",
                                folder.resolve("m4").resolve(set + "-test.csv").toString()));
        for (TimeSeries s : series) {
            SeriesWindow window = new SeriesWindow(s, s.length() - horizon);
            errors.add(
                    new Future(s, window.origin(), horizon),
                    forecaster.forecast(window, season, horizon),
                    null,
                    Baselines.naive2().forecast(window, season, horizon));
        }
        return errors.metrics();
    }

    public static void main(String[] given) {
        Path folder = Path.of(System.getenv("TL4J_DATA"));
        TextTable table = new TextTable("M4", "sMAPE", "published", "MASE", "published", "OWA", "seconds");
        List<String> wanted = new ArrayList<>(List.of(given));
        for (Map.Entry<String, double[]> e : PUBLISHED.entrySet()) {
            if (!wanted.isEmpty() && wanted.stream().noneMatch(e.getKey()::contains)) {
                continue;
            }
            long begin = System.nanoTime();
            Map<String, Estimate> m = errors(folder, e.getKey());
            double seconds = (System.nanoTime() - begin) / 1e9;
            table.row(
                    e.getKey(),
                    String.format(Locale.ROOT, "%.3f", m.get("smape").value()),
                    String.format(Locale.ROOT, "%.3f", e.getValue()[0]),
                    String.format(Locale.ROOT, "%.3f", m.get("mase").value()),
                    String.format(Locale.ROOT, "%.3f", e.getValue()[1]),
                    String.format(Locale.ROOT, "%.3f", m.get("owa").value()),
                    String.format(Locale.ROOT, "%.1f", seconds));
        }
        System.out.println(table);
    }
}
