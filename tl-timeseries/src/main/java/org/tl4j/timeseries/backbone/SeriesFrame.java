// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * The inputs that every family of series has, and their scaling, which belongs to the network: a saved model takes
 * values as they are measured and gives forecasts in the same unit.
 *
 * <p>Inputs: {@code past f32[N, L, V]}; with known covariates {@code past_known f32[N, L, K]} and {@code future_known
 * f32[N, H, K]}; with covariates that are observed in the past alone {@code past_observed f32[N, L, C]}, of families
 * that read the window step by step ({@link #pastWithCovariates}); with categories {@code category i64[N, S]}; with
 * lengths that differ ({@code context} 0, for classification) L is open and {@code length i64[N]} says how much of it
 * counts.
 *
 * <p>Settings: {@code context} L, {@code horizon} H, {@code variables} V, {@code known} K, {@code categories} how many
 * kinds each category has, {@code mean} and {@code deviation} of each variable over the training data, or empty,
 * {@code observed} C with {@code observed_mean} and {@code observed_deviation} likewise, and {@code normalisation}:
 *
 * <ul>
 *   <li>"revin": each window by its own mean and deviation, which are put back onto the forecast (Kim et al.,
 *       "Reversible Instance Normalization", ICLR 2022), without the affine weights;
 *   <li>"last": each window less its last value (Zeng et al., "Are Transformers Effective for Time Series
 *       Forecasting?", AAAI 2023);
 *   <li>"last-scaled": less its last value, then by the mean of what is left, so that series of all sizes can be
 *       learned from together;
 *   <li>"none".
 * </ul>
 *
 * @param past what the network reads, {@code f32[N, L, V]}
 * @param pastKnown {@code f32[N, L, K]}, or null
 * @param futureKnown {@code f32[N, H, K]}, or null
 * @param length {@code i64[N]}, or null where all are of one length
 * @param outputs what heads need to bring answers back into the unit of the values: {@link #LOCATION}, {@link #SCALE},
 *     {@link #UNIT}, and the inputs that they may use
 */
public record SeriesFrame(
        Value past,
        @Nullable Value pastKnown,
        @Nullable Value futureKnown,
        @Nullable Value length,
        Map<String, Value> outputs) {
    /** The input of the past. */
    public static final String PAST = "past";

    /** The input of what was known in the past. */
    public static final String PAST_KNOWN = "past_known";

    /** The input of what is known in the future. */
    public static final String FUTURE_KNOWN = "future_known";

    /** The input of what is observed in the past alone. */
    public static final String PAST_OBSERVED = "past_observed";

    /** The input of categories. */
    public static final String CATEGORY = "category";

    /** The input of lengths. */
    public static final String LENGTH = "length";

    /** The output that is added to an answer after it was multiplied with {@link #SCALE}: {@code f32[N|1, 1, V]}. */
    public static final String LOCATION = "location";

    /** The output with which an answer is multiplied: {@code f32[N|1, 1, V]}. */
    public static final String SCALE = "scale";

    /** The output in which errors are measured in training: {@code f32[N|1, 1, V]}. */
    public static final String UNIT = "unit";

    private static final double EPSILON = 1e-5;

    /** Declares the inputs and scales the past. */
    static SeriesFrame of(Graph g, Config c) {
        int context = Checks.notNegative("context", c.integer("context", 0));
        int variables = Checks.positive("variables", c.integer("variables", 1));
        int known = Checks.notNegative("known", c.integer("known", 0));
        Dim n = Dim.named("N");
        Dim l = context == 0 ? Dim.named("L") : Dim.of(context);
        Value raw = g.input(PAST, DType.F32, Shape.of(List.of(n, l, Dim.of(variables))));
        Value length = context == 0 ? g.input(LENGTH, DType.I64, Shape.of(List.of(n))) : null;
        Map<String, Value> outputs = new LinkedHashMap<>();
        Value pastKnown = null;
        Value futureKnown = null;
        if (known > 0) {
            int horizon = Checks.positive("horizon", c.integer("horizon", 1));
            pastKnown = g.input(PAST_KNOWN, DType.F32, Shape.of(List.of(n, l, Dim.of(known))));
            futureKnown = g.input(FUTURE_KNOWN, DType.F32, Shape.of(List.of(n, Dim.of(horizon), Dim.of(known))));
            outputs.put(FUTURE_KNOWN, futureKnown);
        }
        List<Double> kinds = c.numbers("categories");
        if (!kinds.isEmpty()) {
            outputs.put(CATEGORY, g.input(CATEGORY, DType.I64, Shape.of(List.of(n, Dim.of(kinds.size())))));
        }
        return scaled(g, c, raw, variables, outputs, pastKnown, futureKnown, length);
    }

    private static SeriesFrame scaled(
            Graph g,
            Config c,
            Value raw,
            int variables,
            Map<String, Value> outputs,
            @Nullable Value pastKnown,
            @Nullable Value futureKnown,
            @Nullable Value length) {
        List<Double> means = c.numbers("mean");
        List<Double> deviations = c.numbers("deviation");
        boolean isGlobal = !means.isEmpty();
        requireEach(means, deviations, variables);
        Value location = row(g, "mean", means, variables, 0);
        Value scale = row(g, "deviation", deviations, variables, 1);
        Value x = isGlobal ? g.div(g.sub(raw, location), scale) : raw;
        Value unit = scale;
        String way = c.text("normalisation", "none");
        if (!way.equals("none") && length != null) {
            throw new InvalidArgumentException(
                    "Windows of open length cannot be normalised one by one.",
                    "normalisation = " + way,
                    "none",
                    "scale the series before");
        }
        switch (way) {
            case "none" -> {
                // As the values are, or by the mean and deviation of all.
            }
            case "last" -> {
                Value last = g.slice(x, 1, -1, Long.MAX_VALUE);
                location = g.add(g.mul(last, scale), location);
                x = g.sub(x, last);
            }
            case "revin", "last-scaled" -> {
                boolean isLast = way.equals("last-scaled");
                Value centre = isLast ? g.slice(x, 1, -1, Long.MAX_VALUE) : g.reduce(Op.ReduceKind.MEAN, x, true, 1);
                Value centred = g.sub(x, centre);
                Value size = isLast
                        ? g.add(g.reduce(Op.ReduceKind.MEAN, g.unary(Op.UnaryKind.ABS, centred), true, 1), floor(g, x))
                        : g.unary(
                                Op.UnaryKind.SQRT,
                                g.add(
                                        g.reduce(Op.ReduceKind.MEAN, g.mul(centred, centred), true, 1),
                                        g.scalar(EPSILON)));
                location = g.add(g.mul(centre, scale), location);
                scale = g.mul(size, scale);
                unit = isGlobal ? unit : scale;
                x = g.div(centred, size);
            }
            default ->
                throw new UnknownNameException(
                        "normalisation", way, List.of("none", "last", "last-scaled", "revin"), "choose one of these");
        }
        outputs.put(LOCATION, location);
        outputs.put(SCALE, scale);
        outputs.put(UNIT, unit);
        return new SeriesFrame(x, pastKnown, futureKnown, length, outputs);
    }

    /** What a window that does not move is divided by: a small part of its own size. */
    private static Value floor(Graph g, Value x) {
        Value size = g.reduce(Op.ReduceKind.MEAN, g.unary(Op.UnaryKind.ABS, x), true, 1);
        return g.add(g.mul(size, g.scalar(1e-4)), g.scalar(1e-8));
    }

    private static Value row(Graph g, String name, List<Double> values, int variables, float otherwise) {
        float[] row = new float[variables];
        for (int v = 0; v < variables; v++) {
            row[v] = values.isEmpty() ? otherwise : values.get(v).floatValue();
        }
        return g.constant(name, HostTensor.of(row, 1, 1, variables));
    }

    /** See {@link #LOCATION}. */
    Value location() {
        return Objects.requireNonNull(outputs.get(LOCATION), LOCATION);
    }

    /** See {@link #SCALE}. */
    Value scale() {
        return Objects.requireNonNull(outputs.get(SCALE), SCALE);
    }

    /**
     * The past with what was known and what was observed in it beside it: {@code f32[N, L, V + K + C]}. Declares the
     * input of what was observed, which a family that does not call this cannot read.
     */
    Value pastWithCovariates(Graph g, Config c) {
        List<Value> parts = new ArrayList<>(List.of(past));
        if (pastKnown != null) {
            parts.add(pastKnown);
        }
        int count = Checks.notNegative("observed", c.integer("observed", 0));
        if (count > 0) {
            List<Dim> window = past.shape().dims();
            Value raw =
                    g.input(PAST_OBSERVED, DType.F32, Shape.of(List.of(window.get(0), window.get(1), Dim.of(count))));
            List<Double> means = c.numbers("observed_mean");
            List<Double> deviations = c.numbers("observed_deviation");
            requireEach(means, deviations, count);
            parts.add(
                    means.isEmpty()
                            ? raw
                            : g.div(
                                    g.sub(raw, row(g, "observed_mean", means, count, 0)),
                                    row(g, "observed_deviation", deviations, count, 1)));
        }
        return parts.size() == 1 ? past : g.concat(2, parts.toArray(Value[]::new));
    }

    private static void requireEach(List<Double> means, List<Double> deviations, int count) {
        if (means.size() != deviations.size() || !means.isEmpty() && means.size() != count) {
            throw new InvalidArgumentException(
                    "Mean and deviation are not those of the variables.",
                    means.size() + " and " + deviations.size(),
                    count + " of each",
                    "give one for each variable, or none");
        }
    }
}
