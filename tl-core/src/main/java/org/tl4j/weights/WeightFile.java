// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;

/**
 * Weights in files. What a file is follows from its contents, not from its name: safetensors (one file, or several
 * under an index), PyTorch's zip and legacy formats, npy, npz, HDF5 (whose names and layout are Keras', see
 * {@link Keras}), and a folder of any of them. ONNX files are read by {@code org.tl4j.onnx.OnnxReader}.
 *
 * <pre>{@code
 * Weights published = WeightFile.read(Path.of("model.safetensors"));
 * Weights averaged = WeightFile.read(Path.of("checkpoint.pt"), "ema");
 * WeightFile.writeSafetensors(published, Map.of("format", "pt"), Path.of("copy.safetensors"));
 * }</pre>
 */
public final class WeightFile {
    private static final String INDEX = ".index.json";
    private static final List<String> ENDINGS =
            List.of(".safetensors", ".pt", ".pth", ".bin", ".npz", ".th", ".ckpt", ".h5");

    /**
     * What people name by mistake.
     *
     * @param at where its magic number stands
     * @param format what it is
     * @param fix what to do instead
     */
    private record Other(long at, String magic, String format, String fix) {}

    private static final List<Other> OTHERS = List.of(
            new Other(4, "TFL3", "TensorFlow Lite", "save the arrays with numpy.savez"),
            new Other(0, "GGUF", "GGUF", "take the unquantised safetensors that it was made from"),
            new Other(0, "\u001f\u008b", "gzip", "unpack it first"),
            new Other(0, "\u0008", "ONNX, by its first byte", "name the .onnx file as the backbone itself"),
            new Other(
                    0, "version https://git-lfs", "a pointer of Git LFS", "fetch the file itself with `git lfs pull`"),
            new Other(0, "<", "a web page, by its first byte", "download the file itself, not the page about it"));

    private WeightFile() {}

    /**
     * Reads a file or a folder; of a checkpoint that holds more than weights, the state dict.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws CorruptFileException if it is cut short or damaged
     * @throws UnsupportedFeatureException if it is of none of the formats, or needs Python code to be run
     * @throws InvalidArgumentException if it holds several state dicts
     */
    public static Weights read(Path path) {
        return read(path, "");
    }

