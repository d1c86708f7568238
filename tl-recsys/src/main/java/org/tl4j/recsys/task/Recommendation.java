// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.nio.file.Path;
import org.tl4j.data.Dataset;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.head.Recommendations;
import org.tl4j.tuning.BackboneSource;

/**
 * Recommendation in Java:
 *
 * <pre>{@code
 * var data = new RecommendationTask().read(Path.of("ratings.dat"), Config.empty());
 * var train = data.parts().get("train");
 * var films = Recommendation.with("als", train).with("factors", 64);
 * try (var model = Transfer.from(films.users()).to(films.task()).fit(train)) {
 *   System.out.println(model.evaluate(data.parts().get("test")).report());
 *   System.out.println(model.predict(new User("42")).top(10).render());
 *   model.save(Path.of("films"));
 * }
 * }</pre>
 *
 * @param train what is learned from
 * @param settings as on the command line: {@code family}, the options of the family, {@code from}
 */
public record Recommendation(Dataset<User, History> train, Config settings) {
    /** A new recommender of a family, such as {@code als} or {@code neumf}. */
    public static Recommendation with(String family, Dataset<User, History> train) {
        return new Recommendation(train, Config.empty().with("family", family));
    }

    /** Goes on with what a saved model knows of items. */
    public static Recommendation from(Path model, Dataset<User, History> train) {
        return new Recommendation(train, Config.empty().with("from", model.toString()));
    }

    /** With another setting. */
    public Recommendation with(String key, Object value) {
        return new Recommendation(train, settings.with(key, value));
    }

    /** What the head reads of a user: a network's vectors of pairs, or no more than who it is. */
    public BackboneSource users() {
        return (modality, loader, hub) ->
                RecommendationTask.backbone(train, settings).get();
    }

    /** The head for these items, and how users are brought to it. */
    public Task<User, History, Recommendations> task() {
        RecommendationTask description = new RecommendationTask();
        return new Task<>(description, description.create(train, settings));
    }
}
