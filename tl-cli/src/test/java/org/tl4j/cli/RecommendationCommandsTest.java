// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tl4j.cli.TlResult.tl;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recommendation on the command line: from ratings to items, with reasons, and on to other users. */
class RecommendationCommandsTest {
    @TempDir
    private Path folder;

    /** Users like one third of the films. */
    private Path ratings(String name, String user, int users, int each) throws IOException {
        StringBuilder rows = new StringBuilder();
        Random random = new Random(3);
        for (int u = 0; u < users; u++) {
            Set<Integer> had = new HashSet<>();
            while (had.size() < each) {
                int item = u % 3 + 3 * random.nextInt(20);
                if (had.add(item)) {
                    rows.append(user + u + "::" + item + "::" + (5 + random.nextInt(5)) + "::" + had.size() + "\n");
                }
            }
        }
        return Files.writeString(folder.resolve(name), rows);
    }

    private static String text(Path path) {
        return path.toString();
    }

    @Test
    void recommendsAndSaysWhy() throws IOException {
        Path data = ratings("ratings.dat", "u", 90, 8);
        Path model = folder.resolve("films");
        TlResult fit = tl(
                "finetune",
                "recommendation",
                "--data",
                text(data),
                "--family",
                "als",
                "--set",
                "factors=8",
                "--set",
                "regularisation=2",
                "--out",
                text(model),
                "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        JsonObject metrics = fit.lastLine().getAsJsonObject("metrics");
        assertThat(metrics.getAsJsonObject("test").keySet())
                .containsExactly("hitRate@10", "ndcg@10", "recall@10", "map@10", "coverage@10");
        assertThat(metrics.getAsJsonObject("baseline").keySet())
                .isEqualTo(metrics.getAsJsonObject("test").keySet());
        assertThat(fit.err()).contains("the last interaction of each of 90 users is held out");

        Path titles = Files.writeString(folder.resolve("movies.dat"), "4::Four (2004)::Drama\n");
        TlResult answer =
                tl("recommend", text(model), "--user", "u1,u2", "--top", "5", "--titles", text(titles), "--json");
        assertThat(answer.code()).as(answer.err()).isZero();
        JsonArray users = answer.lastLine().getAsJsonArray("users");
        assertThat(users).hasSize(2);
        for (JsonElement user : users) {
            JsonArray items = user.getAsJsonObject().getAsJsonArray("items");
            assertThat(items).hasSize(5);
            for (JsonElement item : items) {
                JsonObject entry = item.getAsJsonObject();
                int taste = user.getAsJsonObject().get("user").getAsString().equals("u1") ? 1 : 2;
                assertThat(entry.get("item").getAsInt() % 3).isEqualTo(taste);
                assertThat(entry.getAsJsonArray("because")).isNotEmpty();
            }
        }
        assertThat(answer.out()).contains("for user u1").contains("because of");

        TlResult judged = tl("evaluate", text(model), "--data", text(data), "--json");
        assertThat(judged.code()).as(judged.err()).isZero();
        assertThat(judged.lastLine().getAsJsonObject("metrics").getAsJsonObject("test"))
                .isEqualTo(metrics.getAsJsonObject("test"));

        TlResult stranger = tl("recommend", text(model), "--user", "nobody");
        assertThat(stranger.code()).isEqualTo(2);
        assertThat(stranger.err()).contains("Unknown user 'nobody'").contains("fix:");
        assertThat(tl("recommend", text(model), "--user", "u1", "--top", "2000").err())
                .contains("at most 1000");

        Path others = ratings("others.dat", "v", 12, 4);
        TlResult on = tl(
                "finetune",
                "recommendation",
                "--from",
                text(model),
                "--data",
                text(others),
                "--out",
                text(folder.resolve("on")),
                "--json");
        assertThat(on.code()).as(on.err()).isZero();
        assertThat(on.lastLine()
                        .getAsJsonObject("metrics")
                        .getAsJsonObject("details")
                        .getAsJsonObject("recommender")
                        .get("fineTuningSweeps")
                        .getAsInt())
                .isZero();
    }

    @Test
    void saysWhereAFileIsWrong() throws IOException {
        Path data = Files.writeString(folder.resolve("r.csv"), "who,what,stars\na,x,5\nb,y,many\n");
        TlResult result = tl(
                "finetune",
                "recommendation",
                "--data",
                text(data),
                "--user-column",
                "who",
                "--item-column",
                "what",
                "--rating-column",
                "stars",
                "--out",
                text(folder.resolve("m")));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("r.csv line 3, column 'stars' holds no rating")
                .contains("'many'")
                .contains("a finite number");
    }

    @Test
    void listsRecommenders() {
        assertThat(tl("families").out())
                .contains("item-knn")
                .contains("Hu et al. 2008")
                .contains("neumf")
                .contains("fold-in");
    }
}
