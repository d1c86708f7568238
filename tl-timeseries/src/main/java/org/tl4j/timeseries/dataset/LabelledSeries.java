// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.data.Split;
import org.tl4j.data.TextFile;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;

/**
 * Reads series with a label each, for classification: {@code .ts} files of the UCR and UEA archives, of one variable or
 * several and of equal lengths or not, and tables with a row for each series ({@code .csv}, {@code .tsv},
 * {@code .parquet}), its values in the order of the columns. Anthony Bagnall et al., "The UEA multivariate time series
 * classification archive, 2018", arXiv:1811.00075.
 */
public final class LabelledSeries {
    private static final List<String> LABELS = List.of("label", "class", "target", "y");

    private final Path file;
    private final String name;
    private final String stem;
    private final Config settings;
    private final List<Example<TimeSeries, List<String>>> examples = new ArrayList<>();
    private final List<String> parts = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final boolean leavesGaps;
    private int gaps;

    private LabelledSeries(Path file, Config settings) {
        this.file = file;
        this.name = String.valueOf(file.getFileName());
        this.stem = name.replaceFirst("(?i)(\\.(ts|csv|tsv|tab|parquet))?(\\.gz)?$", "");
        this.settings = settings;
        this.leavesGaps = SeriesGrid.choice(settings, "missing", "refuse", "refuse", "leave")
                .equals("leave");
    }

