// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tl4j.model.Config;

/**
 * The finished rows with what they were measured on, as a table for people and as JSON with every round.
 *
 * @param machine the machine
 * @param setup threads, and whether it was quick
 * @param versions of both sides
 * @param results in order
 */
record Report(Machine machine, Setup setup, List<Config> versions, List<Result> results) {
    private static final List<String> COLUMNS =
            List.of("", "TL4J", "Python", "rival", "times better", "processor time", "rounds", "aim", "reached");

    Report {
        versions = List.copyOf(versions);
        results = List.copyOf(results);
    }

    /** Rows of cells, the names of the columns first. */
    private List<List<String>> cells() {
        List<List<String>> rows = new ArrayList<>(List.of(COLUMNS));
        for (Result r : results) {
            Comparison c = r.comparison();
            Sample processor = r.processor();
            boolean aimed = c.target() > 0 || c.limit() > 0;
            rows.add(List.of(
                    c.title(),
                    figure(r.tl4j().median()) + " " + c.unit(),
                    figure(r.python().median()) + " " + c.unit(),
                    r.rival().title(),
                    figure(r.ratios().median()) + " (" + figure(r.ratios().min()) + " to "
                            + figure(r.ratios().max()) + ")",
                    processor == null ? "" : figure(processor.median()) + " times less",
                    Integer.toString(r.tl4j().values().size()),
                    !aimed ? "" : c.target() > 0 ? figure(c.target()) + " times" : "below " + figure(c.limit()),
                    !aimed ? "" : r.reached() ? "yes" : "no"));
        }
        return rows;
    }

    /** Three significant digits, without an exponent. */
    static String figure(double value) {
        if (value == 0) {
            return "0";
        }
        int digits = (int) Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** For a terminal: columns of equal width. */
    String table() {
        List<List<String>> rows = cells();
        int[] widths = new int[COLUMNS.size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        StringBuilder s = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            s.append(line.toString().stripTrailing()).append('\n');
        }
        return s.append(notes("  ")).toString();
    }

    /** For a page. */
    String markdown() {
        List<List<String>> rows = cells();
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            s.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
            if (i == 0) {
                s.append("| --- ".repeat(COLUMNS.size())).append("|\n");
            }
        }
        return s.append('\n').append(notes("- ")).toString();
    }

    private String notes(String bullet) {
        List<String> notes = new ArrayList<>(List.of(machine.describe(setup.threads()), Machine.versions(versions)));
        notes.add("figures are medians; 'times better' is the median of each round's ratio, with the lowest and the"
                + " highest");
        results.stream()
                .filter(r -> !r.remark().isEmpty())
                .map(r -> r.comparison().title() + ": " + r.remark())
                .forEach(notes::add);
        if (setup.quick()) {
            notes.add("--quick: a tiny model and few rounds; these figures only show that everything runs");
        }
        return notes.stream().map(n -> bullet + n + "\n").collect(Collectors.joining());
    }

    Config json() {
        List<Config> rows = new ArrayList<>();
        for (Result r : results) {
            Comparison c = r.comparison();
            Sample processor = r.processor();
            Config row = Config.empty()
                    .with("benchmark", r.benchmark())
                    .with("row", c.name())
                    .with("title", c.title())
                    .with("unit", c.unit())
                    .with("rival", r.rival().name())
                    .with("tl4j", sample(r.tl4j()))
                    .with("python", sample(r.python()))
                    .with("timesBetter", sample(r.ratios()))
                    .with("target", c.target())
                    .with("limit", c.limit())
                    .with("reached", r.reached())
                    .with("largestDifference", r.agreement())
                    .with("remark", r.remark());
            rows.add(processor == null ? row : row.with("processorTimesLess", sample(processor)));
        }
        Config all = Config.empty().with("machine", machine.toConfig());
        Config merged = Config.empty();
        for (Config v : versions) {
            merged = merged.with(v);
        }
        return all.with("versions", merged)
                .with("threads", setup.threads())
                .with("quick", setup.quick())
                .with("rows", rows.stream().map(Config::toJson).toList());
    }

    private static Config sample(Sample s) {
        return Config.empty()
                .with("median", s.median())
                .with("min", s.min())
                .with("max", s.max())
                .with("values", s.values());
    }
}
