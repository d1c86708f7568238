// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;

/**
 * Classification of tensors as they are: for any ONNX file whose inputs the user makes, such as a spectrogram.
 *
 * <p>Data are a NumPy archive ({@code numpy.savez}): one array for each input of the model under the input's name, and
 * {@value #LABEL} (or {@code y}), integers {@code i64[N]}. The first axis of each array numbers the examples.
 */
public final class TensorClassification implements Head<Map<String, HostTensor>, List<String>, Classification> {
    /** The task's name. */
    public static final String NAME = "tensor-classification";

    /** The array of labels. */
    public static final String LABEL = "label";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Labels for tensors as they are, for any ONNX file: NumPy archives (.npz) with an array for each input";
    }

    @Override
    public Modality modality() {
        return Modality.TENSOR;
    }

    @Override
    public Preprocessor<Map<String, HostTensor>> preprocessor(Config config, @Nullable Path folder) {
        return new AsTheyAre();
    }

    @Override
    public ClassificationHead restore(Config config) {
        return ClassificationHead.restore(NAME, config);
    }

    /**
     * Reads a NumPy archive; {@code label-column} names another array of labels.
     *
     * @throws MissingArtifactException if there is no such file
     * @throws InvalidDataException if it has no labels, no inputs, or arrays of different lengths
     */
    @Override
    public LabelledData<Map<String, HostTensor>, List<String>> read(Path file, Config columns) {
        Map<String, HostTensor> arrays = new TreeMap<>(arrays(file));
        String label = columns.text("label-column", arrays.containsKey(LABEL) ? LABEL : "y");
        HostTensor labels = arrays.remove(label);
        if (labels == null || labels.shape().rank() != 1 || labels.dtype().isFloat() || arrays.isEmpty()) {
            throw new InvalidDataException(
                    "'" + file + "' does not hold labelled tensors.",
                    labels == null ? "arrays " + arrays.keySet() : label + " " + labels.type() + ", " + arrays.keySet(),
                    "'" + label + "' i64[N] and an array for each input of the model",
                    "write it with numpy.savez(file, " + label + "=labels, INPUT=values)");
        }
        int count = labels.elements();
        arrays.forEach((name, t) -> {
            if (t.shape().rank() == 0 || t.shape().size(0) != count) {
                throw new InvalidDataException(
                        "'" + file + "': array '" + name + "' does not number the same examples as the labels.",
                        t.type(),
                        "a first axis of " + count,
                        "write one entry an example");
            }
        });
        List<Example<Map<String, HostTensor>, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, HostTensor> inputs = new LinkedHashMap<>();
            for (Map.Entry<String, HostTensor> array : arrays.entrySet()) {
                inputs.put(array.getKey(), Batch.row(array.getValue(), i));
            }
            examples.add(new Example<>(inputs, List.of(String.valueOf(labels.longAt(i))), file + ", example " + i));
        }
        return new LabelledData<>(Dataset.of(String.valueOf(file.getFileName()), examples), Map.of(), List.of());
    }

    private static Map<String, HostTensor> arrays(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new MissingArtifactException(
                    "There is no file '" + file + "'.", "nothing there", "a NumPy archive (.npz)", "check the path");
        }
        return new LinkedHashMap<>(WeightFile.read(file).tensors());
    }

    @Override
    public ClassificationHead create(Dataset<Map<String, HostTensor>, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
    }

    /** Reads the one example of a NumPy archive, whose arrays have a first axis of 1. */
    @Override
    public Map<String, HostTensor> parse(String input) {
        Map<String, HostTensor> example = new LinkedHashMap<>();
        arrays(Path.of(input)).forEach((name, t) -> {
            if (t.shape().rank() == 0 || t.shape().size(0) != 1) {
                throw new ShapeMismatchException(
                        "'" + input + "': array '" + name + "' does not hold one example.",
                        t.type(),
                        "a first axis of 1",
                        "write each example to a file of its own, with numpy.savez(file, INPUT=value[None])");
            }
            example.put(name, Batch.row(t, 0));
        });
        example.keySet().removeAll(List.of(LABEL, "y"));
        return example;
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render();
    }

    /** Tensors need no preparation; whole numbers of other widths become i64, other fractions f32. */
    private static final class AsTheyAre implements Preprocessor<Map<String, HostTensor>> {
        @Override
        public Map<String, HostTensor> encode(Map<String, HostTensor> example) {
            Map<String, HostTensor> inputs = new LinkedHashMap<>();
            example.forEach((name, t) -> inputs.put(
                    name, t.dtype().isFloat() ? t.cast(DType.F32) : t.dtype() == DType.BOOL ? t : t.cast(DType.I64)));
            return inputs;
        }

        @Override
        public Map<String, Double> padding() {
            return Map.of();
        }

        @Override
        public Config config() {
            return Config.empty();
        }

        @Override
        public void saveFiles(Path folder) {
            // There are none.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
