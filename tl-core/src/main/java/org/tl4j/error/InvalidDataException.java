// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/** The user's data cannot be used as they are; file, line and column are named. */
public final class InvalidDataException extends TlException {
    private static final long serialVersionUID = 1L;

    /** See {@link TlException} for the four parts. */
    public InvalidDataException(String what, @Nullable Object found, Object expected, String fix) {
        super(what, found, expected, fix);
    }

    /** See {@link TlException} for the four parts; the cause is kept. */
    public InvalidDataException(
            String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(what, found, expected, fix, cause);
    }
}
