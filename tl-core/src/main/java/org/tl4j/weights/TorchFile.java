// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * What {@code torch.save} wrote: the zip format of PyTorch 1.6 and later, and the stream of pickles before it. Parsed
 * as data, never executed. Tensors are found in a state dict, in a checkpoint that holds one, and in a pickled module.
 */
final class TorchFile {
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final List<String> STATE_KEYS =
            List.of("state_dict", "model_state_dict", "model_state", "model", "net", "ema", "weights");
    private static final Map<String, DType> TYPES = Map.ofEntries(
            Map.entry("FloatStorage", DType.F32),
            Map.entry("DoubleStorage", DType.F64),
            Map.entry("HalfStorage", DType.F16),
            Map.entry("BFloat16Storage", DType.BF16),
            Map.entry("LongStorage", DType.I64),
            Map.entry("IntStorage", DType.I32),
            Map.entry("ShortStorage", DType.I16),
            Map.entry("CharStorage", DType.I8),
            Map.entry("ByteStorage", DType.U8),
            Map.entry("BoolStorage", DType.BOOL),
            Map.entry("float32", DType.F32),
            Map.entry("float64", DType.F64),
            Map.entry("float16", DType.F16),
            Map.entry("bfloat16", DType.BF16),
            Map.entry("int64", DType.I64),
            Map.entry("int32", DType.I32),
            Map.entry("int16", DType.I16),
            Map.entry("int8", DType.I8),
            Map.entry("uint8", DType.U8),
            Map.entry("bool", DType.BOOL));

    /** A storage by its key; its bytes may follow later in the file. */
    private record Storage(String key, @Nullable DType dtype, long elements) {}

    private final String source;
    private final Map<String, ByteBuffer> storages = new HashMap<>();

    private TorchFile(String source) {
        this.source = source;
    }

    /** Reads either format; {@code part} names a key of the checkpoint, or is empty to find the state dict. */
    static Weights read(String source, byte[] bytes, String part) {
        TorchFile file = new TorchFile(source);
        boolean zip = bytes.length > 4 && bytes[0] == 'P' && bytes[1] == 'K';
        Object root = zip ? file.zip(bytes) : file.legacy(bytes);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        file.collect("", file.choose(root, part), tensors);
        if (tensors.isEmpty()) {
            throw new UnsupportedFeatureException(
                    "'" + source + "' holds no tensors that can be read without running Python.",
                    String.valueOf(root),
                    "a state dict: names and tensors",
                    "save it in Python with torch.save(model.state_dict(), path) or as safetensors");
        }
        return Weights.of(tensors);
    }

    /** Whether the first bytes can be those of a legacy file: a pickle of the magic number. */
    static boolean looksLegacy(byte[] b) {
        return b.length > 4 && (b[0] & 0xff) == 0x80 && (b[2] & 0xff) == 0x8a;
    }

