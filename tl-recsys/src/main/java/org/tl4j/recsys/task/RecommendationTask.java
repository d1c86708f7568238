// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Finding;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;
import org.tl4j.model.TaskHead;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.InteractionReader;
import org.tl4j.recsys.dataset.InteractionRow;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.head.PairHead;
import org.tl4j.recsys.head.RecommendationHead;
import org.tl4j.recsys.head.Recommendations;
import org.tl4j.recsys.input.UserInput;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/**
 * Recommendation, as a description. An example is a user, its target what the user did. Settings of a family are listed
 * at {@link RecommenderNetwork} and {@link EarlierModel}; those of reading at {@link InteractionReader}, and
 * {@code split} ({@code leave-last-out}, {@code time}, {@code none}).
 */
public final class RecommendationTask implements Head<User, History, Recommendations> {
    /** The task's name. */
    public static final String NAME = "recommendation";

    /** The setting by which {@code tl evaluate} names the model that a file is to be judged by. */
    public static final String JUDGED = "judged-by";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Items that a user has not seen, the likeliest first, from ratings or clicks";
    }

    @Override
    public Modality modality() {
        return Modality.INTERACTIONS;
    }

    @Override
    public Preprocessor<User> preprocessor(Config config, @Nullable Path folder) {
        return UserInput.of(config, folder);
    }

    @Override
    public TaskHead<History, Recommendations> restore(Config config) {
        return config.text("kind", "").equals("pairs")
                ? PairHead.restore(NAME, config)
                : RecommendationHead.restore(NAME, config);
    }

    @Override
    public LabelledData<User, History> read(Path file, Config columns) {
        InteractionReader.Content content = InteractionReader.read(file, columns);
        String name = String.valueOf(file.getFileName());
        List<String> notes = new ArrayList<>(content.notes());
        InteractionSplit.Way way = InteractionSplit.Way.named(columns.text("split", "leave-last-out"));
        List<InteractionRow> rows = content.rows();
        if (columns.has(JUDGED)) {
            return judged(name, rows, columns, notes);
        }
        InteractionSplit split = InteractionSplit.of(name, rows, way);
        notes.addAll(split.notes());
        Map<String, Dataset<User, History>> parts = new LinkedHashMap<>();
        parts.put("train", split.train());
        if (!split.test().isEmpty()) {
            parts.put("test", split.test());
        }
        return new LabelledData<>(InteractionSplit.whole(name, rows), parts, notes);
    }

    /** Of the file that a model was made of the part that was held out, of another file all that is new. */
    private static LabelledData<User, History> judged(
            String name, List<InteractionRow> rows, Config columns, List<String> notes) {
        SavedModel model = SavedModel.read(Path.of(columns.text(JUDGED)));
        UserInput input = UserInput.of(model.about().config("input"), model.folder());
        List<String> items = model.about().config("head").texts("items");
        List<InteractionRow> known =
                InteractionSplit.known(rows, new HashSet<>(input.users()), new HashSet<>(items), notes);
        Map<String, Set<Integer>> had = new HashMap<>();
        input.users().forEach(u -> had.put(u, input.items(new User(u))));
        Map<String, Integer> numbers = InteractionMatrix.numbers(items);
        List<InteractionRow> fresh = known.stream()
                .filter(r -> !had.getOrDefault(r.user(), Set.of())
                        .contains(numbers.get(r.interaction().item())))
                .toList();
        notes.add(known.size() - fresh.size() + " of " + known.size()
                + " interactions were learned from and are not judged.");
        if (fresh.isEmpty()) {
            throw new InvalidDataException(
                    "Nothing in '" + name + "' can be judged.",
                    rows.size() + " interactions, none of a known user with a known item that is new",
                    "later interactions of the same users",
                    "give the file that the model was made of, whose held-out part it has not seen, or a later one");
        }
        return new LabelledData<>(InteractionSplit.whole(name, fresh), Map.of(), notes);
    }

    @Override
    public TaskHead<History, Recommendations> create(Dataset<User, History> train, Config settings) {
        String family = family(settings);
        return RecommenderNetwork.has(family)
                ? RecommenderNetwork.head(NAME, train, settings)
                : RecommendationHead.of(NAME, EarlierModel.family(family, train.targets(), settings), train.targets());
    }

    private static String family(Config settings) {
        String usual = settings.has("from") ? EarlierModel.family(settings) : "als";
        return settings.text("family", usual);
    }

    @Override
    public Optional<Supplier<Pretrained>> ownBackbone(Dataset<User, History> train, Config settings) {
        return Optional.of(backbone(train, settings));
    }

    static Supplier<Pretrained> backbone(Dataset<User, History> train, Config settings) {
        String family = family(settings);
        return RecommenderNetwork.has(family)
                ? RecommenderNetwork.network(family, train, settings)
                : () -> users(train, settings);
    }

    /** Passes the number of the user on. */
    private static Pretrained users(Dataset<User, History> train, Config settings) {
        Graph graph = new Graph();
        Value user = graph.input(UserInput.USER, DType.I64, Shape.parse("N"));
        Value number = graph.unary(Op.UnaryKind.IDENTITY, user);
        Value pooled = graph.unsqueeze(graph.cast(number, DType.F32), 1); // [N, 1]
        Config about = settings.has("from")
                ? EarlierModel.about(settings)
                : Config.empty().with("source", "the users of the data");
        return new Pretrained(
                "interactions",
                Modality.INTERACTIONS,
                graph,
                new Endpoints(Map.of(UserInput.USER, number), pooled, null, List.of(), List.of()),
                Weights.none(),
                input(train, false).inMemory(),
                null,
                about);
    }

    static UserInput input(Dataset<User, History> train, boolean pairs) {
        List<History> targets = train.targets();
        List<String> users = InteractionMatrix.users(targets);
        return UserInput.of(users, InteractionMatrix.of(targets, users, InteractionMatrix.items(targets)), pairs);
    }

    /** A user may have several examples by design; what may be wrong is found where interactions are read. */
    @Override
    public List<Finding> examine(Map<String, Dataset<User, History>> parts, @Nullable Preprocessor<User> preprocessor) {
        return List.of();
    }

    @Override
    public Recommendations finished(Recommendations prediction, User input) {
        return prediction.named(input.id());
    }

    /** A user's id. */
    @Override
    public User parse(String input) {
        return new User(input.strip());
    }

    @Override
    public Config describe(Recommendations prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Recommendations prediction) {
        return prediction.render();
    }
}
