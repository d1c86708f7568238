// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.AtomicFile;
import org.tl4j.weights.Weights;

/**
 * Writes TorchScript archives (.pt) that {@code torch.jit.load} opens: a zip of a pickle that names the tensors, the
 * code of one flat module, and the tensors' bytes. Parameters keep their published dotted names.
 */
public final class TorchScript {
    private static final Map<DType, String> STORAGES = Map.of(
            DType.F32, "FloatStorage",
            DType.F64, "DoubleStorage",
            DType.F16, "HalfStorage",
            DType.BF16, "BFloat16Storage",
            DType.I64, "LongStorage",
            DType.I32, "IntStorage",
            DType.I16, "ShortStorage",
            DType.I8, "CharStorage",
            DType.U8, "ByteStorage",
            DType.BOOL, "BoolStorage");

    private TorchScript() {}

    /** Writes a graph without a loss; {@code forward} takes its inputs and gives its outputs, both in order. */
    public static void write(Graph graph, Weights weights, Path file) {
        TorchScriptCode code = TorchScriptCode.of(graph, Set.of());
        Module module = new Module(code.source(), new LinkedHashMap<>(), new LinkedHashMap<>());
        graph.parameters().forEach((name, v) -> {
            boolean buffer = code.buffers().contains(name);
            (buffer ? module.buffers() : module.parameters()).put(name, weights.get(name));
        });
        module.buffers().putAll(code.constants());
        write(module, file);
    }

    /**
     * A module to be written.
     *
     * @param methods the source of its methods
     * @param parameters by name
     * @param buffers by name
     */
    record Module(String methods, Map<String, HostTensor> parameters, Map<String, HostTensor> buffers) {}

    static void write(Module module, Path file) {
        AtomicFile.replace(file, part -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part));
                    ZipOutputStream zip = new ZipOutputStream(out)) {
                put(zip, "data.pkl", ByteBuffer.wrap(pickle(module)));
                put(zip, "code/__torch__.py", ByteBuffer.wrap(source(module).getBytes(StandardCharsets.UTF_8)));
                int key = 0;
                for (HostTensor t : module.parameters().values()) {
                    put(zip, "data/" + key++, t.bytes());
                }
                for (HostTensor t : module.buffers().values()) {
                    put(zip, "data/" + key++, t.bytes());
                }
                put(zip, "constants.pkl", ByteBuffer.wrap(new byte[] {(byte) 0x80, 2, ')', '.'}));
                // Below 10 libtorch reads operators by older schemas, without gelu's approximation.
                put(zip, "version", ByteBuffer.wrap("10\n".getBytes(StandardCharsets.US_ASCII)));
                put(zip, "byteorder", ByteBuffer.wrap("little".getBytes(StandardCharsets.US_ASCII)));
            }
        });
    }

    private static void put(ZipOutputStream zip, String name, ByteBuffer bytes) throws IOException {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        CRC32 crc = new CRC32();
        crc.update(copy);
        ZipEntry entry = new ZipEntry("archive/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(copy.length);
        entry.setCrc(crc.getValue());
        // A fixed time, so that equal models give equal bytes.
        entry.setTime(315532800000L);
        zip.putNextEntry(entry);
        zip.write(copy);
        zip.closeEntry();
    }

    private static String source(Module module) {
        StringBuilder s = new StringBuilder("class M(Module):\n  __parameters__ = [");
        module.parameters().keySet().forEach(n -> s.append('"').append(n).append("\", "));
        s.append("]\n  __buffers__ = [");
        module.buffers().keySet().forEach(n -> s.append('"').append(n).append("\", "));
        s.append("]\n");
        for (var names : List.of(module.parameters().keySet(), module.buffers().keySet())) {
            names.forEach(n -> s.append("  __annotations__[\"").append(n).append("\"] = Tensor\n"));
        }
        return s.append("  training : bool\n").append(module.methods()).toString();
    }

    private static byte[] pickle(Module module) {
        Pickler p = new Pickler();
        p.bytes(0x80, 2);
        p.global("__torch__", "M");
        p.bytes(')', 0x81, '}', '(');
        int key = 0;
        for (Map.Entry<String, HostTensor> e : module.parameters().entrySet()) {
            p.text(e.getKey());
            p.tensor(e.getValue(), key++, true);
        }
        for (Map.Entry<String, HostTensor> e : module.buffers().entrySet()) {
            p.text(e.getKey());
            p.tensor(e.getValue(), key++, false);
        }
        p.text("training");
        p.bytes(0x88, 'u', 'b', '.');
        return p.out.toByteArray();
    }

    /** The few operations of pickle protocol 2 that an archive needs. */
    private static final class Pickler {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void bytes(int... values) {
            for (int v : values) {
                out.write(v);
            }
        }

        void global(String module, String name) {
            out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        }

        void text(String s) {
            byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
            bytes('X', utf8.length, utf8.length >> 8, utf8.length >> 16, utf8.length >> 24);
            out.writeBytes(utf8);
        }

        void number(long n) {
            if (n >= 0 && n < 256) {
                bytes('K', (int) n);
            } else {
                bytes(0x8a, 8);
                for (int i = 0; i < 8; i++) {
                    out.write((int) (n >> 8 * i));
                }
            }
        }

        void tuple(long... values) {
            bytes('(');
            for (long v : values) {
                number(v);
            }
            bytes('t');
        }

        void tensor(HostTensor t, int key, boolean gradient) {
            String storage = STORAGES.get(t.dtype());
            if (storage == null) {
                throw new UnsupportedFeatureException(
                        "TorchScript has no such element type.", t.type(), STORAGES.keySet(), "cast it to f32");
            }
            long[] shape = t.shape().toArray();
            long[] strides = new long[shape.length];
            long stride = 1;
            for (int i = shape.length - 1; i >= 0; i--) {
                strides[i] = stride;
                stride *= shape[i];
            }
            global("torch._utils", "_rebuild_tensor_v2");
            bytes('(', '(');
            text("storage");
            global("torch", storage);
            text(Integer.toString(key));
            text("cpu");
            number(t.elements());
            bytes('t', 'Q');
            number(0);
            tuple(shape);
            tuple(strides);
            bytes(gradient ? 0x88 : 0x89);
            global("collections", "OrderedDict");
            bytes(')', 'R', 't', 'R');
        }
    }
}
