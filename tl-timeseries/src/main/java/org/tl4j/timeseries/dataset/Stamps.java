// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.Arrays;
import java.util.List;
import org.tl4j.timeseries.dataset.Frequency.Unit;

/**
 * Stamps as files write them, in seconds of a calendar without time zones, and what distance lies between them. ISO
 * 8601 with {@code T} or a blank, also with slashes; dates, months ({@code 2020-01}), quarters ({@code 2020Q1}), years,
 * and seconds or milliseconds since 1970.
 */
final class Stamps {
    /** In the place of an offset from UTC where a stamp has none. */
    static final int LOCAL = Integer.MIN_VALUE;

    private static final long DAY = 86_400;

    private long seconds;
    private int offset;
    private String text = "";
    private int at;

    /** Seconds since 1970 of the calendar and clock that the last stamp shows. */
    long seconds() {
        return seconds;
    }

    /** Seconds of the last stamp's offset from UTC, or {@link #LOCAL}. */
    int offset() {
        return offset;
    }

    /** Reads one; false if it is none. */
    boolean read(String cell) {
        text = cell.strip();
        at = 0;
        offset = LOCAL;
        try {
            return parse();
        } catch (DateTimeException | ArithmeticException e) {
            return false;
        }
    }

    private boolean parse() {
        int n = text.length();
        int digits = 0;
        while (digits < n && isDigit(digits)) {
            digits++;
        }
        if (digits == n) {
            return count();
        }
        if (digits != 4) {
            return false;
        }
        int year = number(4);
        char mark = text.charAt(at);
        if (mark == 'Q' || mark == 'q' || n == 7 && (text.charAt(5) == 'Q' || text.charAt(5) == 'q')) {
            int quarter = n == 6 || n == 7 ? text.charAt(n - 1) - '0' : 0;
            return quarter >= 1 && quarter <= 4 && day(year, 3 * quarter - 2, 1);
        }
        if (mark != '-' && mark != '/') {
            return false;
        }
        at++;
        int month = number(2);
        if (at == n) {
            return day(year, month, 1);
        }
        if (month < 0 || text.charAt(at++) != mark) {
            return false;
        }
        int day = number(2);
        if (day < 0 || !day(year, month, day)) {
            return false;
        }
        return at == n || clock();
    }

