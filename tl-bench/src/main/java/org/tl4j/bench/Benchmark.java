// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.List;
import java.util.Map;

/**
 * One subject on which TL4J is compared with a Python peer. A benchmark is a pair of files: a class that says what is
 * compared and does TL4J's side, and {@code src/main/python/NAME.py}, which does the other side in the same units.
 */
public interface Benchmark {
    /** As {@code --only} writes it, and the name of the script. */
    String name();

    /** What is compared, with everything that decides the figures; one line. */
    String title();

    /** The rows, in order. */
    List<Comparison> comparisons(Setup setup);

    /** Writes what both sides of a row read into the folder of the setup; called before any side of it is opened. */
    void prepare(String comparison, Setup setup);

    /** TL4J's side of a row, in a process of its own. */
    Side open(String comparison, Setup setup);

    /** What the figures alone do not say, such as how memory grew; empty for nothing. */
    default String remark(Map<String, List<Double>> tl4j, Map<String, List<Double>> rival) {
        return "";
    }
}
