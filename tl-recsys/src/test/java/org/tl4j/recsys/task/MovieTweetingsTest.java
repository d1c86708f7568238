// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.head.Recommendations;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.Transfer;

/** On 100,000 real ratings: the last film of each of 8,686 users among all that he had not rated. */
class MovieTweetingsTest {
    /** Numbers chosen on the film before the last; docs/recommendation.md says how. */
    @Test
    void alsRanksBetterThanPopularity() {
        String folder = System.getenv("TL4J_DATA");
        assumeTrue(folder != null, "TL4J_DATA names no folder of data sets");
        Path file = Path.of(folder, "movietweetings", "100K", "ratings.dat");
        assumeTrue(Files.exists(file), file + " is not there");
        RecommendationTask task = new RecommendationTask();
        LabelledData<User, History> data = task.read(file, Config.empty());
        Dataset<User, History> train = data.parts().get("train");
        Recommendation als = Recommendation.with("als", train).with("alpha", 5).with("regularisation", 100);
        try (FineTuned<User, History, Recommendations> model =
                Transfer.from(als.users()).to(als.task()).fit(train)) {
            Evaluation evaluation = model.evaluate(data.parts().get("test"));
            Estimate ndcg = evaluation.metrics().get("ndcg@10");
            assertThat(evaluation.details().integer("users")).isEqualTo(8686);
            assertThat(evaluation.baseline().get("ndcg@10")).isBetween(0.083, 0.084);
            assertThat(ndcg.low()).isGreaterThan(evaluation.baseline().get("ndcg@10"));
        }
    }
}
