// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.input;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.SeriesReader;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;

/**
 * Windows as tensors: {@code past f32[L, V]}, and where a model was made with them {@code past_known f32[L, K]},
 * {@code future_known f32[H, K]} (covariates by name, then calendar features), {@code past_observed f32[L, C]} and
 * {@code category i64[S]}. Values stay in their own unit; scaling belongs to the network. A past that is shorter than L
 * begins with its first value, repeated.
 *
 * <p>Each window is written when it is asked for: nothing but the series themselves is held.
 */
public final class WindowInput implements Preprocessor<SeriesWindow> {
    private static final List<String> FORM = List.of(
            "time-column",
            "target-column",
            "series-column",
            "layout",
            "frequency",
            "missing",
            "duplicates",
            "time-zone");

    private final int context;
    private final int horizon;
    private final List<String> variables;
    private final List<String> covariates;
    private final List<String> observed;
    private final List<CalendarFeatures> calendar;
    private final List<String> calendarNames;
    private final Map<String, List<String>> kinds;
    private final @Nullable Frequency frequency;
    private final Config reading;

    private WindowInput(Config c) {
        this.context = Checks.positive("context", c.integer("context"));
        this.horizon = Checks.positive("horizon", c.integer("horizon"));
        this.variables = c.texts("variables");
        this.covariates = c.texts("covariates");
        this.observed = c.texts("observed");
        this.calendarNames = c.texts("calendar");
        this.calendar = calendarNames.stream().map(CalendarFeatures::named).toList();
        this.kinds = new LinkedHashMap<>();
        Config named = c.config("kinds");
        named.keys().forEach(k -> kinds.put(k, named.texts(k)));
        this.frequency = c.has("frequency") ? Frequency.parse(c.text("frequency")) : null;
        this.reading = c.config("reading");
    }

    /** The input that {@link #config} describes. */
    public static WindowInput of(Config config) {
        return new WindowInput(config);
    }

    /**
     * An input for windows of these series.
     *
     * @param calendar whether what dates say goes in, too
     * @throws InvalidDataException if the series differ in variables, covariates, categories or frequency
     */
    public static WindowInput of(Collection<TimeSeries> series, int context, int horizon, boolean calendar) {
        TimeSeries first = series.iterator().next();
        Map<String, TreeSet<String>> kinds = new TreeMap<>();
        for (TimeSeries s : series) {
            alike(s, first, "variables", s.variables(), first.variables());
            alike(s, first, "covariates", s.covariates(), first.covariates());
            alike(s, first, "covariates of the past", s.observed(), first.observed());
            alike(
                    s,
                    first,
                    "categories",
                    s.categories().keySet(),
                    first.categories().keySet());
            alike(s, first, "frequency", String.valueOf(s.frequency()), String.valueOf(first.frequency()));
            s.categories()
                    .forEach((name, kind) ->
                            kinds.computeIfAbsent(name, k -> new TreeSet<>()).add(kind));
        }
        Frequency frequency = first.frequency();
        if (calendar && (frequency == null || !first.isDated())) {
            throw new InvalidDataException(
                    "There are no dates to take calendar features from.",
                    "series without a time column",
                    "dated series",
                    "name the column of times (--time-column), or leave --calendar away");
        }
        Config named = Config.empty();
        for (Map.Entry<String, TreeSet<String>> e : kinds.entrySet()) {
            named = named.with(e.getKey(), List.copyOf(e.getValue()));
        }
        Config c = Config.empty()
                .with("context", context)
                .with("horizon", horizon)
                .with("variables", first.variables())
                .with("covariates", first.covariates())
                .with("observed", first.observed())
                .with("calendar", calendar && frequency != null ? CalendarFeatures.of(frequency) : List.of())
                .with("kinds", named);
        return new WindowInput(frequency == null ? c : c.with("frequency", frequency.toString()));
    }

