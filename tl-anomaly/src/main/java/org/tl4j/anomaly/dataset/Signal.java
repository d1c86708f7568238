// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;

/**
 * A series of one quantity in the order of time. Immutable; its points know it, so that none holds a window of its own.
 */
public final class Signal implements Fingerprint.Part {
    private final String name;
    private final List<LocalDateTime> times;
    private final double[] values;
    private final String hash;

    /**
     * A series.
     *
     * @param name what people call it
     * @param times of the values, or empty where they have none
     * @param values finite
     */
    public Signal(String name, List<LocalDateTime> times, double... values) {
        this.name = name;
        this.times = List.copyOf(times);
        this.values = values.clone();
        if (!times.isEmpty() && times.size() != values.length) {
            throw new ShapeMismatchException(
                    "Series '" + name + "' does not have one time a value.",
                    times.size() + " times",
                    values.length + " values",
                    "give each value its time, or none");
        }
        this.hash = new Fingerprint()
                .add(this.values)
                .add(times.stream().map(LocalDateTime::toString).toList())
                .sha256();
    }

    /** What people call it. */
    public String name() {
        return name;
    }

    /** How many values. */
    public int length() {
        return values.length;
    }

    /** A value. */
    public double value(int index) {
        return values[index];
    }

    /** The time of a value, or null where there are none. */
    public @Nullable LocalDateTime time(int index) {
        return times.isEmpty() ? null : times.get(index);
    }

    /** A point with all that lies before it. */
    public SignalPoint point(int index) {
        return new SignalPoint(this, index);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(hash);
    }

    @Override
    public String toString() {
        return name + " (" + values.length + " values)";
    }

    /**
     * A point of a series. What lies behind it is never looked at.
     *
     * @param signal the series
     * @param index from 0
     */
    public record SignalPoint(Signal signal, int index) implements Fingerprint.Part {
        /** Checks the range. */
        public SignalPoint {
            if (index < 0 || index >= signal.length()) {
                throw new InvalidArgumentException(
                        "Series '" + signal.name() + "' has no such point.",
                        "index " + index,
                        "an index below " + signal.length(),
                        "check the index against length()");
            }
        }

        /** Its value. */
        public double value() {
            return signal.value(index);
        }

        /** The value so many points before; the first one where the series begins later. */
        public double before(int steps) {
            return signal.value(Math.max(0, index - steps));
        }

        /** Its time, or null. */
        public @Nullable LocalDateTime time() {
            return signal.time(index);
        }

        @Override
        public void addTo(Fingerprint fingerprint) {
            fingerprint.add(signal).add(index);
        }
    }
}
