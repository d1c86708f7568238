// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * What {@code torch.save} and {@code torch.jit.save} wrote: the zip format of PyTorch 1.6 and later, and the stream of
 * pickles before it. Parsed as data, never executed: the few functions that make tensors of storages are known by name,
 * and what any other would have made stays a {@link Pickle.Call}.
 */
final class TorchFile {
    private static final String FORMAT = "PyTorch file";
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;
    /** A tensor may repeat its storage, as {@code expand} does, up to this size. */
    private static final long LARGEST_REPEATED = 64L << 20;

    private static final Set<String> STORAGE_MODULES = Set.of("torch", "torch.cuda", "torch.storage");
    private static final Map<String, DType> STORAGES = Map.of(
            "FloatStorage", DType.F32,
            "DoubleStorage", DType.F64,
            "HalfStorage", DType.F16,
            "BFloat16Storage", DType.BF16,
            "LongStorage", DType.I64,
            "IntStorage", DType.I32,
            "ShortStorage", DType.I16,
            "CharStorage", DType.I8,
            "ByteStorage", DType.U8,
            "BoolStorage", DType.BOOL);
    private static final Map<String, DType> DTYPES = Map.of(
            "float32", DType.F32,
            "float64", DType.F64,
            "float16", DType.F16,
            "bfloat16", DType.BF16,
            "int64", DType.I64,
            "int32", DType.I32,
            "int16", DType.I16,
            "int8", DType.I8,
            "uint8", DType.U8,
            "bool", DType.BOOL);

    /**
     * A storage by its key; its bytes may follow later in the file.
     *
     * @param type its Python type
     * @param offset where a view begins in it, in elements
     */
    private record Storage(
            String key, String type, @Nullable DType dtype, long offset) {}

    /**
     * What a file holds, before its parts are named.
     *
     * @param root the object that was saved
     * @param globals the names that Python would have imported
     */
    record Contents(Object root, Set<String> globals) {}

    private final FileBytes bytes;
    private final Map<String, ByteBuffer> storages = new HashMap<>();

    private TorchFile(FileBytes bytes) {
        this.bytes = bytes;
    }

    /** Whether a zip file is one of PyTorch's. */
    static boolean looksLike(ZipArchive zip) {
        return pickle(zip) != null;
    }

    /** Whether the first bytes can be those of the format before zip: a pickle of the magic number. */
    static boolean looksLegacy(FileBytes bytes) {
        return bytes.has(0, "\u0080") && bytes.has(2, "\u008a\n");
    }

    /** Reads a zip file; {@code part} names a part of the checkpoint, or is empty to find the state dict. */
    static Weights read(FileBytes bytes, ZipArchive zip, String part) {
        TorchFile file = new TorchFile(bytes);
        return file.weights(file.zip(zip), part);
    }

    /** The same for the format before zip. */
    static Weights readLegacy(FileBytes bytes, String part) {
        TorchFile file = new TorchFile(bytes);
        return file.weights(file.legacy(), part);
    }

    private Weights weights(Contents contents, String part) {
        return Weights.of(new Checkpoint(bytes.source(), contents, this::tensor).tensors(part));
    }

    // ------------------------------------------------------------------------------------------------- zip

    private static ZipArchive.@Nullable Entry pickle(ZipArchive zip) {
        return zip.entries().stream()
                .filter(e -> e.name().equals("data.pkl") || e.name().endsWith("/data.pkl"))
                .min(Comparator.comparingInt(e -> e.name().length()))
                .orElse(null);
    }

