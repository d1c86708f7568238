// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import org.jspecify.annotations.Nullable;

/**
 * Root of every exception that TL4J throws on purpose.
 *
 * <p>The four parts are required by the type, so that no message can leave one out:
 *
 * <pre>{@code
 * Conv 'layer1.conv1' takes an image batch.
 *   found:    [1, 3]
 *   expected: [N, C, H, W]
 *   fix:      reshape 'x' or check the variant's stem
 * }</pre>
 */
public class TlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final String found;
    private final String expected;
    private final String fix;

    /** An error without a cause of its own. */
    public TlException(String what, @Nullable Object found, Object expected, String fix) {
        this(what, found, expected, fix, null);
    }

    /** An error that was caused by another one, which is kept. */
    public TlException(String what, @Nullable Object found, Object expected, String fix, @Nullable Throwable cause) {
        super(message(what, found, expected, fix), cause);
        this.what = what;
        this.found = String.valueOf(found);
        this.expected = String.valueOf(expected);
        this.fix = fix;
    }

    /** What was being done, with the name of the thing that was refused. */
    public final String what() {
        return what;
    }

    /** What was found. */
    public final String found() {
        return found;
    }

    /** What would have been accepted. */
    public final String expected() {
        return expected;
    }

    /** What the reader can do now. */
    public final String fix() {
        return fix;
    }

    private static String message(String what, @Nullable Object found, Object expected, String fix) {
        return what + "\n  found:    " + indent(found) + "\n  expected: " + indent(expected) + "\n  fix:      "
                + indent(fix);
    }

    private static String indent(@Nullable Object part) {
        return String.valueOf(part).replace("\n", "\n            ");
    }
}
