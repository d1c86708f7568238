// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.util.List;

/**
 * The series of a file.
 *
 * @param name of the file
 * @param series in the order of the file
 * @param continued from which step on each series comes from the file that continues the first; their lengths where
 *     there is none
 * @param notes what was guessed, filled, dropped or left out, a sentence each
 */
public record SeriesData(String name, List<TimeSeries> series, List<Integer> continued, List<String> notes) {
    /** Keeps copies. */
    public SeriesData {
        series = List.copyOf(series);
        continued = List.copyOf(continued);
        notes = List.copyOf(notes);
    }
}
