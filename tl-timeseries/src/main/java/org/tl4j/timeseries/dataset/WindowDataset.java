// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Fingerprint;
import org.tl4j.data.Split;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

/**
 * Windows of series with what came after them, made when they are asked for: a series of any length costs no more than
 * its values. Windows of one series lie side by side in the order of time.
 */
public final class WindowDataset extends AbstractList<Example<SeriesWindow, Future>>
        implements Dataset<SeriesWindow, Future>, RandomAccess {
    private final String name;
    private final List<Span> spans;
    private final int horizon;
    private final int stride;
    /** How many windows the spans before each one have; one entry more than spans. */
    private final int[] before;

    /**
     * The windows of a part of a series.
     *
     * @param series all of it, so that a window reaches back as far as it likes
     * @param firstOrigin the first step that is forecast
     * @param end the step behind the last one that may be forecast
     */
    public record Span(TimeSeries series, int firstOrigin, int end) {}

    private WindowDataset(String name, List<Span> spans, int horizon, int stride) {
        this.name = name;
        this.spans = List.copyOf(spans);
        this.horizon = horizon;
        this.stride = stride;
        this.before = new int[spans.size() + 1];
        for (int i = 0; i < spans.size(); i++) {
            Span s = spans.get(i);
            int origins = Math.max(0, s.end() - horizon - s.firstOrigin() + 1);
            before[i + 1] = Math.addExact(before[i], (origins + stride - 1) / stride);
        }
    }

    /**
     * All windows of some spans.
     *
     * @param horizon steps to forecast
     * @param stride how many steps one origin lies after the other
     */
    public static WindowDataset of(String name, List<Span> spans, int horizon, int stride) {
        if (horizon < 1 || stride < 1) {
            throw new InvalidArgumentException(
                    "Windows need a horizon and a stride.",
                    "horizon " + horizon + ", stride " + stride,
                    "at least 1",
                    "give larger ones");
        }
        return new WindowDataset(name, spans, horizon, stride);
    }

    /** Steps that are forecast. */
    public int horizon() {
        return horizon;
    }

    /** The parts of series that the windows come from. */
    public List<Span> spans() {
        return spans;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Example<SeriesWindow, Future>> examples() {
        return this;
    }

    @Override
    public int size() {
        return before[spans.size()];
    }

    @Override
    public boolean isEmpty() {
        return size() == 0;
    }

    @Override
    public Example<SeriesWindow, Future> get(int index) {
        if (index < 0 || index >= size()) {
            throw new InvalidArgumentException(
                    "Data set '" + name + "' has no such window.",
                    "index " + index,
                    "0 to " + (size() - 1),
                    "check the index against size()");
        }
        int low = 0;
        int high = spans.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (before[middle] <= index) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Span span = spans.get(low);
        int origin = span.firstOrigin() + (index - before[low]) * stride;
        return new Example<>(
                new SeriesWindow(span.series(), origin),
                new Future(span.series(), origin, horizon),
                span.series().name() + " from " + span.series().label(origin));
    }

    /**
     * The same windows with the last ones of each series held out. No target of the part to learn from lies in the part
     * that is held out; a series that is too short for that is learned from whole.
     */
    public Split<SeriesWindow, Future> split(double fraction) {
        List<Span> train = new ArrayList<>();
        List<Span> heldOut = new ArrayList<>();
        for (Span s : spans) {
            int steps = s.end() - s.firstOrigin();
            int held = Math.max(horizon, (int) Math.round(steps * fraction));
            int border = s.end() - held;
            if (border - s.firstOrigin() < horizon) {
                train.add(s);
            } else {
                train.add(new Span(s.series(), s.firstOrigin(), border));
                heldOut.add(new Span(s.series(), border, s.end()));
            }
        }
        if (heldOut.isEmpty()) {
            throw new InvalidDataException(
                    "'" + name + "' is too short to be split.",
                    size() + " windows of " + horizon + " steps",
                    "series of at least twice the horizon behind the context",
                    "shorten the horizon or the context, or give the parts (--splits)");
        }
        return new Split<>(
                of(name + " (train)", train, horizon, stride), of(name + " (held out)", heldOut, horizon, stride));
    }

    /** Over the series and where their windows lie, not over every window. */
    @Override
    public String sha256() {
        Fingerprint f = new Fingerprint().add(horizon).add(stride);
        spans.forEach(s -> f.add(s.series()).add(s.firstOrigin()).add(s.end()));
        return f.sha256();
    }
}
