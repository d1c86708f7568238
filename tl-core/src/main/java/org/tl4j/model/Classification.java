// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;

/**
 * The answer of a classifier to one example.
 *
 * @param ranked every label with its probability, the most probable first, of equal ones the first of the head's order
 * @param labels what applies: the most probable label, or, where an example may have several, those over their
 *     thresholds, the most probable first
 */
public record Classification(List<LabelScore> ranked, List<String> labels) {
    /** Keeps copies. */
    public Classification {
        ranked = List.copyOf(ranked);
        labels = List.copyOf(labels);
        if (ranked.isEmpty()) {
            throw new InvalidArgumentException(
                    "A classification ranks nothing.", "no label", "at least one label", "give every label its score");
        }
    }

    /** A label and its probability, from 0 to 1. */
    public record LabelScore(String label, double score) {
        /** Label and rounded probability: {@code spam (0.98)}. */
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s (%.2f)", label, score);
        }
    }

    /** The most probable label. */
    public LabelScore best() {
        return ranked.get(0);
    }

    /** The probability of a label. */
    public double score(String label) {
        return ranked.stream()
                .filter(s -> s.label().equals(label))
                .mapToDouble(LabelScore::score)
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "label",
                        label,
                        ranked.stream().map(LabelScore::label).toList(),
                        "ask for a label that the model was trained on"));
    }

    /** The most probable labels, at most that many; of ties the first of the head's order first. */
    public List<LabelScore> top(int most) {
        return ranked.subList(0, Math.min(Checks.positive("most", most), ranked.size()));
    }

    /** {@code {"labels": ["spam"], "scores": {"spam": 0.98, "ham": 0.02}}}, the most probable first. */
    public Config describe() {
        return describe(ranked.size());
    }

    /** As {@link #describe()}, with the scores of the most probable labels alone. */
    public Config describe(int most) {
        Map<String, Double> scores = new LinkedHashMap<>();
        top(most).forEach(s -> scores.put(s.label(), s.score()));
        return Config.empty().with("labels", labels).with("scores", scores);
    }

    /** {@code spam (0.98)}, or {@code no label} where none of several applies. */
    public String render() {
        return labels.isEmpty()
                ? "no label"
                : rendered(labels.stream()
                        .map(label -> new LabelScore(label, score(label)))
                        .toList());
    }

    /** The most probable labels, whether they apply or not: {@code spam (0.98), ham (0.02)}. */
    public String render(int most) {
        return rendered(top(most));
    }

    private static String rendered(List<LabelScore> scores) {
        return scores.stream().map(LabelScore::toString).collect(Collectors.joining(", "));
    }
}
