// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.TableRow;
import org.tl4j.anomaly.head.AnomalyScore;
import org.tl4j.anomaly.head.TableAnomalyTask;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.engine.Device;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.Transfer;

class AnomalyStreamTest {
    private static final TableAnomalyTask TABLES = new TableAnomalyTask();

    @TempDir
    private Path folder;

    private static TableRow row(Random random, double shift) {
        return TableRow.of(random.nextGaussian() + shift, random.nextGaussian());
    }

    @Test
    void aSavedModelScoresRowsOneByOneAndSeesThemChange() {
        Random random = new Random(1);
        List<Example<TableRow, Condition>> rows = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            rows.add(new Example<>(row(random, 0), Condition.UNKNOWN, "row " + i));
        }
        Dataset<TableRow, Condition> train = Dataset.of("rows", rows);
        Config settings = Config.empty().with("family", "mahalanobis");
        try (FineTuned<TableRow, Condition, AnomalyScore> model = Transfer.from((modality, loader, hub) ->
                        TABLES.ownBackbone(train, settings).orElseThrow().get())
                .to(new Task<>(TABLES, TABLES.create(train, settings)))
                .fit(train)) {
            model.save(folder.resolve("model"));
        }
        try (Predictor<TableRow, Condition, AnomalyScore> model =
                Predictor.load(folder.resolve("model"), TABLES, Device.CPU)) {
            AnomalyStream<TableRow> stream = AnomalyStream.of(model, 10_000);
            for (int i = 0; i < 100; i++) {
                TableRow next = row(random, 0);
                AnomalyStream.Step step = stream.next(next);
                assertThat(step.answer()).isEqualTo(model.predict(next));
                assertThat(step.drift()).isFalse();
            }
            List<TableRow> shifted = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                shifted.add(row(random, 2));
            }
            assertThat(stream.next(shifted)).anyMatch(AnomalyStream.Step::drift);
            assertThat(AnomalyStream.of(model).next(shifted)).noneMatch(AnomalyStream.Step::drift);
        }
    }
}
