// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;

/** Forecasts a series from its own past, and learns nothing from others. Stateless; safe for several threads. */
public interface LocalForecaster {
    /** As it is chosen on the command line: {@code seasonal-naive}. */
    String name();

    /**
     * The values that come next. Answers any past of at least one value, however short, constant, or negative; a past
     * that is too short for the season is forecast without one.
     *
     * @param past in the order of time; NaN where a value is missing, but not everywhere
     * @param season after how many steps the pattern comes again; 1 for none
     * @param horizon how many values to forecast
     * @throws org.tl4j.error.InvalidDataException if the past has no value at all, or an infinite one
     */
    double[] forecast(double[] past, int season, int horizon);

    /** The forecast of each variable of a window, {@code [variable][horizon]}, from all that lies before its origin. */
    default double[][] forecast(SeriesWindow window, int season, int horizon) {
        TimeSeries series = window.series();
        double[][] out = new double[series.variables().size()][];
        for (int v = 0; v < out.length; v++) {
            out[v] = forecast(series.past(v, window.origin()), season, horizon);
        }
        return out;
    }
}
