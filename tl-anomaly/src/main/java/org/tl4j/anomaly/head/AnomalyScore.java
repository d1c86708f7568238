// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.tl4j.model.Config;

/**
 * How strange a row is.
 *
 * @param score the higher, the stranger; its scale is the detector's own
 * @param threshold above which a row is flagged
 * @param anomalous whether it is
 * @param reasons the features that add most to the score, the first the most; empty where the detector does not tell
 * @param places how strange each place of an image is, row by row; empty where the detector knows no places
 */
public record AnomalyScore(
        double score, double threshold, boolean anomalous, List<Reason> reasons, List<Float> places) {
    /** Keeps copies. */
    public AnomalyScore {
        reasons = List.copyOf(reasons);
        places = List.copyOf(places);
    }

    /**
     * A feature and its part of the score.
     *
     * @param feature its name
     * @param contribution on the detector's own scale
     */
    public record Reason(String feature, double contribution) {}

    /** {@code {"anomalous": true, "score": 0.71, "threshold": 0.62, "reasons": {"amount": 3.2}}}. */
    public Config describe() {
        Config c = Config.empty().with("anomalous", anomalous).with("score", score);
        c = Double.isFinite(threshold) ? c.with("threshold", threshold) : c;
        if (reasons.isEmpty()) {
            return c;
        }
        Map<String, Double> parts = new LinkedHashMap<>();
        reasons.forEach(r -> parts.put(r.feature(), r.contribution()));
        return c.with("reasons", parts);
    }

    /** {@code anomalous (0.7100 > 0.6200): amount, age}. */
    public String render() {
        String line = String.format(
                Locale.ROOT, anomalous ? "anomalous (%.4g > %.4g)" : "normal (%.4g, at most %.4g)", score, threshold);
        return anomalous && !reasons.isEmpty()
                ? line + ": " + reasons.stream().map(Reason::feature).collect(Collectors.joining(", "))
                : line;
    }
}
