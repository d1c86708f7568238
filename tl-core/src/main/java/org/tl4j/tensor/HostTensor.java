// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.tl4j.error.ShapeMismatchException;

/**
 * A tensor in the memory of the JVM: element type, known shape, and its bytes in row-major order, little-endian.
 *
 * <p>Immutable by contract: whoever hands over a buffer does not write to it again. The bytes may lie on the heap, in
 * direct memory or in a mapped file.
 */
public final class HostTensor {
    private final DType dtype;
    private final Shape shape;
    private final ByteBuffer bytes;

    private HostTensor(DType dtype, Shape shape, ByteBuffer bytes) {
        long expected = Math.multiplyExact(shape.elements(), dtype.bytes());
        if (bytes.remaining() != expected) {
            throw new ShapeMismatchException(
                    "A tensor's bytes do not fill its shape.",
                    bytes.remaining() + " bytes",
                    expected + " bytes for " + dtype + shape,
                    "check the shape against the number of values");
        }
        this.dtype = dtype;
        this.shape = shape;
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Wraps the remaining bytes of a buffer, which are not copied. */
    public static HostTensor of(DType dtype, Shape shape, ByteBuffer littleEndian) {
        return new HostTensor(dtype, shape, littleEndian);
    }

    /** A copy of {@code values} as {@code f32}. */
    public static HostTensor of(float[] values, long... shape) {
        ByteBuffer b = allocate(DType.F32, values.length);
        b.asFloatBuffer().put(values);
        return new HostTensor(DType.F32, Shape.of(shape), b);
    }

    /** A copy of {@code values} as {@code i64}. */
    public static HostTensor of(long[] values, long... shape) {
        ByteBuffer b = allocate(DType.I64, values.length);
        b.asLongBuffer().put(values);
        return new HostTensor(DType.I64, Shape.of(shape), b);
    }

    /** A scalar {@code f32[]}. */
    public static HostTensor scalar(float value) {
        return of(new float[] {value});
    }

    /** A scalar {@code i64[]}. */
    public static HostTensor scalar(long value) {
        return of(new long[] {value});
    }

    /** All bits zero: 0, or false. */
    public static HostTensor zeros(DType dtype, Shape shape) {
        return new HostTensor(dtype, shape, allocate(dtype, shape.elements()));
    }

    /** An empty little-endian heap buffer for that many elements. */
    public static ByteBuffer allocate(DType dtype, long elements) {
        long size = Math.multiplyExact(elements, dtype.bytes());
        if (size > Integer.MAX_VALUE - 8) {
            throw new ShapeMismatchException(
                    "A tensor is too large for one buffer.",
                    size + " bytes",
                    "at most " + (Integer.MAX_VALUE - 8) + " bytes",
                    "split the tensor, or use a smaller batch");
        }
        return ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Element type. */
    public DType dtype() {
        return dtype;
    }

    /** Shape, every length known. */
    public Shape shape() {
        return shape;
    }

    /** Element type and shape. */
    public TensorType type() {
        return new TensorType(dtype, shape);
    }

    /** Number of elements. */
    public int elements() {
        return bytes.remaining() / dtype.bytes();
    }

    /** A read-only, little-endian view of the bytes, positioned at the first. */
    public ByteBuffer bytes() {
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A read-only view of the values; the element type must be {@code f32}. */
    public FloatBuffer floats() {
        require(DType.F32);
        return bytes().asFloatBuffer();
    }

    /** A read-only view of the values; the element type must be {@code i64}. */
    public LongBuffer longs() {
        require(DType.I64);
        return bytes().asLongBuffer();
    }

    /** Every value as a single; any element type, rounded where it must be. */
    public float[] toFloats() {
        float[] out = new float[elements()];
        if (dtype == DType.F32) {
            bytes().asFloatBuffer().get(out);
            return out;
        }
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) doubleAt(i);
        }
        return out;
    }

    /** Every value as a double; any element type. */
    public double[] toDoubles() {
        double[] out = new double[elements()];
        for (int i = 0; i < out.length; i++) {
            out[i] = doubleAt(i);
        }
        return out;
    }

    /** Every value as a whole number; integer and boolean element types only. */
    public long[] toLongs() {
        long[] out = new long[elements()];
        for (int i = 0; i < out.length; i++) {
            out[i] = longAt(i);
        }
        return out;
    }

    /** The value at a flat row-major index, whatever the element type. */
    public double doubleAt(int index) {
        return switch (dtype) {
            case F32 -> bytes.getFloat(index * 4);
            case F64 -> bytes.getDouble(index * 8);
            case F16 -> halfToFloat(bytes.getShort(index * 2));
            case BF16 -> Float.intBitsToFloat((bytes.getShort(index * 2) & 0xffff) << 16);
            default -> longAt(index);
        };
    }

    /** The whole number at a flat row-major index; integer and boolean element types only. */
    public long longAt(int index) {
        return switch (dtype) {
            case I64 -> bytes.getLong(index * 8);
            case I32 -> bytes.getInt(index * 4);
            case I16 -> bytes.getShort(index * 2);
            case I8 -> bytes.get(index);
            case U8 -> bytes.get(index) & 0xff;
            case BOOL -> bytes.get(index) == 0 ? 0 : 1;
            default ->
                throw new ShapeMismatchException(
                        "Whole numbers were asked of a tensor that holds real ones.",
                        type(),
                        "an integer element type",
                        "cast the tensor first");
        };
    }

    /** The same values as another element type; narrowing rounds to nearest even, as IEEE 754 does. */
    public HostTensor cast(DType to) {
        if (to == dtype) {
            return this;
        }
        int n = elements();
        ByteBuffer b = allocate(to, n);
        for (int i = 0; i < n; i++) {
            switch (to) {
                case F32 -> b.putFloat(i * 4, (float) doubleAt(i));
                case F64 -> b.putDouble(i * 8, doubleAt(i));
                case I64 -> b.putLong(i * 8, dtype.isFloat() ? (long) doubleAt(i) : longAt(i));
                case I32 -> b.putInt(i * 4, (int) (dtype.isFloat() ? (long) doubleAt(i) : longAt(i)));
                case BOOL -> b.put(i, (byte) (doubleAt(i) == 0 ? 0 : 1));
                default ->
                    throw new ShapeMismatchException(
                            "A tensor cannot be cast to that element type in memory.",
                            type() + " to " + to,
                            "f32, f64, i64, i32 or bool",
                            "cast to f32 and let the engine narrow it");
            }
        }
        return new HostTensor(to, shape, b);
    }

    /** The same values under another shape of as many elements. */
    public HostTensor reshape(long... to) {
        return new HostTensor(dtype, Shape.of(to), bytes);
    }

    /** Whether type, shape and every bit agree. */
    public boolean bitEquals(HostTensor other) {
        return dtype == other.dtype && shape.equals(other.shape) && bytes.equals(other.bytes);
    }

    /** SHA-256 of element type, shape and bytes, as lower-case hexadecimal. */
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(type().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            digest.update(bytes());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Type and, for a few elements, the values. */
    @Override
    public String toString() {
        if (elements() > 8) {
            return type().toString();
        }
        StringBuilder s = new StringBuilder(type().toString()).append(" {");
        for (int i = 0; i < elements(); i++) {
            s.append(i == 0 ? "" : ", ").append(dtype.isFloat() ? String.valueOf(doubleAt(i)) : longAt(i));
        }
        return s.append('}').toString();
    }

    private void require(DType wanted) {
        if (dtype != wanted) {
            throw new ShapeMismatchException(
                    "A tensor has another element type.", type(), wanted, "cast it with cast(DType)");
        }
    }

    private static float halfToFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >>> 10) & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) {
            float subnormal = fraction * 0x1p-24f;
            return sign == 0 ? subnormal : -subnormal;
        }
        int bits = exponent == 31 ? 0x7f800000 | fraction << 13 : (exponent + 112) << 23 | fraction << 13;
        return Float.intBitsToFloat(sign | bits);
    }
}
