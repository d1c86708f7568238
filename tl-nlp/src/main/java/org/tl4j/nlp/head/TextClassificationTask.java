// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.head;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Doctor;
import org.tl4j.data.Finding;
import org.tl4j.data.LabelledData;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.nlp.dataset.Columns;
import org.tl4j.nlp.dataset.TextDataset;
import org.tl4j.nlp.input.TextInput;

/** Text classification, as a description: how texts are read, prepared and answered. */
public final class TextClassificationTask implements Head<String, List<String>, Classification> {
    /** The task's name. */
    public static final String NAME = "text-classification";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Labels for texts: one label each, or any number";
    }

    @Override
    public Modality modality() {
        return Modality.TEXT;
    }

    @Override
    public TextInput preprocessor(Config config, @Nullable Path folder) {
        return TextInput.of(config, folder);
    }

    @Override
    public ClassificationHead restore(Config config) {
        return ClassificationHead.restore(NAME, config);
    }

    @Override
    public LabelledData<String, List<String>> read(Path file, Config columns) {
        Columns chosen = Columns.guessed();
        chosen = columns.has("text-column") ? chosen.withText(columns.text("text-column")) : chosen;
        chosen = columns.has("label-column") ? chosen.withLabel(columns.text("label-column")) : chosen;
        chosen = columns.has("split-column") ? chosen.withSplit(columns.text("split-column")) : chosen;
        chosen = columns.has("label-separator") ? chosen.withLabelSeparator(columns.text("label-separator")) : chosen;
        chosen = switch (columns.text("empty-rows", "refuse")) {
            case "refuse" -> chosen;
            case "skip" -> chosen.withEmptyRows(Columns.EmptyRows.SKIP);
            default ->
                throw new UnknownNameException(
                        "answer to empty rows",
                        columns.text("empty-rows"),
                        List.of("refuse", "skip"),
                        "write --empty-rows refuse or --empty-rows skip");
        };
        TextDataset data = TextDataset.read(file, chosen);
        return new LabelledData<>(data, data.parts(), data.notes());
    }

    @Override
    public TaskHead<List<String>, Classification> create(Dataset<String, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
    }

    /** Texts are the same to a reader whatever their case and white space; one that is too long is cut. */
    @Override
    public List<Finding> examine(
            Map<String, Dataset<String, List<String>>> parts, @Nullable Preprocessor<String> preprocessor) {
        List<Finding> findings = new ArrayList<>(
                new Doctor<String, List<String>>(parts, TextClassificationTask::folded, l -> l, t -> t).examine());
        if (preprocessor instanceof TextInput input) {
            parts.forEach((name, data) -> findings.add(length(name, data, input)));
        }
        return findings;
    }

    private static String folded(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC)
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\s+", " ")
                .strip();
    }

    private static Finding length(String name, Dataset<String, List<String>> data, TextInput input) {
        int[] lengths = input.fullLengths(data.inputs());
        List<String> cut = IntStream.range(0, lengths.length)
                .filter(i -> lengths[i] > input.maxLength())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -lengths[i]))
                .map(i -> data.get(i).source() + ": " + lengths[i] + " tokens")
                .toList();
        int[] sorted = IntStream.of(lengths).sorted().toArray();
        String quantiles = sorted.length == 0
                ? "no text"
                : "half have at most " + sorted[sorted.length / 2] + " tokens, the longest "
                        + sorted[sorted.length - 1];
        return cut.isEmpty()
                ? Finding.note(
                        "length",
                        name + ": no text is longer than the model reads (" + input.maxLength() + " tokens); "
                                + quantiles + ".")
                : new Finding(
                        Finding.Severity.WARNING,
                        "length",
                        String.format(
                                Locale.ROOT,
                                "%s: %d texts (%.1f %%) are longer than the model reads (%d tokens) and will be cut; %s.",
                                name,
                                cut.size(),
                                100.0 * cut.size() / lengths.length,
                                input.maxLength(),
                                quantiles),
                        cut,
                        "shorten them so that what matters comes first, or choose a backbone that reads more");
    }

    @Override
    public Optional<String> label(List<String> target) {
        return target.size() == 1 ? Optional.of(target.get(0)) : Optional.empty();
    }

    @Override
    public String parse(String input) {
        return input;
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render();
    }
}