    private Contents zip(ZipArchive zip) {
        ZipArchive.Entry pickle = pickle(zip);
        if (pickle == null) {
            throw corrupt("a zip file without data.pkl", "what torch.save writes");
        }
        String folder = pickle.name().substring(0, pickle.name().length() - "data.pkl".length());
        ZipArchive.Entry order = zip.find(folder + "byteorder");
        if (order != null) {
            String text = StandardCharsets.US_ASCII.decode(zip.read(order)).toString();
            if (!text.equals("little")) {
                throw new UnsupportedFeatureException(
                        "'" + bytes.source() + "' was written on another kind of machine.",
                        "byte order " + text,
                        "byte order little",
                        "save it again on a little-endian machine, or as safetensors");
            }
        }
        String data = folder + "data/";
        for (ZipArchive.Entry e : zip.entries()) {
            if (e.name().startsWith(data)) {
                storages.put(e.name().substring(data.length()), zip.read(e));
            }
        }
        Pickle p = new Pickle(bytes, zip.read(pickle), this::persistent);
        return new Contents(p.load(), p.globals());
    }

    // ---------------------------------------------------------------------------------------------- legacy

    private Contents legacy() {
        ByteBuffer in = bytes.slice(0, Math.min(bytes.size(), 1 << 30));
        Object magic = load(in);
        if (!LEGACY_MAGIC.equals(magic)) {
            throw corrupt("the magic number " + magic, LEGACY_MAGIC.toString());
        }
        Object protocol = load(in);
        if (!Long.valueOf(LEGACY_PROTOCOL).equals(protocol)) {
            throw corrupt("format version " + protocol, "version " + LEGACY_PROTOCOL);
        }
        load(in); // byte order and sizes of the machine; the storages are little-endian whatever it was
        Map<String, Storage> named = new HashMap<>();
        Pickle pickle = new Pickle(bytes, in, id -> {
            Object value = persistent(id);
            if (value instanceof Storage s) {
                named.putIfAbsent(s.key(), s);
            }
            return value;
        });
        Object root = pickle.load();
        if (!(load(in) instanceof List<?> order)) {
            throw corrupt("no list of storages before byte " + in.position(), "the keys of the storages");
        }
        long at = in.position();
        for (Object key : order) {
            Storage s = named.get(String.valueOf(key));
            if (s == null) {
                throw corrupt("storage " + key + " at byte " + at + ", which no tensor has", "storages of tensors");
            }
            DType dtype = dtype(s, null);
            long elements = bytes.slice(at, 8).getLong();
            if (elements < 0 || elements > (bytes.size() - at - 8) / dtype.bytes()) {
                throw corrupt(
                        "storage " + key + " of " + elements + " elements at byte " + at + " of " + bytes.size(),
                        "storages that lie inside the file");
            }
            storages.put(s.key(), bytes.slice(at + 8, elements * dtype.bytes()));
            at += 8 + elements * dtype.bytes();
        }
        return new Contents(root, pickle.globals());
    }

    private Object load(ByteBuffer in) {
        return new Pickle(bytes, in, this::persistent).load();
    }

    // --------------------------------------------------------------------------------------------- tensors

    /** A storage; in old files also a module together with its source code, of which the module is all that counts. */
    private Object persistent(Object id) {
        if (id instanceof List<?> t && t.size() >= 2 && "module".equals(t.get(0))) {
            return t.get(1);
        }
        if (id instanceof List<?> t
                && t.size() >= 5
                && "storage".equals(t.get(0))
                && t.get(1) instanceof Pickle.Global type) {
            DType dtype = STORAGE_MODULES.contains(type.module()) ? STORAGES.get(type.name()) : null;
            long offset =
                    t.size() > 5 && t.get(5) instanceof List<?> view && view.get(1) instanceof Long begin ? begin : 0;
            return new Storage(String.valueOf(t.get(2)), type.toString(), dtype, offset);
        }
        throw corrupt("a persistent id of an unknown kind", "('storage', type, key, place, length)");
    }

