// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.nio.file.Path;
import org.tl4j.error.Checks;

/**
 * What both sides of every benchmark share.
 *
 * @param folder with the files that both sides read
 * @param threads of each operation, on both sides
 * @param quick whether a tiny model and few rounds only show that everything runs
 */
public record Setup(Path folder, int threads, boolean quick) {
    /** Checks the range. */
    public Setup {
        Checks.positive("threads", threads);
    }

    /** The first number, or the second where everything is to be quick. */
    int of(int otherwise, int inQuick) {
        return quick ? inQuick : otherwise;
    }
}
