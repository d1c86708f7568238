// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Providers;

/** The strategies on a class path, and short names for those that come with TL4J. */
public final class FineTuners {
    private static final Pattern NUMBERED = Pattern.compile("(.*)-(\\d+)");

    private final Providers<FineTuner> providers;

    private FineTuners(Providers<FineTuner> providers) {
        this.providers = providers;
    }

    /** Those that the context class loader of this thread sees. */
    public static FineTuners installed() {
        return load(Providers.contextLoader());
    }

    /** Those that a class loader sees. */
    public static FineTuners load(ClassLoader loader) {
        return new FineTuners(Providers.load("strategy", FineTuner.class, FineTuner::id, loader));
    }

    /** All, by name. */
    public Collection<FineTuner> all() {
        return providers.all();
    }

    /** What could not be loaded, one message a provider; the others work. */
    public List<String> problems() {
        return providers.problems();
    }

    /**
     * The strategy of that name with the user's numbers. A number at the end is the number of layers:
     * {@code unfreeze-last-2}.
     */
    public Strategy named(String name, Recipe recipe) {
        Matcher numbered = NUMBERED.matcher(name);
        boolean known = providers.all().stream().anyMatch(t -> t.id().equals(name));
        if (!known && numbered.matches()) {
            Recipe counted = recipe.withLayers(Integer.parseInt(numbered.group(2)));
            return Strategy.of(providers.get(numbered.group(1), "`tl families` lists the strategies"), counted);
        }
        return Strategy.of(providers.get(name, "`tl families` lists the strategies"), recipe);
    }

    /** The head alone, on the frozen backbone. */
    public static Strategy headOnly() {
        return Strategy.of(new HeadOnly(), Recipe.defaults());
    }

    /** The last {@code layers} layers and the head. */
    public static Strategy unfreezeLast(int layers) {
        return Strategy.of(new UnfreezeLast(), Recipe.defaults().withLayers(layers));
    }

    /** The head, then one layer more at a time (Howard and Ruder 2018). */
    public static Strategy gradual() {
        return Strategy.of(new Gradual(), Recipe.defaults());
    }

    /** All layers. */
    public static Strategy full() {
        return Strategy.of(new Full(), Recipe.defaults());
    }

    /** All layers, each at a lower rate than the one above it (Howard and Ruder 2018). */
    public static Strategy discriminative() {
        return Strategy.of(new Discriminative(), Recipe.defaults());
    }

    /** The head computed at once from the frozen features, by logistic regression. */
    public static Strategy closedForm() {
        return Strategy.of(new ClosedFormHead(), Recipe.defaults());
    }

    /** The head computed at once from the frozen features, by ridge regression. */
    public static Strategy ridge() {
        return Strategy.of(new RidgeHead(), Recipe.defaults());
    }

    /** See {@link #headOnly}. */
    public static final class HeadOnly implements FineTuner {
        @Override
        public String id() {
            return "head-only";
        }

        @Override
        public String title() {
            return "trains the head on the frozen backbone: fast, hard to overfit, for a few hundred examples";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            return List.of(new Phase.Gradient(new Freeze.HeadOnly(), r.epochsOr(20), r.rateOr(1e-2), r.schedule(), 1));
        }
    }

    /** See {@link #unfreezeLast}. */
    public static final class UnfreezeLast implements FineTuner {
        @Override
        public String id() {
            return "unfreeze-last";
        }

        @Override
        public String title() {
            return "trains the head and the last N layers (unfreeze-last-2): more accurate, still cheap";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            Phase last = new Phase.Gradient(
                    new Freeze.LastLayers(Math.max(1, r.layers())),
                    r.epochsOr(4),
                    r.rateOr(5e-5),
                    r.schedule(),
                    r.layerDecay());
            return r.headEpochs() == 0
                    ? List.of(last)
                    : List.of(
                            new Phase.Gradient(
                                    new Freeze.HeadOnly(), r.headEpochs(), r.headRateOr(1e-2), r.schedule(), 1),
                            last);
        }
    }

    /** See {@link #gradual}. */
    public static final class Gradual implements FineTuner {
        @Override
        public String id() {
            return "gradual";
        }

        @Override
        public String title() {
            return "trains the head, then one more layer at a time from the top: careful with what the backbone knows";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            List<Phase> phases = new ArrayList<>();
            phases.add(
                    new Phase.Gradient(new Freeze.HeadOnly(), r.headEpochsOr(10), r.headRateOr(1e-2), r.schedule(), 1));
            int most = r.layers() == 0 ? layers.size() : Math.min(r.layers(), layers.size());
            for (int k = 1; k <= most; k++) {
                boolean last = k == most;
                Freeze freeze = k == layers.size() ? new Freeze.Nothing() : new Freeze.LastLayers(k);
                phases.add(new Phase.Gradient(
                        freeze, last ? r.epochsOr(2) : 1, r.rateOr(5e-5), r.schedule(), r.layerDecay()));
            }
            return List.copyOf(phases);
        }
    }

    /** See {@link #full}. */
    public static final class Full implements FineTuner {
        @Override
        public String id() {
            return "full";
        }

        @Override
        public String title() {
            return "trains every layer: the most accurate with some thousand examples, the most costly";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            Phase all = new Phase.Gradient(
                    new Freeze.Nothing(), r.epochsOr(3), r.rateOr(5e-5), r.schedule(), r.layerDecay());
            return r.headEpochs() == 0
                    ? List.of(all)
                    : List.of(
                            new Phase.Gradient(
                                    new Freeze.HeadOnly(), r.headEpochs(), r.headRateOr(1e-2), r.schedule(), 1),
                            all);
        }
    }

    /** See {@link #discriminative}. */
    public static final class Discriminative implements FineTuner {
        @Override
        public String id() {
            return "discriminative";
        }

        @Override
        public String title() {
            return "trains every layer, each at a lower rate than the one above it";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            double decay = r.layerDecay() == 1 ? 0.8 : r.layerDecay();
            return new Full().phases(r.withLayerDecay(decay).withRate(r.rateOr(1e-4)), layers);
        }
    }

    /** See {@link #closedForm}. */
    public static final class ClosedFormHead implements FineTuner {
        @Override
        public String id() {
            return "closed-form";
        }

        @Override
        public String title() {
            return "computes the head from the frozen features by logistic regression: no epochs, no learning rate";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            return List.of(new Phase.ClosedForm(true, r.penalty()));
        }
    }

    /** See {@link #ridge}. */
    public static final class RidgeHead implements FineTuner {
        @Override
        public String id() {
            return "ridge";
        }

        @Override
        public String title() {
            return "computes the head from the frozen features by ridge regression: one linear system";
        }

        @Override
        public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
            return List.of(new Phase.ClosedForm(false, r.penalty()));
        }
    }
}