    /**
     * Reads a file. Settings: for tables {@code label-column} (else {@code label}, {@code class}, {@code target} or
     * {@code y}) and {@code split-column}; {@code missing} ({@code refuse}, or {@code leave} as NaN).
     *
     * @throws InvalidDataException if it cannot be used as it is; names line and column
     */
    public static LabelledData<TimeSeries, List<String>> read(Path file, Config settings) {
        LabelledSeries reader = new LabelledSeries(file, settings);
        String lower = reader.name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".ts") || lower.endsWith(".ts.gz")) {
            reader.archive();
        } else {
            reader.table();
        }
        return reader.data();
    }

    private LabelledData<TimeSeries, List<String>> data() {
        if (examples.isEmpty()) {
            throw new InvalidDataException(
                    "'" + name + "' holds no series.", "no line of values", "at least one", "check the path");
        }
        int[] lengths =
                examples.stream().mapToInt(e -> e.input().length()).sorted().toArray();
        TimeSeries first = examples.get(0).input();
        notes.add(name + ": " + examples.size() + " series of "
                + (first.variables().size() == 1
                        ? "one variable"
                        : first.variables().size() + " variables") + " and "
                + (lengths[0] == lengths[lengths.length - 1]
                        ? lengths[0] + " steps"
                        : lengths[0] + " to " + lengths[lengths.length - 1] + " steps"));
        if (gaps > 0) {
            notes.add(name + ": " + gaps + " values are missing and stay so");
        }
        Dataset<TimeSeries, List<String>> all = Dataset.of(name, examples);
        return new LabelledData<>(all, parts.isEmpty() ? Map.of() : Split.prescribed(all, parts), notes);
    }

    private void archive() {
        Set<String> declared = new LinkedHashSet<>();
        int dimensions = 0;
        boolean begun = false;
        boolean labelled = false;
        long line = 0;
        try (BufferedReader lines = new BufferedReader(new StringReader(TextFile.read(file)))) {
            for (String raw = lines.readLine(); raw != null; raw = lines.readLine()) {
                line++;
                String text = raw.strip();
                if (text.isEmpty() || text.startsWith("#")) {
                    continue;
                }
                if (begun) {
                    dimensions = series(text, line, declared, dimensions);
                    continue;
                }
                String[] words = text.split("\\s+");
                String key = words[0].toLowerCase(Locale.ROOT);
                boolean isTrue = words.length > 1 && words[1].equalsIgnoreCase("true");
                if (!key.startsWith("@")) {
                    throw new InvalidDataException(
                            "'" + name + "' has values before '@data'.",
                            shortened(text) + " at line " + line,
                            "lines that begin with @ or #, then @data",
                            "add the line @data");
                }
                if (key.equals("@timestamps") && isTrue) {
                    throw new UnsupportedFeatureException(
                            "'" + name + "' has time stamps, which are not read.",
                            text + " at line " + line,
                            "@timeStamps false",
                            "export the series at regular steps and without stamps");
                }
                if (key.equals("@targetlabel") && isTrue || key.equals("@classlabel") && !isTrue) {
                    throw new InvalidDataException(
                            "'" + name + "' has no classes.",
                            text + " at line " + line,
                            "@classLabel true and the labels",
                            "choose a file for classification");
                }
                if (key.equals("@classlabel")) {
                    labelled = true;
                    declared.addAll(Arrays.asList(words).subList(2, words.length));
                }
                begun = key.equals("@data");
            }
        } catch (IOException e) {
            throw new IllegalStateException("a text in memory can be read", e);
        }
        if (!begun || !labelled) {
            throw new InvalidDataException(
                    "'" + name + "' is no file of the UCR or UEA archive.",
                    (begun ? "" : "no line @data")
                            + (begun || labelled ? "" : ", ")
                            + (labelled ? "" : "no line @classLabel"),
                    "@classLabel true and the labels, @data, then the series",
                    "fetch the file again");
        }
    }

    /** A line of values, variables between colons, the label last; returns how many variables there are. */
    private int series(String text, long line, Set<String> declared, int dimensions) {
        String[] fields = text.split(":", -1);
        int count = fields.length - 1;
        if (count < 1 || dimensions > 0 && count != dimensions) {
            throw new InvalidDataException(
                    "'" + name + "' has a line of another number of variables.",
                    count + " at line " + line,
                    dimensions > 0 ? dimensions + ", as the lines before" : "at least 1, and a label",
                    "write variables and label between colons");
        }
        String label = fields[count].strip();
        if (!declared.isEmpty() && !declared.contains(label)) {
            throw new InvalidDataException(
                    "'" + name + "' has a label that it does not declare.",
                    "'" + label + "' at line " + line,
                    "one of " + declared,
                    "correct it, or add it to @classLabel");
        }
        float[][] values = new float[count][];
        for (int v = 0; v < count; v++) {
            String[] cells = fields[v].split(",", -1);
            values[v] = new float[cells.length];
            for (int t = 0; t < cells.length; t++) {
                values[v][t] = value(cells[t], "variable " + (v + 1) + ", value " + (t + 1), line);
            }
            if (values[v].length != values[0].length) {
                throw new InvalidDataException(
                        "Variables of a series of '" + name + "' differ in length.",
                        values[v].length + " values of variable " + (v + 1) + " at line " + line,
                        values[0].length + ", as variable 1",
                        "fill up what is missing with ?");
            }
        }
        add(values, label, "line " + line);
        return count;
    }

    private float value(String cell, String column, long line) {
        float value = SeriesColumns.number(cell, name, column, line);
        if (Float.isNaN(value)) {
            if (!leavesGaps) {
                throw new InvalidDataException(
                        "'" + name + "' has a missing value.",
                        "'" + cell.strip() + "' in " + column + " at line " + line,
                        "a number",
                        "fill it, or leave it missing with --missing leave");
            }
            gaps++;
        }
        return value;
    }

    private void add(float[][] values, String label, String where) {
        List<String> variables = values.length == 1
                ? List.of("value")
                : IntStream.rangeClosed(1, values.length).mapToObj(v -> "x" + v).toList();
        TimeSeries series = new TimeSeries(
                stem + " " + (examples.size() + 1), null, null, variables, values, List.of(), new float[0][], Map.of());
        examples.add(new Example<>(series, List.of(label), name + " " + where));
    }

    private static String shortened(String text) {
        return "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "'";
    }

    private void table() {
        List<String> header = new ArrayList<>();
        int[] special = {-1, -1};
        SeriesRows.read(file, (line, cells) -> {
            if (header.isEmpty()) {
                header.addAll(cells.stream().map(String::strip).toList());
                special[0] = label(header);
                special[1] = settings.has("split-column") ? column(header, settings.text("split-column")) : -1;
                return;
            }
            if (cells.size() > header.size() || cells.size() <= special[0]) {
                throw new InvalidDataException(
                        "'" + name + "' has rows of different lengths.",
                        cells.size() + " cells at line " + line,
                        header.size() + ", as the header",
                        "leave cells behind the end of a series empty");
            }
            String label = cells.get(special[0]).strip();
            if (label.isEmpty()) {
                throw new InvalidDataException(
                        "'" + name + "' has a series without a label.",
                        "nothing in column '" + header.get(special[0]) + "' at line " + line,
                        "a label",
                        "add it, or remove the row");
            }
            List<Integer> places = new ArrayList<>();
            for (int c = 0; c < cells.size(); c++) {
                if (c != special[0] && c != special[1]) {
                    places.add(c);
                }
            }
            int length = places.size();
            while (length > 0 && SeriesColumns.isMissing(cells.get(places.get(length - 1)))) {
                length--; // shorter series end in empty cells
            }
            if (length == 0) {
                throw new InvalidDataException(
                        "'" + name + "' has a series without values.",
                        "line " + line,
                        "at least one number",
                        "remove the row");
            }
            float[] values = new float[length];
            for (int t = 0; t < length; t++) {
                int c = places.get(t);
                values[t] = value(cells.get(c), "column '" + header.get(c) + "'", line);
            }
            if (special[1] >= 0) {
                parts.add(cells.get(special[1]));
            }
            add(new float[][] {values}, label, (name.endsWith(".parquet") ? "row " : "line ") + line);
        });
    }

    private int label(List<String> header) {
        if (settings.has("label-column")) {
            return column(header, settings.text("label-column"));
        }
        for (String usual : LABELS) {
            for (int c = 0; c < header.size(); c++) {
                if (header.get(c).equalsIgnoreCase(usual)) {
                    notes.add(name + ": column '" + header.get(c) + "' holds the labels");
                    return c;
                }
            }
        }
        throw new InvalidDataException(
                "'" + name + "' has no column of labels.",
                "columns " + (header.size() > 8 ? header.subList(0, 8) + " ..." : header),
                "one called " + LABELS,
                "name it with --label-column");
    }

    private int column(List<String> header, String wanted) {
        int place = header.indexOf(wanted);
        if (place < 0 && wanted.matches("[0-9]{1,6}") && Integer.parseInt(wanted) <= header.size()) {
            place = Integer.parseInt(wanted) - 1;
        }
        if (place < 0) {
            throw new UnknownNameException(
                    "column", wanted, header, "give a name of the header of " + name + ", or a number from 1");
        }
        return place;
    }
}
