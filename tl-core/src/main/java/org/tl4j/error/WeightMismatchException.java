// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/** Weights do not fit the graph: names missing, unexpected or of another shape. */
public final class WeightMismatchException extends TlException {
    private static final long serialVersionUID = 1L;

    /** See {@link TlException} for the four parts. */
    public WeightMismatchException(String what, @Nullable Object found, Object expected, String fix) {
        super(what, found, expected, fix);
    }

    /** See {@link TlException} for the four parts; the cause is kept. */
    public WeightMismatchException(
            String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(what, found, expected, fix, cause);
    }
}
