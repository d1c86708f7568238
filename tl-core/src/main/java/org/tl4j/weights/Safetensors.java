// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * Hugging Face's safetensors: 8 bytes of header length, a JSON header with element type, shape and place of each
 * tensor, then the bytes. Nothing in a header is believed: places must lie inside the file, be as long as their shape,
 * and not overlap.
 */
final class Safetensors {
    private static final int LENGTH = 8;
    private static final long LARGEST_HEADER = 100_000_000;
    private static final Map<String, DType> TYPES = Map.ofEntries(
            Map.entry("F64", DType.F64),
            Map.entry("F32", DType.F32),
            Map.entry("F16", DType.F16),
            Map.entry("BF16", DType.BF16),
            Map.entry("I64", DType.I64),
            Map.entry("I32", DType.I32),
            Map.entry("I16", DType.I16),
            Map.entry("I8", DType.I8),
            Map.entry("U8", DType.U8),
            Map.entry("BOOL", DType.BOOL));

    private Safetensors() {}

    /** Whether the first bytes can be those of a safetensors file. */
    static boolean looksLike(ByteBuffer head) {
        return head.remaining() > LENGTH && head.get(head.position() + LENGTH) == '{';
    }

    /** Maps a file; tensors are read from the disk as they are used. */
    static Weights read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer head = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(head, 0);
            long header = head.position() < LENGTH ? -1 : head.getLong(0);
            checkHeader(file.toString(), header, size);
            ByteBuffer json = ByteBuffer.allocate((int) header);
            while (json.hasRemaining() && channel.read(json, LENGTH + json.position()) > 0) {
                // reads on until the header is whole
            }
            long begin = LENGTH + header;
            return tensors(file.toString(), json.array(), size - begin, (from, length) -> {
                try {
                    return channel.map(FileChannel.MapMode.READ_ONLY, begin + from, length);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException | UncheckedIOException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a readable file",
                    "check the disk and the permissions",
                    e);
        }
    }

    /** Reads bytes that are in memory. */
    static Weights read(String source, ByteBuffer bytes) {
        ByteBuffer b = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        long header = b.remaining() < LENGTH ? -1 : b.getLong(0);
        checkHeader(source, header, b.remaining());
        byte[] json = new byte[(int) header];
        b.get(LENGTH, json);
        int begin = LENGTH + (int) header;
        return tensors(
                source, json, b.remaining() - begin, (from, length) -> b.slice(begin + (int) from, (int) length));
    }

    private interface Bytes {
        ByteBuffer at(long from, long length);
    }

    private static void checkHeader(String source, long header, long size) {
        if (header < 2 || header > LARGEST_HEADER || header > size - LENGTH) {
            throw corrupt(
                    source,
                    "a header of " + header + " bytes in a file of " + size,
                    "a header that lies inside the file");
        }
    }

