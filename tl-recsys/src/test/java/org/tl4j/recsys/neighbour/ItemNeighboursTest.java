// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.neighbour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.tl4j.recsys.dataset.Fixture;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.Recommender;

/** Against cosines of scikit-learn: src/test/python/make_fixtures.py. */
class ItemNeighboursTest {
    record Expected(int[][] matrix, double shrinkage, double[][] scores) {}

    @Test
    void scoresByCosinesThatAreShrunk() throws IOException {
        Expected e = Fixture.read("neighbour/cosine.json", Expected.class);
        InteractionMatrix ratings = Fixture.matrix(e.matrix());
        Recommender all = new ItemNeighbours(ratings.columns(), e.shrinkage()).fit(ratings, 1);
        for (int u = 0; u < ratings.rows(); u++) {
            float[] scores = all.scores(u);
            for (int i = 0; i < scores.length; i++) {
                assertThat((double) scores[i]).as("user %d item %d", u, i).isCloseTo(e.scores()[u][i], within(1e-5));
            }
        }
    }

    @Test
    void looksAtTheNearestOnly() throws IOException {
        Expected e = Fixture.read("neighbour/cosine.json", Expected.class);
        InteractionMatrix ratings = Fixture.matrix(e.matrix());
        Recommender one = new ItemNeighbours(1, e.shrinkage()).fit(ratings, 1);
        int positive = 0;
        for (int u = 0; u < ratings.rows(); u++) {
            float[] scores = one.scores(u);
            for (int i = 0; i < scores.length; i++) {
                assertThat((double) scores[i]).isLessThanOrEqualTo(e.scores()[u][i] + 1e-5);
                positive += scores[i] > 0 ? 1 : 0;
            }
        }
        assertThat(positive).isBetween(1, ratings.rows() * ratings.columns() / 2);
    }
}
