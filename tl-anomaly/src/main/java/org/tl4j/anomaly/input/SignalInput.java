// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.input;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * A point of a series as the window that ends with it: {@code x f32[F]}, of the last {@code context} points the values,
 * the oldest first, then each one's difference from the one before, then the time of day of the newest as a place on a
 * circle (sine, cosine). Before the beginning of a series its first value is repeated. Gaps of time are not looked at.
 *
 * @param context points of a window
 * @param differences whether differences belong to it
 * @param timeOfDay whether the time of day does, for which the series needs times
 */
public record SignalInput(int context, boolean differences, boolean timeOfDay) implements Preprocessor<SignalPoint> {
    /** The name of the input. */
    public static final String INPUT = "x";

    private static final double DAY = 24 * 60 * 60;

    /** Checks the range. */
    public SignalInput {
        Checks.positive("context", context);
    }

    /**
     * From settings {@code context} (24), {@code differences} (true) and {@code time-of-day} (false), by which
     * {@link #config} names them, too.
     */
    public static SignalInput of(Config settings) {
        return new SignalInput(
                settings.integer("context", 24),
                settings.flag("differences", true),
                settings.flag("time-of-day", false));
    }

    /** A name for each number of {@code x}. */
    public List<String> features() {
        List<String> names = new ArrayList<>();
        for (int i = context - 1; i >= 0; i--) {
            names.add(i == 0 ? "value" : "value " + i + " before");
        }
        for (int i = context - 1; differences && i >= 0; i--) {
            names.add(i == 0 ? "difference" : "difference " + i + " before");
        }
        if (timeOfDay) {
            names.addAll(List.of("time of day (sine)", "time of day (cosine)"));
        }
        return names;
    }

    @Override
    public Map<String, HostTensor> encode(SignalPoint point) {
        float[] x = new float[context * (differences ? 2 : 1) + (timeOfDay ? 2 : 0)];
        for (int i = 0; i < context; i++) {
            int steps = context - 1 - i;
            x[i] = (float) point.before(steps);
            if (differences) {
                x[context + i] = (float) (point.before(steps) - point.before(steps + 1));
            }
        }
        if (timeOfDay) {
            LocalDateTime time = Optional.ofNullable(point.time())
                    .orElseThrow(() -> new InvalidDataException(
                            "The time of day was learned from, and a series has no times.",
                            point.signal().name(),
                            "a column of times",
                            "name it with --set time-column=NAME, or fit a model without time-of-day"));
            double angle = 2 * Math.PI * time.toLocalTime().toSecondOfDay() / DAY;
            x[x.length - 2] = (float) Math.sin(angle);
            x[x.length - 1] = (float) Math.cos(angle);
        }
        for (float v : x) {
            if (!Float.isFinite(v)) {
                throw new InvalidDataException(
                        "A value of series '" + point.signal().name() + "' is too large for a single.",
                        point.value(),
                        "numbers below 3.4e38",
                        "give the series in another unit");
            }
        }
        return Map.of(INPUT, HostTensor.of(x, x.length));
    }

    /** Points are answered in their order, which alarms of a series are judged by. */
    @Override
    public boolean isCheapToKeep() {
        return false;
    }

    /** Windows are small. */
    @Override
    public int batch(int usual) {
        return 8 * usual;
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        return Config.empty()
                .with("context", context)
                .with("differences", differences)
                .with("time-of-day", timeOfDay);
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
