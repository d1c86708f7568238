// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import java.util.Locale;

/** Element type of a tensor. */
public enum DType {
    /** IEEE 754 single precision: what networks compute in. */
    F32(4),
    /** IEEE 754 double precision. */
    F64(8),
    /** IEEE 754 half precision. */
    F16(2),
    /** The upper half of a single: 8 bits of exponent, 7 of fraction. */
    BF16(2),
    /** Signed 64-bit integer: token ids, labels, shapes. */
    I64(8),
    /** Signed 32-bit integer. */
    I32(4),
    /** Signed 16-bit integer. */
    I16(2),
    /** Signed 8-bit integer. */
    I8(1),
    /** Unsigned 8-bit integer: pixels. */
    U8(1),
    /** One byte, 0 or 1. */
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Whether values are real numbers. */
    public boolean isFloat() {
        return this == F32 || this == F64 || this == F16 || this == BF16;
    }

    /** Whether values are whole numbers; {@link #BOOL} is not. */
    public boolean isInteger() {
        return !isFloat() && this != BOOL;
    }

    /** The notation of the shape legend: {@code f32}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
