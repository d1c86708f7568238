// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.timeseries.input.WindowInput;

class WindowDatasetTest {
    private static WindowDataset of(int horizon, int stride, WindowDataset.Span... spans) {
        return WindowDataset.of("windows", List.of(spans), horizon, stride);
    }

    private static TimeSeries counted(String name, int steps) {
        float[] values = new float[steps];
        for (int t = 0; t < steps; t++) {
            values[t] = t;
        }
        return TimeSeries.of(name, values);
    }

    @Test
    void holdsEveryWindowOfEverySpanOnce() {
        TimeSeries a = counted("a", 20);
        TimeSeries b = counted("b", 9);
        WindowDataset windows = of(
                3,
                2,
                new WindowDataset.Span(a, 5, 20),
                new WindowDataset.Span(b, 8, 9),
                new WindowDataset.Span(b, 4, 9));
        List<String> found = new ArrayList<>();
        for (Example<SeriesWindow, Future> e : windows) {
            assertThat(e.target().origin()).isEqualTo(e.input().origin());
            assertThat(e.target().value(0, 2)).isEqualTo(e.input().origin() + 2);
            found.add(e.input().series().name() + e.input().origin());
        }
        assertThat(found).containsExactly("a5", "a7", "a9", "a11", "a13", "a15", "a17", "b4", "b6");
        assertThat(windows.size()).isEqualTo(9);
        assertThatThrownBy(() -> windows.get(9))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContainingAll("index 9", "0 to 8");
    }

    /** No step is a target of both parts, whatever horizon, stride and share. */
    @ParameterizedTest
    @CsvSource({"1, 1, 0.1", "3, 1, 0.2", "3, 2, 0.5", "7, 3, 0.05", "5, 5, 0.3"})
    void splitsTargetsApart(int horizon, int stride, double fraction) {
        WindowDataset all = of(
                horizon,
                stride,
                new WindowDataset.Span(counted("a", 60), 6, 60),
                new WindowDataset.Span(counted("b", 45), 6, 40));
        Split<SeriesWindow, Future> split = all.split(fraction);
        assertThat(split.train().size()).isPositive();
        assertThat(split.heldOut().size()).isPositive();
        for (String series : List.of("a", "b")) {
            int last = targets(split.train(), series).stream()
                    .mapToInt(f -> f.origin() + f.horizon())
                    .max()
                    .orElseThrow();
            int first = targets(split.heldOut(), series).stream()
                    .mapToInt(Future::origin)
                    .min()
                    .orElseThrow();
            assertThat(last).as("step behind the last target of training").isLessThanOrEqualTo(first);
        }
    }

    private static List<Future> targets(Dataset<SeriesWindow, Future> data, String series) {
        return data.targets().stream()
                .filter(f -> f.series().name().equals(series))
                .toList();
    }

    @Test
    void saysWhyItCannotBeSplit() {
        WindowDataset few = of(5, 1, new WindowDataset.Span(counted("a", 12), 4, 12));
        assertThatThrownBy(() -> few.split(0.5))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("too short to be split", "4 windows of 5 steps", "shorten the horizon");
        assertThatThrownBy(() -> of(0, 1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("horizon 0, stride 1");
    }

    /** A hundred million values cost no more than themselves: windows are made when they are asked for. */
    @Test
    void costsNoMoreThanItsValues() {
        int steps = 100_000_000;
        int context = 96;
        int horizon = 24;
        TimeSeries series = TimeSeries.of("long", new float[steps]);
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long begin = thread.getThreadAllocatedBytes(id);
        WindowDataset windows = of(horizon, 1, new WindowDataset.Span(series, context, steps));
        WindowInput input = WindowInput.of(List.of(series), context, horizon, false);
        assertThat(windows.size()).isEqualTo(steps - context - horizon + 1);
        assertThat(thread.getThreadAllocatedBytes(id) - begin)
                .as("bytes for a data set of 100 million windows")
                .isLessThan(1_000_000);
        int count = 5000;
        long before = thread.getThreadAllocatedBytes(id);
        for (int i = 0; i < count; i++) {
            Example<SeriesWindow, Future> e = windows.get((int) ((long) i * windows.size() / count));
            assertThat(input.encode(e.input())).isNotNull();
        }
        // A window of 96 floats takes 384 bytes, once as an array and once as a tensor; the rest is names and records.
        assertThat((thread.getThreadAllocatedBytes(id) - before) / count)
                .as("bytes a window")
                .isLessThan(4 * 4 * context + 4000);
    }
}
