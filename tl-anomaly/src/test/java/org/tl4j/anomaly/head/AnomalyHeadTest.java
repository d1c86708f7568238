// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.TableRow;
import org.tl4j.anomaly.detector.Detectors;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.engine.Device;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.Transfer;

/** From rows to a saved model, with every family. */
class AnomalyHeadTest {
    private static final TableAnomalyTask TABLES = new TableAnomalyTask();

    @TempDir
    private Path folder;

    static List<String> families() {
        return Detectors.ids();
    }

    private static Dataset<TableRow, Condition> rows(int normal, int strange, long seed) {
        Random random = new Random(seed);
        List<Example<TableRow, Condition>> rows = new ArrayList<>();
        for (int i = 0; i < normal + strange; i++) {
            boolean odd = i >= normal;
            double amount = 100 + 10 * random.nextGaussian() + (odd ? 150 : 0);
            double age = 40 + 5 * random.nextGaussian() + (odd ? 40 : 0);
            String country = random.nextInt(4) == 0 ? "FR" : "DE";
            rows.add(new Example<>(
                    new TableRow(List.of("amount", "age", "country"), List.of(amount, age, country)),
                    odd ? Condition.ANOMALOUS : Condition.NORMAL,
                    "row " + (i + 1)));
        }
        return Dataset.of("rows", rows);
    }

    private static FineTuned<TableRow, Condition, AnomalyScore> fit(
            Dataset<TableRow, Condition> train, Config settings) {
        return Transfer.from((modality, loader, hub) ->
                        TABLES.ownBackbone(train, settings).orElseThrow().get())
                .to(new Task<>(TABLES, TABLES.create(train, settings)))
                .fit(train);
    }

    private static Config settings(String family) {
        return Config.empty().with("family", family).with("setting", "semi-supervised");
    }

    @ParameterizedTest
    @MethodSource("families")
    void learnsFromNormalRowsAndServes(String family) {
        Dataset<TableRow, Condition> train = rows(300, 20, 1);
        Dataset<TableRow, Condition> test = rows(100, 30, 2);
        List<AnomalyScore> before;
        try (FineTuned<TableRow, Condition, AnomalyScore> model = fit(train, settings(family))) {
            Evaluation evaluation = model.evaluate(test);
            assertThat(evaluation.value("auroc")).isGreaterThan(0.98);
            assertThat(evaluation.value("recall")).isGreaterThan(0.9);
            assertThat(evaluation.metrics().get("falseAlarmRate").low()).isLessThan(0.05);
            assertThat(evaluation.report()).contains("semi-supervised").contains("split conformal on 60 held-out rows");
            before = model.predict(test.inputs());
            model.save(folder.resolve("model"));
        }
        try (Predictor<TableRow, Condition, AnomalyScore> served =
                Predictor.load(folder.resolve("model"), TABLES, Device.CPU)) {
            assertThat(served.predict(test.inputs())).isEqualTo(before);
            assertThat(served.evaluate(test).value("auroc")).isGreaterThan(0.98);
            Predictor.Answer<AnomalyScore> typed = served.answer("{\"country\": \"DE\", \"age\": 40, \"amount\": 100}");
            assertThat(typed.prediction().anomalous()).isFalse();
            assertThat(typed.text()).startsWith("normal");
            assertThatThrownBy(() -> served.predict(TableRow.of(Map.of("amount", 1, "age", 2))))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("country");
        }
    }

    @Test
    void saysWhichFeaturesAreStrange() {
        Dataset<TableRow, Condition> train = rows(300, 0, 1);
        try (FineTuned<TableRow, Condition, AnomalyScore> model = fit(train, settings("mahalanobis"))) {
            AnomalyScore score = model.predict(TableRow.of(Map.of("amount", 400, "age", 40, "country", "DE")));
            assertThat(score.anomalous()).isTrue();
            assertThat(score.reasons().get(0).feature()).isEqualTo("amount");
            assertThat(score.render()).contains("anomalous").contains("amount");
            assertThat(score.describe().config("reasons").keys()).contains("amount");
        }
    }

    @Test
    void neverLooksAtLabelsWhereItIsUnsupervised() {
        Dataset<TableRow, Condition> train = rows(200, 20, 3);
        Config unsupervised = Config.empty().with("setting", "unsupervised");
        float[][] features = {{1, 2}, {2, 1}, {3, 3}, {4, 1}, {5, 9}, {6, 2}, {1, 1}, {2, 2}, {3, 1}, {0, 4}, {9, 9}};
        List<Condition> some = train.targets().subList(195, 206);
        List<Condition> others = some.stream()
                .map(c -> c == Condition.NORMAL ? Condition.ANOMALOUS : Condition.NORMAL)
                .toList();
        AnomalyHead one = AnomalyHead.of("t", unsupervised, List.of()).fit(features, some, 1);
        AnomalyHead other = AnomalyHead.of("t", unsupervised, List.of()).fit(features, others, 1);
        assertThat(one.config()).isEqualTo(other.config());
        assertThat(one.detector().orElseThrow().scores(features))
                .isEqualTo(other.detector().orElseThrow().scores(features));
    }

