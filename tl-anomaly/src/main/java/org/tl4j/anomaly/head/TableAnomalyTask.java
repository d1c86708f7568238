// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.AnomalyTable;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.TableRow;
import org.tl4j.anomaly.input.TableInput;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;

/** Anomaly detection on tables, as a description. The columns are the features: the backbone passes them on. */
public final class TableAnomalyTask implements Head<TableRow, Condition, AnomalyScore> {
    /** The task's name. */
    public static final String NAME = "anomaly-detection";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "How strange each row of a table is, learned from normal rows or from all";
    }

    @Override
    public Modality modality() {
        return Modality.TABLE;
    }

    @Override
    public Preprocessor<TableRow> preprocessor(Config config, @Nullable Path folder) {
        return TableInput.of(config);
    }

    @Override
    public AnomalyHead restore(Config config) {
        return AnomalyHead.restore(NAME, config);
    }

    /** See {@link AnomalyTable#read}. */
    @Override
    public LabelledData<TableRow, Condition> read(Path file, Config columns) {
        return AnomalyTable.read(file, columns);
    }

    /** The settings are those of {@link AnomalyHead#of}. */
    @Override
    public AnomalyHead create(Dataset<TableRow, Condition> train, Config settings) {
        return AnomalyHead.of(NAME, settings, TableInput.of(train).features());
    }

    @Override
    public Optional<Supplier<Pretrained>> ownBackbone(Dataset<TableRow, Condition> train, Config settings) {
        TableInput input = TableInput.of(train);
        return Optional.of(() -> columns(input));
    }

    private static Pretrained columns(TableInput input) {
        return OwnFeatures.backbone(
                "table",
                Modality.TABLE,
                TableInput.INPUT,
                input.features().size(),
                input.config(),
                Config.empty().with("source", "the columns of the table").with("notes", input.notes()));
    }

    /** A JSON object by names, or values between commas by position. */
    @Override
    public TableRow parse(String input) {
        return AnomalyTable.parse(input);
    }

    @Override
    public Config describe(AnomalyScore prediction) {
        return prediction.describe();
    }

    @Override
    public String render(AnomalyScore prediction) {
        return prediction.render();
    }
}
