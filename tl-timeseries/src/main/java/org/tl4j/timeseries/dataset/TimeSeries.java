// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;

/**
 * One series: a row of values for each variable at regular stamps, what is known of other quantities, also in the
 * future, and what never changes. The arrays are not copied, so that a series of 100 million values is held once;
 * nobody may change them.
 */
public final class TimeSeries implements Fingerprint.Part {
    private final String name;
    private final @Nullable LocalDateTime first;
    private final @Nullable Frequency frequency;
    private final List<String> variables;
    private final float[][] values;
    private final List<String> covariates;
    private final float[][] known;
    private final List<String> observed;
    private final float[][] seen;
    private final Map<String, String> categories;

    /**
     * A series.
     *
     * @param name what people call it
     * @param first the stamp of the first value, or null where the steps have no dates
     * @param frequency of the stamps, or null where the steps have no dates and no unit
     * @param variables names of what is forecast
     * @param values {@code [variable][T]}; NaN for a value that is missing
     * @param covariates names of what is known in the future, too
     * @param known {@code [covariate][at least T]}
     * @param categories what never changes, such as {@code shop -> Berlin}
     */
    public TimeSeries(
            String name,
            @Nullable LocalDateTime first,
            @Nullable Frequency frequency,
            List<String> variables,
            float[][] values,
            List<String> covariates,
            float[][] known,
            Map<String, String> categories) {
        this(name, first, frequency, variables, values, covariates, known, List.of(), new float[0][], categories);
    }

    private TimeSeries(
            String name,
            @Nullable LocalDateTime first,
            @Nullable Frequency frequency,
            List<String> variables,
            float[][] values,
            List<String> covariates,
            float[][] known,
            List<String> observed,
            float[][] seen,
            Map<String, String> categories) {
        this.name = name;
        this.first = first;
        this.frequency = frequency;
        this.variables = List.copyOf(variables);
        this.values = values.clone();
        this.covariates = List.copyOf(covariates);
        this.known = known.clone();
        this.observed = List.copyOf(observed);
        this.seen = seen.clone();
        this.categories = Collections.unmodifiableMap(new TreeMap<>(categories));
        if (this.values.length == 0 || this.values.length != this.variables.size()) {
            throw new ShapeMismatchException(
                    "Series '" + name + "' does not have one row of values a variable.",
                    this.values.length + " rows, variables " + variables,
                    "at least 1, and as many rows as names",
                    "give each variable its values");
        }
        if (this.known.length != this.covariates.size() || this.seen.length != this.observed.size()) {
            throw new ShapeMismatchException(
                    "Series '" + name + "' does not have one row of values a covariate.",
                    this.known.length + this.seen.length + " rows",
                    "covariates " + covariates + (observed.isEmpty() ? "" : " and of the past alone " + observed),
                    "give each covariate its values");
        }
        for (int v = 0; v < this.values.length; v++) {
            if (this.values[v].length != this.values[0].length) {
                throw new ShapeMismatchException(
                        "Variables of series '" + name + "' differ in length.",
                        variables.get(v) + " has " + this.values[v].length,
                        variables.get(0) + " has " + this.values[0].length,
                        "fill up what is missing with NaN");
            }
        }
        for (int c = 0; c < this.known.length; c++) {
            if (this.known[c].length < length()) {
                throw new ShapeMismatchException(
                        "Covariate '" + covariates.get(c) + "' of series '" + name + "' ends before the series.",
                        this.known[c].length + " values",
                        "at least " + length(),
                        "give its values for the past, and for the future that is to be forecast");
            }
        }
    }

    /**
     * The same with covariates that are observed up to the origin of a forecast and not known behind it, such as a
     * weather that was measured.
     *
     * @param names of these covariates
     * @param rows {@code [covariate][T]}; what lies behind the values of the series is never looked at
     */
    public TimeSeries withObserved(List<String> names, float[][] rows) {
        for (int c = 0; c < rows.length; c++) {
            if (rows[c].length < length()) {
                throw new ShapeMismatchException(
                        "Covariate '" + (c < names.size() ? names.get(c) : c) + "' of series '" + name
                                + "' ends before the series.",
                        rows[c].length + " values",
                        "at least " + length(),
                        "give its values for the past, NaN where one is missing");
            }
        }
        return new TimeSeries(name, first, frequency, variables, values, covariates, known, names, rows, categories);
    }

    /** A series of one variable without dates. */
    public static TimeSeries of(String name, float... values) {
        return new TimeSeries(
                name, null, null, List.of("value"), new float[][] {values}, List.of(), new float[0][], Map.of());
    }

    /** What people call it. */
    public String name() {
        return name;
    }

    /** How many steps have values. */
    public int length() {
        return values[0].length;
    }

    /** How many steps the covariates are known for; that of the values where there are none. */
    public int knownLength() {
        int least = Integer.MAX_VALUE;
        for (float[] row : known) {
            least = Math.min(least, row.length);
        }
        return known.length == 0 ? length() : least;
    }

    /** Names of what is forecast. */
    public List<String> variables() {
        return variables;
    }

    /** Names of what is known in the future, too. */
    public List<String> covariates() {
        return covariates;
    }

    /** Names of what is observed in the past alone. */
    public List<String> observed() {
        return observed;
    }