    /**
     * Reads the part of a checkpoint that stands under a key, such as {@code state_dict}; in a file that is flat, the
     * tensors whose names begin so, without that beginning.
     *
     * @throws UnknownNameException if there is no such part
     */
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
                return folder(path, part);
            }
            try (FileBytes bytes = FileBytes.open(path)) {
                return isIndex(path, bytes) ? below(part, path.toString(), sharded(path, bytes)) : read(bytes, part);
            }
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(path, e);
        }
    }

    /** Reads bytes that are in memory; {@code source} names them in errors. */
    public static Weights read(String source, byte[] bytes) {
        return read(FileBytes.of(source, bytes), "");
    }

    /** The texts that a safetensors file holds beside its tensors. */
    public static Map<String, String> metadata(Path safetensors) {
        try (FileBytes bytes = FileBytes.open(safetensors)) {
            return Safetensors.metadata(bytes);
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(safetensors, e);
        }
    }

    /**
     * Writes safetensors, whole or not at all; equal weights and metadata give equal bytes.
     *
     * @throws org.tl4j.error.WriteFailedException if the disk does not take it; what stood there before is as it was
     */
    public static void writeSafetensors(Weights weights, Map<String, String> metadata, Path file) {
        Safetensors.write(weights, metadata, file);
    }

    private static Weights read(FileBytes bytes, String part) {
        if (Npy.looksLike(bytes)) {
            String name = Npy.name(bytes.source().replaceFirst("^.*[/\\\\]", ""));
            return below(part, bytes.source(), Weights.of(Map.of(name, Npy.read(bytes))));
        }
        if (ZipArchive.looksLike(bytes)) {
            ZipArchive zip = ZipArchive.open(bytes);
            if (TorchFile.looksLike(zip)) {
                return TorchFile.read(bytes, zip, part);
            }
            if (Npy.looksLike(zip)) {
                return below(part, bytes.source(), Weights.of(Npy.read(bytes.source(), zip)));
            }
            throw unknown(
                    bytes,
                    "a zip file of "
                            + (zip.entries().isEmpty()
                                    ? "nothing"
                                    : zip.entries().stream()
                                            .map(ZipArchive.Entry::name)
                                            .limit(5)
                                            .collect(Collectors.joining(", "))),
                    "unpack it, or save the weights as safetensors");
        }
        if (TorchFile.looksLegacy(bytes)) {
            return TorchFile.readLegacy(bytes, part);
        }
        if (Safetensors.looksLike(bytes)) {
            return below(part, bytes.source(), Safetensors.read(bytes));
        }
        if (Hdf5.looksLike(bytes)) {
            return below(part, bytes.source(), Hdf5.read(bytes));
        }
        for (Other other : OTHERS) {
            if (bytes.has(other.at(), other.magic())) {
                throw unknown(bytes, other.format(), other.fix());
            }
        }
        if (bytes.source().endsWith(".safetensors")) {
            return Safetensors.read(bytes); // says what is wrong with it
        }
        throw unknown(bytes, bytes.shown(), "save the weights as safetensors");
    }

    private static UnsupportedFeatureException unknown(FileBytes bytes, String found, String fix) {
        return new UnsupportedFeatureException(
                "'" + bytes.source() + "' is no file of weights that is known.",
                found,
                "safetensors, PyTorch (.pt, .pth, .bin), .npy, .npz, HDF5 (.h5)",
                fix);
    }

    /** The tensors under a prefix, for formats that are flat. */
    private static Weights below(String part, String source, Weights all) {
        if (part.isEmpty()) {
            return all;
        }
        Map<String, HostTensor> some = new LinkedHashMap<>();
        all.tensors().forEach((name, t) -> {
            if (name.startsWith(part + ".")) {
                some.put(name.substring(part.length() + 1), t);
            }
        });
        if (some.isEmpty()) {
            throw new UnknownNameException(
                    "part of '" + source + "'",
                    part,
                    all.names().stream()
                            .filter(n -> n.indexOf('.') > 0)
                            .map(n -> n.substring(0, n.indexOf('.')))
                            .collect(Collectors.toCollection(TreeSet::new)),
                    "name what the names of the tensors begin with");
        }
        return Weights.of(some);
    }

    // --------------------------------------------------------------------------------------------- folders

    /** One tensor a .npy file, or the one file of weights that it holds, or the index of several. */
    private static Weights folder(Path folder, String part) throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.filter(Files::isRegularFile).sorted().toList();
        }
        List<Path> arrays = files.stream().filter(f -> name(f).endsWith(".npy")).toList();
        List<Path> indices = files.stream().filter(f -> name(f).endsWith(INDEX)).toList();
        List<Path> others = files.stream()
                .filter(f -> ENDINGS.stream().anyMatch(name(f)::endsWith))
                .toList();
        if (!arrays.isEmpty() && indices.isEmpty() && others.isEmpty()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            for (Path f : arrays) {
                try (FileBytes bytes = FileBytes.open(f)) {
                    tensors.put(Npy.name(name(f)), Npy.read(bytes));
                }
            }
            return below(part, folder.toString(), Weights.of(tensors));
        }
        List<Path> candidates = indices.isEmpty() ? others : indices;
        if (candidates.size() == 1 && arrays.isEmpty()) {
            return read(candidates.get(0), part);
        }
        if (arrays.isEmpty() && candidates.isEmpty()) {
            throw new MissingArtifactException(
                    "Folder '" + folder + "' holds no weights.",
                    files.isEmpty() ? "no files" : names(files),
                    "one .npy file a tensor, or one file of weights",
                    "name a file of weights");
        }
        throw new InvalidArgumentException(
                "Folder '" + folder + "' holds several files of weights, and one has to be chosen.",
                names(Stream.concat(arrays.stream(), candidates.stream()).toList()),
                "one .npy file a tensor, or one file of weights",
                "name the file instead of the folder");
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String names(List<Path> files) {
        return Excerpt.of(files.stream().map(WeightFile::name).toList(), 5);
    }

    // ----------------------------------------------------------------------------------------------- index

    private static boolean isIndex(Path path, FileBytes bytes) {
        return !Safetensors.looksLike(bytes) && (name(path).endsWith(INDEX) || bytes.has(0, "{"));
    }

    /** Each tensor from the file that the index names for it. */
    private static Weights sharded(Path index, FileBytes bytes) {
        Map<String, String> places = places(index, bytes);
        Map<String, Weights> parts = new TreeMap<>();
        for (String file : new TreeSet<>(places.values())) {
            parts.put(file, read(index.resolveSibling(file)));
        }
        Map<String, HostTensor> all = new LinkedHashMap<>();
        places.forEach((name, file) -> {
            Weights part = parts.get(file);
            HostTensor t = part == null ? null : part.find(name);
            if (t == null) {
                throw new CorruptFileException(
                        "The parts under '" + index + "' are incomplete.",
                        "no tensor '" + name + "' in " + file,
                        "every tensor of the index",
                        "download the parts again");
            }
            all.put(name, t);
        });
        return Weights.of(all);
    }

    /** The file that the index names for each tensor; a file beside it. */
    private static Map<String, String> places(Path index, FileBytes bytes) {
        Map<String, String> places = new TreeMap<>();
        try {
            JsonObject json = JsonParser.parseString(new String(bytes.copy(0, bytes.size()), StandardCharsets.UTF_8))
                    .getAsJsonObject();
            if (!json.has("weight_map")) {
                throw notAnIndex(index, "an object of " + json.keySet(), null);
            }
            json.getAsJsonObject("weight_map")
                    .entrySet()
                    .forEach(e -> places.put(e.getKey(), e.getValue().getAsString()));
        } catch (JsonParseException | IllegalStateException | ClassCastException | UnsupportedOperationException e) {
            throw notAnIndex(index, String.valueOf(e.getMessage()), e);
        }
        for (String file : places.values()) {
            if (file.isEmpty() || file.matches(".*[/\\\\:].*") || file.startsWith("..")) {
                throw notAnIndex(index, "a part named '" + file + "'", null);
            }
        }
        return places;
    }

    /**
     * The names of the files under an index ({@code model.safetensors.index.json}), which lie beside it.
     *
     * @throws CorruptFileException if it is no index
     */
    public static Set<String> parts(Path index) {
        try (FileBytes bytes = FileBytes.open(index)) {
            return new TreeSet<>(places(index, bytes).values());
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(index, e);
        }
    }

    private static CorruptFileException notAnIndex(Path index, String found, @Nullable Throwable cause) {
        return new CorruptFileException(
                "'" + index + "' is no index of weight files.",
                found,
                "an object with weight_map, from names of tensors to names of files beside it",
                "download it again, or name a file of weights",
                cause);
    }

    // ---------------------------------------------------------------------------------------------- errors

    private static CorruptFileException unreadable(Path path, Exception e) {
        return new CorruptFileException(
                "'" + path + "' cannot be read.",
                Staging.described(e),
                "a readable file",
                "check the disk and the permissions",
                e);
    }

    private static String beside(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            return "; folder '" + parent + "' is not there either";
        }
        try (Stream<Path> files = Files.list(parent)) {
            List<String> near = UnknownNameException.nearest(
                    name(path), files.map(WeightFile::name).toList(), 3);
            return near.isEmpty() ? "" : "; that folder holds " + String.join(", ", near);
        } catch (IOException e) {
            return "; its folder cannot be listed";
        }
    }
}
