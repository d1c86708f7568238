// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * Hugging Face's safetensors: 8 bytes of header length, a JSON header with element type, shape and place of each
 * tensor, then the bytes. Nothing in a header is believed: the tensors must fill the rest of the file exactly, side by
 * side, each as long as its shape says.
 */
final class Safetensors {
    private static final String FORMAT = "safetensors file";
    private static final String METADATA = "__metadata__";
    private static final int LENGTH = 8;
    private static final long LARGEST_HEADER = 100_000_000;
    /** In the order in which files hold them: the wide first, so that every tensor is aligned. */
    private static final List<DType> ORDER = List.of(
            DType.I64,
            DType.F64,
            DType.F32,
            DType.I32,
            DType.BF16,
            DType.F16,
            DType.I16,
            DType.I8,
            DType.U8,
            DType.BOOL);

    private static final Set<String> OTHER_TYPES =
            Set.of("U16", "U32", "U64", "C64", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4");
    private static final int CHUNK = 1 << 20;
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

    /** What the header says of one tensor. */
    private record Entry(String name, DType dtype, Shape shape, long from, long to) {}

    private final FileBytes bytes;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final long begin;

    private Safetensors(FileBytes bytes) {
        this.bytes = bytes;
        long header = bytes.size() < LENGTH ? -1 : bytes.slice(0, LENGTH).getLong();
        if (header < 2 || header > LARGEST_HEADER || header > bytes.size() - LENGTH) {
            throw corrupt(
                    header < 0
                            ? "a file of " + bytes.size() + " bytes"
                            : "a header of " + header + " bytes in a file of " + bytes.size(),
                    "a header that lies inside the file");
        }
        this.begin = LENGTH + header;
        readHeader(text(bytes.slice(LENGTH, header)));
    }

    /** Whether the first bytes can be those of a safetensors file. */
    static boolean looksLike(FileBytes bytes) {
        return bytes.has(LENGTH, "{");
    }

    /** The tensors, in the order of the file. */
    static Weights read(FileBytes bytes) {
        Safetensors file = new Safetensors(bytes);
        file.checkPlaces();
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (Entry e : file.entries) {
            ByteBuffer values = bytes.slice(file.begin + e.from(), e.to() - e.from());
            tensors.put(e.name(), HostTensor.of(e.dtype(), e.shape(), values));
        }
        return Weights.of(tensors);
    }

    /** The texts that stand beside the tensors. */
    static Map<String, String> metadata(FileBytes bytes) {
        return new Safetensors(bytes).metadata;
    }

    // ---------------------------------------------------------------------------------------------- header

    private String text(ByteBuffer utf8) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw bytes.corrupt(FORMAT, "a header that is no UTF-8", "the JSON header of safetensors", e);
        }
    }

    private void readHeader(String text) {
        try (JsonReader json = new JsonReader(new StringReader(text))) {
            json.setStrictness(Strictness.STRICT);
            Map<String, Entry> named = new LinkedHashMap<>();
            json.beginObject();
            while (json.hasNext()) {
                String name = json.nextName();
                if (name.equals(METADATA)) {
                    readMetadata(json);
                } else if (named.put(name, entry(name, json)) != null) {
                    throw corrupt("two tensors '" + name + "'", "a name of its own for each tensor");
                }
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw corrupt("a header that goes on after its object", "one JSON object");
            }
            entries.addAll(named.values());
            entries.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw bytes.corrupt(
                    FORMAT, "a header that is not right: " + e.getMessage(), "the JSON header of safetensors", e);
        }
    }

    private void readMetadata(JsonReader json) throws IOException {
        if (!metadata.isEmpty()) {
            throw corrupt("two entries " + METADATA, "one at most");
        }
        json.beginObject();
        while (json.hasNext()) {
            metadata.put(json.nextName(), json.nextString());
        }
        json.endObject();
    }

    private Entry entry(String name, JsonReader json) throws IOException {
        String type = null;
        long[] shape = null;
        long[] place = null;
        json.beginObject();
        while (json.hasNext()) {
            switch (json.nextName()) {
                case "dtype" -> type = json.nextString();
                case "shape" -> shape = longs(name, json);
                case "data_offsets" -> place = longs(name, json);
                default -> json.skipValue();
            }
        }
        json.endObject();
        if (type == null || shape == null || place == null || place.length != 2) {
            throw corrupt("an entry '" + name + "' without all its parts", "dtype, shape and two data_offsets");
        }
        DType dtype = dtype(name, type);
        long length = place[1] - place[0];
        if (place[0] > place[1] || length != length(dtype, shape)) {
            throw corrupt(
                    "tensor '" + name + "' at bytes " + Arrays.toString(place),
                    "as many bytes as " + dtype + Arrays.toString(shape) + " has");
        }
        return new Entry(name, dtype, Shape.of(shape), place[0], place[1]);
    }

    private DType dtype(String name, String type) {
        for (DType d : ORDER) {
            if (d.name().equals(type)) {
                return d;
            }
        }
        if (OTHER_TYPES.contains(type)) {
            throw new UnsupportedFeatureException(
                    "'" + bytes.source() + "' holds tensors of an element type that is not read.",
                    "tensor '" + name + "' of " + type,
                    "one of " + ORDER.stream().map(DType::name).sorted().toList(),
                    "save it as F32");
        }
        throw corrupt(
                "tensor '" + name + "' of element type '" + type + "'",
                "one of " + ORDER.stream().map(DType::name).sorted().toList());
    }

    /** The bytes of a shape, or -1 where that is more than a number can say. */
    private static long length(DType dtype, long[] shape) {
        long length = dtype.bytes();
        for (long d : shape) {
            if (d != 0 && length > Long.MAX_VALUE / d) {
                return -1;
            }
            length *= d;
        }
        return length;
    }

    private long[] longs(String name, JsonReader json) throws IOException {
        List<Long> numbers = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            boolean isNumber = json.peek() == JsonToken.NUMBER;
            String number = isNumber ? json.nextString() : json.peek().toString();
            if (!number.matches("\\d{1,18}")) {
                throw corrupt("tensor '" + name + "' with a length or an offset of " + number, "a whole number");
            }
            numbers.add(Long.parseLong(number));
        }
        json.endArray();
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    /** Side by side, from the first byte after the header to the last of the file. */
    private void checkPlaces() {
        long end = 0;
        for (Entry e : entries) {
            if (e.from() != end) {
                throw corrupt(
                        "tensor '" + e.name() + "' at byte " + e.from()
                                + (e.from() < end ? ", inside another" : ", after a gap"),
                        "tensors side by side, so this one at byte " + end);
            }
            end = e.to();
        }
        if (end != bytes.size() - begin) {
            throw corrupt(
                    bytes.size() - begin + " bytes after the header, which ends at byte " + begin,
                    end + " bytes, as the header says");
        }
    }

    private CorruptFileException corrupt(String found, String expected) {
        return bytes.corrupt(FORMAT, found, expected);
    }

    // ----------------------------------------------------------------------------------------------- write

    /** Writes a file, whole or not at all; equal weights give equal bytes, those that Hugging Face's library gives. */
    static void write(Weights weights, Map<String, String> metadata, Path file) {
        List<Map.Entry<String, HostTensor>> tensors = ordered(weights);
        ByteBuffer head = header(tensors, metadata);
        AtomicFile.replace(file, part -> {
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                writeAll(out, head);
                for (Map.Entry<String, HostTensor> t : tensors) {
                    writeAll(out, t.getValue().bytes());
                }
            }
        });
    }

    private static List<Map.Entry<String, HostTensor>> ordered(Weights weights) {
        Map<DType, Integer> ranks = new EnumMap<>(DType.class);
        ORDER.forEach(d -> ranks.put(d, ranks.size()));
        List<Map.Entry<String, HostTensor>> tensors =
                new ArrayList<>(weights.tensors().entrySet());
        tensors.sort(Comparator.<Map.Entry<String, HostTensor>>comparingInt(
                        t -> ranks.getOrDefault(t.getValue().dtype(), 0))
                .thenComparing(t -> t.getKey().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
        return tensors;
    }

    private static ByteBuffer header(List<Map.Entry<String, HostTensor>> tensors, Map<String, String> metadata) {
        JsonObject json = new JsonObject();
        if (!metadata.isEmpty()) {
            JsonObject texts = new JsonObject();
            new TreeMap<>(metadata).forEach(texts::addProperty);
            json.add(METADATA, texts);
        }
        long place = 0;
        for (Map.Entry<String, HostTensor> t : tensors) {
            if (t.getKey().equals(METADATA)) {
                throw new InvalidArgumentException(
                        "A tensor has a name that safetensors keeps for itself.",
                        METADATA,
                        "another name",
                        "rename the tensor");
            }
            JsonArray shape = new JsonArray();
            Arrays.stream(t.getValue().shape().toArray()).forEach(shape::add);
            JsonArray offsets = new JsonArray();
            offsets.add(place);
            place += t.getValue().bytes().remaining();
            offsets.add(place);
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", t.getValue().dtype().name());
            entry.add("shape", shape);
            entry.add("data_offsets", offsets);
            json.add(t.getKey(), entry);
        }
        byte[] text = JSON.toJson(json).getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        ByteBuffer head = ByteBuffer.allocate(LENGTH + padded).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(padded).put(text);
        while (head.hasRemaining()) {
            head.put((byte) ' ');
        }
        return head.flip();
    }

    /** In pieces: the JDK copies what lies on the heap into native memory, as much of it as one call gets. */
    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        while (bytes.position() < end) {
            bytes.limit(Math.min(end, bytes.position() + CHUNK));
            out.write(bytes);
        }
    }
}
