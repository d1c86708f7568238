// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** NumPy's npy, and npz, a zip of them. Arrays of Python objects are pickles and are refused. */
final class Npy {
    private static final String FORMAT = "NumPy file";
    private static final String MAGIC = "\u0093NUMPY";
    private static final String SUFFIX = ".npy";
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([<>|=]?)([a-zA-Z]\\d*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\dL,\\s]*)\\)");
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

    static boolean looksLike(FileBytes bytes) {
        return bytes.has(0, MAGIC);
    }

    /** Whether a zip file is an npz. */
    static boolean looksLike(ZipArchive zip) {
        return !zip.entries().isEmpty()
                && zip.entries().stream().allMatch(e -> e.name().endsWith(SUFFIX));
    }

    /** The name of an array, from that of its file. */
    static String name(String file) {
        return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
    }

    /** The arrays of an npz under their names. */
    static Map<String, HostTensor> read(String source, ZipArchive zip) {
        Map<String, HostTensor> arrays = new LinkedHashMap<>();
        for (ZipArchive.Entry e : zip.entries()) {
            ByteBuffer contents = zip.read(e);
            byte[] array = new byte[contents.remaining()];
            contents.get(array);
            arrays.put(name(e.name()), read(FileBytes.of(source + "/" + e.name(), array)));
        }
        return arrays;
    }

    /** The array of an npy. */
    static HostTensor read(FileBytes bytes) {
        if (!looksLike(bytes) || bytes.size() < 12) {
            throw corrupt(bytes, bytes.shown(), "NumPy's magic number");
        }
        int version = bytes.slice(6, 1).get() & 0xff;
        long prefix = version == 1 ? 10 : 12;
        long length = version == 1
                ? bytes.slice(8, 2).getShort() & 0xffff
                : bytes.slice(8, 4).getInt() & 0xffffffffL;
        if (version < 1 || version > 3 || length > bytes.size() - prefix) {
            throw corrupt(
                    bytes,
                    "a header of version " + version + " and " + length + " bytes in a file of " + bytes.size(),
                    "a header of version 1 to 3 inside the file");
        }
        String header = new String(bytes.copy(prefix, length), StandardCharsets.UTF_8);
        Matcher type = TYPE.matcher(header);
        Matcher order = ORDER.matcher(header);
        Matcher shape = SHAPE.matcher(header);
        boolean isSimple = type.find();
        if (!order.find() || !shape.find() || !isSimple && !header.contains("'descr'")) {
            throw corrupt(bytes, "the header " + header.strip(), "descr, fortran_order and shape");
        }
        DType dtype = isSimple ? TYPES.get(type.group(2)) : null;
        if (dtype == null) {
            throw new UnsupportedFeatureException(
                    "Array '" + bytes.source() + "' has an element type that is not read.",
                    isSimple ? type.group(2) : header.strip(),
                    "one of " + TYPES.keySet().stream().sorted().toList(),
                    "convert it in NumPy with astype");
        }
        ByteBuffer values = bytes.slice(prefix + length, bytes.size() - prefix - length);
        long[] lengths = lengths(bytes, shape.group(1));
        checkSize(bytes, dtype, lengths, values.remaining());
        if (type.group(1).equals(">")) {
            values = swapped(values, dtype.bytes());
        }
        return order.group(1).equals("True")
                ? Strided.copy(dtype, lengths, Strided.columnMajor(lengths), 0, values)
                : HostTensor.of(dtype, Shape.of(lengths), values);
    }

    private static long[] lengths(FileBytes bytes, String shape) {
        try {
            return Arrays.stream(shape.split(","))
                    .map(axis -> axis.strip().replace("L", ""))
                    .filter(axis -> !axis.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
        } catch (NumberFormatException e) {
            throw bytes.corrupt(FORMAT, "the shape (" + shape + ")", "whole numbers", e);
        }
    }

    private static void checkSize(FileBytes bytes, DType dtype, long[] lengths, long found) {
        try {
            Shape shape = Shape.of(lengths);
            long size = Math.multiplyExact(shape.elements(), dtype.bytes());
            if (found != size) {
                throw corrupt(bytes, found + " bytes of values", size + " bytes for " + dtype + shape);
            }
        } catch (ArithmeticException e) {
            throw bytes.corrupt(FORMAT, "the shape " + Arrays.toString(lengths), found + " bytes of values", e);
        }
    }

    private static ByteBuffer swapped(ByteBuffer big, int unit) {
        ByteBuffer from = big.duplicate().order(ByteOrder.BIG_ENDIAN);
        ByteBuffer to = ByteBuffer.allocate(big.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        while (from.hasRemaining()) {
            switch (unit) {
                case 1 -> to.put(from.get());
                case 2 -> to.putShort(from.getShort());
                case 4 -> to.putInt(from.getInt());
                default -> to.putLong(from.getLong());
            }
        }
        return to.flip();
    }

    private static CorruptFileException corrupt(FileBytes bytes, String found, String expected) {
        return bytes.corrupt(FORMAT, found, expected);
    }
}
