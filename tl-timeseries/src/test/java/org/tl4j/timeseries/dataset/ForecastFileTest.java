// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;

class ForecastFileTest {
    @TempDir
    private Path folder;

    @Test
    void writesARowForEachValue() throws IOException {
        TimeSeries s = new TimeSeries(
                "Bonn, west",
                LocalDateTime.parse("2020-01-01T00:00"),
                Frequency.parse("H"),
                List.of("a", "b"),
                new float[][] {{1, 2}, {3, 4}},
                List.of(),
                new float[0][],
                Map.of());
        double[][][] quantiles = new double[5][2][1];
        for (int l = 0; l < 5; l++) {
            quantiles[l][0][0] = l;
            quantiles[l][1][0] = 10 + l;
        }
        Path file = folder.resolve("out/forecast.csv");
        ForecastFile.write(
                file,
                List.of(0.025, 0.1, 0.5, 0.9, 0.975),
                List.of(new ForecastFile.Entry(SeriesWindow.endOf(s), new double[][] {{2.1}, {12.2}}, quantiles)));
        assertThat(Files.readString(file).split("\\R"))
                .containsExactly(
                        "series,time,variable,forecast,low80,high80,low95,high95,q0.5",
                        "\"Bonn, west\",2020-01-01 02:00,a,2.1,1.0,3.0,0.0,4.0,2.0",
                        "\"Bonn, west\",2020-01-01 02:00,b,12.2,11.0,13.0,10.0,14.0,12.0");
    }

    @Test
    void callsStepsWithoutDatesByNumber() throws IOException {
        Path file = folder.resolve("forecast.csv");
        SeriesWindow window = SeriesWindow.endOf(TimeSeries.of("s", 1, 2, 3));
        ForecastFile.write(file, List.of(), List.of(new ForecastFile.Entry(window, new double[][] {{4, 5}}, null)));
        assertThat(Files.readString(file).split("\\R"))
                .containsExactly("series,time,variable,forecast", "s,4,value,4.0", "s,5,value,5.0");
        assertThatThrownBy(() -> ForecastFile.write(
                        file, List.of(0.1), List.of(new ForecastFile.Entry(window, new double[][] {{4}}, null))))
                .isInstanceOf(ShapeMismatchException.class)
                .hasMessageContaining("0 levels");
        assertThatThrownBy(() -> ForecastFile.write(file, List.of(0.9, 0.1), List.of()))
                .isInstanceOf(InvalidArgumentException.class);
        assertThat(Files.readString(file)).contains("5.0");
    }
}
