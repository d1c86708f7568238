// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.error.UnknownNameException;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.Interaction;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.metric.RankedItems;
import org.tl4j.recsys.metric.RatingErrors;
import org.tl4j.tensor.HostTensor;

/**
 * The items that were learned from, with what every head for them shares: how scores become recommendations, and how
 * those are judged.
 *
 * @param items ids, in the order of their numbers
 * @param popularity how many users had each item
 * @param meanRating of what was learned from
 * @param lowest rating
 * @param highest rating
 */
record Catalogue(List<String> items, List<Integer> popularity, double meanRating, double lowest, double highest) {
    /** The outputs of every head: {@code f32[N, K]}, {@code f32[N, I]} and, where K is not I, {@code i64[N, K]}. */
    static final String SCORE = "score";

    static final String SEEN = "seen";
    static final String ITEM = "item";

    /** What epochs are chosen by. */
    static final String MONITOR = "ndcg@10";

    private static final int K = 10;

    Catalogue {
        items = List.copyOf(items);
        popularity = List.copyOf(popularity);
    }

    static Catalogue of(Iterable<History> train) {
        List<String> items = InteractionMatrix.items(train);
        Map<String, Integer> numbers = InteractionMatrix.numbers(items);
        int[] counts = new int[items.size()];
        double sum = 0;
        long n = 0;
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (History h : train) {
            for (Interaction i : h.interactions()) {
                counts[Objects.requireNonNull(numbers.get(i.item()))]++;
                sum += i.rating();
                n++;
                low = Math.min(low, i.rating());
                high = Math.max(high, i.rating());
            }
        }
        return new Catalogue(items, Arrays.stream(counts).boxed().toList(), n == 0 ? 0 : sum / n, low, high);
    }

    Config config() {
        return Config.empty()
                .with("items", items)
                .with("popularity", popularity)
                .with("meanRating", meanRating)
                .with("lowestRating", lowest)
                .with("highestRating", highest);
    }

    static Catalogue restore(Config config) {
        return new Catalogue(
                config.texts("items"),
                config.numbers("popularity").stream().map(Double::intValue).toList(),
                config.number("meanRating"),
                config.number("lowestRating"),
                config.number("highestRating"));
    }

    int size() {
        return items.size();
    }

    /** The number of each item. */
    Map<String, Integer> numbers() {
        return InteractionMatrix.numbers(items);
    }

    static int number(String item, Map<String, Integer> numbers) {
        Integer found = numbers.get(item);
        if (found == null) {
            throw new UnknownNameException(
                    "item", item, numbers.keySet(), "take its interactions out, or learn from data that have it");
        }
        return found;
    }

    static void requireKnown(History target, Map<String, Integer> numbers) {
        target.interactions().forEach(i -> number(i.item(), numbers));
    }

    // ------------------------------------------------------------------------------------------- validation