    private boolean clock() {
        char mark = text.charAt(at);
        if (mark != ' ' && mark != 'T') {
            return false;
        }
        at++;
        int hour = number(2);
        int minute = taken(':') ? number(2) : -1;
        int second = 0;
        if (taken(':')) {
            second = number(2);
            if (taken('.') || taken(',')) {
                while (at < text.length() && isDigit(at)) {
                    if (text.charAt(at++) != '0') {
                        return false;
                    }
                }
            }
        }
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
            return false;
        }
        seconds += hour * 3600L + minute * 60L + second;
        taken(' ');
        if (at < text.length()) {
            offset = ZoneOffset.of(text.substring(at)).getTotalSeconds();
        }
        return true;
    }

    /** Years, days in eight digits, and time since 1970 in seconds or thousandths. */
    private boolean count() {
        switch (text.length()) {
            case 4 -> {
                return day(number(4), 1, 1);
            }
            case 8 -> {
                return day(number(4), number(2), number(2));
            }
            case 10 -> seconds = Long.parseLong(text);
            case 13 -> {
                long thousandths = Long.parseLong(text);
                if (thousandths % 1000 != 0) {
                    return false;
                }
                seconds = thousandths / 1000;
            }
            default -> {
                return false;
            }
        }
        offset = 0;
        return true;
    }

    private boolean day(int year, int month, int day) {
        seconds = LocalDate.of(year, month, day).toEpochDay() * DAY;
        return true;
    }

    private boolean taken(char mark) {
        if (at < text.length() && text.charAt(at) == mark) {
            at++;
            return true;
        }
        return false;
    }

    private boolean isDigit(int place) {
        return text.charAt(place) >= '0' && text.charAt(place) <= '9';
    }

    /** So many digits, or at the end of months, days and hours one less; -1 where there are none. */
    private int number(int most) {
        int value = 0;
        int begin = at;
        while (at < text.length() && at - begin < most && isDigit(at)) {
            value = 10 * value + text.charAt(at++) - '0';
        }
        return at == begin ? -1 : value;
    }

    static LocalDateTime date(long seconds) {
        return LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
    }

    static long seconds(LocalDateTime date) {
        return date.toEpochSecond(ZoneOffset.UTC);
    }

    /** A stamp for people. */
    static String show(long seconds) {
        LocalDateTime date = date(seconds);
        return date.toLocalTime().equals(LocalTime.MIDNIGHT)
                ? date.toLocalDate().toString()
                : date.toString().replace('T', ' ');
    }

    /** Whether all stamps show the same time of the day: they are dates, and no clock is turned between them. */
    static boolean areDates(long[] seconds) {
        for (long s : seconds) {
            if (Math.floorMod(s, DAY) != Math.floorMod(seconds[0], DAY)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The winter time of a stamp of a zone that has daylight saving.
     *
     * @param after the winter time of the stamp before, which tells the first of two equal hours from the second
     * @return {@link Long#MIN_VALUE} where clocks of the zone never show the stamp
     */
    static long winter(long local, ZoneId zone, long after) {
        ZoneRules rules = zone.getRules();
        List<ZoneOffset> offsets = rules.getValidOffsets(date(local));
        long standard = Long.MIN_VALUE;
        for (ZoneOffset o : offsets) {
            long utc = local - o.getTotalSeconds();
            standard = utc
                    + rules.getStandardOffset(java.time.Instant.ofEpochSecond(utc))
                            .getTotalSeconds();
            if (standard > after) {
                return standard;
            }
        }
        return standard;
    }

    /** The distance of ascending stamps that most of them have; null where there are fewer than two. */
    static @org.jspecify.annotations.Nullable Frequency infer(long[] ascending, int count) {
        if (count < 2) {
            return null;
        }
        long[] distances = new long[count - 1];
        for (int i = 1; i < count; i++) {
            distances[i - 1] = ascending[i] - ascending[i - 1];
        }
        Arrays.sort(distances);
        long usual = distances[0];
        int most = 0;
        for (int i = 0; i < distances.length; ) {
            int j = i;
            while (j < distances.length && distances[j] == distances[i]) {
                j++;
            }
            if (j - i > most) {
                most = j - i;
                usual = distances[i];
            }
            i = j;
        }
        if (usual <= 0) {
            return null;
        }
        for (Unit unit : List.of(Unit.YEAR, Unit.QUARTER, Unit.MONTH)) {
            Frequency f = new Frequency(1, unit);
            double days = unit == Unit.YEAR ? 365.2425 : unit == Unit.QUARTER ? 91.3 : 30.44;
            if (Math.abs(usual / (double) DAY - days) < days * 0.1 && areOn(ascending, count, f)) {
                return f;
            }
        }
        if (usual % (7 * DAY) == 0) {
            return new Frequency((int) (usual / (7 * DAY)), Unit.WEEK);
        }
        if (usual % DAY == 0) {
            return new Frequency((int) (usual / DAY), Unit.DAY);
        }
        if (usual % 3600 == 0) {
            return new Frequency((int) (usual / 3600), Unit.HOUR);
        }
        return usual % 60 == 0
                ? new Frequency((int) (usual / 60), Unit.MINUTE)
                : new Frequency((int) Math.min(Integer.MAX_VALUE, usual), Unit.SECOND);
    }

    private static boolean areOn(long[] stamps, int count, Frequency frequency) {
        for (int i = 0; i < count; i++) {
            if (steps(stamps[0], stamps[i], frequency) < 0) {
                return false;
            }
        }
        return true;
    }

    /** How many steps a stamp lies after the first; negative where it lies between two steps. */
    static long steps(long first, long stamp, Frequency frequency) {
        long unit = switch (frequency.unit()) {
            case SECOND -> 1;
            case MINUTE -> 60;
            case HOUR -> 3600;
            case DAY -> DAY;
            case WEEK -> 7 * DAY;
            case MONTH, QUARTER, YEAR -> 0;
        };
        if (unit > 0) {
            long step = unit * frequency.multiple();
            return (stamp - first) % step == 0 ? (stamp - first) / step : -1;
        }
        long months = frequency.multiple()
                * (frequency.unit() == Unit.MONTH ? 1L : frequency.unit() == Unit.QUARTER ? 3L : 12L);
        LocalDateTime a = date(first);
        LocalDateTime b = date(stamp);
        long between = (b.getYear() - a.getYear()) * 12L + b.getMonthValue() - a.getMonthValue();
        boolean sameDay = a.getDayOfMonth() == b.getDayOfMonth() || isMonthEnd(a) && isMonthEnd(b);
        return sameDay && a.toLocalTime().equals(b.toLocalTime()) && between % months == 0 ? between / months : -1;
    }

    static boolean isMonthEnd(LocalDateTime date) {
        return date.getDayOfMonth() == date.toLocalDate().lengthOfMonth();
    }
}
