// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Locale;

/** What a backbone looks at. */
public enum Modality {
    TEXT,
    IMAGE,
    AUDIO,
    SERIES,
    INTERACTIONS,
    /** Rows of named columns. */
    TABLE,
    /** Tensors as they are, without preprocessing. */
    TENSOR;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
