// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidDataException;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.InteractionSplit;

/** The families that descend step by step, on tastes that are known. */
class GradientFactorisationTest {
    private static InteractionMatrix tastes() {
        List<History> train =
                InteractionSplit.whole("tastes", Fixture.tastes(200, 90, 12, 1)).targets();
        return InteractionMatrix.of(train, InteractionMatrix.users(train), InteractionMatrix.items(train));
    }

    /** Of two items that a user did not have, the one of his taste should stand first, nearly always. */
    private static double pairsInOrder(Factors factors, List<String> items, InteractionMatrix ratings) {
        long right = 0;
        long all = 0;
        for (int u = 0; u < ratings.rows(); u++) {
            float[] scores = factors.scores(u);
            for (int i = 0; i < scores.length; i++) {
                for (int j = 0; j < scores.length; j++) {
                    boolean own = taste(items.get(i)) == u % 3 && taste(items.get(j)) != u % 3;
                    if (own && !ratings.has(u, i) && !ratings.has(u, j)) {
                        right += scores[i] > scores[j] ? 1 : 0;
                        all++;
                    }
                }
            }
        }
        return (double) right / all;
    }

    private static int taste(String item) {
        return Integer.parseInt(item.substring(1)) % 3;
    }

    private static List<String> items() {
        return InteractionMatrix.items(
                InteractionSplit.whole("tastes", Fixture.tastes(200, 90, 12, 1)).targets());
    }

    @Test
    void ranksItemsOfAUsersTasteFirst() {
        InteractionMatrix ratings = tastes();
        BayesianRanking family = new BayesianRanking(8, 0.05, 0.01, 60);
        Factors found = family.fit(ratings, 1);
        assertThat(pairsInOrder(found, items(), ratings)).isGreaterThan(0.95);
        assertThat(pairsInOrder(new BayesianRanking(8, 0.001, 0.01, 1).fit(ratings, 1), items(), ratings))
                .as("after a step that is too small to learn anything")
                .isLessThan(0.7);
        assertThat(family.fit(ratings, 1).items()).isEqualTo(found.items());
        assertThat(family.fit(ratings, 2).items()).isNotEqualTo(found.items());
    }

    /** A rating is 8 or 3 by taste, and 1 more for every second user: the deviation without a model is 1.6. */
    @Test
    void predictsRatingsThatItHasNotSeen() {
        InteractionMatrix ratings = tastes();
        Factors found = new RatingFactorisation(8, 0.02, 0.02, 120).fit(ratings, 1);
        List<String> items = items();
        double squares = 0;
        double naive = 0;
        int count = 0;
        for (int u = 0; u < ratings.rows(); u++) {
            float[] scores = found.scores(u);
            for (int i = 0; i < scores.length; i++) {
                if (!ratings.has(u, i) && taste(items.get(i)) == u % 3) {
                    double given = 8 + u % 2;
                    squares += (scores[i] - given) * (scores[i] - given);
                    naive += (ratings.mean() - given) * (ratings.mean() - given);
                    count++;
                }
            }
        }
        assertThat(count).isGreaterThan(1000);
        assertThat(Math.sqrt(squares / count)).isLessThan(0.6 * Math.sqrt(naive / count));
    }

    @Test
    void saysSoWhenItGrowsWithoutEnd() {
        assertThatThrownBy(() -> new RatingFactorisation(8, 5, 0, 20).fit(tastes(), 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("lower the rate");
    }
}
