// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * Weights of GMF and MLP as their authors published them, saved by Keras 1: {@code layer1/layer1_W f32[in, out]}
 * becomes {@code layer1.weight f32[out, in]}, tables stay as they are.
 */
public final class PublishedWeights {
    private static final Pattern NAME = Pattern.compile("(?:.+\\.)?(\\w+)\\.\\1_(W|b)(?::0)?");

    private PublishedWeights() {}

    /**
     * Reads a file.
     *
     * @throws WeightMismatchException if it holds no table of items or no layer {@code prediction}
     */
    public static Weights read(Path file) {
        Weights saved = WeightFile.read(file);
        Map<String, HostTensor> named = new LinkedHashMap<>();
        saved.tensors().forEach((name, t) -> {
            Matcher m = NAME.matcher(name);
            if (m.matches()) {
                boolean isTable = m.group(1).endsWith("embedding");
                boolean isBias = m.group(2).equals("b");
                named.put(m.group(1) + (isBias ? ".bias" : ".weight"), isBias || isTable ? t : transposed(t));
            }
        });
        if (!named.containsKey("item_embedding.weight") || !named.containsKey("prediction.weight")) {
            throw new WeightMismatchException(
                    "'" + file + "' holds no network for recommendation.",
                    saved.names().stream().sorted().limit(10).toList(),
                    "item_embedding/item_embedding_W, prediction/prediction_W ... of Keras 1",
                    "give a file of GMF or MLP as their authors published it");
        }
        return Weights.of(named);
    }

    private static HostTensor transposed(HostTensor t) {
        int rows = (int) t.shape().size(0);
        int columns = (int) t.shape().size(1);
        float[] from = t.toFloats();
        float[] to = new float[from.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                to[c * rows + r] = from[r * columns + c];
            }
        }
        return HostTensor.of(to, columns, rows);
    }
}
