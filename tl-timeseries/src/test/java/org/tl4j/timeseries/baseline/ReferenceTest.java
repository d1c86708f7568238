// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.timeseries.baseline.StateSpace.Form;
import org.tl4j.timeseries.baseline.StateSpace.Season;
import org.tl4j.timeseries.baseline.StateSpace.Trend;

/** The numbers of statsmodels; see {@code parity/make_series_fixtures.py}. */
class ReferenceTest {
    record Model(
            String series,
            String form,
            int period,
            double[] weights,
            double[] states,
            double logLikelihood,
            double[] forecast) {}

    record Theta(String series, double alpha, double[] forecast) {}

    record Figure(String series, boolean divides, double[] figure) {}

    record Seasonality(String series, int period, boolean seasonal) {}

    record Expected(
            Map<String, double[]> series,
            List<Model> models,
            List<Theta> theta,
            List<Figure> figures,
            List<Seasonality> seasonality) {}

    private static Expected read() throws IOException {
        try (InputStream in = ReferenceTest.class.getResourceAsStream("/baseline/expected.json")) {
            return new Gson()
                    .fromJson(
                            new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8), Expected.class);
        }
    }

    private static Form form(String written) {
        String trend = written.substring(1, written.length() - 1);
        char season = written.charAt(written.length() - 1);
        return new Form(
                written.charAt(0) == 'M',
                trend.equals("N") ? Trend.NONE : trend.equals("A") ? Trend.ADDITIVE : Trend.DAMPED,
                season == 'N' ? Season.NONE : season == 'A' ? Season.ADDITIVE : Season.MULTIPLICATIVE);
    }

    @Test
    void knownParametersGiveTheSameLikelihoodAndForecast() throws IOException {
        Expected e = read();
        for (Model m : e.models()) {
            StateSpace model =
                    StateSpace.known(form(m.form()), e.series().get(m.series()), m.period(), m.weights(), m.states());
            assertThat(model.logLikelihood())
                    .as("%s of %s", m.form(), m.series())
                    .isCloseTo(m.logLikelihood(), within(1e-6 * Math.abs(m.logLikelihood())));
            double[] forecast = model.forecast(m.forecast().length);
            // statsmodels compares with the new level where the published equations have the old one: where a season
            // multiplies this differs by the weight of the season, 6e-5 here, times a share of an error.
            double precision = m.form().endsWith("M") ? 1e-6 : 1e-9;
            for (int h = 0; h < forecast.length; h++) {
                assertThat(forecast[h])
                        .as("%s of %s, step %d", m.form(), m.series(), h)
                        .isCloseTo(m.forecast()[h], within(precision * Math.abs(m.forecast()[h])));
            }
        }
    }

    @Test
    void findsAtLeastTheLikelihoodThatStatsmodelsFinds() throws IOException {
        Expected e = read();
        for (Model m : e.models()) {
            StateSpace model = StateSpace.fit(form(m.form()), e.series().get(m.series()), m.period());
            // Optimisers stop where a hundredth of a nat decides nothing.
            assertThat(model.logLikelihood())
                    .as("%s of %s", m.form(), m.series())
                    .isGreaterThan(m.logLikelihood() - 0.01);
        }
    }

    /** statsmodels has the same method as simple smoothing with drift, and begins it with another level. */
    @Test
    void thetaIsNearThatOfStatsmodels() throws IOException {
        Expected e = read();
        for (Theta t : e.theta()) {
            double[] forecast = new ThetaLines().forecast(e.series().get(t.series()), 1, t.forecast().length);
            for (int h = 0; h < forecast.length; h++) {
                assertThat(forecast[h]).as(t.series()).isCloseTo(t.forecast()[h], within(0.01 * t.forecast()[h]));
            }
        }
    }

    @Test
    void decomposesAsStatsmodels() throws IOException {
        Expected e = read();
        for (Figure f : e.figures()) {
            assertThat(SeasonallyAdjusted.figure(e.series().get(f.series()), 12, f.divides()))
                    .containsExactly(f.figure(), within(1e-9));
        }
    }

    @Test
    void findsSeasonsAsTheTestOfM4() throws IOException {
        Expected e = read();
        for (Seasonality s : e.seasonality()) {
            assertThat(SeasonallyAdjusted.isSeasonal(e.series().get(s.series()), s.period()))
                    .as(s.series())
                    .isEqualTo(s.seasonal());
        }
    }
}
