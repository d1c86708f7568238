// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Head;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.Interaction;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.task.RecommendationTask;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.testkit.HeadContract;

/** The head on pairs, over a backbone of two random tables. */
class PairHeadContractTest implements HeadContract<User, History, Recommendations> {
    private static final int ITEMS = 30;

    @Override
    public Head<User, History, Recommendations> head() {
        return new RecommendationTask();
    }

    @Override
    public Config settings() {
        return Config.empty().with("family", "gmf");
    }

    /** Half of each user's items are to be learned, with as many that he did not have. */
    @Override
    public Dataset<User, History> data() {
        Dataset<User, History> all = InteractionSplit.whole("tastes", Fixture.tastes(24, ITEMS, 8, 4));
        List<String> items = Catalogue.of(all.targets()).items();
        SplittableRandom random = new SplittableRandom(1);
        return all.mapTargets(h -> {
            Set<String> had = new HashSet<>();
            h.interactions().forEach(i -> had.add(i.item()));
            return h.withNegatives(items.stream()
                    .filter(i -> !had.contains(i))
                    .limit(4 + random.nextInt(3))
                    .toList());
        });
    }

    @Override
    public History unknownTarget() {
        return new History("u1", List.of(new Interaction("nowhere", 1, 1)));
    }

    private int items() {
        return Catalogue.of(data().targets()).size();
    }

    @Override
    public Endpoints backbone(Graph graph) {
        Value user = graph.input("user", DType.I64, Shape.parse("N"));
        Value items = graph.input("items", DType.I64, Shape.parse("N, K"));
        Value p = graph.unsqueeze(graph.embedding("users", user, 24, 32, -1, new Init.Normal(0.1)), 1);
        // Wide enough for the layer above it to learn of each item how popular it is.
        Value q = graph.embedding("items", items, items(), 32, -1, new Init.Normal(1));
        Value pairs = graph.add(q, p);
        return new Endpoints(
                Map.of("items", items),
                null,
                pairs,
                List.of(),
                List.of(Endpoints.Layer.of("users"), Endpoints.Layer.of("items")));
    }

    @Override
    public Map<String, HostTensor> inputs(User example) {
        long[] all = new long[items()];
        Arrays.setAll(all, i -> i);
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        inputs.put("user", HostTensor.scalar(Long.parseLong(example.id().substring(1))));
        inputs.put("items", HostTensor.of(all, all.length));
        inputs.put("history", HostTensor.of(new float[all.length], all.length));
        return inputs;
    }

    @Test
    void drawsItemsThatTheUserDidNotHave() {
        Dataset<User, History> train = InteractionSplit.examples("tastes", Fixture.tastes(24, ITEMS, 20, 4));
        PairHead head = PairHead.of("recommendation", train.targets(), 4, Config.empty());
        Augmentation<User, History> draw = head.redrawn(train).orElseThrow();
        Map<String, Set<String>> had = InteractionSplit.items(train);
        Set<List<String>> draws = new HashSet<>();
        for (Example<User, History> e : train) {
            History drawn = draw.apply(e, new SplittableRandom(5)).target();
            assertThat(drawn.negatives())
                    .hasSize(4 * e.target().interactions().size())
                    .doesNotContainAnyElementsOf(had.get(e.target().user()));
            assertThat(draw.apply(e, new SplittableRandom(5)).target()).isEqualTo(drawn);
            draws.add(draw.apply(e, new SplittableRandom(6)).target().negatives());
        }
        assertThat(draws).hasSizeGreaterThan(train.size() / 2);
    }

    @Test
    void holdsTheLastItemOfSomeUsersOut() {
        Dataset<User, History> train = InteractionSplit.examples("tastes", Fixture.tastes(24, ITEMS, 20, 4));
        PairHead head = PairHead.of("recommendation", train.targets(), 4, Config.empty());
        Split<User, History> split = head.split(train, 0.5, 3);
        assertThat(split.heldOut().size()).isEqualTo(12);
        Map<String, Set<String>> left = InteractionSplit.items(split.train());
        Map<String, Set<String>> had = InteractionSplit.items(train);
        for (History h : split.heldOut().targets()) {
            Interaction out = h.interactions().get(0);
            assertThat(out.time()).as("the last of 20").isEqualTo(20);
            assertThat(left.get(h.user())).doesNotContain(out.item()).hasSize(19);
            assertThat(h.negatives()).isNotEmpty().doesNotContainAnyElementsOf(had.get(h.user()));
        }
        assertThat(head.split(train, 0.5, 3).heldOut().sha256())
                .isEqualTo(split.heldOut().sha256());
    }
}
