// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Element types and tensors between ONNX's protocol buffers and ours. */
final class OnnxTypes {
    private static final Map<DType, Integer> NUMBERS = Map.of(
            DType.F32, 1,
            DType.U8, 2,
            DType.I8, 3,
            DType.I16, 5,
            DType.I32, 6,
            DType.I64, 7,
            DType.BOOL, 9,
            DType.F16, 10,
            DType.F64, 11,
            DType.BF16, 16);

    private OnnxTypes() {}

    static int number(DType dtype) {
        Integer n = NUMBERS.get(dtype);
        if (n == null) {
            throw new UnsupportedFeatureException(
                    "ONNX has no such element type.", dtype, NUMBERS.keySet(), "cast it to f32");
        }
        return n;
    }

    static DType dtype(int number, String where) {
        return NUMBERS.entrySet().stream()
                .filter(e -> e.getValue() == number)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "An ONNX tensor has an element type that is not read: " + where + ".",
                        "type number " + number,
                        NUMBERS.keySet().stream().sorted().toList(),
                        "export the model in float32"));
    }

    static TensorProto tensor(String name, HostTensor t) {
        TensorProto.Builder b = TensorProto.newBuilder()
                .setName(name)
                .setDataType(number(t.dtype()))
                .setRawData(ByteString.copyFrom(t.bytes()));
        for (long d : t.shape().toArray()) {
            b.addDims(d);
        }
        return b.build();
    }

    /** What ONNX calls an op: {@code LESS_OR_EQUAL -> LessOrEqual}. */
    static String camel(String name) {
        StringBuilder s = new StringBuilder();
        for (String part : name.split("_", -1)) {
            s.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
        }
        return s.toString();
    }

    /** Halves as singles: the graph computes in {@code f32}, and every half is one exactly. */
    static HostTensor widened(HostTensor t) {
        return t.dtype() == widened(t.dtype()) ? t : t.cast(DType.F32);
    }

    /** See {@link #widened(HostTensor)}. */
    static DType widened(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16 ? DType.F32 : dtype;
    }

    static HostTensor tensor(TensorProto t) {
        String where = "tensor '" + t.getName() + "'";
        if (t.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            throw new UnsupportedFeatureException(
                    "An ONNX file keeps weights in another file: " + where + ".",
                    "external data",
                    "all weights in one file",
                    "save the model with its data inside (under 2 GB)");
        }
        DType dtype = dtype(t.getDataType(), where);
        Shape shape =
                Shape.of(t.getDimsList().stream().mapToLong(Long::longValue).toArray());
        int n = (int) shape.elements();
        if (t.getRawData().size() > 0) {
            if (t.getRawData().size() != n * dtype.bytes()) {
                throw new CorruptFileException(
                        "An ONNX tensor is cut short: " + where + ".",
                        t.getRawData().size() + " bytes",
                        n * dtype.bytes() + " bytes for " + dtype + shape,
                        "export the model again");
            }
            return HostTensor.of(dtype, shape, t.getRawData().asReadOnlyByteBuffer());
        }
        ByteBuffer b = HostTensor.allocate(dtype, n);
        int given = switch (dtype) {
            case F32 -> t.getFloatDataCount();
            case F64 -> t.getDoubleDataCount();
            case I64 -> t.getInt64DataCount();
            default -> t.getInt32DataCount();
        };
        if (given != n) {
            throw new CorruptFileException(
                    "An ONNX tensor is cut short: " + where + ".",
                    given + " values",
                    n + " values for " + dtype + shape,
                    "export the model again");
        }
        for (int i = 0; i < n; i++) {
            switch (dtype) {
                case F32 -> b.putFloat(i * 4, t.getFloatData(i));
                case F64 -> b.putDouble(i * 8, t.getDoubleData(i));
                case I64 -> b.putLong(i * 8, t.getInt64Data(i));
                case I32 -> b.putInt(i * 4, t.getInt32Data(i));
                case I16, F16, BF16 -> b.putShort(i * 2, (short) t.getInt32Data(i));
                default -> b.put(i, (byte) t.getInt32Data(i));
            }
        }
        return HostTensor.of(dtype, shape, b);
    }
}
