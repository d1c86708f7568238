// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.FolderFiles;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.speech.input.AudioSource;

/**
 * Files whose names say what is in them, by a pattern of fields in braces: {@code {label}_{speaker}_{index}} takes
 * {@code 7_george_12.wav} apart. The field {@code label} is needed, other names are free; the ending of the files may
 * be left off.
 *
 * <p>A rule says what is held out by the values of a field, with commas, or by a range of numbers: {@code index:0-4},
 * {@code speaker:theo,yweweler}. All else is learned from.
 */
final class FileNames {
    private static final Pattern FIELD = Pattern.compile("\\{([A-Za-z][A-Za-z0-9]*)}");
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})-(\\d{1,9})");
    private static final String LABEL = "label";
    private static final int SHOWN = 10;

    private final String pattern;
    private final Pattern expression;
    private final List<String> fields;
    private final @Nullable Rule test;
    private final @Nullable Rule validation;

    private FileNames(String pattern, Config settings) {
        this.pattern = pattern;
        this.fields = new ArrayList<>();
        StringBuilder regex = new StringBuilder();
        Matcher m = FIELD.matcher(pattern);
        int end = 0;
        while (m.find()) {
            regex.append(Pattern.quote(pattern.substring(end, m.start()))).append("(.+?)");
            fields.add(m.group(1));
            end = m.end();
        }
        regex.append(Pattern.quote(pattern.substring(end)));
        // Names are matched whole, with or without their ending.
        this.expression = Pattern.compile(regex + (pattern.endsWith("}") ? "\\.[^.]+" : ""));
        if (!fields.contains(LABEL) || fields.stream().distinct().count() < fields.size()) {
            throw new InvalidArgumentException(
                    "A pattern of file names does not say what the label is.",
                    "pattern = " + pattern + " with the fields " + fields,
                    "{label}, and each field once, such as {label}_{speaker}_{index}",
                    "write the pattern anew");
        }
        this.test = rule(settings, "test");
        this.validation = rule(settings, "validation");
    }

    static FileNames of(Config settings) {
        return new FileNames(settings.text("pattern"), settings);
    }

    /** A field and the values that are held out. */
    private record Rule(String field, List<String> values) {
        boolean holds(Map<String, String> name) {
            String found = name.getOrDefault(field, "");
            return values.stream().anyMatch(v -> {
                Matcher range = RANGE.matcher(v);
                return v.equals(found)
                        || range.matches()
                                && found.matches("\\d{1,9}")
                                && Integer.parseInt(found) >= Integer.parseInt(range.group(1))
                                && Integer.parseInt(found) <= Integer.parseInt(range.group(2));
            });
        }
    }

    private @Nullable Rule rule(Config settings, String part) {
        if (!settings.has(part)) {
            return null;
        }
        String text = settings.text(part);
        int colon = text.indexOf(':');
        if (colon < 1 || colon == text.length() - 1) {
            throw new InvalidArgumentException(
                    "A rule for what is held out cannot be read.",
                    part + " = " + text,
                    "FIELD:VALUES, such as index:0-4 or speaker:theo,yweweler",
                    "write the rule anew");
        }
        String field = text.substring(0, colon);
        if (!fields.contains(field)) {
            throw new UnknownNameException("field", field, fields, "name one of the fields of pattern = " + pattern);
        }
        return new Rule(field, List.of(text.substring(colon + 1).split(",", -1)));
    }

    List<AudioDataset.Found> read(Path folder, List<String> notes) {
        FolderFiles files = AudioDataset.files();
        List<AudioDataset.Found> found = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Path file : files.below(folder)) {
            String name = String.valueOf(file.getFileName());
            Optional<Map<String, String>> values = values(name);
            if (values.isEmpty()) {
                others.add(name);
            } else {
                Map<String, String> v = values.get();
                found.add(new AudioDataset.Found(
                        AudioSource.file(file),
                        List.of(Optional.ofNullable(v.get(LABEL)).orElseThrow()),
                        file.toString(),
                        part(v)));
            }
        }
        if (!others.isEmpty()) {
            throw new InvalidDataException(
                    others.size() + " files of '" + folder + "' are not named by the pattern.",
                    Excerpt.of(others, SHOWN),
                    pattern,
                    "rename or move them, or correct the pattern");
        }
        files.note(notes);
        for (String part : List.of("test", "validation")) {
            Rule rule = part.equals("test") ? test : validation;
            if (rule != null && found.stream().noneMatch(f -> f.part().equals(part))) {
                throw new InvalidDataException(
                        "The rule for the part '" + part + "' holds out nothing.",
                        rule.field + " in " + rule.values + ", and no such file in '" + folder + "'",
                        "a rule that some files follow",
                        "correct --set " + part + "=" + rule.field + ":...");
            }
        }
        return found;
    }

    private String part(Map<String, String> name) {
        if (test != null && test.holds(name)) {
            return "test";
        }
        if (validation != null && validation.holds(name)) {
            return "validation";
        }
        return test == null && validation == null ? "" : "train";
    }

    /** What each field stands for in a name; empty where the name does not fit. */
    private Optional<Map<String, String>> values(String name) {
        Matcher m = expression.matcher(name);
        if (!m.matches()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            values.put(fields.get(i), m.group(i + 1));
        }
        return Optional.of(values);
    }
}
