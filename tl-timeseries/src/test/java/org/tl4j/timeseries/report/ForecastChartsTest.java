// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.timeseries.baseline.Baselines;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;

class ForecastChartsTest {
    private static final List<Double> LEVELS = List.of(0.025, 0.1, 0.9, 0.975);

    @TempDir
    private Path folder;

    private static TimeSeries series(String frequency, String first, int length) {
        Random random = new Random(4);
        float[] values = new float[length];
        for (int t = 0; t < length; t++) {
            values[t] = (float) (40 + 12 * Math.sin(2 * Math.PI * t / 24) + 0.03 * t + 1.5 * random.nextGaussian());
        }
        return new TimeSeries(
                "Load <west> & east",
                LocalDateTime.parse(first),
                Frequency.parse(frequency),
                List.of("MW"),
                new float[][] {values},
                List.of(),
                new float[0][],
                Map.of());
    }

    private static Sheet fan(TimeSeries s, int origin, int past, int horizon) {
        double[] point = Baselines.of("ets").forecast(s.past(0, origin), 24, horizon);
        double[][] quantiles = new double[4][horizon];
        double[] z = {-1.96, -1.28, 1.28, 1.96};
        for (int l = 0; l < 4; l++) {
            for (int h = 0; h < horizon; h++) {
                quantiles[l][h] = point[h] + z[l] * (1.5 + 0.05 * h);
            }
        }
        return ForecastCharts.fan(new SeriesWindow(s, origin), 0, past, point, LEVELS, quantiles);
    }

    private void check(Sheet sheet, String name) throws Exception {
        Path png = folder.resolve(name + ".png");
        Path svg = folder.resolve(name + ".svg");
        sheet.write(png);
        sheet.write(svg);
        BufferedImage image = ImageIO.read(png.toFile());
        assertThat(image.getWidth()).isEqualTo(1800);
        byte[] text = Files.readAllBytes(svg);
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        assertThat(factory.newDocumentBuilder()
                        .parse(new ByteArrayInputStream(text))
                        .getDocumentElement()
                        .getTagName())
                .isEqualTo("svg");
    }

    @ParameterizedTest
    @CsvSource({
        "H, 2020-01-28T00:00, 120, 48, 2020-02-01",
        "15min, 2020-01-28T00:00, 30, 16, 22:00",
        "D, 2019-11-05T00:00, 200, 60, 2020-03",
        "W, 2015-01-04T00:00, 200, 52, 2016",
        "M, 1990-01-01T00:00, 150, 36, 1996",
        "Q, 1950-01-01T00:00, 120, 20, 1970",
        "Y, 1800-01-01T00:00, 120, 10, 1900",
    })
    void fansHaveDates(String frequency, String first, int past, int horizon, String label) throws Exception {
        TimeSeries s = series(frequency, first, 300);
        Sheet sheet = fan(s, 200, past, horizon);
        check(sheet, "fan-" + frequency);
        assertThat(sheet.svg())
                .contains(">" + label + "<")
                .contains("Load &lt;west&gt; &amp; east")
                .contains(">80 % interval<")
                .contains(">95 % interval<")
                .contains(">what came<");
    }

    @Test
    void theFutureHasNoTruthYet() throws Exception {
        TimeSeries s = series("H", "2020-01-28T00:00", 200);
        Sheet sheet = fan(s, 200, 72, 24);
        check(sheet, "fan-future");
        assertThat(sheet.svg()).doesNotContain("what came");
    }

    @Test
    void stepsWithoutDatesHaveNumbers() throws Exception {
        float[] values = new float[60];
        for (int t = 0; t < 60; t++) {
            values[t] = t == 20 ? Float.NaN : t % 7;
        }
        Sheet sheet = ForecastCharts.fan(
                new SeriesWindow(TimeSeries.of("s", values), 50), 0, 500, new double[10], List.of(), new double[0][]);
        check(sheet, "fan-steps");
        assertThat(sheet.svg()).contains(">step<").contains(">10<");
        TimeSeries flat = TimeSeries.of("flat", 5, 5, 5, 5);
        check(
                ForecastCharts.fan(new SeriesWindow(flat, 3), 0, 3, new double[] {5}, List.of(), new double[0][]),
                "fan-flat");
    }

    @Test
    void errorsByStepBeginAtZero() throws Exception {
        Map<String, double[]> models = new LinkedHashMap<>();
        double[] a = new double[96];
        double[] b = new double[96];
        for (int h = 0; h < 96; h++) {
            a[h] = 0.3 + 0.25 * Math.sqrt(h / 96.0);
            b[h] = 0.5 + 0.1 * Math.sin(h / 8.0);
        }
        models.put("PatchTST", a);
        models.put("seasonal naive", b);
        Sheet sheet = ForecastCharts.errorsByStep("ETTh1, test part", "mean absolute error", models);
        check(sheet, "errors");
        assertThat(sheet.svg()).contains(">seasonal naive<").contains(">0.0<").contains(">step of the horizon<");
        assertThatThrownBy(() -> ForecastCharts.errorsByStep("t", "e", Map.of()))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void autocorrelationsAreThoseOfTheDefinition() throws Exception {
        Random random = new Random(8);
        double[] residuals = new double[400];
        for (int t = 1; t < 400; t++) {
            residuals[t] = 0.5 * residuals[t - 1] + random.nextGaussian();
        }
        check(ForecastCharts.residualAutocorrelation("Residuals of one step ahead", residuals, 48), "autocorrelation");
        assertThat(ForecastCharts.autocorrelation(new double[] {1, 2, 3, 4}, 2))
                .containsExactly(new double[] {0.25, -0.3}, within(1e-12));
        assertThat(ForecastCharts.autocorrelation(new double[] {1, 1, 1}, 1)).containsExactly(0);
        assertThatThrownBy(() -> ForecastCharts.autocorrelation(new double[3], 3))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("3 values, 3 lags");
    }

    @Test
    void refusesOtherEndings() throws IOException {
        Sheet sheet = new Sheet(10, 10);
        assertThatThrownBy(() -> sheet.write(folder.resolve("a.pdf")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("a.pdf");
        assertThat(new String(sheet.svg().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .contains("<svg");
    }
}
