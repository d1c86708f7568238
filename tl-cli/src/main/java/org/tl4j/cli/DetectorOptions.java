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
            description = "detector of anomaly-detection, such as isolation-forest, family of series or recommender;"
                    + " `tl families` lists them")
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

    /** The options that were given, by their names. */
    Config addTo(Config settings) {
        Config c = settings;
        c = family == null ? c : c.with("family", family);
        c = setting == null ? c : c.with("setting", setting);
        c = threshold == null ? c : c.with("threshold", threshold);
        return numbers.isEmpty() ? c : c.with("detector-options", DataOptions.typed("--detector-option", numbers));
    }
}
