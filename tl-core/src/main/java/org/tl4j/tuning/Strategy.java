// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Endpoints;

/**
 * Strategies one after another, with the user's numbers. The methods that change a number change it for the last stage.
 *
 * @param stages at least one
 */
public record Strategy(List<Stage> stages) {
    /** A strategy and its numbers. */
    public record Stage(FineTuner tuner, Recipe recipe) {}

    /** Keeps a copy. */
    public Strategy {
        stages = List.copyOf(stages);
        if (stages.isEmpty()) {
            throw new InvalidArgumentException(
                    "A strategy has no stages.", "none", "at least one", "start with FineTuners.headOnly()");
        }
    }

    /** One stage. */
    public static Strategy of(FineTuner tuner, Recipe recipe) {
        return new Strategy(List.of(new Stage(tuner, recipe)));
    }

    /** These stages, then those of {@code next}. */
    public Strategy then(Strategy next) {
        List<Stage> all = new ArrayList<>(stages);
        all.addAll(next.stages);
        return new Strategy(all);
    }

    /** Another number of epochs for the last stage. */
    public Strategy epochs(int epochs) {
        return last(r -> r.withEpochs(epochs));
    }

    /** Another peak learning rate for the last stage. */
    public Strategy learningRate(double rate) {
        return last(r -> r.withRate(rate));
    }

    /** Another schedule for the last stage. */
    public Strategy schedule(Schedule schedule) {
        return last(r -> r.withSchedule(schedule));
    }

    /** Another factor from each layer's rate to that of the one below it, for the last stage. */
    public Strategy layerDecay(double factor) {
        return last(r -> r.withLayerDecay(factor));
    }

    /** Another penalty of a closed form, for the last stage. */
    public Strategy penalty(double penalty) {
        return last(r -> r.withPenalty(penalty));
    }

    /** The phases of all stages in order. */
    public List<Phase> phases(List<Endpoints.Layer> layers) {
        return stages.stream()
                .flatMap(s -> s.tuner().phases(s.recipe(), layers).stream())
                .toList();
    }

    /** The names of the stages: {@code head-only, unfreeze-last-2}. */
    public String name() {
        return stages.stream()
                .map(s -> s.recipe().layers() > 0
                        ? s.tuner().id() + "-" + s.recipe().layers()
                        : s.tuner().id())
                .collect(Collectors.joining(", "));
    }

    private Strategy last(UnaryOperator<Recipe> change) {
        List<Stage> all = new ArrayList<>(stages);
        Stage s = all.remove(all.size() - 1);
        all.add(new Stage(s.tuner(), change.apply(s.recipe())));
        return new Strategy(all);
    }
}