    /** The tensor that a value is, or null. */
    private @Nullable HostTensor tensor(Object value) {
        if (!(value instanceof Pickle.Call c) || !(c.function() instanceof Pickle.Global g)) {
            return null;
        }
        List<Object> a = c.arguments();
        return switch (g.toString()) {
            case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
                a.isEmpty() ? null : tensor(a.get(0));
            case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> rebuilt(a, null);
            case "torch._utils._rebuild_tensor_v3" ->
                rebuilt(a, a.size() > 6 && a.get(6) instanceof Pickle.Global t ? t : null);
            // a subclass of Tensor: (function, class, arguments, state)
            case "torch._tensor._rebuild_from_type_v2" ->
                a.size() > 2 && a.get(2) instanceof List<?> inner
                        ? tensor(new Pickle.Call(a.get(0), List.copyOf(inner)))
                        : null;
            default -> null;
        };
    }

    private HostTensor rebuilt(List<Object> a, Pickle.@Nullable Global type) {
        if (a.size() < 4 || !(a.get(0) instanceof Storage s) || !(a.get(1) instanceof Long begin)) {
            throw corrupt("a tensor without its parts", "(storage, offset, shape, strides)");
        }
        DType dtype = dtype(s, type);
        ByteBuffer stored = storages.get(s.key());
        if (stored == null) {
            throw corrupt("no storage " + s.key(), "the storage that a tensor names");
        }
        long[] shape = longs(a.get(2));
        long[] strides = longs(a.get(3));
        try {
            return view(dtype, shape, strides, Math.addExact(begin, s.offset()), stored, s.key());
        } catch (ArithmeticException e) {
            throw bytes.corrupt(
                    FORMAT, "a tensor of shape " + Shape.of(shape), "at most as many values as its storage", e);
        }
    }

    private HostTensor view(DType dtype, long[] shape, long[] strides, long begin, ByteBuffer stored, String key) {
        Shape to = Shape.of(shape);
        long elements = to.elements();
        if (elements == 0) {
            return HostTensor.zeros(dtype, to);
        }
        if (shape.length != strides.length) {
            throw corrupt("a tensor of shape " + to + " with " + strides.length + " strides", "a stride for each axis");
        }
        long last = begin;
        for (int i = 0; i < shape.length; i++) {
            last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
        long held = stored.remaining() / dtype.bytes();
        if (begin < 0 || last >= held) {
            throw corrupt(
                    "storage " + key + " of " + held + " elements",
                    "elements " + begin + " to " + last + " for " + dtype + to);
        }
        if (Strided.isRowMajor(shape, strides)) {
            int unit = dtype.bytes();
            return HostTensor.of(dtype, to, stored.slice((int) (begin * unit), Math.toIntExact(elements * unit)));
        }
        if (elements > held && elements * dtype.bytes() > LARGEST_REPEATED) {
            throw corrupt(
                    "storage " + key + " of " + held + " elements, repeated to " + dtype + to,
                    "at most as many values as the storage holds");
        }
        return Strided.copy(dtype, shape, strides, begin, stored);
    }

    private DType dtype(Storage s, Pickle.@Nullable Global type) {
        DType dtype = type == null ? s.dtype() : type.module().equals("torch") ? DTYPES.get(type.name()) : null;
        if (dtype == null) {
            throw new UnsupportedFeatureException(
                    "'" + bytes.source() + "' holds tensors of an element type that is not read.",
                    type == null ? s.type() : type,
                    "one of " + DTYPES.keySet().stream().sorted().toList(),
                    "convert them in PyTorch with float() and save them again");
        }
        return dtype;
    }

    private long[] longs(Object value) {
        if (!(value instanceof List<?> list)) {
            throw corrupt("a tensor whose shape or strides are no tuple", "a tuple of numbers");
        }
        return list.stream()
                .mapToLong(o -> {
                    if (o instanceof Long n && n >= 0) {
                        return n;
                    }
                    throw corrupt("a tensor with a length or stride that is no number of at least 0", "such a number");
                })
                .toArray();
    }

    private CorruptFileException corrupt(String found, String expected) {
        return bytes.corrupt(FORMAT, found, expected);
    }
}
