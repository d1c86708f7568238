// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/** An engine failed underneath; its own message is the cause. */
public final class EngineFailureException extends TlException {
    private static final long serialVersionUID = 1L;

    /** See {@link TlException} for the four parts. */
    public EngineFailureException(String what, @Nullable Object found, Object expected, String fix) {
        super(what, found, expected, fix);
    }

    /** See {@link TlException} for the four parts; the cause is kept. */
    public EngineFailureException(
            String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(what, found, expected, fix, cause);
    }
}
