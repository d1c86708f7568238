// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Split;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.FeatureHead;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.Recommender;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.recsys.input.UserInput;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * A recommender that is computed at once from all interactions. Inputs: {@code user i64[N]}, the backbone's, and
 * {@code history f32[N, I]}; outputs: {@code score f32[N, I]} and {@code seen f32[N, I]}.
 */
public final class RecommendationHead implements FeatureHead<History, Recommendations> {
    private final String task;
    private final Catalogue catalogue;
    private final @Nullable RecommenderFamily family;
    private final @Nullable Recommender fitted;
    private final boolean rated;
    private final Config about;
    private final Map<String, Integer> numbers;

    private RecommendationHead(
            String task,
            Catalogue catalogue,
            @Nullable RecommenderFamily family,
            @Nullable Recommender fitted,
            boolean rated,
            Config about) {
        this.task = task;
        this.catalogue = catalogue;
        this.family = family;
        this.fitted = fitted;
        this.rated = rated;
        this.about = about;
        this.numbers = catalogue.numbers();
    }

    /** A head that is still to be fitted, for the items of these examples. */
    public static RecommendationHead of(String task, RecommenderFamily family, List<History> train) {
        return new RecommendationHead(
                task,
                Catalogue.of(train),
                family,
                null,
                family.predictsRatings(),
                Config.empty().with("family", family.id()));
    }

    /** The head that was saved with a model: it reads answers, its recommender is in the graph. */
    public static RecommendationHead restore(String task, Config config) {
        return new RecommendationHead(
                task, Catalogue.restore(config), null, null, config.flag("rated", false), config.config("recommender"));
    }

    @Override
    public String task() {
        return task;
    }

    /** The ids of all items, in the order of their numbers. */
    public List<String> items() {
        return catalogue.items();
    }

    @Override
    public boolean isFitted() {
        return fitted != null || family == null;
    }

    private Recommender fitted() {
        if (fitted == null) {
            throw new UnsupportedFeatureException(
                    "This head does not hold its recommender.",
                    family == null ? "the head of a saved model" : "a head that was not fitted",
                    "a head that was fitted in this run",
                    "use the graph that was saved with it, or call fit");
        }
        return fitted;
    }

    /** The features say no more than who it is, which the targets say, too. */
    @Override
    public RecommendationHead fit(float[][] features, List<History> targets, long seed) {
        if (family == null) {
            throw new UnsupportedFeatureException(
                    "A restored head cannot be fitted again.", about, "a new head", "make one with of");
        }
        InteractionMatrix ratings = InteractionMatrix.of(targets, InteractionMatrix.users(targets), catalogue.items());
        Recommender made = family.fit(ratings, seed);
        Config told = made.describe().with("interactions", ratings.size());
        return new RecommendationHead(task, catalogue, family, made, rated, told);
    }

    @Override
    public void build(Graph graph, Endpoints backbone) {
        if (!isFitted()) {
            return;
        }
        Value user = backbone.outputs().get(UserInput.USER);
        if (user == null) {
            throw new UnsupportedFeatureException(
                    "This backbone does not say whom to recommend to.",
                    backbone.outputs().keySet(),
                    "an output '" + UserInput.USER + "', i64[N]",
                    "use the backbone that the task makes of the data");
        }
        Value history = history(graph, catalogue.size());
        graph.output(Catalogue.SCORE, fitted().build(graph.at(SCOPE), user, history));
        graph.output(Catalogue.SEEN, graph.unary(Op.UnaryKind.IDENTITY, history));
    }

    static Value history(Graph graph, int items) {
        return graph.input(UserInput.HISTORY, DType.F32, Shape.of(List.of(Dim.named("N"), Dim.of(items))));
    }

    /** There is no loss: nothing is learned by gradients. */
    @Override
    public void buildLoss(Graph graph) {
        // Nothing.
    }

    @Override
    public Map<String, HostTensor> encode(History target) {
        Catalogue.requireKnown(target, numbers);
        return Map.of();
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        return 1;
    }

    @Override
    public <X> Split<X, History> split(Dataset<X, History> data, double fraction, long seed) {
        return Catalogue.lastOut(data, fraction, seed, catalogue.items(), 0);
    }

    @Override
    public List<Recommendations> decode(Map<String, HostTensor> outputs) {
        return catalogue.decode(outputs);
    }

    @Override
    public Evaluator<History> evaluator(Iterable<History> trainingTargets) {
        return catalogue.evaluator(rated, Config.empty().with("recommender", about));
    }

    @Override
    public String monitor() {
        return Catalogue.MONITOR;
    }

    @Override
    public Config config() {
        return catalogue.config().with("kind", "fitted").with("rated", rated).with("recommender", about);
    }
}