    /** For how many steps everything of the past is known; fewer than the length where forecasts were appended. */
    public int observedLength() {
        int least = length();
        for (float[] row : seen) {
            least = Math.min(least, row.length);
        }
        return least;
    }

    /** The value of a covariate of the past at a step; NaN where it is missing. */
    public float observed(int covariate, int step) {
        return seen[covariate][step];
    }

    /** What never changes. */
    public Map<String, String> categories() {
        return categories;
    }

    /** The distance of the stamps, or null where the steps have none. */
    public @Nullable Frequency frequency() {
        return frequency;
    }

    /** The stamp of the first value, or null where the steps have no dates. */
    public @Nullable LocalDateTime first() {
        return first;
    }

    /** Whether steps have dates. */
    public boolean isDated() {
        return first != null && frequency != null;
    }

    /** The date of a step, which may lie behind the last value; null where steps have none. */
    public @Nullable LocalDateTime stamp(long step) {
        LocalDateTime begin = first;
        Frequency distance = frequency;
        return begin == null || distance == null ? null : distance.plus(begin, step);
    }

    /** A step for people: its date, or its number from 1. */
    public String label(long step) {
        LocalDateTime stamp = stamp(step);
        if (stamp == null) {
            return "step " + (step + 1);
        }
        Frequency distance = frequency;
        return distance != null && distance.isWithinDay()
                ? stamp.toString().replace('T', ' ')
                : stamp.toLocalDate().toString();
    }

    /** The value of a variable at a step; NaN where it is missing. */
    public float value(int variable, int step) {
        return values[variable][step];
    }

    /** The value of a covariate at a step. */
    public float known(int covariate, int step) {
        return known[covariate][step];
    }

    /** Copies values of a variable: steps {@code from .. from + count - 1}. */
    public void copy(int variable, int from, int count, float[] to, int at) {
        System.arraycopy(values[variable], from, to, at, count);
    }

    /** A copy of all values of a variable up to a step that is not in it. */
    public double[] past(int variable, int end) {
        double[] past = new double[end];
        for (int t = 0; t < end; t++) {
            past[t] = values[variable][t];
        }
        return past;
    }

    /** The first steps alone, without a copy of the variables that stay whole; covariates keep their future. */
    public TimeSeries head(int steps) {
        if (steps < 0 || steps > length()) {
            throw new InvalidArgumentException(
                    "Series '" + name + "' has no such part.",
                    "the first " + steps + " steps",
                    "at most " + length(),
                    "ask for fewer");
        }
        float[][] fewer = new float[values.length][];
        for (int v = 0; v < fewer.length; v++) {
            fewer[v] = steps == length() ? values[v] : java.util.Arrays.copyOf(values[v], steps);
        }
        return new TimeSeries(name, first, frequency, variables, fewer, covariates, known, observed, seen, categories);
    }

    /** With values appended, {@code [variable][more]}, such as forecasts that take the place of what is to come. */
    public TimeSeries append(float[][] more) {
        float[][] longer = new float[values.length][];
        for (int v = 0; v < longer.length; v++) {
            longer[v] = java.util.Arrays.copyOf(values[v], length() + more[v].length);
            System.arraycopy(more[v], 0, longer[v], length(), more[v].length);
        }
        return new TimeSeries(name, first, frequency, variables, longer, covariates, known, observed, seen, categories);
    }

    /**
     * With values appended, and the covariates of a series that continues this one: its covariates begin where the
     * values of this one end, and take the place of what was known of them.
     */
    TimeSeries append(float[][] more, TimeSeries next) {
        float[][] longer = new float[values.length][];
        for (int v = 0; v < longer.length; v++) {
            longer[v] = java.util.Arrays.copyOf(values[v], length() + more[v].length);
            System.arraycopy(more[v], 0, longer[v], length(), more[v].length);
        }
        float[][] longerKnown = new float[known.length][];
        for (int c = 0; c < longerKnown.length; c++) {
            longerKnown[c] = java.util.Arrays.copyOf(known[c], length() + next.known[c].length);
            System.arraycopy(next.known[c], 0, longerKnown[c], length(), next.known[c].length);
        }
        float[][] longerSeen = new float[seen.length][];
        for (int c = 0; c < longerSeen.length; c++) {
            longerSeen[c] = java.util.Arrays.copyOf(seen[c], length() + next.seen[c].length);
            System.arraycopy(next.seen[c], 0, longerSeen[c], length(), next.seen[c].length);
        }
        return with(longer, longerKnown, longerSeen);
    }

    /** The same with other values and covariates of the same names. */
    TimeSeries with(float[][] otherValues, float[][] otherKnown, float[][] otherSeen) {
        return new TimeSeries(
                name,
                first,
                frequency,
                variables,
                otherValues,
                covariates,
                otherKnown,
                observed,
                otherSeen,
                categories);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        List<Object> rows = new ArrayList<>();
        Collections.addAll(rows, (Object[]) values);
        Collections.addAll(rows, (Object[]) known);
        Collections.addAll(rows, (Object[]) seen);
        fingerprint
                .add(String.valueOf(first))
                .add(String.valueOf(frequency))
                .add(variables)
                .add(covariates)
                .add(observed)
                .add(categories)
                .add(rows);
    }

    @Override
    public String toString() {
        return name + " (" + length() + " steps of " + variables + ")";
    }
}
