// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.input;

import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import org.tl4j.error.UnknownNameException;
import org.tl4j.timeseries.dataset.Frequency;

/**
 * What a date says by itself, each as a number from -0.5 to 0.5: the time features of Informer (Zhou et al., AAAI 2021)
 * and GluonTS.
 */
enum CalendarFeatures {
    MINUTE_OF_HOUR("minute-of-hour"),
    HOUR_OF_DAY("hour-of-day"),
    DAY_OF_WEEK("day-of-week"),
    DAY_OF_MONTH("day-of-month"),
    DAY_OF_YEAR("day-of-year"),
    WEEK_OF_YEAR("week-of-year"),
    MONTH_OF_YEAR("month-of-year");

    private final String written;

    CalendarFeatures(String written) {
        this.written = written;
    }

    /** What differs between the stamps of a frequency. */
    static List<String> of(Frequency frequency) {
        List<CalendarFeatures> some = new ArrayList<>();
        switch (frequency.unit()) {
            case SECOND, MINUTE -> some.addAll(List.of(MINUTE_OF_HOUR, HOUR_OF_DAY, DAY_OF_WEEK, DAY_OF_YEAR));
            case HOUR -> some.addAll(List.of(HOUR_OF_DAY, DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_YEAR));
            case DAY -> some.addAll(List.of(DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_YEAR));
            case WEEK -> some.addAll(List.of(DAY_OF_MONTH, WEEK_OF_YEAR));
            case MONTH, QUARTER -> some.add(MONTH_OF_YEAR);
            case YEAR -> {
                // Nothing comes again.
            }
        }
        return some.stream().map(c -> c.written).toList();
    }

    static CalendarFeatures named(String written) {
        List<String> known = new ArrayList<>();
        for (CalendarFeatures c : values()) {
            if (c.written.equals(written)) {
                return c;
            }
            known.add(c.written);
        }
        throw new UnknownNameException("calendar feature", written, known, "choose one of these");
    }

    float of(LocalDateTime stamp) {
        double part = switch (this) {
            case MINUTE_OF_HOUR -> stamp.getMinute() / 59.0;
            case HOUR_OF_DAY -> stamp.getHour() / 23.0;
            case DAY_OF_WEEK -> (stamp.getDayOfWeek().getValue() - 1) / 6.0;
            case DAY_OF_MONTH -> (stamp.getDayOfMonth() - 1) / 30.0;
            case DAY_OF_YEAR -> (stamp.getDayOfYear() - 1) / 365.0;
            case WEEK_OF_YEAR -> (stamp.get(ChronoField.ALIGNED_WEEK_OF_YEAR) - 1) / 52.0;
            case MONTH_OF_YEAR -> (stamp.getMonthValue() - 1) / 11.0;
        };
        return (float) (part - 0.5);
    }
}
