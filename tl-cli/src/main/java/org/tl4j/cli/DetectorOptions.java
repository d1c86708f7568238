// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.model.Config;
import picocli.CommandLine.Option;

/** Options of anomaly detection. */
final class DetectorOptions {
    @Option(
            names = "--family",
            paramLabel = "NAME",
            description = "detector of anomaly-detection, such as isolation-forest; `tl families` lists them")
    @Nullable
    String family;

    @Option(
            names = "--detector-option",
            paramLabel = "NAME=VALUE",
            description = "a number of the detector, such as trees=500; several times for several")
    Map<String, String> numbers = new LinkedHashMap<>();

    @Option(
            names = "--setting",
            paramLabel = "NAME",
            description = "semi-supervised: learn from rows labelled normal; unsupervised: from all, not looking at"
                    + " labels (unsupervised)")
    @Nullable
    String setting;

    @Option(
            names = "--threshold",
            paramLabel = "WAY",
            description =
                    "false-alarm-rate:0.05 (split conformal), quantile:0.99, or labels (best F1 on held-out rows);"
                            + " the first if not given")
    @Nullable
    String threshold;

    @Option(
            names = "--anomaly-label",
            paramLabel = "LABEL",
            description = "label that means an anomaly; 1, true, anomaly or outlier if not given")
    @Nullable
    String anomalyLabel;

    /** The options that were given, by their names. */
    Config addTo(Config settings) {
        Config c = settings;
        c = family == null ? c : c.with("family", family);
        c = setting == null ? c : c.with("setting", setting);
        c = threshold == null ? c : c.with("threshold", threshold);
        c = anomalyLabel == null ? c : c.with("anomaly-label", anomalyLabel);
        if (numbers.isEmpty()) {
            return c;
        }
        Config options = Config.empty();
        for (Map.Entry<String, String> n : numbers.entrySet()) {
            options = options.with(n.getKey(), value(n.getValue()));
        }
        return c.with("detector-options", options);
    }

    private static Object value(String text) {
        try {
            double number = Double.parseDouble(text);
            return number == Math.rint(number) && Math.abs(number) < Integer.MAX_VALUE
                    ? (Object) (int) number
                    : (Object) number;
        } catch (NumberFormatException e) {
            return text;
        }
    }
}
