// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tl4j.data.Finding.Severity;

/**
 * Examines labelled data before time is spent on them: examples that are in two parts, examples that contradict each
 * other, classes that are rare, missing or alone.
 *
 * @param <X> kind of input
 * @param <Y> kind of target
 */
public final class Doctor<X, Y> {
    private static final int FEW = 8;
    private static final double UNEVEN = 10;
    private static final int LONG = 60;

    private final Map<String, Dataset<X, Y>> parts;
    private final Function<? super X, String> key;
    private final Function<? super Y, ? extends Collection<String>> labels;
    private final Function<? super X, String> shown;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A doctor for these data.
     *
     * @param parts by name: {@code train}, {@code validation}, {@code test}; the first is what is learned from
     * @param key equal for inputs that are the same to a reader, such as texts that differ in white space
     * @param labels the labels of a target
     * @param shown an input in a few words
     */
    public Doctor(
            Map<String, Dataset<X, Y>> parts,
            Function<? super X, String> key,
            Function<? super Y, ? extends Collection<String>> labels,
            Function<? super X, String> shown) {
        this.parts = new LinkedHashMap<>(parts);
        this.key = key;
        this.labels = labels;
        this.shown = shown;
    }

    /** All findings, the counts first. */
    public List<Finding> examine() {
        counts();
        repeated();
        return List.copyOf(findings);
    }

    // ------------------------------------------------------------------------------------------- classes

    private void counts() {
        Dataset<X, Y> train = parts.values().iterator().next();
        for (Map.Entry<String, Dataset<X, Y>> part : parts.entrySet()) {
            Dataset<X, Y> data = part.getValue();
            LabelMap found = labelsOf(data);
            if (found.size() == 0) {
                findings.add(new Finding(
                        Severity.PROBLEM,
                        "class-counts",
                        part.getKey() + ": " + data.size() + " examples without a label.",
                        List.of(),
                        "add labels"));
                continue;
            }
            ClassCounts counts = ClassCounts.of(found, targets(data));
            findings.add(
                    Finding.note("class-counts", part.getKey() + ": " + data.size() + " examples; " + listed(counts)));
        }
        LabelMap known = labelsOf(train);
        if (known.size() < 2) {
            findings.add(new Finding(
                    Severity.PROBLEM,
                    "one-class",
                    "There is one class only; nothing can be told apart.",
                    known.names(),
                    "add examples of another class"));
            return;
        }
        ClassCounts counts = ClassCounts.of(known, targets(train));
        List<String> rare = known.names().stream()
                .filter(l -> counts.count(l) < FEW)
                .map(l -> l + ": " + counts.count(l))
                .toList();
        if (!rare.isEmpty()) {
            findings.add(new Finding(
                    Severity.WARNING,
                    "rare-classes",
                    rare.size() + (rare.size() == 1 ? " class has" : " classes have") + " fewer than " + FEW
                            + " examples to learn from.",
                    rare,
                    "collect more of them, or merge classes"));
        }
        if (counts.imbalance() >= UNEVEN) {
            findings.add(new Finding(
                    Severity.WARNING,
                    "imbalance",
                    String.format(
                            Locale.ROOT,
                            "'%s' is %.0f times as frequent as '%s': accuracy alone says little.",
                            counts.majority(),
                            counts.imbalance(),
                            counts.rarest()),
                    List.of(),
                    "look at macro F1; train with --class-weights balanced"));
        }
        unknown(known);
    }

    private void unknown(LabelMap known) {
        parts.forEach((name, data) -> {
            List<String> strangers = new ArrayList<>();
            data.forEach(e -> labels.apply(e.target()).stream()
                    .filter(l -> !known.contains(l))
                    .forEach(l -> strangers.add("'" + l + "' at " + e.source())));
            if (!strangers.isEmpty()) {
                findings.add(new Finding(
                        Severity.PROBLEM,
                        "unknown-labels",
                        strangers.size() + " labels of " + name + " do not occur in the training data.",
                        strangers,
                        "correct them, remove the rows, or add training data that have them"));
            }
        });
    }

    private static String listed(ClassCounts counts) {
        long total = Math.max(1, counts.total());
        String all = counts.counts().entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(20)
                .map(e -> String.format(
                        Locale.ROOT, "%s %d (%.1f %%)", e.getKey(), e.getValue(), 100.0 * e.getValue() / total))
                .collect(Collectors.joining(", "));
        return counts.counts().size() > 20 ? all + ", and " + (counts.counts().size() - 20) + " more classes" : all;
    }

    private LabelMap labelsOf(Dataset<X, Y> data) {
        return LabelMap.fromLists(targets(data));
    }

    private List<Collection<String>> targets(Dataset<X, Y> data) {
        return data.targets().stream()
                .<Collection<String>>map(t -> labels.apply(t))
                .toList();
    }

    // ------------------------------------------------------------------------------------------- repetition

    private record Occurrence<X, Y>(String part, Example<X, Y> example) {}

    private void repeated() {
        Map<String, List<Occurrence<X, Y>>> byKey = new LinkedHashMap<>();
        parts.forEach((name, data) ->
                data.forEach(e -> byKey.computeIfAbsent(key.apply(e.input()), k -> new ArrayList<>())
                        .add(new Occurrence<>(name, e))));
        List<String> across = new ArrayList<>();
        List<String> contradictions = new ArrayList<>();
        List<String> within = new ArrayList<>();
        for (List<Occurrence<X, Y>> same : byKey.values()) {
            if (same.size() < 2) {
                continue;
            }
            Set<String> where = new LinkedHashSet<>();
            Set<Set<String>> answers = new LinkedHashSet<>();
            same.forEach(o -> {
                where.add(o.part());
                answers.add(new LinkedHashSet<>(labels.apply(o.example().target())));
            });
            String place = same.stream().map(o -> o.example().source()).limit(4).collect(Collectors.joining(" = "))
                    + (same.size() > 4 ? " = ..." : "") + ": "
                    + brief(shown.apply(same.get(0).example().input()));
            if (answers.size() > 1) {
                contradictions.add(place + " -> "
                        + answers.stream().map(a -> String.join("+", a)).collect(Collectors.joining(" or ")));
            }
            (where.size() > 1 ? across : within).add(place);
        }
        if (!across.isEmpty()) {
            findings.add(new Finding(
                    Severity.PROBLEM,
                    "duplicates-across-parts",
                    across.size() + " inputs are in more than one of " + parts.keySet()
                            + ": what is measured on them is" + " memory.",
                    across,
                    "remove them from the training part"));
        }
        if (!contradictions.isEmpty()) {
            findings.add(new Finding(
                    Severity.WARNING,
                    "contradictions",
                    contradictions.size() + " inputs occur with different labels.",
                    contradictions,
                    "decide for one label each"));
        }
        if (!within.isEmpty()) {
            findings.add(new Finding(
                    parts.size() == 1 ? Severity.WARNING : Severity.NOTE,
                    "duplicates",
                    within.size() + " inputs occur more than once in a part.",
                    within,
                    parts.size() == 1
                            ? "remove repetitions before a random split, which would put some on both sides"
                            : ""));
        }
        if (across.isEmpty() && within.isEmpty()) {
            findings.add(Finding.note("duplicates", "No input occurs twice."));
        }
    }

    private static String brief(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return "\"" + (line.length() > LONG ? line.substring(0, LONG) + "…" : line) + "\"";
    }
}
