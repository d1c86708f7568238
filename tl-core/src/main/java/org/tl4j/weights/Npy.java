// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** NumPy's npy, and npz, a zip of them. */
final class Npy {
    private static final Pattern HEADER = Pattern.compile(
            "\\{\\s*'descr':\\s*'([<>|=])([a-zA-Z]\\d+)',\\s*'fortran_order':\\s*(True|False),\\s*'shape':\\s*\\(([^)]*)\\),?\\s*\\}\\s*");
    private static final Map<String, DType> TYPES = Map.ofEntries(
            Map.entry("f4", DType.F32),
            Map.entry("f8", DType.F64),
            Map.entry("f2", DType.F16),
            Map.entry("i8", DType.I64),
            Map.entry("i4", DType.I32),
            Map.entry("i2", DType.I16),
            Map.entry("i1", DType.I8),
            Map.entry("u1", DType.U8),
            Map.entry("b1", DType.BOOL));

    private Npy() {}

    static boolean looksLike(byte[] b) {
        return b.length > 10 && (b[0] & 0xff) == 0x93 && new String(b, 1, 5, StandardCharsets.US_ASCII).equals("NUMPY");
    }

    static HostTensor read(String source, byte[] bytes) {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int wide = b.get(6) >= 2 ? 4 : 2;
        int length = wide == 4 ? b.getInt(8) : b.getShort(8) & 0xffff;
        int begin = 8 + wide + length;
        if (length < 0 || begin > bytes.length) {
            throw corrupt(
                    source,
                    "a header of " + length + " bytes in a file of " + bytes.length,
                    "a header inside the file");
        }
        String header = new String(bytes, 8 + wide, length, StandardCharsets.ISO_8859_1);
        Matcher m = HEADER.matcher(header);
        if (!m.matches()) {
            throw new UnsupportedFeatureException(
                    "Array '" + source + "' is of a kind that is not read.",
                    header.strip(),
                    "numbers without fields, "
                            + TYPES.keySet().stream().sorted().toList(),
                    "save it in NumPy as one of these");
        }
        DType dtype = TYPES.get(m.group(2));
        if (dtype == null) {
            throw new UnsupportedFeatureException(
                    "Array '" + source + "' has an element type that is not read.",
                    m.group(2),
                    "one of " + TYPES.keySet().stream().sorted().toList(),
                    "convert it in NumPy with astype");
        }
        long[] shape = Arrays.stream(m.group(4).split(","))
                .map(String::strip)
                .filter(p -> !p.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray();
        Shape to = Shape.of(shape);
        long size = to.elements() * dtype.bytes();
        if (bytes.length - begin != size) {
            throw corrupt(source, bytes.length - begin + " bytes of values", size + " bytes for " + dtype + to);
        }
        ByteBuffer values = b.slice(begin, (int) size).order(ByteOrder.LITTLE_ENDIAN);
        if (m.group(1).equals(">")) {
            values = swapped(values, dtype.bytes());
        }
        HostTensor t = HostTensor.of(dtype, to, values);
        return m.group(3).equals("True") && shape.length > 1 ? fromFortran(t) : t;
    }

    static Map<String, HostTensor> readZip(String source, byte[] bytes) {
        Map<String, HostTensor> arrays = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                byte[] array = in.readAllBytes();
                if (!looksLike(array)) {
                    throw corrupt(source, "entry '" + e.getName() + "' that is no npy array", "arrays alone");
                }
                arrays.put(e.getName().replaceFirst("\\.npy$", ""), read(source + "/" + e.getName(), array));
            }
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + source + "' is no whole npz file.",
                    String.valueOf(e.getMessage()),
                    "a zip file that can be read to its end",
                    "download or copy the file again",
                    e);
        }
        return arrays;
    }

    private static ByteBuffer swapped(ByteBuffer big, int unit) {
        ByteBuffer out = ByteBuffer.allocate(big.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < big.remaining(); i += unit) {
            for (int k = 0; k < unit; k++) {
                out.put(i + k, big.get(i + unit - 1 - k));
            }
        }
        return out;
    }

    /** First axis fastest, to last axis fastest. */
    private static HostTensor fromFortran(HostTensor t) {
        long[] shape = t.shape().toArray();
        int unit = t.dtype().bytes();
        ByteBuffer from = t.bytes();
        ByteBuffer out = HostTensor.allocate(t.dtype(), t.elements());
        long[] index = new long[shape.length];
        for (int i = 0; i < t.elements(); i++) {
            long place = 0;
            for (int d = shape.length - 1; d >= 0; d--) {
                place = place * shape[d] + index[d];
            }
            out.put(i * unit, from, (int) place * unit, unit);
            for (int d = shape.length - 1; d >= 0 && ++index[d] == shape[d]; d--) {
                index[d] = 0;
            }
        }
        return HostTensor.of(t.dtype(), t.shape(), out);
    }

    private static CorruptFileException corrupt(String source, String found, String expected) {
        return new CorruptFileException(
                "'" + source + "' is no whole NumPy file.", found, expected, "save or copy the file again");
    }
}