    private static void alike(TimeSeries s, TimeSeries first, String what, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw new InvalidDataException(
                    "Series '" + s.name() + "' differs from series '" + first.name() + "' in " + what + ".",
                    found,
                    expected,
                    "learn from series of one kind together");
        }
    }

    /**
     * The same, which remembers how its file was read: those of the settings of {@link SeriesReader} that say what the
     * file looks like, not which part of it is learned from.
     */
    public WindowInput readWith(Config settings) {
        Config remembered = Config.empty();
        for (String key : FORM) {
            remembered =
                    settings.has(key) ? remembered.with(key, settings.toJson().get(key)) : remembered;
        }
        return new WindowInput(config().with("reading", remembered));
    }

    /** Settings of {@link SeriesReader} that read a file as the one was read that was learned from. */
    public Config reading() {
        Config c = reading.with("context", context).with("horizon", horizon);
        // What it is called where a row is a series, and no column has a name.
        c = variables.equals(List.of("value")) ? c : c.with("target-column", variables);
        c = covariates.isEmpty() ? c : c.with("known-columns", covariates);
        c = observed.isEmpty() ? c : c.with("past-columns", observed);
        return kinds.isEmpty() ? c : c.with("category-columns", List.copyOf(kinds.keySet()));
    }

    /** Steps that are looked at. */
    public int context() {
        return context;
    }

    /** Steps that are forecast at once. */
    public int horizon() {
        return horizon;
    }

    /** Names of what is forecast. */
    public List<String> variables() {
        return variables;
    }

    /** How many numbers are known of each step of the future. */
    public int known() {
        return covariates.size() + calendar.size();
    }

    /** Names of what is observed in the past alone. */
    public List<String> observed() {
        return observed;
    }

    /** How many kinds each category has, one for those that were not learned from included. */
    public List<Integer> categories() {
        return kinds.values().stream().map(k -> k.size() + 1).toList();
    }

    @Override
    public Map<String, HostTensor> encode(SeriesWindow window) {
        TimeSeries series = window.series();
        check(series);
        int begin = window.origin() - context;
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put(SeriesFrame.PAST, past(series, begin));
        if (!observed.isEmpty()) {
            inputs.put(SeriesFrame.PAST_OBSERVED, observed(series, begin));
        }
        if (known() > 0) {
            inputs.put(SeriesFrame.PAST_KNOWN, known(series, begin, context));
            inputs.put(SeriesFrame.FUTURE_KNOWN, known(series, window.origin(), horizon));
        }
        if (!kinds.isEmpty()) {
            long[] places = new long[kinds.size()];
            int i = 0;
            for (Map.Entry<String, List<String>> kind : kinds.entrySet()) {
                // 0 is for kinds that were not learned from.
                places[i++] = 1L + kind.getValue().indexOf(series.categories().get(kind.getKey()));
            }
            inputs.put(SeriesFrame.CATEGORY, HostTensor.of(places, places.length));
        }
        return inputs;
    }

    private void check(TimeSeries series) {
        Frequency own = series.frequency();
        if (series.variables().size() != variables.size()) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' does not have the variables that were learned from.",
                    series.variables(),
                    variables,
                    "give these columns (--target-column), or fine-tune on this file");
        }
        if (frequency != null && own != null && !frequency.equals(own)) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' has another frequency than what was learned from.",
                    own,
                    frequency,
                    "bring it to " + frequency + ", or fine-tune on this file");
        }
        List<String> missing = new ArrayList<>(covariates);
        missing.removeAll(series.covariates());
        if (!missing.isEmpty()) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' lacks covariates that were learned from.",
                    series.covariates(),
                    covariates,
                    "give the columns " + missing + " (--known-columns)");
        }
        List<String> unseen = new ArrayList<>(observed);
        unseen.removeAll(series.observed());
        if (!unseen.isEmpty()) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' lacks covariates of the past that were learned from.",
                    series.observed(),
                    observed,
                    "give the columns " + unseen + " (--past-columns)");
        }
        if (!series.categories().keySet().containsAll(kinds.keySet())) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' lacks categories that were learned from.",
                    series.categories().keySet(),
                    kinds.keySet(),
                    "give their columns (--category-columns)");
        }
        if (!calendar.isEmpty() && !series.isDated()) {
            throw new InvalidDataException(
                    "Series '" + series.name() + "' has no dates, which the model looks at.",
                    "steps without dates",
                    "a column of times",
                    "name it with --time-column");
        }
    }

    private HostTensor past(TimeSeries series, int begin) {
        int width = variables.size();
        float[] values = new float[context * width];
        for (int v = 0; v < width; v++) {
            for (int t = 0; t < context; t++) {
                float value = series.value(v, Math.max(0, begin + t));
                if (!Float.isFinite(value)) {
                    throw new InvalidDataException(
                            "A value that a forecast looks at is missing.",
                            value + " for " + series.variables().get(v) + " of series '" + series.name() + "' at "
                                    + series.label(Math.max(0, begin + t)),
                            "a finite number",
                            "fill the gap (--missing linear or previous), or leave such windows out (--missing leave)");
                }
                values[t * width + v] = value;
            }
        }
        return HostTensor.of(values, context, width);
    }

    /** What was observed before the origin, and nothing from it on. */
    private HostTensor observed(TimeSeries series, int begin) {
        int width = observed.size();
        int origin = begin + context;
        if (origin > series.observedLength()) {
            throw new InvalidDataException(
                    "Covariates of the past of series '" + series.name() + "' end before the origin of the forecast.",
                    "the last are of " + series.label(series.observedLength() - 1L),
                    observed + " up to " + series.label(origin - 1L),
                    "forecast no further than the model's horizon of " + horizon
                            + ": nobody has observed what lies behind it");
        }
        float[] values = new float[context * width];
        for (int c = 0; c < width; c++) {
            int column = series.observed().indexOf(observed.get(c));
            for (int t = 0; t < context; t++) {
                int step = Math.max(0, begin + t);
                float value = series.observed(column, step);
                if (!Float.isFinite(value)) {
                    throw new InvalidDataException(
                            "A covariate of the past is missing.",
                            value + " for " + observed.get(c) + " of series '" + series.name() + "' at "
                                    + series.label(step),
                            "a finite number",
                            "fill the gap (--missing linear or previous), or leave such windows out (--missing leave)");
                }
                values[t * width + c] = value;
            }
        }
        return HostTensor.of(values, context, width);
    }

    private HostTensor known(TimeSeries series, int begin, int steps) {
        int width = known();
        int[] columns = covariates.stream()
                .mapToInt(c -> series.covariates().indexOf(c))
                .toArray();
        if (columns.length > 0 && begin + steps > series.knownLength()) {
            throw new InvalidDataException(
                    "Covariates of series '" + series.name() + "' end before what is to be forecast.",
                    "the last is known for " + series.label(series.knownLength() - 1L),
                    "values up to " + series.label((long) begin + steps - 1),
                    "add rows with the covariates of the future; their target may be empty");
        }
        float[] values = new float[steps * width];
        for (int t = 0; t < steps; t++) {
            int step = Math.max(0, begin + t);
            for (int c = 0; c < columns.length; c++) {
                float value = series.known(columns[c], step);
                if (!Float.isFinite(value)) {
                    throw new InvalidDataException(
                            "A covariate is missing.",
                            value + " for " + covariates.get(c) + " of series '" + series.name() + "' at "
                                    + series.label(step),
                            "a finite number",
                            "fill it in, or leave the column away");
                }
                values[t * width + c] = value;
            }
            LocalDateTime stamp = calendar.isEmpty() ? null : series.stamp((long) begin + t);
            for (int c = 0; stamp != null && c < calendar.size(); c++) {
                values[t * width + columns.length + c] = calendar.get(c).of(stamp);
            }
        }
        return HostTensor.of(values, steps, width);
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public int batch(int usual) {
        return Math.max(usual, Math.min(512, 4_000_000 / (context * variables.size())));
    }

    @Override
    public Config config() {
        Config named = Config.empty();
        for (Map.Entry<String, List<String>> e : kinds.entrySet()) {
            named = named.with(e.getKey(), e.getValue());
        }
        Config c = Config.empty()
                .with("context", context)
                .with("horizon", horizon)
                .with("variables", variables)
                .with("covariates", covariates)
                .with("observed", observed)
                .with("calendar", calendarNames)
                .with("kinds", named);
        c = frequency == null ? c : c.with("frequency", frequency.toString());
        return reading.keys().isEmpty() ? c : c.with("reading", reading);
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