    @Test
    void takesAllRowsForNormalWhereNoneHasALabel() {
        List<Condition> unknown = Collections.nCopies(50, Condition.UNKNOWN);
        float[][] features = features(50);
        AnomalyHead head = AnomalyHead.of("t", settings("hbos"), List.of()).fit(features, unknown, 1);
        assertThat(head.config().config("fitted").integer("fittedRows")).isEqualTo(40);
    }

    private static float[][] features(int n) {
        Random random = new Random(8);
        float[][] features = new float[n][3];
        for (float[] row : features) {
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) random.nextGaussian();
            }
        }
        return features;
    }

    @Test
    void refusesToLearnWithoutNormalRows() {
        List<Condition> odd = Collections.nCopies(50, Condition.ANOMALOUS);
        assertThatThrownBy(
                        () -> AnomalyHead.of("t", settings("hbos"), List.of()).fit(features(50), odd, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("0 of 50 rows are labelled normal")
                .hasMessageContaining("--setting unsupervised");
    }

    @Test
    void hasNoThresholdWhereRowsAreTooFew() {
        List<Condition> normal = Collections.nCopies(50, Condition.NORMAL);
        AnomalyHead head = AnomalyHead.of("t", settings("hbos").with("threshold", "false-alarm-rate:0.01"), List.of())
                .fit(features(50), normal, 1);
        assertThat(head.thresholdValue()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(head.thresholdBy()).contains("10 held-out rows are too few").contains("takes 99");
        // An infinite threshold is saved and comes back.
        assertThat(AnomalyHead.restore("t", Config.parse("test", head.config().toString()))
                        .thresholdValue())
                .isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void choosesAThresholdByLabels() {
        float[][] features = features(60);
        List<Condition> labels = new ArrayList<>(Collections.nCopies(60, Condition.NORMAL));
        for (int i = 0; i < 6; i++) {
            features[i * 10][0] += 9;
            labels.set(i * 10, Condition.ANOMALOUS);
        }
        AnomalyHead head = AnomalyHead.of("t", settings("mahalanobis").with("threshold", "labels"), List.of())
                .fit(features, labels, 1);
        assertThat(head.thresholdBy()).contains("6 of them anomalies");
        double[] scores = head.detector().orElseThrow().scores(features);
        for (int i = 0; i < scores.length; i++) {
            if (labels.get(i) == Condition.ANOMALOUS) {
                assertThat(scores[i]).isGreaterThan(head.thresholdValue());
            }
        }
    }

    @Test
    void refusesWrongNamesBeforeAnythingRuns() {
        assertThatThrownBy(() -> AnomalyHead.of("t", settings("isolation-tree"), List.of()))
                .isInstanceOf(UnknownNameException.class);
        assertThatThrownBy(() -> AnomalyHead.of("t", Config.empty().with("setting", "supervised"), List.of()))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("semi-supervised");
    }

    @Test
    void givesTheSameModelForTheSameSeed() {
        Dataset<TableRow, Condition> train = rows(120, 5, 1);
        Dataset<TableRow, Condition> test = rows(30, 5, 2);
        try (var one = fit(train, settings("isolation-forest"));
                var other = fit(train, settings("isolation-forest"))) {
            assertThat(one.predict(test.inputs())).isEqualTo(other.predict(test.inputs()));
        }
    }

    @Test
    void countsRowsWithoutALabel() {
        Dataset<TableRow, Condition> train = rows(120, 5, 1);
        try (var model = fit(train, settings("ecod"))) {
            Evaluation e = model.evaluate(train.mapTargets(c -> Condition.UNKNOWN));
            assertThat(e.metrics()).isEmpty();
            assertThat(e.report()).contains("without label: 125");
            assertThat(e.details().integer("withoutLabel")).isEqualTo(125);
        }
    }

    @Test
    void scoresAreThoseOfTheDetector() {
        Dataset<TableRow, Condition> train = rows(120, 5, 1);
        try (var model = fit(train, settings("nearest-neighbours"))) {
            AnomalyHead head = (AnomalyHead) model.tuned().model().head();
            AnomalyScore answer = model.predict(TableRow.of(Map.of("amount", 400, "age", 40, "country", "DE")));
            double expected = head.detector().orElseThrow().scores(new float[][] {{400, 40, 1, 0}})[0];
            assertThat(answer.score()).isCloseTo(expected, within(1e-5 * expected));
        }
    }
}