    private Object zip(byte[] bytes) {
        byte[] pickle = null;
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                int slash = e.getName().indexOf('/');
                String name = slash < 0 ? e.getName() : e.getName().substring(slash + 1);
                if (name.equals("data.pkl")) {
                    pickle = in.readAllBytes();
                } else if (name.startsWith("data/")) {
                    storages.put(name.substring(5), ByteBuffer.wrap(in.readAllBytes()));
                } else if (name.equals("byteorder")
                        && !new String(in.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII)
                                .equals("little")) {
                    throw corrupt("big-endian tensors", "little-endian ones");
                }
            }
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + source + "' is no whole PyTorch file.",
                    String.valueOf(e.getMessage()),
                    "a zip file that can be read to its end",
                    "download or copy the file again",
                    e);
        }
        if (pickle == null) {
            throw corrupt("a zip file without data.pkl", "what torch.save writes");
        }
        return new Pickle(source, ByteBuffer.wrap(pickle), this::storage).load();
    }

    private Object legacy(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Object magic = new Pickle(source, in, this::storage).load();
        if (!LEGACY_MAGIC.equals(magic)) {
            throw corrupt("the magic number " + magic, LEGACY_MAGIC.toString());
        }
        new Pickle(source, in, this::storage).load();
        new Pickle(source, in, this::storage).load();
        Map<String, DType> types = new HashMap<>();
        Object root = new Pickle(source, in, id -> {
                    Storage s = storage(id);
                    if (s.dtype() != null) {
                        types.put(s.key(), s.dtype());
                    }
                    return s;
                })
                .load();
        Object keys = new Pickle(source, in, this::storage).load();
        if (!(keys instanceof List<?> order)) {
            throw corrupt("no list of storages after the object", "the keys of the storages");
        }
        for (Object key : order) {
            DType dtype = types.getOrDefault(String.valueOf(key), DType.U8);
            if (in.remaining() < 8) {
                throw corrupt("a file that ends before storage " + key, "the bytes of " + order.size() + " storages");
            }
            long size = Math.multiplyExact(in.getLong(), dtype.bytes());
            if (size < 0 || size > in.remaining()) {
                throw corrupt("a file that ends inside storage " + key, size + " bytes");
            }
            storages.put(String.valueOf(key), in.slice(in.position(), (int) size));
            in.position(in.position() + (int) size);
        }
        return root;
    }

    private Storage storage(Object id) {
        if (id instanceof List<?> t
                && t.size() >= 5
                && "storage".equals(t.get(0))
                && t.get(4) instanceof Long elements) {
            DType dtype = t.get(1) instanceof Pickle.Global g ? TYPES.get(g.name()) : null;
            return new Storage(String.valueOf(t.get(2)), dtype, elements);
        }
        throw corrupt("a persistent id " + id, "('storage', type, key, place, length)");
    }

    /** The part that was asked for, else what looks like the state dict of a checkpoint, else the whole. */
    private Object choose(Object root, String part) {
        if (!(root instanceof Map<?, ?> map)) {
            return root;
        }
        if (!part.isEmpty()) {
            Object chosen = map.get(part);
            if (chosen == null) {
                throw new org.tl4j.error.UnknownNameException(
                        "part of '" + source + "'",
                        part,
                        map.keySet().stream().map(String::valueOf).toList(),
                        "name one of its keys");
            }
            return chosen;
        }
        boolean flat = map.values().stream().anyMatch(v -> tensor(v) != null);
        if (flat) {
            return root;
        }
        for (String key : STATE_KEYS) {
            Object v = map.get(key);
            if (v instanceof Map<?, ?> || v instanceof Pickle.Call) {
                return v;
            }
        }
        return root;
    }

    /** Tensors below a value: entries of dictionaries, and parameters, buffers and parts of a pickled module. */
    private void collect(String prefix, Object value, Map<String, HostTensor> into) {
        HostTensor t = tensor(value);
        if (t != null) {
            into.put(prefix, t);
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((k, v) -> collect(prefix.isEmpty() ? String.valueOf(k) : prefix + "." + k, v, into));
        } else if (value instanceof Pickle.Call c) {
            for (Object state : c.state()) {
                if (state instanceof Map<?, ?> fields) {
                    for (String key : List.of("_parameters", "_buffers", "_modules")) {
                        Object inner = fields.get(key);
                        if (inner instanceof Map<?, ?>) {
                            collect(prefix, inner, into);
                        }
                    }
                }
            }
        }
    }

    /** The tensor that a value is, or null. */
    private @Nullable HostTensor tensor(@Nullable Object value) {
        if (!(value instanceof Pickle.Call c)
                || !(c.function() instanceof Pickle.Global g)
                || !g.module().startsWith("torch")) {
            return null;
        }
        List<Object> a = c.arguments();
        return switch (g.name()) {
            case "_rebuild_parameter", "_rebuild_parameter_with_state" -> tensor(a.get(0));
            case "_rebuild_tensor", "_rebuild_tensor_v2" -> rebuilt(a, null);
            case "_rebuild_tensor_v3" -> rebuilt(a, a.get(6) instanceof Pickle.Global t ? TYPES.get(t.name()) : null);
            default -> null;
        };
    }

    private HostTensor rebuilt(List<Object> a, @Nullable DType given) {
        if (a.size() < 4 || !(a.get(0) instanceof Storage s) || !(a.get(1) instanceof Long offset)) {
            throw corrupt("a tensor made of " + a, "(storage, offset, shape, strides)");
        }
        DType dtype = given != null ? given : s.dtype();
        if (dtype == null) {
            throw corrupt("a tensor of an unknown element type", "one of " + TYPES.keySet());
        }
        ByteBuffer bytes = storages.get(s.key());
        if (bytes == null) {
            throw corrupt("no bytes for storage " + s.key(), "data/" + s.key());
        }
        long[] shape = longs(a.get(2));
        long[] strides = longs(a.get(3));
        Shape to = Shape.of(shape);
        int unit = dtype.bytes();
        long elements = to.elements();
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            last += Math.max(0, shape[i] - 1) * strides[i];
        }
        if (offset < 0 || elements > 0 && (last + 1) * unit > bytes.capacity()) {
            throw corrupt(
                    "storage " + s.key() + " of " + bytes.capacity() + " bytes",
                    (last + 1) * unit + " bytes for " + dtype + to);
        }
        if (isContiguous(shape, strides)) {
            return HostTensor.of(dtype, to, bytes.slice((int) (offset * unit), (int) (elements * unit)));
        }
        ByteBuffer out = HostTensor.allocate(dtype, elements);
        long[] index = new long[shape.length];
        for (int i = 0; i < elements; i++) {
            long from = offset;
            for (int d = 0; d < shape.length; d++) {
                from += index[d] * strides[d];
            }
            out.put(i * unit, bytes, (int) from * unit, unit);
            for (int d = shape.length - 1; d >= 0 && ++index[d] == shape[d]; d--) {
                index[d] = 0;
            }
        }
        return HostTensor.of(dtype, to, out);
    }

    private static boolean isContiguous(long[] shape, long[] strides) {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1 && strides[i] != expected) {
                return false;
            }
            expected *= shape[i];
        }
        return true;
    }

    private long[] longs(Object value) {
        if (!(value instanceof List<?> list)) {
            throw corrupt("a tensor with shape or strides " + value, "a tuple of numbers");
        }
        List<Long> out = new ArrayList<>();
        for (Object o : list) {
            if (!(o instanceof Long n) || n < 0) {
                throw corrupt("a tensor with a length or stride of " + o, "a number of at least 0");
            }
            out.add(n);
        }
        return out.stream().mapToLong(Long::longValue).toArray();
    }

    private CorruptFileException corrupt(String found, String expected) {
        return new CorruptFileException(
                "'" + source + "' is no whole PyTorch file.", found, expected, "download or copy the file again");
    }
}
