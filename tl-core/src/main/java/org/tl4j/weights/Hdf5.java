// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * HDF5, as Keras writes it. Names are paths with dots: {@code model_weights.conv1.conv1.kernel:0}; see {@link Keras}
 * for what becomes of them. Datasets that hold no numbers are passed over.
 */
final class Hdf5 {
    private static final String MAGIC = "\u0089HDF\r\n\u001a\n";

    /** A scalar comes in a box. */
    private static final Map<Class<?>, DType> TYPES = Map.of(
            float.class, DType.F32,
            Float.class, DType.F32,
            double.class, DType.F64,
            Double.class, DType.F64,
            int.class, DType.I32,
            Integer.class, DType.I32,
            long.class, DType.I64,
            Long.class, DType.I64);

    private Hdf5() {}

    static boolean looksLike(FileBytes bytes) {
        return bytes.has(0, MAGIC);
    }

    static Weights read(FileBytes bytes) {
        if (bytes.size() > Integer.MAX_VALUE - 8) {
            throw new UnsupportedFeatureException(
                    "'" + bytes.source() + "' is too large for an HDF5 file.",
                    bytes.size() + " bytes",
                    "less than 2 GiB",
                    "save the weights as safetensors");
        }
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (HdfFile file = HdfFile.fromBytes(bytes.copy(0, bytes.size()))) {
            add(file, "", tensors);
        } catch (TlException e) {
            throw e;
        } catch (RuntimeException e) {
            // Of damaged bytes the library says whatever it stumbles over first.
            throw damaged(bytes, String.valueOf(e.getMessage()), e);
        }
        if (tensors.isEmpty()) {
            throw damaged(bytes, "no dataset of numbers", null);
        }
        return Weights.of(tensors);
    }

    private static CorruptFileException damaged(FileBytes bytes, String found, @Nullable Throwable cause) {
        return new CorruptFileException(
                "'" + bytes.source() + "' cannot be read as HDF5.",
                found,
                "an HDF5 file with datasets of numbers",
                "download or save it again",
                cause);
    }

    private static void add(Group group, String prefix, Map<String, HostTensor> tensors) {
        for (Node node : group.getChildren().values()) {
            String name = prefix + node.getName();
            if (node instanceof Group inner) {
                add(inner, name + ".", tensors);
            } else if (node instanceof Dataset data && isNumbers(data)) {
                tensors.put(name, tensor(data));
            }
        }
    }

    private static boolean isNumbers(Dataset data) {
        return !data.isCompound() && !data.isEmpty() && TYPES.containsKey(data.getJavaType());
    }

    private static HostTensor tensor(Dataset data) {
        Shape shape =
                Shape.of(Arrays.stream(data.getDimensions()).asLongStream().toArray());
        DType dtype = Objects.requireNonNull(TYPES.get(data.getJavaType()));
        Object values = data.isScalar() ? data.getData() : data.getDataFlat();
        int count = (int) shape.elements();
        ByteBuffer out = HostTensor.allocate(dtype, count);
        for (int i = 0; i < count; i++) {
            Object one = data.isScalar() ? values : null;
            switch (dtype) {
                case F32 -> out.putFloat(4 * i, one instanceof Float f ? f : Array.getFloat(values, i));
                case F64 -> out.putDouble(8 * i, one instanceof Double d ? d : Array.getDouble(values, i));
                case I32 -> out.putInt(4 * i, one instanceof Integer n ? n : Array.getInt(values, i));
                default -> out.putLong(8 * i, one instanceof Long n ? n : Array.getLong(values, i));
            }
        }
        return HostTensor.of(dtype, shape, out);
    }
}
