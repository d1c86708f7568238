// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

/** What is known of a row. */
public enum Condition {
    NORMAL,
    ANOMALOUS,
    /** It has no label. */
    UNKNOWN
}