    /**
     * Holds the last interaction of some users out.
     *
     * @param negatives so many items that the user did not have are drawn for each, to be ranked among; 0 for none
     */
    static <X> Split<X, History> lastOut(
            Dataset<X, History> data, double fraction, long seed, List<String> items, int negatives) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Set<String>> had = InteractionSplit.items(data);
        List<String> users = had.entrySet().stream()
                .filter(e -> e.getValue().size() > 1)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        int[] order = IntStream.range(0, users.size()).toArray();
        Batches.shuffle(order, random);
        int count = Math.max(1, (int) Math.round(fraction * users.size()));
        Set<String> chosen = new HashSet<>();
        IntStream.of(order).limit(count).forEach(i -> chosen.add(users.get(i)));
        Map<String, Interaction> last = new LinkedHashMap<>();
        for (Example<X, History> e : data) {
            if (chosen.contains(e.target().user())) {
                e.target()
                        .interactions()
                        .forEach(i -> last.merge(e.target().user(), i, (a, b) -> b.time() >= a.time() ? b : a));
            }
        }
        Set<String> left = new HashSet<>();
        for (Example<X, History> e : data) {
            for (Interaction i : e.target().interactions()) {
                if (!i.equals(last.get(e.target().user()))) {
                    left.add(i.item());
                }
            }
        }
        // What nobody else had stays to be learned from.
        last.values().removeIf(i -> !left.contains(i.item()));
        List<Example<X, History>> train = new ArrayList<>();
        List<Example<X, History>> held = new ArrayList<>();
        for (Example<X, History> e : data) {
            Interaction out = last.get(e.target().user());
            List<Interaction> rest = e.target().interactions().stream()
                    .filter(i -> !i.equals(out))
                    .toList();
            if (!rest.isEmpty()) {
                train.add(e.withTarget(new History(e.target().user(), rest)));
            }
            if (out != null && rest.size() < e.target().interactions().size()) {
                List<String> others = new ArrayList<>();
                Set<String> own = had.getOrDefault(e.target().user(), Set.of());
                while (others.size() < Math.min(negatives, items.size() - own.size())) {
                    String item = items.get(random.nextInt(items.size()));
                    if (!own.contains(item)) {
                        others.add(item);
                    }
                }
                held.add(e.withTarget(new History(e.target().user(), List.of(out), others)));
            }
        }
        return new Split<>(Dataset.of(data.name() + " (train)", train), Dataset.of(data.name() + " (held out)", held));
    }

    // ------------------------------------------------------------------------------------------- answers

    /** What the outputs say of each user. */
    List<Recommendations> decode(Map<String, HostTensor> outputs) {
        Rows rows = new Rows(outputs);
        List<Recommendations> answers = new ArrayList<>();
        for (int n = 0; n < rows.count; n++) {
            int[] best = rows.best(n, Recommendations.MOST, Set.of());
            List<Recommendations.Entry> entries = new ArrayList<>();
            for (int place : best) {
                entries.add(
                        new Recommendations.Entry(items.get(rows.item(n, place)), rows.scores[n * rows.width + place]));
            }
            answers.add(new Recommendations("", entries));
        }
        return answers;
    }

    /** Outputs by row. */
    private static final class Rows {
        private final float[] scores;
        private final float[] seen;
        private final long @Nullable [] item;
        private final int count;
        private final int width;
        private final int all;

        Rows(Map<String, HostTensor> outputs) {
            HostTensor score = Objects.requireNonNull(outputs.get(SCORE));
            HostTensor had = Objects.requireNonNull(outputs.get(SEEN));
            HostTensor numbers = outputs.get(ITEM);
            this.scores = score.toFloats();
            this.seen = had.toFloats();
            this.item = numbers == null ? null : numbers.toLongs();
            this.count = (int) score.shape().size(0);
            this.width = (int) score.shape().size(1);
            this.all = (int) had.shape().size(1);
        }

        int item(int n, int place) {
            return item == null ? place : (int) item[n * width + place];
        }

        /** Places of the items with the highest scores that were not seen, or are among those allowed. */
        int[] best(int n, int most, Set<Integer> allowed) {
            long[] order = new long[width];
            int found = 0;
            for (int place = 0; place < width; place++) {
                int i = item(n, place);
                if (seen[n * all + i] == 0 || allowed.contains(i)) {
                    int bits = Float.floatToIntBits(scores[n * width + place]);
                    // Bits in the order of the numbers, the largest first; among equals the first place.
                    int ordered = bits >= 0 ? bits : bits ^ 0x7fffffff;
                    order[found++] = (long) ~ordered << 32 | place;
                }
            }
            Arrays.sort(order, 0, found);
            return IntStream.range(0, Math.min(most, found))
                    .map(i -> (int) order[i])
                    .toArray();
        }
    }

    // ------------------------------------------------------------------------------------------- judging

    TaskHead.Evaluator<History> evaluator(boolean rated, Config details) {
        return new Judge(rated, details);
    }

    /** Keeps of each user the first places and what was to be found: a user may come in several parts. */
    private final class Judge implements TaskHead.Evaluator<History> {
        private final boolean rated;
        private final Config details;
        private final Map<String, Integer> numbers = numbers();
        private final int[] byPopularity = IntStream.range(0, size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -popularity.get(i)))
                .mapToInt(Integer::intValue)
                .toArray();
        private final Map<String, Judged> users = new LinkedHashMap<>();
        private final RatingErrors errors = new RatingErrors();
        private final RatingErrors naive = new RatingErrors();

        Judge(boolean rated, Config details) {
            this.rated = rated;
            this.details = details;
        }

        private static final class Judged {
            private int[] ranking = new int[0];
            private int[] popular = new int[0];
            private final Set<Integer> relevant = new HashSet<>();
        }

        @Override
        public void add(Map<String, HostTensor> outputs, List<History> targets) {
            Rows rows = new Rows(outputs);
            for (int n = 0; n < targets.size(); n++) {
                History target = targets.get(n);
                Judged user = users.computeIfAbsent(target.user(), u -> new Judged());
                // In training some items are ranked that the head itself has put there; else none that the user had.
                boolean among = rows.item != null && rows.width != rows.all;
                int row = n;
                List<Interaction> fresh = target.interactions().stream()
                        .filter(i -> among || rows.seen[row * rows.all + number(i.item(), numbers)] == 0)
                        .toList();
                fresh.forEach(i -> user.relevant.add(number(i.item(), numbers)));
                user.ranking = IntStream.of(rows.best(n, K, among ? user.relevant : Set.of()))
                        .map(place -> rows.item(row, place))
                        .toArray();
                Set<Integer> candidates = among ? new HashSet<>() : null;
                for (int place = 0; candidates != null && place < rows.width; place++) {
                    candidates.add(rows.item(n, place));
                }
                user.popular = IntStream.of(byPopularity)
                        .filter(i -> rows.seen[row * rows.all + i] == 0 || among && user.relevant.contains(i))
                        .filter(i -> candidates == null || candidates.contains(i))
                        .limit(K)
                        .toArray();
                if (rated && rows.item == null) {
                    for (Interaction i : fresh) {
                        float score = rows.scores[n * rows.width + number(i.item(), numbers)];
                        errors.add(Math.max(lowest, Math.min(highest, score)), i.rating());
                        naive.add(meanRating, i.rating());
                    }
                }
            }
        }

        @Override
        public Evaluation evaluation() {
            RankedItems ranked = new RankedItems(K, size());
            RankedItems popular = new RankedItems(K, size());
            users.values().stream().filter(u -> !u.relevant.isEmpty()).forEach(u -> {
                ranked.add(u.ranking, u.relevant);
                popular.add(u.popular, u.relevant);
            });
            Map<String, Estimate> metrics = new LinkedHashMap<>();
            Map<String, Double> baseline = new LinkedHashMap<>();
            if (errors.ratings() > 0) {
                metrics.putAll(errors.metrics());
                naive.metrics().forEach((name, e) -> baseline.put(name, e.value()));
            }
            metrics.putAll(ranked.metrics());
            popular.metrics().forEach((name, e) -> baseline.put(name, e.value()));
            String naiveName = errors.ratings() > 0 ? "popularity, mean rating" : "popularity";
            String title = String.format(Locale.ROOT, "%,d users, %,d items to rank", ranked.users(), size());
            return new Evaluation(
                    metrics,
                    baseline,
                    naiveName,
                    Evaluation.table(title, metrics, baseline, naiveName),
                    details.with("users", ranked.users()).with("items", size()));
        }
    }
}
