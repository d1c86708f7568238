// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.error.Checks;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.input.UserInput;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * How likely a user is to turn to an item, for each pair that a network makes a vector of: the layer {@code prediction}
 * under a sigmoid, learned by binary cross-entropy from interactions and from items that are drawn, anew for every
 * epoch, from those the user did not have (He et al. 2017, section 3.1.1).
 *
 * <p>Outputs: {@code score f32[N, K]}, a probability; {@code logit f32[N, K]}; {@code item i64[N, K]}; {@code seen
 * f32[N, I]}. In training the items of a target stand in for all items. Epochs are judged on the last item of some
 * users among 99 others, which is cheaper than a ranking of all items and says less.
 */
public final class PairHead implements TaskHead<History, Recommendations> {
    private static final String PREDICTION = "prediction";
    private static final String LOGIT = "logit";
    private static final String LABEL = "label";
    private static final String COUNTS = "counts";
    private static final int JUDGED_AMONG = 99;

    private final String task;
    private final Catalogue catalogue;
    private final int negatives;
    private final Config about;
    private final Map<String, Integer> numbers;

    private PairHead(String task, Catalogue catalogue, int negatives, Config about) {
        this.task = task;
        this.catalogue = catalogue;
        this.negatives = Checks.positive("negatives", negatives);
        this.about = about;
        this.numbers = catalogue.numbers();
    }

    /**
     * A new head for the items of these examples.
     *
     * @param negatives items that are drawn for each interaction
     * @param about the network, for reports
     */
    public static PairHead of(String task, List<History> train, int negatives, Config about) {
        return new PairHead(task, Catalogue.of(train), negatives, about);
    }

    /** The head that was saved with a model. */
    public static PairHead restore(String task, Config config) {
        return new PairHead(task, Catalogue.restore(config), config.integer("negatives"), config.config("recommender"));
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
    public Config config() {
        return catalogue
                .config()
                .with("kind", "pairs")
                .with("negatives", negatives)
                .with("recommender", about);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PairHead h && task.equals(h.task) && config().equals(h.config());
    }

    @Override
    public int hashCode() {
        return catalogue.hashCode();
    }

    // ------------------------------------------------------------------------------------------- graph

    @Override
    public void build(Graph graph, Endpoints backbone) {
        Value pairs = backbone.tokens();
        Value items = backbone.outputs().get(UserInput.ITEMS);
        if (pairs == null || items == null) {
            throw new UnsupportedFeatureException(
                    "This backbone makes no vectors of pairs.",
                    backbone.outputs().keySet(),
                    "a vector of each pair of a user and an item, f32[N, K, D], and '" + UserInput.ITEMS + "'",
                    "use gmf, mlp or neumf");
        }
        Value logit = graph.squeeze(graph.at(SCOPE).linear(PREDICTION, pairs, 1), 2); // [N, K]
        Value history = RecommendationHead.history(graph, catalogue.size());
        graph.output(Catalogue.SCORE, graph.unary(Op.UnaryKind.SIGMOID, logit));
        graph.output(LOGIT, logit);
        graph.output(Catalogue.ITEM, graph.unary(Op.UnaryKind.IDENTITY, items));
        graph.output(Catalogue.SEEN, graph.unary(Op.UnaryKind.IDENTITY, history));
    }

    /** {@code max(x, 0) - x z + log(1 + exp(-|x|))} of each pair that counts. */
    @Override
    public void buildLoss(Graph graph) {
        Graph scope = graph.at(SCOPE);
        Value x = graph.output(LOGIT);
        Value label = graph.input(LABEL, DType.F32, Shape.parse("N, K"));
        Value counts = graph.input(COUNTS, DType.F32, Shape.parse("N, K"));
        Value scale = graph.input(LOSS_SCALE, DType.F32, Shape.of());
        Value far = scope.unary(Op.UnaryKind.NEG, scope.unary(Op.UnaryKind.ABS, x));
        Value soft = scope.unary(Op.UnaryKind.LOG, scope.add(scope.unary(Op.UnaryKind.EXP, far), scope.scalar(1)));
        Value each = scope.add(scope.sub(scope.relu(x), scope.mul(x, label)), soft);
        Value sum = scope.reduce(Op.ReduceKind.SUM, scope.mul(each, counts), false, 0, 1);
        graph.output(LOSS, scope.mul(sum, scale));
    }

    // ------------------------------------------------------------------------------------------- examples

    @Override
    public Map<String, HostTensor> encode(History target) {
        int positive = target.interactions().size();
        int count = positive + target.negatives().size();
        long[] items = new long[count];
        float[] label = new float[count];
        float[] counts = new float[count];
        for (int k = 0; k < count; k++) {
            boolean had = k < positive;
            String item = had
                    ? target.interactions().get(k).item()
                    : target.negatives().get(k - positive);
            items[k] = Catalogue.number(item, numbers);
            label[k] = had ? 1 : 0;
            counts[k] = 1;
        }
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put(UserInput.ITEMS, HostTensor.of(items, count));
        tensors.put(LABEL, HostTensor.of(label, count));
        tensors.put(COUNTS, HostTensor.of(counts, count));
        return tensors;
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        HostTensor counts = targets.get(COUNTS);
        double sum = 0;
        for (double c : counts == null ? new double[] {1} : counts.toDoubles()) {
            sum += c;
        }
        return sum;
    }

    @Override
    public <X> Optional<Augmentation<X, History>> redrawn(Dataset<X, History> train) {
        return Optional.of(new Negatives<>(negatives, catalogue.items(), InteractionSplit.items(train)));
    }

    /** Draws items that a user did not have, evenly. */
    private static final class Negatives<X> implements Augmentation<X, History> {
        private final int count;
        private final List<String> items;
        private final Map<String, Set<String>> had;

        Negatives(int count, List<String> items, Map<String, Set<String>> had) {
            this.count = count;
            this.items = items;
            this.had = had;
        }

        @Override
        public Example<X, History> apply(Example<X, History> example, SplittableRandom random) {
            History target = example.target();
            Set<String> own = had.getOrDefault(target.user(), Set.of());
            List<String> drawn = new ArrayList<>();
            int wanted =
                    own.size() < items.size() ? count * target.interactions().size() : 0;
            while (drawn.size() < wanted) {
                String item = items.get(random.nextInt(items.size()));
                if (!own.contains(item)) {
                    drawn.add(item);
                }
            }
            return example.withTarget(target.withNegatives(drawn));
        }

        @Override
        public String toString() {
            return count + " negatives an interaction";
        }
    }

    @Override
    public <X> Split<X, History> split(Dataset<X, History> data, double fraction, long seed) {
        return Catalogue.lastOut(data, fraction, seed, catalogue.items(), JUDGED_AMONG);
    }

    // ------------------------------------------------------------------------------------------- answers

    @Override
    public List<Recommendations> decode(Map<String, HostTensor> outputs) {
        return catalogue.decode(outputs);
    }

    @Override
    public Evaluator<History> evaluator(Iterable<History> trainingTargets) {
        return catalogue.evaluator(false, Config.empty().with("recommender", about));
    }

    @Override
    public String monitor() {
        return Catalogue.MONITOR;
    }
}