    private static Weights tensors(String source, byte[] header, long data, Bytes bytes) {
        JsonObject json;
        try {
            json = JsonParser.parseString(new String(header, StandardCharsets.UTF_8))
                    .getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw corrupt(
                    source, "a header that is no JSON object: " + e.getMessage(), "the JSON header of safetensors");
        }
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        List<long[]> places = new ArrayList<>();
        List<String> names = new ArrayList<>(json.keySet());
        names.remove("__metadata__");
        names.sort(Comparator.comparingLong(n -> offset(source, n, json)));
        for (String name : names) {
            JsonObject entry = object(source, name, json.get(name));
            String type = entry.has("dtype") ? entry.get("dtype").getAsString() : "none";
            DType dtype = TYPES.get(type);
            if (dtype == null) {
                throw corrupt(
                        source,
                        "tensor '" + name + "' of element type " + type,
                        "one of " + TYPES.keySet().stream().sorted().toList());
            }
            long[] shape = longs(source, name, entry.get("shape"));
            long[] place = longs(source, name, entry.get("data_offsets"));
            long elements = 1;
            for (long d : shape) {
                if (d < 0 || d > 0 && elements > Long.MAX_VALUE / 16 / d) {
                    throw corrupt(
                            source,
                            "tensor '" + name + "' with an axis of " + d,
                            "lengths of at least 0 that fit the file");
                }
                elements *= d;
            }
            long length = elements * dtype.bytes();
            if (place.length != 2 || place[0] < 0 || place[1] > data || place[1] - place[0] != length) {
                throw corrupt(
                        source,
                        "tensor '" + name + "' at bytes " + Arrays.toString(place) + " of " + data,
                        length + " bytes inside the file");
            }
            places.add(place);
            if (places.size() > 1 && place[0] < places.get(places.size() - 2)[1]) {
                throw corrupt(source, "tensor '" + name + "' overlaps the one before it", "tensors side by side");
            }
            if (length > Integer.MAX_VALUE - 8) {
                throw corrupt(source, "tensor '" + name + "' of " + length + " bytes", "tensors of less than 2 GiB");
            }
            tensors.put(name, HostTensor.of(dtype, Shape.of(shape), bytes.at(place[0], length)));
        }
        long end = places.isEmpty() ? 0 : places.get(places.size() - 1)[1];
        if (end != data) {
            throw corrupt(source, data + " bytes of tensors", end + " bytes, as the header says");
        }
        return Weights.of(tensors);
    }

    private static long offset(String source, String name, JsonObject json) {
        long[] place = longs(source, name, object(source, name, json.get(name)).get("data_offsets"));
        return place.length == 0 ? 0 : place[0];
    }

    private static JsonObject object(String source, String name, JsonElement e) {
        if (!e.isJsonObject()) {
            throw corrupt(source, "entry '" + name + "' = " + e, "an object with dtype, shape and data_offsets");
        }
        return e.getAsJsonObject();
    }

    private static long[] longs(String source, String name, @Nullable JsonElement e) {
        if (e == null || !e.isJsonArray()) {
            throw corrupt(source, "tensor '" + name + "' without shape or data_offsets", "both as lists of numbers");
        }
        JsonArray a = e.getAsJsonArray();
        long[] out = new long[a.size()];
        try {
            for (int i = 0; i < out.length; i++) {
                out[i] = a.get(i).getAsLong();
            }
        } catch (NumberFormatException | IllegalStateException | UnsupportedOperationException bad) {
            throw corrupt(source, "tensor '" + name + "' with " + e, "a list of whole numbers");
        }
        return out;
    }

    private static CorruptFileException corrupt(String source, String found, String expected) {
        return new CorruptFileException(
                "'" + source + "' is no whole safetensors file.", found, expected, "download or copy the file again");
    }

    /** Writes a file, whole or not at all; equal weights give equal bytes. */
    static void write(Weights weights, Map<String, String> metadata, Path file) {
        JsonObject json = new JsonObject();
        if (!metadata.isEmpty()) {
            JsonObject meta = new JsonObject();
            new TreeMap<>(metadata).forEach(meta::addProperty);
            json.add("__metadata__", meta);
        }
        Map<DType, String> names = new LinkedHashMap<>();
        TYPES.forEach((name, type) -> names.put(type, name));
        long place = 0;
        for (Map.Entry<String, HostTensor> t : weights.tensors().entrySet()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", names.get(t.getValue().dtype()));
            JsonArray shape = new JsonArray();
            for (long d : t.getValue().shape().toArray()) {
                shape.add(d);
            }
            entry.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(place);
            place += t.getValue().bytes().remaining();
            offsets.add(place);
            entry.add("data_offsets", offsets);
            json.add(t.getKey(), entry);
        }
        byte[] text = new Gson().toJson(json).getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        ByteBuffer head = ByteBuffer.allocate(LENGTH + padded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .put(text);
        while (head.hasRemaining()) {
            head.put((byte) ' ');
        }
        head.flip();
        AtomicFolder.file(file, part -> {
            try (FileChannel out = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                writeAll(out, head);
                for (HostTensor t : weights.tensors().values()) {
                    writeAll(out, t.bytes());
                }
            }
        });
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
