// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.dataset;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;

/** Which label of a file means an anomaly. */
public final class AnomalyLabels {
    /** The setting that names the label of anomalies; several are parted by commas. */
    public static final String OPTION = "anomaly-label";

    /** The setting that names the labels of normal rows; all others mean an anomaly. */
    public static final String NORMAL_OPTION = "normal-label";

    private static final Set<String> ANOMALOUS =
            Set.of("1", "1.0", "true", "anomaly", "anomalous", "outlier", "abnormal");
    private static final Set<String> NORMAL = Set.of("0", "0.0", "false", "normal", "nominal", "inlier", "ok", "good");

    private AnomalyLabels() {}

    /**
     * The condition of each label; an empty label means that nothing is known. Without {@value #OPTION} and
     * {@value #NORMAL_OPTION} labels are understood where they leave no doubt (0 and 1, normal and anomaly ...), and
     * what was understood is noted.
     *
     * @throws InvalidDataException if labels cannot be understood, or the named one does not occur beside others
     */
    public static List<Condition> conditions(String file, List<String> labels, Config settings, Consumer<String> note) {
        Set<String> found = new TreeSet<>();
        labels.forEach(l -> found.add(l.strip()));
        found.remove("");
        if (settings.has(OPTION) && settings.has(NORMAL_OPTION)) {
            throw new InvalidArgumentException(
                    "Both the labels of anomalies and those of normal rows were named.",
                    settings.text(OPTION) + " and " + settings.text(NORMAL_OPTION),
                    "one of them",
                    "leave --" + OPTION + " or --" + NORMAL_OPTION + " away");
        }
        if (settings.has(OPTION)) {
            return named(file, labels, found, settings.text(OPTION), OPTION, Condition.ANOMALOUS, Condition.NORMAL);
        }
        if (settings.has(NORMAL_OPTION)) {
            return named(
                    file,
                    labels,
                    found,
                    settings.text(NORMAL_OPTION),
                    NORMAL_OPTION,
                    Condition.NORMAL,
                    Condition.ANOMALOUS);
        }
        Set<String> doubtful = new TreeSet<>(found);
        doubtful.removeIf(l -> ANOMALOUS.contains(folded(l)) || NORMAL.contains(folded(l)));
        if (!doubtful.isEmpty()) {
            throw new InvalidDataException(
                    "It is not clear which label of '" + file + "' means an anomaly.",
                    "the labels " + brief(found),
                    "0 and 1, false and true, or normal and anomaly",
                    "name it: --anomaly-label LABEL");
        }
        if (!found.isEmpty()) {
            found.removeIf(l -> NORMAL.contains(folded(l)));
            note.accept(file + ": the label "
                    + (found.isEmpty() ? "of anomalies does not occur" : found + " means an anomaly"));
        }
        return labels.stream()
                .map(l -> l.isBlank()
                        ? Condition.UNKNOWN
                        : ANOMALOUS.contains(folded(l.strip())) ? Condition.ANOMALOUS : Condition.NORMAL)
                .toList();
    }

    private static List<Condition> named(
            String file,
            List<String> labels,
            Set<String> found,
            String names,
            String option,
            Condition meant,
            Condition others) {
        Set<String> named = Set.of(names.split(",", -1));
        if (!found.isEmpty() && found.stream().noneMatch(named::contains)) {
            throw new InvalidDataException(
                    "No row of '" + file + "' has the label that was named as that of "
                            + (meant == Condition.NORMAL ? "normal rows." : "anomalies."),
                    "the labels " + brief(found),
                    named,
                    "name one of these with --" + option + ", or another --label-column"
                            + (meant == Condition.NORMAL
                                    ? ""
                                    : "; where all rows are normal, name their label with --" + NORMAL_OPTION));
        }
        return labels.stream()
                .map(l -> l.isBlank() ? Condition.UNKNOWN : named.contains(l.strip()) ? meant : others)
                .toList();
    }

    private static String folded(String label) {
        return label.toLowerCase(Locale.ROOT);
    }

    private static String brief(Set<String> labels) {
        return labels.size() <= 10
                ? labels.toString()
                : labels.stream().limit(10).toList() + " and " + (labels.size() - 10) + " more";
    }
}
