// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

/** Range checks that put the argument's name and its value into one message. */
public final class Checks {
    private Checks() {}

    /** Returns {@code value} if it is at least 1. */
    public static int positive(String name, int value) {
        if (value < 1) {
            throw refused(name, value, "a whole number of at least 1");
        }
        return value;
    }

    /** Returns {@code value} if it is a finite number above 0. */
    public static double positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw refused(name, value, "a finite number above 0");
        }
        return value;
    }

    /** Returns {@code value} if it is a finite number of at least 0. */
    public static double notNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw refused(name, value, "a finite number of at least 0");
        }
        return value;
    }

    /** Returns {@code value} if it is at least 0. */
    public static int notNegative(String name, int value) {
        if (value < 0) {
            throw refused(name, value, "a whole number of at least 0");
        }
        return value;
    }

    /** Returns {@code value} if it lies in the closed interval. */
    public static double between(String name, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw refused(name, value, "a number from " + low + " to " + high);
        }
        return value;
    }

    private static InvalidArgumentException refused(String name, Object value, String expected) {
        return new InvalidArgumentException(
                "'" + name + "' is out of range.", name + " = " + value, expected, "change '" + name + "'");
    }
}
