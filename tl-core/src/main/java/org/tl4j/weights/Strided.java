// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Values that lie in memory in another order than row by row. */
final class Strided {
    private Strided() {}

    /** The strides, in elements, of values that lie row by row. */
    static long[] rowMajor(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    /** The strides, in elements, of values whose first axis runs fastest. */
    static long[] columnMajor(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = 0; i < shape.length; i++) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    /** Whether the values lie row by row; the stride of an axis of length 1 does not matter. */
    static boolean isRowMajor(long[] shape, long[] strides) {
        long[] plain = rowMajor(shape);
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] != 1 && strides[i] != plain[i]) {
                return false;
            }
        }
        return true;
    }

    /** Copies values row by row; strides and offset, in elements, must stay inside {@code bytes}. */
    static HostTensor copy(DType dtype, long[] shape, long[] strides, long offset, ByteBuffer bytes) {
        Shape to = Shape.of(shape);
        ByteBuffer from = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer out = HostTensor.allocate(dtype, to.elements());
        long[] index = new long[shape.length];
        long place = offset;
        while (out.hasRemaining()) {
            int at = Math.toIntExact(place * dtype.bytes());
            switch (dtype.bytes()) {
                case 1 -> out.put(from.get(at));
                case 2 -> out.putShort(from.getShort(at));
                case 4 -> out.putInt(from.getInt(at));
                default -> out.putLong(from.getLong(at));
            }
            for (int d = shape.length - 1; d >= 0; d--) {
                place += strides[d];
                if (++index[d] < shape[d]) {
                    break;
                }
                place -= strides[d] * shape[d];
                index[d] = 0;
            }
        }
        return HostTensor.of(dtype, to, out.flip());
    }
}
