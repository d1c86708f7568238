// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.InvalidArgumentException;

/**
 * How far apart the stamps of a regular series are, such as one hour or 15 minutes.
 *
 * @param multiple how many units, at least 1
 */
public record Frequency(int multiple, Unit unit) {
    private static final Pattern WRITTEN = Pattern.compile("(\\d*)\\s*([A-Za-z]+)");
    private static final Map<String, Unit> OTHER_WORDS = Map.ofEntries(
            Map.entry("sec", Unit.SECOND),
            Map.entry("t", Unit.MINUTE),
            Map.entry("min", Unit.MINUTE),
            Map.entry("b", Unit.DAY),
            Map.entry("m", Unit.MONTH),
            Map.entry("ms", Unit.MONTH),
            Map.entry("me", Unit.MONTH),
            Map.entry("qs", Unit.QUARTER),
            Map.entry("qe", Unit.QUARTER),
            Map.entry("a", Unit.YEAR),
            Map.entry("ys", Unit.YEAR),
            Map.entry("ye", Unit.YEAR));

    /** Checks that time goes forward. */
    public Frequency {
        if (multiple < 1) {
            throw new InvalidArgumentException(
                    "A frequency is no distance in time.",
                    multiple + " " + unit,
                    "at least 1",
                    "write 1" + unit.letter + ", say");
        }
    }

    /** What stamps are counted in. */
    public enum Unit {
        SECOND("s", ChronoUnit.SECONDS, 1, 60),
        MINUTE("min", ChronoUnit.MINUTES, 1, 1440),
        HOUR("H", ChronoUnit.HOURS, 1, 24),
        DAY("D", ChronoUnit.DAYS, 1, 7),
        WEEK("W", ChronoUnit.WEEKS, 1, 52),
        MONTH("M", ChronoUnit.MONTHS, 1, 12),
        QUARTER("Q", ChronoUnit.MONTHS, 3, 4),
        YEAR("Y", ChronoUnit.YEARS, 1, 1);

        private final String letter;
        private final ChronoUnit chrono;
        private final int factor;
        private final int season;

        Unit(String letter, ChronoUnit chrono, int factor, int season) {
            this.letter = letter;
            this.chrono = chrono;
            this.factor = factor;
            this.season = season;
        }
    }

    /** Reads {@code H}, {@code 15min}, {@code D}, {@code W}, {@code M}, {@code Q}, {@code Y}, as pandas writes them. */
    public static Frequency parse(String written) {
        Matcher m = WRITTEN.matcher(written.strip().replaceFirst("-[A-Za-z]+$", ""));
        if (m.matches() && m.group(1).length() < 7) {
            String word = m.group(2);
            String folded = word.toLowerCase(Locale.ROOT);
            for (Unit unit : Unit.values()) {
                if (unit.letter.equalsIgnoreCase(word) && !folded.equals("m")
                        || unit.name().equalsIgnoreCase(word)
                        || unit.name().concat("s").equalsIgnoreCase(word)) {
                    return new Frequency(count(m.group(1)), unit);
                }
            }
            Unit other = OTHER_WORDS.get(folded);
            if (other != null) {
                return new Frequency(count(m.group(1)), other);
            }
        }
        throw new InvalidArgumentException(
                "This is no frequency.",
                "'" + written + "'",
                "one of " + Arrays.stream(Unit.values()).map(u -> u.letter).toList() + ", or a multiple such as 15min",
                "write --frequency H for hours, say");
    }

    private static int count(String digits) {
        return digits.isEmpty() ? 1 : Integer.parseInt(digits);
    }

    /** The stamp that lies so many steps after another; the end of a month stays within its month. */
    public LocalDateTime plus(LocalDateTime stamp, long steps) {
        return stamp.plus(Math.multiplyExact(steps, (long) multiple * unit.factor), unit.chrono);
    }

    /**
     * After how many steps the usual pattern comes again: a day of hours, a week of days, a year of weeks, months or
     * quarters. 1 where no whole number of steps makes it.
     */
    public int season() {
        return unit.season % multiple == 0 ? unit.season / multiple : 1;
    }

    /** Whether stamps of this frequency have an hour that differs. */
    public boolean isWithinDay() {
        return unit.ordinal() < Unit.DAY.ordinal();
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return (multiple == 1 ? "" : String.valueOf(multiple)) + unit.letter;
    }
}
