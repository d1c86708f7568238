// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.model.Config;
import picocli.CommandLine.Option;

/** Options of series: how they are read, and how a network looks at them. */
final class SeriesOptions {
    @Option(names = "--time-column", paramLabel = "COLUMN", description = "column of the times of series")
    @Nullable
    String timeColumn;

    @Option(
            names = "--target-column",
            paramLabel = "COLUMNS",
            description = "columns that are forecast, with commas; all for every one (all)")
    @Nullable
    String targetColumn;

    @Option(
            names = "--series-column",
            paramLabel = "COLUMN",
            description = "column that says which series a row belongs to, in a file of many series")
    @Nullable
    String seriesColumn;

    @Option(
            names = "--known-columns",
            paramLabel = "COLUMNS",
            description = "columns that are known in the future, too, such as prices or holidays, with commas")
    @Nullable
    String knownColumns;

    @Option(
            names = "--past-columns",
            paramLabel = "COLUMNS",
            description = "columns that are observed up to now and not known in the future, such as measured weather,"
                    + " with commas; for lstm, gru, transformer and informer")
    @Nullable
    String pastColumns;

    @Option(
            names = "--category-columns",
            paramLabel = "COLUMNS",
            description = "columns that never change within a series, with commas")
    @Nullable
    String categoryColumns;

    @Option(names = "--frequency", paramLabel = "F", description = "H, 15min, D, W, M ...; inferred if not given")
    @Nullable
    String frequency;

    @Option(
            names = "--layout",
            paramLabel = "NAME",
            description =
                    "columns, or rows: a line each series, its name first, as in M4; found by itself if not given")
    @Nullable
    String layout;

    @Option(
            names = "--continued-by",
            paramLabel = "FILE",
            description = "a file whose series continue those of --data, to test on (as M4's)")
    @Nullable
    String continuedBy;

    @Option(names = "--context", paramLabel = "N", description = "steps a network looks back (twice the horizon)")
    @Nullable
    Integer context;

    @Option(names = "--horizon", paramLabel = "N", description = "steps it forecasts at once (24)")
    @Nullable
    Integer horizon;

    @Option(names = "--stride", paramLabel = "N", description = "steps between two windows to learn from (1)")
    @Nullable
    Integer stride;

    @Option(
            names = "--splits",
            paramLabel = "A,B,C",
            description = "steps, or parts, to train on, to judge epochs, and to test: 8640,2880,2880 or 0.7,0.1,0.2")
    @Nullable
    String splits;

    @Option(
            names = "--missing",
            paramLabel = "WAY",
            description =
                    "refuse gaps, fill them linear or with the previous value, or leave windows out that touch one"
                            + " (refuse)")
    @Nullable
    String missing;

    @Option(
            names = "--duplicates",
            paramLabel = "WAY",
            description = "refuse two rows of one time, or take the first, the last or their mean (refuse)")
    @Nullable
    String duplicates;

    @Option(names = "--time-zone", paramLabel = "ZONE", description = "of times without one, such as Europe/Berlin")
    @Nullable
    String timeZone;

    @Option(
            names = "--season",
            paramLabel = "N",
            description = "steps after which the pattern comes again; by frequency")
    @Nullable
    Integer season;

    @Option(names = "--calendar", description = "the network also looks at hour, weekday, month ...")
    boolean calendar;

    @Option(
            names = "--scaling",
            paramLabel = "WAY",
            description = "standard: by mean and deviation of the training data (one series); none (many series)")
    @Nullable
    String scaling;

    @Option(
            names = "--normalisation",
            paramLabel = "WAY",
            description = "of each window by itself: none, last, last-scaled or revin; the family's own if not given")
    @Nullable
    String normalisation;

    @Option(
            names = "--network",
            paramLabel = "NAME=VALUE",
            description = "a setting of the family, such as hidden_size=128; several times for several")
    Map<String, String> network = new LinkedHashMap<>();

    @Option(names = "--loss", paramLabel = "NAME", description = "mse, mae, huber, quantile or student-t (mse)")
    @Nullable
    String loss;

    @Option(
            names = "--quantiles",
            split = ",",
            paramLabel = "Q",
            description = "levels to forecast, such as 0.1,0.5,0.9")
    List<Double> quantiles = new ArrayList<>();

    @Option(names = "--forecast-dropout", paramLabel = "X", description = "before the head of a forecast (0)")
    @Nullable
    Double dropout;

    @Option(
            names = "--from",
            paramLabel = "MODEL",
            description = "begins with the network of a model that was saved, trained on other series")
    @Nullable
    String from;

    /** The options that were given, by their names. */
    Config addTo(Config settings) {
        Map<String, @Nullable Object> given = new LinkedHashMap<>();
        given.put("time-column", timeColumn);
        given.put("target-column", targetColumn);
        given.put("series-column", seriesColumn);
        given.put("known-columns", knownColumns);
        given.put("past-columns", pastColumns);
        given.put("category-columns", categoryColumns);
        given.put("frequency", frequency);
        given.put("layout", layout);
        given.put("continued-by", continuedBy);
        given.put("context", context);
        given.put("horizon", horizon);
        given.put("stride", stride);
        given.put("splits", splits);
        given.put("missing", missing);
        given.put("duplicates", duplicates);
        given.put("time-zone", timeZone);
        given.put("season", season);
        given.put("calendar", calendar ? true : null);
        given.put("scaling", scaling);
        given.put("normalisation", normalisation);
        given.put("network", network.isEmpty() ? null : DataOptions.typed("--network", network));
        given.put("loss", loss);
        given.put("quantiles", quantiles.isEmpty() ? null : quantiles);
        given.put("forecast-dropout", dropout);
        given.put("from", from);
        Config c = settings;
        for (Map.Entry<String, @Nullable Object> e : given.entrySet()) {
            Object value = e.getValue();
            c = value == null ? c : c.with(e.getKey(), value);
        }
        return c;
    }
}
