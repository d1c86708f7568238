// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.model.Config;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the columns of a data file are found, and the file that stands in for flags. */
final class DataOptions {
    private static final Pattern JSON = Pattern.compile("-?[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?|true|false|\\[.*]");

    @Option(
            names = "--text-column",
            paramLabel = "COLUMN",
            description = "column of the texts, by name or by number from 1 where the file has no header")
    @Nullable
    String textColumn;

    @Option(
            names = "--image-column",
            paramLabel = "COLUMN",
            description = "column of the paths of pictures, by name or number")
    @Nullable
    String imageColumn;

    @Option(names = "--label-column", paramLabel = "COLUMN", description = "column of the labels, by name or number")
    @Nullable
    String labelColumn;

    @Option(
            names = "--split-column",
            paramLabel = "COLUMN",
            description = "column that says train, validation or test of each row")
    @Nullable
    String splitColumn;

    @Option(
            names = "--label-separator",
            paramLabel = "TEXT",
            description = "what stands between several labels of one row; makes the task multi-label")
    @Nullable
    String labelSeparator;

    @Option(
            names = "--empty-rows",
            paramLabel = "WAY",
            description = "refuse the file, or skip rows without text or label (refuse)")
    @Nullable
    String emptyRows;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "a setting that the task alone knows, such as classes=membrane,cell or decoder=unet")
    Map<String, String> settings = new LinkedHashMap<>();

    @Option(
            names = "--broken-images",
            paramLabel = "WAY",
            description = "refuse the data, skip and count pictures that cannot be read, or trust them unread (refuse)")
    @Nullable
    String brokenImages;

    @Option(
            names = "--anomaly-label",
            paramLabel = "LABEL",
            description = "label that means an anomaly; 1, true, anomaly or outlier if not given")
    @Nullable
    String anomalyLabel;

    @Option(
            names = "--normal-label",
            paramLabel = "LABEL",
            description = "in place of --anomaly-label: the label of what is normal; all others mean an anomaly")
    @Nullable
    String normalLabel;

    @Option(names = "--user-column", paramLabel = "COLUMN", description = "column of the users, by name or number")
    @Nullable
    String userColumn;

    @Option(names = "--item-column", paramLabel = "COLUMN", description = "column of the items, by name or number")
    @Nullable
    String itemColumn;

    @Option(names = "--rating-column", paramLabel = "COLUMN", description = "column of the ratings, by name or number")
    @Nullable
    String ratingColumn;

    @Mixin
    SeriesOptions series = new SeriesOptions();

    /** {@link ConfigFile} reads it before the other options are parsed. */
    @Option(names = "--config", paramLabel = "FILE", description = "YAML file that stands in for flags")
    @Nullable
    Path configFile;

    /** The options that were given, by their names. */
    Config columns() {
        Config c = Config.empty();
        c = textColumn == null ? c : c.with("text-column", textColumn);
        c = imageColumn == null ? c : c.with("image-column", imageColumn);
        c = brokenImages == null ? c : c.with("broken-images", brokenImages);
        c = anomalyLabel == null ? c : c.with("anomaly-label", anomalyLabel);
        c = normalLabel == null ? c : c.with("normal-label", normalLabel);
        c = userColumn == null ? c : c.with("user-column", userColumn);
        c = itemColumn == null ? c : c.with("item-column", itemColumn);
        c = ratingColumn == null ? c : c.with("rating-column", ratingColumn);
        c = labelColumn == null ? c : c.with("label-column", labelColumn);
        c = splitColumn == null ? c : c.with("split-column", splitColumn);
        c = emptyRows == null ? c : c.with("empty-rows", emptyRows);
        c = labelSeparator == null ? c : c.with("label-separator", labelSeparator);
        for (Map.Entry<String, String> e : settings.entrySet()) {
            c = c.with(e.getKey(), e.getValue());
        }
        return series.addTo(c);
    }

    /** The settings of the task as JSON has them. */
    Config typed() {
        return typed("--set", settings);
    }

    /** Numbers, lists in brackets, and flags where values read as such, else texts. */
    static Config typed(String option, Map<String, String> settings) {
        Config typed = Config.empty();
        for (Map.Entry<String, String> e : settings.entrySet()) {
            String value = e.getValue();
            typed = JSON.matcher(value).matches()
                    ? typed.with(Config.parse(
                            option + " " + e.getKey() + "=" + value, "{\"" + e.getKey() + "\": " + value + "}"))
                    : typed.with(e.getKey(), value);
        }
        return typed;
    }
}
