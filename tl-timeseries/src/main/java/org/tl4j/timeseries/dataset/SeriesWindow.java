// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidDataException;

/**
 * What a forecast looks at: the steps of a series before an origin, and what is known of the steps after it. A view;
 * nothing is copied.
 *
 * @param series which it looks at
 * @param origin the first step that is to be forecast; the past ends before it
 */
public record SeriesWindow(TimeSeries series, int origin) implements Fingerprint.Part {
    /** Checks that there is a past. */
    public SeriesWindow {
        if (origin < 1 || origin > series.length()) {
            throw new InvalidDataException(
                    "A window of series '" + series.name() + "' has no past.",
                    "an origin at step " + origin,
                    "from 1 to " + series.length(),
                    "give a series of at least 1 value before what is to be forecast");
        }
    }

    /** Everything up to the end of a series: what is to be forecast lies behind it. */
    public static SeriesWindow endOf(TimeSeries series) {
        return new SeriesWindow(series, series.length());
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(series).add(origin);
    }
}
