// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.timeseries.dataset.WindowDataset.Span;

/**
 * Cuts series by time into windows to learn from, to choose by and to judge by. Windows of the later parts look back
 * into the part before, but nothing that is learned from lies behind the border: as in Haoyi Zhou et al., "Informer:
 * Beyond Efficient Transformer for Long Sequence Time-Series Forecasting", AAAI 2021.
 *
 * <p>{@code splits} are numbers of rows ({@code 8640,2880,2880}) or shares ({@code 0.7,0.1,0.2}) of train, validation
 * and test, or of train and test. Without it the file that continues the first is the test part; where there is none,
 * the last horizon of each series, or of fewer than ten series their last fifth; and the part before it, of the same
 * length, is to choose by where enough is left.
 */
final class SeriesParts {
    private static final int MANY = 10;

    private final SeriesData data;
    private final int context;
    private final int horizon;
    private final int stride;
    private final boolean leavesGaps;
    private final List<String> notes;
    private final Tally tally = new Tally();

    private SeriesParts(SeriesData data, Config settings) {
        this.data = data;
        this.horizon = Checks.positive("horizon", settings.integer("horizon"));
        this.context = Checks.positive("context", settings.integer("context", 2 * horizon));
        this.stride = Checks.positive("stride", settings.integer("stride", 1));
        this.leavesGaps = settings.text("missing", "refuse").equals("leave");
        this.notes = new ArrayList<>(data.notes());
    }

    static LabelledData<SeriesWindow, Future> of(SeriesData data, Config settings) {
        return new SeriesParts(data, settings).cut(SeriesColumns.names(settings, "splits"));
    }

    /** The steps where validation and test begin, and where the test ends. */
    private record Borders(int validation, int test, int end) {}

    private LabelledData<SeriesWindow, Future> cut(List<String> splits) {
        List<Span> train = new ArrayList<>();
        List<Span> validation = new ArrayList<>();
        List<Span> test = new ArrayList<>();
        List<Span> all = new ArrayList<>();
        boolean continued = false;
        for (int i = 0; i < data.series().size(); i++) {
            continued |= data.continued().get(i) < data.series().get(i).length();
        }
        if (splits.isEmpty()) {
            tally.add(
                    continued
                            ? "the file that continues it is the test part"
                            : data.series().size() >= MANY
                                    ? "the last " + horizon + " steps of each series are the test part; --splits gives"
                                            + " others"
                                    : "the last fifth of each series is the test part; --splits gives others",
                    "");
        }
        for (int i = 0; i < data.series().size(); i++) {
            TimeSeries s = data.series().get(i);
            Borders b = splits.isEmpty() ? usual(s, data.continued().get(i)) : given(s, splits);
            int learned = counted(s, context, b.validation(), train);
            if (learned == 0) {
                tally.add(
                        "series are too short to learn from: " + context + " steps of context and " + horizon
                                + " of horizon do not lie before their border",
                        "'" + s.name() + "' with " + b.validation() + " steps before it",
                        1);
            }
            counted(s, Math.max(1, b.validation()), b.test(), validation);
            int judged = counted(s, Math.max(1, b.test()), b.end(), test);
            if (judged > 0 && b.test() < context) {
                tally.add(
                        "series are judged with less past than the context of " + context,
                        "'" + s.name() + "' with " + b.test() + " steps",
                        1);
            }
            runs(s, context, b.end(), all);
            if (b.end() < s.length()) {
                tally.add("steps behind the last part are not used", "series '" + s.name() + "'", s.length() - b.end());
            }
        }
        if (train.isEmpty() && test.isEmpty()) {
            int longest =
                    data.series().stream().mapToInt(TimeSeries::length).max().orElse(0);
            throw new InvalidDataException(
                    "Series of '" + data.name() + "' are too short.",
                    longest + " steps in the longest" + (leavesGaps ? ", with gaps" : ""),
                    "context " + context + " and horizon " + horizon + " in a part to learn from, and the horizon"
                            + " again in one to judge by",
                    "shorten --context or --horizon");
        }
        Map<String, Dataset<SeriesWindow, Future>> parts = new LinkedHashMap<>();
        parts.put("train", WindowDataset.of(data.name() + " (train)", train, horizon, stride));
        if (!validation.isEmpty()) {
            parts.put("validation", WindowDataset.of(data.name() + " (validation)", validation, horizon, stride));
        }
        parts.put("test", WindowDataset.of(data.name() + " (test)", test, horizon, stride));
        notes.addAll(tally.notes(data.name()));
        parts.forEach((part, windows) -> notes.add(data.name() + ": " + windows.size() + " windows to "
                + switch (part) {
                    case "train" -> "learn from";
                    case "validation" -> "choose by";
                    default -> "judge by";
                }));
        return new LabelledData<>(WindowDataset.of(data.name(), all, horizon, stride), parts, notes);
    }

