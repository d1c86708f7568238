// SPDX-License-Identifier: Apache-2.0
package org.tl4j.serving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.onnx.OnnxWriter;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.AtomicFolder;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * A model as a folder that needs nothing else: {@code model.onnx}, the files of its preprocessing, {@code model.json}
 * with head, preprocessing, metrics and provenance, and {@code check.safetensors} with a recorded input and its answer.
 *
 * @param folder where it lies
 * @param about the contents of {@code model.json}
 */
public record SavedModel(Path folder, Config about) {
    private static final String FORMAT = "tl4j-model/1";
    private static final String ONNX = "model.onnx";
    private static final String ABOUT = "model.json";
    private static final String CHECK = "check.safetensors";
    private static final String INPUT = "input:";
    private static final String OUTPUT = "output:";

    /**
     * Writes a folder, complete or not at all; one that is there is replaced only once the new one is complete.
     *
     * @param about task, head, metrics and provenance
     * @param checkInputs a batch of inputs
     * @param checkOutputs what the model answers to it
     */
    public static SavedModel write(
            Path folder,
            Graph graph,
            Weights weights,
            Preprocessor<?> preprocessor,
            Config about,
            Map<String, HostTensor> checkInputs,
            Map<String, HostTensor> checkOutputs) {
        AtomicFolder.replace(folder, fresh -> {
            OnnxWriter.write(graph, weights, Map.of("producer", "TL4J"), fresh.resolve(ONNX));
            preprocessor.saveFiles(fresh);
            Map<String, HostTensor> check = new LinkedHashMap<>();
            checkInputs.forEach((name, t) -> check.put(INPUT + name, t));
            checkOutputs.forEach((name, t) -> check.put(OUTPUT + name, t));
            WeightFile.writeSafetensors(Weights.of(check), Map.of(), fresh.resolve(CHECK));
            Map<String, String> files = new LinkedHashMap<>();
            try (var list = Files.list(fresh)) {
                for (Path file : list.sorted().toList()) {
                    files.put(String.valueOf(file.getFileName()), Hub.sha256(file));
                }
            }
            Config complete = Config.empty()
                    .with("format", FORMAT)
                    .with(about)
                    .with("input", preprocessor.config())
                    .with("files", files);
            Files.writeString(fresh.resolve(ABOUT), complete + "\n", StandardCharsets.UTF_8);
        });
        return read(folder);
    }

    /** Reads a folder and checks that its files are those that were written. */
    public static SavedModel read(Path folder) {
        SavedModel model = open(folder);
        model.checkFiles();
        return model;
    }

    /**
     * Reads what a folder says about its model, {@code model.json} alone. Whoever uses its other files reads the folder
     * with {@link #read} or has a {@link Predictor} load it, which go through every byte.
     */
    public static SavedModel open(Path folder) {
        Path about = folder.resolve(ABOUT);
        if (!Files.exists(folder)) {
            AtomicFolder.restore(folder);
        }
        if (!Files.isRegularFile(about)) {
            throw new MissingArtifactException(
                    "'" + folder + "' holds no saved model.",
                    Files.isDirectory(folder) ? "no " + ABOUT : "no such folder",
                    "a folder that `tl finetune --out` or save() wrote",
                    "check the path");
        }
        try {
            Config config = Config.parse(about.toString(), Files.readString(about, StandardCharsets.UTF_8));
            if (!config.text("format", "").equals(FORMAT)) {
                throw new CorruptFileException(
                        "Saved model '" + folder + "' is of another format.",
                        config.text("format", "none"),
                        FORMAT,
                        "load it with the version that wrote it");
            }
            return new SavedModel(folder, config);
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static CorruptFileException unreadable(Path folder, IOException e) {
        return new CorruptFileException(
                "'" + folder + "' cannot be read.",
                String.valueOf(e.getMessage()),
                "a readable folder",
                "check the disk and the permissions",
                e);
    }

    /** Refuses files that are not those that were written. */
    void checkFiles() {
        try {
            for (Map.Entry<String, String> file : about.textMap("files").entrySet()) {
                Path path = folder.resolve(file.getKey());
                if (!Files.isRegularFile(path)) {
                    throw new MissingArtifactException(
                            "Saved model '" + folder + "' is incomplete.",
                            "no " + file.getKey(),
                            "every file that was saved",
                            "copy the whole folder again");
                }
                String found = Hub.sha256(path);
                if (!found.equals(file.getValue())) {
                    throw new CorruptFileException(
                            "File '" + path + "' of a saved model was changed or cut short.",
                            "sha256 " + found + " of " + Files.size(path) + " bytes",
                            "sha256 " + file.getValue(),
                            "copy the folder again, or fine-tune anew");
                }
            }
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /** The ONNX file. */
    public Path onnx() {
        return folder.resolve(ONNX);
    }

    /** The task, as the command line writes it. */
    public String task() {
        return about.text("task");
    }

    /** The recorded input, a batch. */
    public Map<String, HostTensor> checkInputs() {
        return check(INPUT);
    }

    /** The recorded answer. */
    public Map<String, HostTensor> checkOutputs() {
        return check(OUTPUT);
    }

    private Map<String, HostTensor> check(String prefix) {
        Map<String, HostTensor> part = new LinkedHashMap<>();
        WeightFile.read(folder.resolve(CHECK)).tensors().forEach((name, t) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), t);
            }
        });
        return part;
    }
}
