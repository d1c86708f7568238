// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

/** A family of detectors with the numbers that a user chose; a description that costs nothing. */
public interface DetectorFamily {
    /** The name on the command line: {@code isolation-forest}. */
    String id();

    /** One line: what it does, when to choose it, the paper. */
    String title();

    /**
     * Fits a detector. The same rows and seed give the same detector on every platform and with any number of threads,
     * unless the family says otherwise.
     *
     * @param rows {@code [n, F]}
     * @throws org.tl4j.error.InvalidDataException if rows are missing, not finite, of different widths, or all equal
     */
    Detector fit(float[][] rows, long seed);
}
