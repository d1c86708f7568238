// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/** A tensor or parameter has a shape or element type that its consumer cannot take. */
public final class ShapeMismatchException extends TlException {
    private static final long serialVersionUID = 1L;

    /** See {@link TlException} for the four parts. */
    public ShapeMismatchException(String what, @Nullable Object found, Object expected, String fix) {
        super(what, found, expected, fix);
    }

    /** See {@link TlException} for the four parts; the cause is kept. */
    public ShapeMismatchException(
            String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(what, found, expected, fix, cause);
    }
}
