// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.input;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.dataset.TimeSeries;

/**
 * Whole series as tensors, to be told apart: {@code past f32[L, V]}. For a network of a fixed length a shorter series
 * goes on with its last value and a longer one is cut; for one of open length ({@code context} 0) there is also
 * {@code length i64[]}, and shorter series of a batch are filled up with zeros that do not count.
 */
public final class SeriesInput implements Preprocessor<TimeSeries> {
    private final int context;
    private final int variables;

    private SeriesInput(int context, int variables) {
        this.context = Checks.notNegative("context", context);
        this.variables = Checks.positive("variables", variables);
    }

    /** The input that {@link #config} describes. */
    public static SeriesInput of(Config config) {
        return new SeriesInput(config.integer("context"), config.integer("variables"));
    }

    /**
     * An input for series of that many variables.
     *
     * @param context steps that are looked at, or 0 for all there are
     */
    public static SeriesInput of(int context, int variables) {
        return new SeriesInput(context, variables);
    }

    @Override
    public Map<String, HostTensor> encode(TimeSeries series) {
        if (series.variables().size() != variables || series.length() == 0) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' is not of the kind that was learned from.",
                    series.variables().size() + " variables, " + series.length() + " steps",
                    variables + " variables, at least 1 step",
                    "give series of the same variables");
        }
        int steps = context == 0 ? series.length() : context;
        float[] values = new float[steps * variables];
        for (int t = 0; t < steps; t++) {
            for (int v = 0; v < variables; v++) {
                float value = series.value(v, Math.min(t, series.length() - 1));
                if (!Float.isFinite(value)) {
                    throw new InvalidDataException(
                            "A value of series '" + series.name() + "' is missing.",
                            value + " for " + series.variables().get(v) + " at " + series.label(t),
                            "a finite number",
                            "fill the gap, or leave the series out");
                }
                values[t * variables + v] = value;
            }
        }
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put(SeriesFrame.PAST, HostTensor.of(values, steps, variables));
        if (context == 0) {
            inputs.put(SeriesFrame.LENGTH, HostTensor.scalar((long) steps));
        }
        return inputs;
    }

    @Override
    public boolean isCheapToKeep() {
        return true;
    }

    @Override
    public List<Map<String, HostTensor>> encodeAll(List<TimeSeries> examples) {
        return examples.parallelStream().map(this::encode).toList();
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        return Config.empty().with("context", context).with("variables", variables);
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
