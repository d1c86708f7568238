// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** Data that several tests need: what {@code src/test/python/make_fixtures.py} wrote, and made-up tastes. */
public final class Fixture {
    private Fixture() {}

    /** A file of the test's resources. */
    public static <T> T read(String name, Class<T> type) throws IOException {
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(Fixture.class.getResourceAsStream("/" + name)), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, type);
        }
    }

    /** A matrix of zeros and ones as interactions. */
    public static InteractionMatrix matrix(int[][] dense) {
        int[] begin = new int[dense.length + 1];
        List<Integer> items = new ArrayList<>();
        for (int u = 0; u < dense.length; u++) {
            for (int i = 0; i < dense[u].length; i++) {
                if (dense[u][i] != 0) {
                    items.add(i);
                }
            }
            begin[u + 1] = items.size();
        }
        float[] values = new float[items.size()];
        Arrays.fill(values, 1);
        return InteractionMatrix.of(
                dense[0].length,
                begin,
                items.stream().mapToInt(Integer::intValue).toArray(),
                values);
    }

    /**
     * Users of three tastes: nine in ten of a user's items are from his own third of the items. Rating 9 within it, 3
     * outside, plus an offset of the user.
     */
    public static List<InteractionRow> tastes(int users, int items, int each, long seed) {
        Random random = new Random(seed);
        List<InteractionRow> rows = new ArrayList<>();
        for (int u = 0; u < users; u++) {
            List<Integer> had = new ArrayList<>();
            while (had.size() < each) {
                boolean own = random.nextInt(10) > 0;
                int third = own ? u % 3 : random.nextInt(3);
                int item = third + 3 * random.nextInt(items / 3);
                if (!had.contains(item)) {
                    had.add(item);
                    float rating = (item % 3 == u % 3 ? 8 : 3) + u % 2;
                    rows.add(new InteractionRow(
                            "u" + u,
                            new Interaction("i" + item, rating, had.size()),
                            "ratings.csv line " + (rows.size() + 1)));
                }
            }
        }
        return rows;
    }

    /** Rows as a file has them. */
    public static String csv(List<InteractionRow> rows) {
        StringBuilder text = new StringBuilder("user,item,rating,time\n");
        rows.forEach(r -> text.append(r.user())
                .append(',')
                .append(r.interaction().item())
                .append(',')
                .append(r.interaction().rating())
                .append(',')
                .append(r.interaction().time())
                .append('\n'));
        return text.toString();
    }
}
