// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tl4j.timeseries.baseline.StateSpace.Form;
import org.tl4j.timeseries.baseline.StateSpace.Season;
import org.tl4j.timeseries.baseline.StateSpace.Trend;

/**
 * Exponential smoothing: of several models the one with the least corrected Akaike criterion. Rob J. Hyndman, Anne B.
 * Koehler, Ralph D. Snyder, Simone Grose, "A state space framework for automatic forecasting using exponential
 * smoothing methods", International Journal of Forecasting 2002.
 *
 * <p>Models with shares as errors or with seasons that multiply are left out where a value is not positive, models with
 * a season where the past does not hold two of them, and models with nearly as many parameters as there are values.
 * Where none is left, or the past is constant, the last value is the forecast.
 *
 * @param name as it is chosen on the command line
 * @param forms the models to choose from
 */
record ExponentialSmoothing(String name, List<Form> forms) implements LocalForecaster {
    /** A level alone. */
    static final ExponentialSmoothing SIMPLE =
            new ExponentialSmoothing("ses", List.of(new Form(false, Trend.NONE, Season.NONE)));
    /** A level and a trend: C. C. Holt 1957. */
    static final ExponentialSmoothing HOLT =
            new ExponentialSmoothing("holt", List.of(new Form(false, Trend.ADDITIVE, Season.NONE)));
    /** A trend that dies down: Everette S. Gardner, Ed. McKenzie 1985. */
    static final ExponentialSmoothing DAMPED =
            new ExponentialSmoothing("damped", List.of(new Form(false, Trend.DAMPED, Season.NONE)));
    /** A trend, and a season that adds or multiplies: Peter R. Winters 1960. */
    static final ExponentialSmoothing HOLT_WINTERS = new ExponentialSmoothing(
            "holt-winters",
            List.of(
                    new Form(false, Trend.ADDITIVE, Season.ADDITIVE),
                    new Form(true, Trend.ADDITIVE, Season.MULTIPLICATIVE)));
    /**
     * All models of which the literature says that they are stable: no season that multiplies with errors that do not.
     */
    static final ExponentialSmoothing AUTOMATIC = new ExponentialSmoothing("ets", stable());

    private static List<Form> stable() {
        List<Form> forms = new ArrayList<>();
        for (boolean relative : new boolean[] {false, true}) {
            for (Trend trend : Trend.values()) {
                for (Season season : Season.values()) {
                    if (relative || season != Season.MULTIPLICATIVE) {
                        forms.add(new Form(relative, trend, season));
                    }
                }
            }
        }
        return List.copyOf(forms);
    }

    @Override
    public double[] forecast(double[] past, int season, int horizon) {
        double[] y = Past.whole(past, season, horizon);
        double last = y[y.length - 1];
        if (Past.isConstant(y)) {
            return Past.same(last, horizon);
        }
        double[] out = best(y, season).map(m -> m.forecast(horizon)).orElseGet(() -> Past.same(last, horizon));
        // A model that fits may still run away; nobody wants to hear of infinity.
        return Arrays.stream(out).allMatch(Double::isFinite) ? out : Past.same(last, horizon);
    }

    /** The model that is chosen, fitted; nothing where the series is too short for any. */
    Optional<StateSpace> best(double[] y, int season) {
        boolean isPositive = Past.isPositive(y);
        boolean isSeasonal = season > 1 && y.length >= 2 * season;
        List<Form> possible = forms.stream()
                .filter(f -> isPositive || !f.needsPositive())
                .filter(f -> isSeasonal || f.season() == Season.NONE)
                .filter(f -> y.length > f.parameters(season) + 1)
                .toList();
        if (possible.isEmpty()) {
            return forms.equals(HOLT_WINTERS.forms)
                    ? HOLT.best(y, 1)
                    : forms.size() == 1 && forms.get(0).trend() != Trend.NONE ? SIMPLE.best(y, 1) : Optional.empty();
        }
        StateSpace best = null;
        for (Form form : possible) {
            StateSpace model = StateSpace.fit(form, y, season);
            if (best == null || model.criterion() < best.criterion()) {
                best = model;
            }
        }
        return Optional.ofNullable(best);
    }
}
