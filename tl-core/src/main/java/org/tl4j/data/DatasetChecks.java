// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;

/** What labelled data must satisfy before a training begins. */
public final class DatasetChecks {
    private static final int SHOWN = 10;

    private DatasetChecks() {}

    /** Refuses data without examples. */
    public static void notEmpty(Dataset<?, ?> data) {
        if (data.isEmpty()) {
            throw new InvalidDataException(
                    "'" + data.name() + "' holds no examples.",
                    "0 examples",
                    "at least 1",
                    "check the path and the columns, and whether every row was skipped as empty");
        }
    }

    /** Refuses data from which no classifier can learn: none at all, or all of one class. */
    public static <Y> void atLeastTwoClasses(
            Dataset<?, Y> data, Function<? super Y, ? extends Collection<String>> labels) {
        notEmpty(data);
        LabelMap found =
                LabelMap.fromLists(data.targets().stream().map(labels::apply).toList());
        if (found.size() < 2) {
            throw new InvalidDataException(
                    "'" + data.name() + "' has one class only; there is nothing to tell apart.",
                    found.size() == 0
                            ? "no label at all"
                            : "only '" + found.name(0) + "', in all " + data.size() + " examples",
                    "at least 2 different labels",
                    "add examples of another class, or check the label column");
        }
    }

    /** Refuses data with labels that the map lacks; every offending row is counted and the first ones are named. */
    public static <Y> void labelsKnown(
            Dataset<?, Y> data, LabelMap known, Function<? super Y, ? extends Collection<String>> labels) {
        List<String> unknown = new ArrayList<>();
        for (Example<?, Y> example : data) {
            for (String label : labels.apply(example.target())) {
                if (!known.contains(label)) {
                    unknown.add("'" + label + "' at " + example.source());
                }
            }
        }
        if (unknown.isEmpty()) {
            return;
        }
        if (unknown.size() == 1) {
            for (Example<?, Y> example : data) {
                labels.apply(example.target()).forEach(label -> known.index(label, example.source()));
            }
        }
        throw new InvalidDataException(
                "'" + data.name() + "' has labels that the model does not learn.",
                Excerpt.lines(unknown, SHOWN),
                "labels out of " + known,
                "correct the labels, remove the rows, or add training data that have them");
    }
}
