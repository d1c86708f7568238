// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.engine.Device;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.InteractionRow;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.family.Recommender;
import org.tl4j.recsys.head.Recommendations;
import org.tl4j.recsys.head.Recommenders;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Recipe;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.Weights;

/** From a file to a saved model that recommends, with every family. */
class RecommendationTaskTest {
    private static final RecommendationTask TASK = new RecommendationTask();

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("ratings.csv"), Fixture.csv(Fixture.tastes(150, 60, 10, 3)));
    }

    static List<String> families() {
        return Recommenders.ids();
    }

    private static FineTuned<User, History, Recommendations> fit(Dataset<User, History> train, Config settings) {
        return transfer(train, settings).fit(train);
    }

    private static Transfer<User, History, Recommendations> transfer(Dataset<User, History> train, Config settings) {
        Recommendation wanted = new Recommendation(train, settings);
        return Transfer.from(wanted.users()).to(wanted.task());
    }

    private static Map<String, Set<String>> had(Dataset<User, History> data) {
        return InteractionSplit.items(data);
    }

    @ParameterizedTest
    @MethodSource("families")
    void learnsAndServes(String family) {
        LabelledData<User, History> data = TASK.read(file, Config.empty());
        Dataset<User, History> train = data.parts().get("train");
        Dataset<User, History> test = data.parts().get("test");
        Config settings = Config.empty().with("family", family);
        settings = Recommenders.options(family).contains("factors") ? settings.with("factors", 8) : settings;
        settings = family.equals("mf") ? settings.with("rate", 0.03).with("iterations", 100) : settings;
        Map<String, Set<String>> had = had(train);
        Evaluation evaluation;
        List<Recommendations> before;
        try (FineTuned<User, History, Recommendations> model = fit(train, settings)) {
            evaluation = model.evaluate(test);
            before = model.predict(test.inputs());
            model.save(folder.resolve("model"));
        }
        assertThat(evaluation.metrics().keySet())
                .contains("hitRate@10", "ndcg@10", "recall@10", "map@10", "coverage@10");
        assertThat(evaluation.baselineName()).startsWith("popularity");
        if (family.equals("popularity")) {
            evaluation
                    .baseline()
                    .forEach((name, value) -> assertThat(evaluation.value(name)).isEqualTo(value));
        } else if (family.equals("mf")) {
            // Ratings within a taste are alike, so the order says little; the errors say more.
            assertThat(evaluation.value("rmse"))
                    .isLessThan(0.9 * evaluation.baseline().get("rmse"));
        } else {
            // Of 20 items of a user's taste some 8 were seen: 10 of the other 12 would be found with 0.75 by chance.
            assertThat(evaluation.value("hitRate@10"))
                    .isGreaterThan(evaluation.baseline().get("hitRate@10") + 0.2);
        }
        for (Recommendations r : before) {
            assertThat(r.entries()).hasSizeBetween(40, 51);
            assertThat(r.entries()).noneMatch(e -> had.get(r.user()).contains(e.item()));
            assertThat(r.entries()).isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
        }
        try (Predictor<User, History, Recommendations> served =
                Predictor.load(folder.resolve("model"), TASK, Device.CPU)) {
            assertThat(served.predict(test.inputs())).isEqualTo(before);
            assertThat(served.evaluate(test).metrics()).isEqualTo(evaluation.metrics());
            assertThatThrownBy(() -> served.predict(new User("u9999")))
                    .isInstanceOf(UnknownNameException.class)
                    .hasMessageContaining("Unknown user 'u9999'")
                    .hasMessageContaining("--from");
        }
    }

    /** The graph on ONNX Runtime says what the family's own code says. */
    @ParameterizedTest
    @MethodSource("families")
    void scoresAlikeInJavaAndOnnx(String family) {
        Dataset<User, History> train = TASK.read(file, Config.empty()).parts().get("train");
        List<History> targets = train.targets();
        List<String> users = InteractionMatrix.users(targets);
        List<String> items = InteractionMatrix.items(targets);
        InteractionMatrix ratings = InteractionMatrix.of(targets, users, items);
        Recommender java = Recommenders.named(family, Config.empty())
                .fit(ratings, TrainingOptions.defaults().seed());
        Map<String, Integer> numbers = InteractionMatrix.numbers(items);
        try (FineTuned<User, History, Recommendations> model =
                fit(train, Config.empty().with("family", family))) {
            for (int u = 0; u < users.size(); u += 29) {
                float[] scores = java.scores(u);
                for (Recommendations.Entry e :
                        model.predict(new User(users.get(u))).entries()) {
                    assertThat(e.score())
                            .as("%s for %s", e.item(), users.get(u))
                            .isCloseTo(scores[numbers.get(e.item())], within(1e-4));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"item-knn", "als"})
    void givesItsReasons(String family) {
        LabelledData<User, History> data = TASK.read(file, Config.empty());
        Dataset<User, History> train = data.parts().get("train");
        SavedModel saved;
        Recommendations answer;
        try (FineTuned<User, History, Recommendations> model =
                fit(train, Config.empty().with("family", family))) {
            saved = model.save(folder.resolve("model"));
            answer = model.predict(new User("u4"));
        }
        Reasons reasons = Reasons.of(saved).orElseThrow();
        String best = answer.entries().get(0).item();
        List<Reasons.Reason> why = reasons.of(new User("u4"), best, 3);
        assertThat(why).isNotEmpty().hasSizeLessThanOrEqualTo(3);
        assertThat(why).allMatch(r -> had(train).get("u4").contains(r.item()) && r.weight() > 0);
        if (family.equals("item-knn")) {
            double all = reasons.of(new User("u4"), best, 100).stream()
                    .mapToDouble(Reasons.Reason::weight)
                    .sum();
            assertThat(all).isCloseTo(answer.entries().get(0).score(), within(1e-5));
        }
    }

    @Test
    void goesOnFromAnEarlierModel() throws IOException {
        Dataset<User, History> all = TASK.read(file, Config.empty()).parts().get("train");
        Config settings = Config.empty().with("factors", 6).with("regularisation", 2);
        try (FineTuned<User, History, Recommendations> model = fit(all, settings)) {
            model.save(folder.resolve("first"));
        }
        List<InteractionRow> few = new ArrayList<>(Fixture.tastes(9, 60, 4, 77));
        few.replaceAll(r -> new InteractionRow("new" + r.user(), r.interaction(), r.source()));
        Dataset<User, History> fresh = InteractionSplit.examples("fresh", few);
        Config from = Config.empty().with("from", folder.resolve("first").toString());
        Dataset<User, History> test = InteractionSplit.of("fresh", few, InteractionSplit.Way.LEAVE_LAST_OUT)
                .test();
        try (FineTuned<User, History, Recommendations> model = fit(fresh, from)) {
            Config recommender = model.evaluate(test).details().config("recommender");
            assertThat(recommender.integer("factors")).isEqualTo(6);
            assertThat(recommender.number("regularisation")).isEqualTo(2);
            assertThat(recommender.integer("keptItems"))
                    .isEqualTo(InteractionMatrix.items(fresh.targets()).size());
            assertThat(model.about().config("provenance").config("backbone").text("source"))
                    .endsWith("first");
            // A user of few items is recommended others of his taste: of the items that others had.
            int right = 0;
            int count = 0;
            for (int u = 0; u < 9; u++) {
                for (Recommendations.Entry e :
                        model.predict(new User("newu" + u)).top(3).entries()) {
                    right += Integer.parseInt(e.item().substring(1)) % 3 == u % 3 ? 1 : 0;
                    count++;
                }
            }
            assertThat(right).isGreaterThan(count * 2 / 3);
        }
        assertThatThrownBy(() -> TASK.create(fresh, from.with("family", "bpr")))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("cannot go on from model");
    }

    @Test
    void judgesAFileByWhatIsNewInIt() {
        Dataset<User, History> train = TASK.read(file, Config.empty()).parts().get("train");
        try (FineTuned<User, History, Recommendations> model = fit(train, Config.empty())) {
            model.save(folder.resolve("model"));
        }
        Config judged = Config.empty()
                .with(RecommendationTask.JUDGED, folder.resolve("model").toString());
        LabelledData<User, History> again = TASK.read(file, judged);
        assertThat(again.all().size())
                .isEqualTo(TASK.read(file, Config.empty()).parts().get("test").size());
        assertThat(again.notes()).anyMatch(n -> n.contains("1350 of 1500 interactions were learned from"));
    }

    /** What a user had is never ranked, so it can be neither found nor missed. */
    @Test
    void whatWasLearnedFromIsNotJudged() {
        LabelledData<User, History> data = TASK.read(file, Config.empty());
        Dataset<User, History> test = data.parts().get("test");
        Dataset<User, History> train = data.parts().get("train");
        try (FineTuned<User, History, Recommendations> model = fit(train, Config.empty())) {
            Evaluation alone = model.evaluate(test);
            assertThat(model.evaluate(data.all()).metrics()).isEqualTo(alone.metrics());
            assertThat(model.evaluate(train).details().integer("users")).isZero();
        }
    }

    @Test
    void refusesSettingsThatNobodyReads() {
        Dataset<User, History> train = TASK.read(file, Config.empty()).parts().get("train");
        assertThatThrownBy(() -> TASK.create(train, Config.empty().with("facctors", 3)))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("perhaps factors");
        assertThatThrownBy(() -> TASK.create(train, Config.empty().with("family", "svd")))
                .isInstanceOf(UnknownNameException.class);
    }

    /** Two epochs by the one loop of training, frozen layers and all, from a file to answers. */
    @ParameterizedTest
    @ValueSource(strings = {"gmf", "mlp", "neumf"})
    void trainsNetworks(String family) {
        LabelledData<User, History> data = TASK.read(file, Config.empty());
        Dataset<User, History> train = data.parts().get("train");
        Dataset<User, History> test = data.parts().get("test");
        Config settings = Config.empty().with("family", family).with("negatives", 3);
        TrainingOptions options = TrainingOptions.defaults().withBatchSize(16).withWeightDecay(0);
        List<Recommendations> before;
        SavedModel saved;
        try (FineTuned<User, History, Recommendations> model = transfer(train, settings)
                .with(FineTuners.full().epochs(25).learningRate(0.05).schedule(Schedule.constant()))
                .with(options)
                .fit(train)) {
            Evaluation evaluation = model.evaluate(test);
            assertThat(evaluation.value("hitRate@10"))
                    .isGreaterThan(evaluation.baseline().get("hitRate@10") + 0.1);
            before = model.predict(test.inputs());
            saved = model.save(folder.resolve("first"));
        }
        assertThat(before)
                .allMatch(r -> r.entries().stream()
                        .noneMatch(e -> had(train).get(r.user()).contains(e.item())));
        try (Predictor<User, History, Recommendations> served =
                Predictor.load(folder.resolve("first"), TASK, Device.CPU)) {
            assertThat(served.predict(test.inputs())).isEqualTo(before);
        }
        // New users alone learn; layers and items are as they were, which the run proves.
        Config from = Config.empty().with("from", folder.resolve("first").toString());
        try (FineTuned<User, History, Recommendations> model = transfer(train, from)
                .with(FineTuners.installed()
                        .named("fold-in", Recipe.defaults().withEpochs(15).withRate(0.05)))
                .with(options)
                .fit(train)) {
            Weights begun = OnnxReader.read(saved.onnx()).weights();
            Weights now = model.tuned().model().weights();
            assertThat(begun.names()).contains("head.prediction.weight");
            for (String name : now.names()) {
                boolean moves = name.contains("user") || name.startsWith("head.");
                assertThat(now.get(name).bitEquals(begun.get(name))).as(name).isEqualTo(!moves);
            }
            Evaluation again = model.evaluate(test);
            assertThat(again.value("hitRate@10")).isGreaterThan(again.baseline().get("hitRate@10") + 0.1);
        }
    }

    @Test
    void theSameSeedGivesTheSameNetwork() {
        Dataset<User, History> train = TASK.read(file, Config.empty()).parts().get("train");
        Config settings = Config.empty().with("family", "neumf");
        List<List<Recommendations>> runs = new ArrayList<>();
        for (long seed : new long[] {1, 1, 2}) {
            try (FineTuned<User, History, Recommendations> model = transfer(train, settings)
                    .with(FineTuners.full().epochs(2).learningRate(0.01))
                    .with(TrainingOptions.defaults().withSeed(seed))
                    .fit(train)) {
                runs.add(model.predict(List.of(new User("u1"), new User("u2"))));
            }
        }
        assertThat(runs.get(1)).isEqualTo(runs.get(0));
        assertThat(runs.get(2)).isNotEqualTo(runs.get(0));
    }

    @Test
    void saysWhenNothingCanBeJudged() {
        Dataset<User, History> train =
                TASK.read(file, Config.empty().with("split", "none")).parts().get("train");
        try (FineTuned<User, History, Recommendations> model = fit(train, Config.empty())) {
            model.save(folder.resolve("all"));
        }
        Config judged = Config.empty()
                .with(RecommendationTask.JUDGED, folder.resolve("all").toString());
        assertThatThrownBy(() -> TASK.read(file, judged))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("Nothing in 'ratings.csv' can be judged");
    }

    @Test
    void readsTitles() throws IOException {
        Path movies = Files.writeString(folder.resolve("movies.dat"), "7::Seven (1995)::Crime\n8::Eight\n");
        Path csv = Files.writeString(folder.resolve("items.csv"), "item,title\n7,\"Seven, again\"\n");
        assertThat(Stream.of("7", "8", "9").map(ItemTitles.read(movies)::of))
                .containsExactly("Seven (1995)", "Eight", "9");
        assertThat(ItemTitles.read(csv).of("7")).isEqualTo("Seven, again");
        Path broken = Files.writeString(folder.resolve("broken.dat"), "7\n");
        assertThatThrownBy(() -> ItemTitles.read(broken)).hasMessageContaining("line 1 has no title");
    }
}
