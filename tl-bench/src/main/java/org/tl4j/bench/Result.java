// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import org.jspecify.annotations.Nullable;

/**
 * A finished row against one rival.
 *
 * @param benchmark by name
 * @param comparison the row
 * @param rival the way of the Python side
 * @param tl4j TL4J's figures
 * @param python the rival's figures of the same rounds
 * @param processor how many times less processor time TL4J took, round by round; or null where it is not known
 * @param agreement the largest relative difference of what both sides computed
 * @param remark what the figures do not say; may be empty
 */
public record Result(
        String benchmark,
        Comparison comparison,
        Comparison.Rival rival,
        Sample tl4j,
        Sample python,
        @Nullable Sample processor,
        double agreement,
        String remark) {

    /** How many times better TL4J was, round by round. */
    Sample ratios() {
        return Sample.ratios(comparison, tl4j, python);
    }

    /** Whether the row is as it is meant to be; true where there is no aim. */
    boolean reached() {
        return ratios().median() >= comparison.target()
                && (comparison.limit() == 0 || tl4j.median() <= comparison.limit());
    }
}
