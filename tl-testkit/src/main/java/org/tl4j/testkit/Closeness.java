// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Map;
import org.tl4j.tensor.HostTensor;

/** Tensors that should be equal up to rounding. */
final class Closeness {
    private Closeness() {}

    /** Equal up to {@code tolerance} of the largest value of the expected tensor; nothing but finite numbers. */
    static void assertClose(String what, HostTensor actual, HostTensor expected, double tolerance) {
        assertThat(actual.type()).as("type of " + what).isEqualTo(expected.type());
        assertFinite(what, actual);
        assertFinite(what, expected);
        double largest = 1e-6;
        double worst = 0;
        for (int i = 0; i < expected.elements(); i++) {
            largest = Math.max(largest, Math.abs(expected.doubleAt(i)));
            worst = Math.max(worst, Math.abs(expected.doubleAt(i) - actual.doubleAt(i)));
        }
        assertThat(worst / largest)
                .as(String.format(
                        Locale.ROOT, "%s: largest difference, as a part of the largest value %.4g", what, largest))
                .isLessThanOrEqualTo(tolerance);
    }

    /** As {@link #assertClose(String, HostTensor, HostTensor, double)}, by name. */
    static void assertClose(
            String what, Map<String, HostTensor> actual, Map<String, HostTensor> expected, double tolerance) {
        assertThat(actual.keySet()).as("names of " + what).containsAll(expected.keySet());
        expected.forEach((name, e) -> {
            HostTensor a = actual.get(name);
            assertThat(a).as(what + ", " + name).isNotNull();
            assertClose(what + ", " + name, java.util.Objects.requireNonNull(a), e, tolerance);
        });
    }

    /** Neither infinite nor not a number. */
    static void assertFinite(String what, HostTensor t) {
        for (int i = 0; i < t.elements(); i++) {
            assertThat(t.doubleAt(i))
                    .as("%s, element %d of %s", what, i, t.type())
                    .isFinite();
        }
    }
}
