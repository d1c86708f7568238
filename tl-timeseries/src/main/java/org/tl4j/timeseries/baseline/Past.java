// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import java.util.Arrays;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;

/** What all forecasters ask of a past. */
final class Past {
    private Past() {}

    /**
     * The past without gaps: on the line between the values around them, and as the nearest value at the ends. The
     * array itself where nothing is missing.
     */
    static double[] whole(double[] past, int season, int horizon) {
        Checks.positive("season", season);
        Checks.positive("horizon", horizon);
        int known = 0;
        for (int t = 0; t < past.length; t++) {
            if (Double.isInfinite(past[t])) {
                throw new InvalidDataException(
                        "A past cannot be forecast from.",
                        past[t] + " at step " + (t + 1) + " of " + past.length,
                        "finite numbers, or NaN for what is missing",
                        "correct the value");
            }
            known += Double.isNaN(past[t]) ? 0 : 1;
        }
        if (known == 0) {
            throw new InvalidDataException(
                    "A past cannot be forecast from.",
                    past.length + " steps without a value",
                    "at least 1 value",
                    "leave the series out, or begin the forecast later");
        }
        return known == past.length ? past : filled(past);
    }

    private static double[] filled(double[] past) {
        double[] out = past.clone();
        int before = -1;
        for (int t = 0; t <= out.length; t++) {
            if (t < out.length && Double.isNaN(past[t])) {
                continue;
            }
            for (int gap = before + 1; gap < t; gap++) {
                if (before < 0) {
                    out[gap] = past[t];
                } else if (t == out.length) {
                    out[gap] = past[before];
                } else {
                    out[gap] = past[before] + (past[t] - past[before]) * (gap - before) / (t - before);
                }
            }
            before = t;
        }
        return out;
    }

    static boolean isConstant(double[] y) {
        for (double v : y) {
            if (v != y[0]) {
                return false;
            }
        }
        return true;
    }

    static boolean isPositive(double[] y) {
        for (double v : y) {
            if (!(v > 0)) {
                return false;
            }
        }
        return true;
    }

    static double[] same(double value, int horizon) {
        double[] out = new double[horizon];
        Arrays.fill(out, value);
        return out;
    }
}
