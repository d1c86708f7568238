// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tl4j.metric.Estimate;
import org.tl4j.recsys.dataset.Fixture;

/** Against trec_eval and scikit-learn: src/test/python/make_fixtures.py. */
class RankedItemsTest {
    record User(int[] ranking, Set<Integer> relevant) {}

    record Expected(
            int items,
            List<User> users,
            Map<String, Double> means,
            double ndcgHalf,
            double[] given,
            double[] predicted,
            double rmse,
            double mae) {}

    private static Expected expected() throws IOException {
        return Fixture.read("metric/rankings.json", Expected.class);
    }

    @Test
    void measuresAsTrecEval() throws IOException {
        Expected e = expected();
        RankedItems ranked = new RankedItems(10, e.items());
        e.users().forEach(u -> ranked.add(u.ranking(), u.relevant()));
        Map<String, Estimate> metrics = ranked.metrics();
        assertThat(metrics.keySet())
                .containsExactlyInAnyOrderElementsOf(e.means().keySet());
        e.means()
                .forEach((name, value) ->
                        assertThat(metrics.get(name).value()).as(name).isCloseTo(value, within(1e-12)));
        Estimate ndcg = metrics.get("ndcg@10");
        assertThat(ndcg.high() - ndcg.value()).isCloseTo(e.ndcgHalf(), within(1e-12));
        assertThat(ndcg.value() - ndcg.low()).isCloseTo(e.ndcgHalf(), within(1e-12));
    }

    @Test
    void knowsTheExtremes() {
        RankedItems best = new RankedItems(3, 6);
        best.add(new int[] {4, 2, 0}, Set.of(4, 2));
        RankedItems worst = new RankedItems(3, 6);
        worst.add(new int[] {4, 2, 0, 5}, Set.of(5));
        for (String name : List.of("hitRate@3", "ndcg@3", "recall@3", "map@3")) {
            assertThat(best.metrics().get(name).value()).as(name).isEqualTo(1);
            assertThat(worst.metrics().get(name).value()).as(name).isZero();
        }
        assertThat(best.metrics().get("coverage@3").value()).isEqualTo(0.5);
    }

    @Test
    void errsAsScikitLearn() throws IOException {
        Expected e = expected();
        RatingErrors errors = new RatingErrors();
        for (int i = 0; i < e.given().length; i++) {
            errors.add(e.predicted()[i], e.given()[i]);
        }
        assertThat(errors.metrics().get("rmse").value()).isCloseTo(e.rmse(), within(1e-12));
        assertThat(errors.metrics().get("mae").value()).isCloseTo(e.mae(), within(1e-12));
        assertThat(errors.metrics().get("rmse").low()).isLessThan(e.rmse());
    }
}
