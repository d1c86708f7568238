// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.head.Recommendations;
import org.tl4j.recsys.task.ItemTitles;
import org.tl4j.recsys.task.Reasons;
import org.tl4j.recsys.task.RecommendationTask;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl recommend}: items for users of a saved model. */
@Command(name = "recommend", description = "Names the items that a user is likeliest to turn to next.")
final class RecommendCommand implements Runnable {
    private static final int REASONS = 3;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "folder of a saved model of recommendation")
    private Path model = Path.of("");

    @Option(
            names = "--user",
            required = true,
            split = ",",
            paramLabel = "ID",
            description = "whom to recommend to, as the data write it; several with commas")
    private List<String> users = new ArrayList<>();

    @Option(names = "--top", defaultValue = "10", paramLabel = "N", description = "how many items (${DEFAULT-VALUE})")
    private int top = 10;

    @Option(
            names = "--titles",
            paramLabel = "FILE",
            description = "names of items: movies.dat with ID::TITLE, or a CSV whose first columns are these")
    private @Nullable Path titles;

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        long begin = System.nanoTime();
        int most = Checks.positive("--top", top);
        RecommendationTask task = new RecommendationTask();
        SavedModel saved = SavedModel.read(model);
        if (!saved.task().equals(task.task())) {
            throw new InvalidArgumentException(
                    "'" + model + "' recommends nothing.",
                    "a model of " + saved.task(),
                    "a model of " + task.task(),
                    "use `tl predict`");
        }
        if (most > Recommendations.MOST) {
            throw new InvalidArgumentException(
                    "So many items are not ranked.",
                    "--top " + most,
                    "at most " + Recommendations.MOST,
                    "ask for fewer");
        }
        ItemTitles names = titles == null ? ItemTitles.none() : ItemTitles.read(titles);
        Reasons reasons = Reasons.of(saved).orElse(null);
        List<JsonObject> answers = new ArrayList<>();
        try (Predictor<User, History, Recommendations> predictor = Predictor.load(model, task, Device.parse(device))) {
            List<User> asked = users.stream().map(task::parse).toList();
            List<Recommendations> all = predictor.predict(asked);
            for (int i = 0; i < asked.size(); i++) {
                answers.add(print(console, asked.get(i), all.get(i).top(most), reasons, names)
                        .toJson());
            }
        }
        if (json) {
            console.json(Config.empty()
                    .with("task", task.task())
                    .with("model", model.toString())
                    .with("seconds", (System.nanoTime() - begin) / 1e9)
                    .with("users", answers));
        }
    }

    private static Config print(
            Console console, User user, Recommendations answer, @Nullable Reasons reasons, ItemTitles names) {
        console.print("for user " + user.id());
        List<JsonObject> items = new ArrayList<>();
        int rank = 1;
        for (Recommendations.Entry entry : answer.entries()) {
            List<Reasons.Reason> why = reasons == null ? List.of() : reasons.of(user, entry.item(), REASONS);
            String because = why.isEmpty()
                    ? ""
                    : "  because of "
                            + why.stream().map(r -> names.of(r.item())).collect(Collectors.joining(", "));
            console.print(String.format(
                    Locale.ROOT, "%4d  %9.4f  %s%s", rank++, entry.score(), names.of(entry.item()), because));
            Config item = Config.empty().with("item", entry.item()).with("score", entry.score());
            if (!why.isEmpty()) {
                item = item.with(
                        "because",
                        why.stream()
                                .map(r -> Config.empty()
                                        .with("item", r.item())
                                        .with("weight", r.weight())
                                        .toJson())
                                .toList());
            }
            items.add(item.toJson());
        }
        return Config.empty().with("user", user.id()).with("items", items);
    }
}
