// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.head;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
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
        TextDataset data = TextDataset.read(file, chosen);
        return new LabelledData<>(data, data.parts(), data.notes());
    }

    @Override
    public TaskHead<List<String>, Classification> create(Dataset<String, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
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
