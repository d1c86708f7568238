// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.List;
import java.util.Map;
import org.tl4j.error.EngineFailureException;

/** Whether two sides compute the same: only then are their times comparable. */
final class Agreement {
    private Agreement() {}

    /**
     * Compares what both sides computed.
     *
     * @return the largest difference, relative to the largest number of its list
     * @throws EngineFailureException if lists are missing, of different lengths, not finite, or too far apart
     */
    static double check(
            Comparison comparison,
            Comparison.Rival rival,
            Map<String, List<Double>> tl4j,
            Map<String, List<Double>> python) {
        double worst = 0;
        for (Map.Entry<String, Double> tolerance : comparison.tolerances().entrySet()) {
            String name = tolerance.getKey();
            List<Double> a = tl4j.getOrDefault(name, List.of());
            List<Double> b = python.getOrDefault(name, List.of());
            double difference = a.isEmpty() || a.size() != b.size() ? Double.NaN : difference(a, b);
            if (!(difference <= tolerance.getValue())) {
                throw new EngineFailureException(
                        "TL4J and '" + rival.title() + "' do not agree about '" + name + "' of '" + comparison.title()
                                + "'.",
                        "TL4J " + brief(a) + ", Python " + brief(b) + "; difference " + difference,
                        "at most " + tolerance.getValue(),
                        "find out which side is wrong before any figure is believed");
            }
            worst = Math.max(worst, difference);
        }
        return worst;
    }

    private static double difference(List<Double> a, List<Double> b) {
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < a.size(); i++) {
            double d = Math.abs(a.get(i) - b.get(i));
            // Math.max would keep NaN, too; infinite values are to be no agreement either.
            worst = Double.isFinite(d) ? Math.max(worst, d) : Double.NaN;
            largest = Math.max(largest, Math.abs(b.get(i)));
        }
        return largest == 0 ? worst : worst / largest;
    }

    private static String brief(List<Double> values) {
        return values.size() <= 6 ? values.toString() : values.subList(0, 6) + " and " + (values.size() - 6) + " more";
    }
}
