// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/** A file was found but its contents are truncated, damaged or not of the format they claim. */
public final class CorruptFileException extends TlException {
    private static final long serialVersionUID = 1L;

    /** See {@link TlException} for the four parts. */
    public CorruptFileException(String what, @Nullable Object found, Object expected, String fix) {
        super(what, found, expected, fix);
    }

    /** See {@link TlException} for the four parts; the cause is kept. */
    public CorruptFileException(
            String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(what, found, expected, fix, cause);
    }
}
