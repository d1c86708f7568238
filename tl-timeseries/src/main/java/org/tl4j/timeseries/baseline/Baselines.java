// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import java.util.List;
import org.tl4j.error.UnknownNameException;

/** All forecasters that need no training data but a series itself, by name. */
public final class Baselines {
    private static final LocalForecaster NAIVE2 = new SeasonallyAdjusted("naive2", new Naive());
    private static final LocalForecaster THETA = new SeasonallyAdjusted("theta", new ThetaLines());

    private static final List<LocalForecaster> ALL = List.of(
            new Naive(),
            new SeasonalNaive(),
            new Drift(),
            NAIVE2,
            new SeasonallyAdjusted("ses", ExponentialSmoothing.SIMPLE),
            new SeasonallyAdjusted("holt", ExponentialSmoothing.HOLT),
            new SeasonallyAdjusted("damped", ExponentialSmoothing.DAMPED),
            ExponentialSmoothing.HOLT_WINTERS,
            ExponentialSmoothing.AUTOMATIC,
            THETA);

    private Baselines() {}

    /**
     * {@code naive}, {@code seasonal-naive}, {@code drift}, {@code naive2}, {@code ses}, {@code holt}, {@code damped},
     * {@code holt-winters}, {@code ets}, {@code theta}. {@code ses}, {@code holt}, {@code damped} and {@code theta} are
     * those of M4: of the series without its season.
     */
    public static List<LocalForecaster> all() {
        return ALL;
    }

    /** A forecaster by its name. */
    public static LocalForecaster of(String name) {
        return ALL.stream()
                .filter(f -> f.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "baseline",
                        name,
                        ALL.stream().map(LocalForecaster::name).toList(),
                        "choose one of these"));
    }

    /**
     * The last value where there is no season by M4's test, else that of the adjusted series: what OWA compares with.
     */
    public static LocalForecaster naive2() {
        return NAIVE2;
    }

    /** The theta method as M4 ran it. */
    public static LocalForecaster theta() {
        return THETA;
    }
}
