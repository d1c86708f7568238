// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;

/**
 * Weights in files. What a file is follows from its contents, not from its name: safetensors (one file, or several
 * under an index), PyTorch's zip and legacy formats, npy, npz, and a folder of npy files. ONNX files are read by
 * {@code org.tl4j.onnx.OnnxReader}.
 */
public final class WeightFile {
    private static final int HEAD = 16;

    private WeightFile() {}

    /**
     * Reads a file or a folder; of a checkpoint that holds more than weights, the state dict.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws CorruptFileException if it is cut short or damaged
     * @throws UnsupportedFeatureException if it is of none of the formats
     */
    public static Weights read(Path path) {
        return read(path, "");
    }

    /** Reads the part of a checkpoint that stands under a key, such as {@code state_dict}. */
    public static Weights read(Path path, String part) {
        if (!Files.exists(path)) {
            throw new MissingArtifactException(
                    "There are no weights at '" + path + "'.",
                    "nothing there" + beside(path),
                    "a file of weights",
                    "check the path");
        }
        try {
            if (Files.isDirectory(path)) {
                return folder(path);
            }
            if (path.toString().endsWith(".index.json")) {
                return sharded(path);
            }
            byte[] head;
            try (InputStream in = Files.newInputStream(path)) {
                head = in.readNBytes(HEAD);
            }
            if (!isOther(head) && Safetensors.looksLike(ByteBuffer.wrap(head))) {
                return Safetensors.read(path);
            }
            return read(path.toString(), Files.readAllBytes(path), part);
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + path + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a readable file",
                    "check the disk and the permissions",
                    e);
        }
    }

    /** Reads bytes that are in memory; {@code source} names them in errors. */
    public static Weights read(String source, byte[] bytes) {
        return read(source, bytes, "");
    }

    private static Weights read(String source, byte[] bytes, String part) {
        if (Npy.looksLike(bytes)) {
            String name = Optional.ofNullable(Path.of(source).getFileName())
                    .map(Path::toString)
                    .orElse(source);
            return Weights.of(Map.of(name.replaceFirst("\\.npy$", ""), Npy.read(source, bytes)));
        }
        if (bytes.length > 4 && bytes[0] == 'P' && bytes[1] == 'K') {
            return isNpz(bytes) ? Weights.of(Npy.readZip(source, bytes)) : TorchFile.read(source, bytes, part);
        }
        if (TorchFile.looksLegacy(bytes)) {
            return TorchFile.read(source, bytes, part);
        }
        if (Safetensors.looksLike(ByteBuffer.wrap(bytes)) || source.endsWith(".safetensors")) {
            return Safetensors.read(source, ByteBuffer.wrap(bytes));
        }
        StringBuilder head = new StringBuilder();
        for (int i = 0; i < Math.min(8, bytes.length); i++) {
            head.append(String.format(java.util.Locale.ROOT, "%02x ", bytes[i]));
        }
        throw new UnsupportedFeatureException(
                "'" + source + "' is no file of weights that is known.",
                bytes.length == 0
                        ? "an empty file"
                        : bytes.length + " bytes that begin " + head.toString().strip(),
                "safetensors, PyTorch (.pt, .pth, .bin), .npy, .npz",
                "save the weights as safetensors; name an .onnx file as the backbone itself");
    }

    private static boolean isOther(byte[] head) {
        return head.length > 1 && head[0] == 'P' && head[1] == 'K'
                || Npy.looksLike(head)
                || TorchFile.looksLegacy(head);
    }

    /** The name of the first entry, at byte 30, decides. */
    private static boolean isNpz(byte[] zip) {
        int length = zip.length > 30 ? (zip[26] & 0xff) | (zip[27] & 0xff) << 8 : 0;
        return zip.length >= 30 + length && new String(zip, 30, length, StandardCharsets.UTF_8).endsWith(".npy");
    }

    private static Weights folder(Path folder) throws IOException {
        Map<String, HostTensor> arrays = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path f :
                    files.filter(p -> p.toString().endsWith(".npy")).sorted().toList()) {
                String name = String.valueOf(f.getFileName()).replaceFirst("\\.npy$", "");
                byte[] bytes = Files.readAllBytes(f);
                if (!Npy.looksLike(bytes)) {
                    throw new CorruptFileException(
                            "'" + f + "' is no npy array.",
                            bytes.length + " other bytes",
                            "NumPy's npy format",
                            "save or copy the file again");
                }
                arrays.put(name, Npy.read(f.toString(), bytes));
            }
        }
        if (arrays.isEmpty()) {
            throw new MissingArtifactException(
                    "Folder '" + folder + "' holds no weights.",
                    "no .npy file",
                    "one .npy file a tensor",
                    "name a file of weights");
        }
        return Weights.of(arrays);
    }

    private static Weights sharded(Path index) throws IOException {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        try {
            JsonObject json = JsonParser.parseString(Files.readString(index)).getAsJsonObject();
            JsonObject map = json.getAsJsonObject("weight_map");
            TreeSet<String> files = new TreeSet<>();
            map.entrySet().forEach(e -> files.add(e.getValue().getAsString()));
            for (String f : files) {
                all.putAll(read(index.resolveSibling(f)).tensors());
            }
            List<String> absent =
                    map.keySet().stream().filter(n -> !all.containsKey(n)).toList();
            if (!absent.isEmpty()) {
                throw new CorruptFileException(
                        "The parts under '" + index + "' are incomplete.",
                        absent.size() + " tensors absent, such as " + absent.get(0),
                        "every tensor of the index",
                        "download the parts again");
            }
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            throw new CorruptFileException(
                    "'" + index + "' is no index of safetensors files.",
                    String.valueOf(e.getMessage()),
                    "an object with weight_map",
                    "download it again",
                    e);
        }
        return Weights.of(all);
    }

    private static String beside(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        Path name = path.getFileName();
        if (parent == null || name == null || !Files.isDirectory(parent)) {
            return "";
        }
        try (Stream<Path> files = Files.list(parent)) {
            List<String> names = files.map(f -> String.valueOf(f.getFileName())).toList();
            List<String> near = UnknownNameException.nearest(name.toString(), names, 3);
            return near.isEmpty() ? "" : "; that folder holds " + String.join(", ", near);
        } catch (IOException e) {
            return "";
        }
    }

    /** Writes safetensors, whole or not at all; equal weights and metadata give equal bytes. */
    public static void writeSafetensors(Weights weights, Map<String, String> metadata, Path file) {
        Safetensors.write(weights, metadata, file);
    }
}