    private Borders usual(TimeSeries s, int continued) {
        int n = s.length();
        int test =
                continued < n ? continued : n - Math.max(horizon, data.series().size() >= MANY ? 0 : n / 5);
        int validation = test - Math.max(horizon, n - test);
        // What is left must hold as many windows again as are used to choose by.
        if (validation - context < n - test) {
            validation = test - horizon;
        }
        if (validation - context < horizon) {
            validation = test;
        }
        return new Borders(Math.max(0, validation), Math.max(0, test), n);
    }

    private Borders given(TimeSeries s, List<String> splits) {
        double[] sizes = new double[splits.size()];
        try {
            Arrays.setAll(sizes, i -> Double.parseDouble(splits.get(i)));
        } catch (NumberFormatException e) {
            throw refused(splits, e);
        }
        double sum = Arrays.stream(sizes).sum();
        boolean shares = Arrays.stream(sizes).allMatch(v -> v > 0 && v < 1);
        boolean rows = Arrays.stream(sizes).allMatch(v -> v >= 1 && v == Math.rint(v));
        if (sizes.length < 2 || sizes.length > 3 || !shares && !rows || shares && sum > 1 + 1e-9) {
            throw refused(splits, null);
        }
        if (rows && sum > s.length()) {
            throw new InvalidDataException(
                    "Series '" + s.name() + "' of '" + data.name() + "' is shorter than its parts.",
                    s.length() + " steps",
                    splits + ", which are " + (long) sum,
                    "give smaller --splits, or shares such as 0.7,0.1,0.2");
        }
        double unit = shares ? s.length() : 1;
        int validation = (int) Math.floor(sizes[0] * unit + 1e-6);
        int test = sizes.length == 2 ? validation : (int) Math.floor((sizes[0] + sizes[1]) * unit + 1e-6);
        int end = (int) Math.floor(sum * unit + 1e-6);
        if (end - test < horizon) {
            throw new InvalidDataException(
                    "The test part of series '" + s.name() + "' is shorter than the horizon.",
                    (end - test) + " steps",
                    "at least " + horizon,
                    "give a larger part in --splits, or shorten --horizon");
        }
        return new Borders(validation, test, Math.min(end, s.length()));
    }

    private static InvalidArgumentException refused(
            List<String> splits, @org.jspecify.annotations.Nullable Throwable cause) {
        return new InvalidArgumentException(
                "These are no parts.",
                splits,
                "2 or 3 numbers of rows, or as many shares that sum to 1 at most",
                "write --splits 8640,2880,2880 or --splits 0.7,0.1,0.2, say",
                cause);
    }

    /** As {@link #runs}, and says how many windows are left out. */
    private int counted(TimeSeries s, int from, int end, List<Span> to) {
        int count = runs(s, from, end, to);
        int left = Math.max(0, Math.min(end, s.length()) - horizon - from + 1) - count;
        if (left > 0) {
            tally.add("windows were left out, for they touch a gap", "in series '" + s.name() + "'", left);
        }
        return count;
    }

    /**
     * Adds the runs of origins from a step on whose futures end before another, without those whose window touches a
     * gap; returns how many windows there are.
     */
    private int runs(TimeSeries s, int from, int end, List<Span> to) {
        int last = Math.min(end, s.length()) - horizon;
        if (last < from) {
            return 0;
        }
        if (!leavesGaps) {
            to.add(new Span(s, from, last + horizon));
            return last - from + 1;
        }
        int count = 0;
        int begin = from;
        // The step behind the last gap that was met; all before the first window is looked at first.
        int clear = 0;
        for (int t = Math.max(0, from - context); t < Math.min(s.length(), from + horizon - 1); t++) {
            clear = isGap(s, t) ? t + 1 : clear;
        }
        int open = -1;
        for (int o = begin; o <= last; o++) {
            clear = isGap(s, o + horizon - 1) ? o + horizon : clear;
            boolean whole = clear <= Math.max(0, o - context);
            if (whole && open < 0) {
                open = o;
            } else if (!whole && open >= 0) {
                to.add(new Span(s, open, o - 1 + horizon));
                count += o - open;
                open = -1;
            }
        }
        if (open >= 0) {
            to.add(new Span(s, open, last + horizon));
            count += last + 1 - open;
        }
        return count;
    }

    private static boolean isGap(TimeSeries s, int step) {
        for (int v = 0; v < s.variables().size(); v++) {
            if (Float.isNaN(s.value(v, step))) {
                return true;
            }
        }
        for (int c = 0; c < s.covariates().size(); c++) {
            if (Float.isNaN(s.known(c, step))) {
                return true;
            }
        }
        for (int c = 0; c < s.observed().size(); c++) {
            if (Float.isNaN(s.observed(c, step))) {
                return true;
            }
        }
        return false;
    }
}
