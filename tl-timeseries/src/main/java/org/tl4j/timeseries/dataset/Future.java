// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidDataException;

/**
 * What came after the origin of a forecast. A view; nothing is copied.
 *
 * @param series which it belongs to
 * @param origin the first step of it
 * @param horizon how many steps
 */
public record Future(TimeSeries series, int origin, int horizon) implements Fingerprint.Part {
    /** Checks that the series has these steps. */
    public Future {
        if (origin < 0 || horizon < 1 || origin + horizon > series.length()) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' ends before the horizon.",
                    "steps " + origin + " to " + (origin + horizon) + " of " + series.length(),
                    "a horizon of at least 1 within the series",
                    "shorten the horizon");
        }
    }

    /** The value of a variable, {@code step} counted from the origin; NaN where it is missing. */
    public float value(int variable, int step) {
        return series.value(variable, origin + step);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(series).add(origin).add(horizon);
    }
}
