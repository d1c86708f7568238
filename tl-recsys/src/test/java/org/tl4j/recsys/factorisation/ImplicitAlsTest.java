// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.InteractionSplit;
import org.tl4j.recsys.family.Strength;

/** Against implicit's exact solver (src/test/python/make_fixtures.py), and what the algorithm promises. */
class ImplicitAlsTest {
    record Expected(
            int[][] matrix,
            double alpha,
            double regularisation,
            int factors,
            int sweeps,
            float[][] items,
            double[][] users,
            double[][] itemsAfter,
            double objective) {}

    private static float[] flat(float[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = rows[i / rows[0].length][i % rows[0].length];
        }
        return flat;
    }

    private static InteractionMatrix tastes() {
        List<History> train =
                InteractionSplit.whole("tastes", Fixture.tastes(200, 90, 12, 1)).targets();
        return InteractionMatrix.of(train, InteractionMatrix.users(train), names(90));
    }

    private static List<String> names(int items) {
        return IntStream.range(0, items).mapToObj(i -> "i" + i).toList();
    }

    /** Rows with fewer entries than the six factors take one way, others the other. */
    @Test
    void solvesAsImplicit() throws IOException {
        Expected e = Fixture.read("factorisation/als.json", Expected.class);
        InteractionMatrix ratings = Fixture.matrix(e.matrix());
        assertThat(IntStream.range(0, ratings.rows()).map(ratings::length).summaryStatistics())
                .satisfies(s -> assertThat(s.getMin()).isLessThan(e.factors()))
                .satisfies(s -> assertThat(s.getMax()).isGreaterThan(e.factors()));
        ImplicitAls als = new ImplicitAls(e.factors(), e.alpha(), e.regularisation(), e.sweeps(), Strength.ONE);
        Factors found = als.fit(ratings, flat(e.items()));
        // Both work in singles on systems of condition 1e2 or so.
        close(found.users(), e.users());
        close(found.items(), e.itemsAfter());
        assertThat(als.objective(found, ratings)).isCloseTo(e.objective(), within(1e-4 * e.objective()));
    }

    private static void close(float[] found, double[][] expected) {
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i])
                    .as("value %d", i)
                    .isCloseTo(expected[i / expected[0].length][i % expected[0].length], within(5e-4));
        }
    }

    @Test
    void everySweepLowersWhatIsMinimised() {
        InteractionMatrix ratings = tastes();
        double before = Double.POSITIVE_INFINITY;
        for (int sweeps = 1; sweeps < 8; sweeps++) {
            ImplicitAls als = new ImplicitAls(8, 10, 1, sweeps, Strength.ONE);
            double now = als.objective(als.fit(ratings, 3), ratings);
            assertThat(now).as("after %d sweeps", sweeps).isLessThan(before * (1 + 1e-7));
            before = now;
        }
    }

    /** 8 factors: most users have more items than that; 16: none has. */
    @Test
    void theNumberOfThreadsChangesNoBit() throws Exception {
        InteractionMatrix ratings = tastes();
        for (int factors : new int[] {8, 16}) {
            ImplicitAls als = new ImplicitAls(factors, 10, 1, 4, Strength.ONE);
            ForkJoinPool one = new ForkJoinPool(1);
            ForkJoinPool many = new ForkJoinPool(5);
            try {
                Factors alone = one.submit(() -> als.fit(ratings, 7)).get();
                Factors together = many.submit(() -> als.fit(ratings, 7)).get();
                assertThat(together.users()).isEqualTo(alone.users());
                assertThat(together.items()).isEqualTo(alone.items());
                assertThat(als.fit(ratings, 8).items()).isNotEqualTo(alone.items());
            } finally {
                one.shutdown();
                many.shutdown();
            }
        }
    }

    @Test
    void keepsKnownItemsAndFoldsUsersIn() {
        InteractionMatrix ratings = tastes();
        ImplicitAls als = new ImplicitAls(8, 10, 1, 6, Strength.ONE);
        Factors source = als.fit(ratings, 1);
        // Item 0 is called by another name, so it is new.
        List<String> other =
                IntStream.range(0, 90).mapToObj(i -> i == 0 ? "new" : "i" + i).toList();
        Factors folded = (Factors)
                als.from(ItemFactors.of(names(90), source.items()), other, 0).fit(ratings, 5);
        float[] items = folded.items();
        float[] kept = source.items();
        for (int k = 8; k < items.length; k++) {
            assertThat(items[k]).isEqualTo(kept[k]);
        }
        assertThat(IntStream.range(0, 8).mapToDouble(k -> Math.abs(items[k])).sum())
                .as("the new item's vector")
                .isPositive();
        // Users are the best there are for these items: every change makes the objective larger.
        double best = als.objective(folded, ratings);
        float[] users = folded.users();
        for (int k = 0; k < users.length; k += 37) {
            float[] changed = users.clone();
            changed[k] += 0.05f;
            Factors moved = new Factors("als", 8, changed, items, null, null, Config.empty());
            assertThat(als.objective(moved, ratings)).isGreaterThan(best);
        }
        Factors tuned = (Factors)
                als.from(ItemFactors.of(names(90), source.items()), other, 3).fit(ratings, 5);
        assertThat(tuned.items()).isNotEqualTo(items);
        assertThat(als.objective(tuned, ratings)).isLessThan(best);
    }

    @Test
    void explainsAScoreByTheItemsThatAUserHad() {
        InteractionMatrix ratings = tastes();
        ImplicitAls als = new ImplicitAls(8, 10, 1, 6, Strength.ONE);
        Factors source = als.fit(ratings, 1);
        Factors folded = (Factors) als.from(ItemFactors.of(names(90), source.items()), names(90), 0)
                .fit(ratings, 1);
        ImplicitAls.Terms terms = ImplicitAls.terms(source.items(), 8, 10, 1);
        for (int user : new int[] {0, 17, 101}) {
            int[] history = IntStream.range(ratings.begin(user), ratings.begin(user + 1))
                    .map(ratings::item)
                    .toArray();
            for (int item : new int[] {2, 44}) {
                double sum = Arrays.stream(terms.of(item, history)).sum();
                assertThat(sum).isCloseTo(folded.scores(user)[item], within(1e-4));
            }
        }
    }

    @Test
    void refusesWhatItCannotUse() {
        InteractionMatrix zeros = InteractionMatrix.of(2, new int[] {0, 1}, new int[] {1}, new float[] {0});
        assertThatThrownBy(() -> new ImplicitAls(4, 1, 1, 1, Strength.RATING).fit(zeros, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("positive-from");
        assertThatThrownBy(() -> new ImplicitAls(0, 1, 1, 1, Strength.ONE)).hasMessageContaining("factors = 0");
        ItemFactors others = ItemFactors.of(List.of("x"), new float[4]);
        assertThatThrownBy(() -> new ImplicitAls(4, 1, 1, 1, Strength.ONE)
                        .from(others, names(90), 0)
                        .fit(tastes(), 1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("knows none of these items");
        assertThatThrownBy(() -> ImplicitAls.defaults().from(others, names(90), 0))
                .hasMessageContaining("4 factors");
    }
}
