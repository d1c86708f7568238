// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.detector.DetectorFamily;
import org.tl4j.anomaly.detector.Detectors;
import org.tl4j.anomaly.detector.SignalAutoencoder;
import org.tl4j.anomaly.head.AnomalyScore;
import org.tl4j.anomaly.head.BackboneAnomalyTask;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.data.Dataset;
import org.tl4j.data.Split;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.TextTable;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.tuning.Transfer;

/**
 * Spam among the messages of people, looked for by detectors on MiniLM's sentence vectors that learned from messages of
 * people alone (semi-supervised) or from all (unsupervised): 70 % to learn from, 30 % to judge. Writes the table to
 * {@code target/spam-as-anomaly.txt}.
 */
class SpamAsAnomalyTest {
    private static final BackboneAnomalyTask.Texts TEXTS = new BackboneAnomalyTask.Texts();

    @Test
    void ranksSpamAmongMessagesOfPeopleAsScikitLearnDoes() throws IOException {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path file = Path.of(folder, "sms-spam", "sms.tsv");
        assumeTrue(Files.exists(file), file + " is not there");
        Config columns = Config.empty()
                .with("label-column", "1")
                .with("text-column", "2")
                .with("anomaly-label", "spam");
        Dataset<Object, Condition> all = TEXTS.read(file, columns).all();
        Split<Object, Condition> split = Split.stratified(all, 0.3, 1, c -> List.of(c.name()));
        Transfer<Object, Condition, AnomalyScore> transfer =
                Transfer.from("all-minilm-l6-v2").to(new Task<>(TEXTS, TEXTS.create(split.train(), Config.empty())));
        float[][] learned = transfer.features(split.train());
        float[][] judged = transfer.features(split.heldOut());
        float[][] normal = rows(learned, split.train(), Condition.NORMAL);
        boolean[] spam = new boolean[judged.length];
        for (int i = 0; i < spam.length; i++) {
            spam[i] = split.heldOut().get(i).target() == Condition.ANOMALOUS;
        }
        Map<String, Estimate> semi = new LinkedHashMap<>();
        TextTable table = new TextTable("detector on all-minilm-l6-v2", "semi-supervised", "unsupervised");
        for (DetectorFamily family : Detectors.all()) {
            // A vector is no window of a signal.
            if (family instanceof SignalAutoencoder) {
                continue;
            }
            Estimate fromNormal =
                    ScoredTruth.of(family.fit(normal, 1).scores(judged), spam).auroc();
            Estimate fromAll =
                    ScoredTruth.of(family.fit(learned, 1).scores(judged), spam).auroc();
            semi.put(family.id(), fromNormal);
            table.row(family.id(), percent(fromNormal), percent(fromAll));
        }
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("spam-as-anomaly.txt"), table + "\n");
        // What scikit-learn's detectors get on these vectors: spam is alike and lies nearer to the middle than most.
        Map.of("mahalanobis", 0.221, "nearest-neighbours", 0.205, "isolation-forest", 0.209)
                .forEach((family, value) -> assertThat(
                                Objects.requireNonNull(semi.get(family)).value())
                        .as("%s of %s", family, table)
                        .isCloseTo(value, within(0.05)));
    }

    private static String percent(Estimate e) {
        return String.format(Locale.ROOT, "%.1f [%.1f, %.1f]", 100 * e.value(), 100 * e.low(), 100 * e.high());
    }

    private static float[][] rows(float[][] features, Dataset<Object, Condition> data, Condition wanted) {
        List<float[]> some = new ArrayList<>();
        for (int i = 0; i < features.length; i++) {
            if (data.get(i).target() == wanted) {
                some.add(features[i]);
            }
        }
        return some.toArray(float[][]::new);
    }
}
