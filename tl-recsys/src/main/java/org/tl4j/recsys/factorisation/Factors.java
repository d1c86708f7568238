// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidDataException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.recsys.family.Recommender;
import org.tl4j.tensor.HostTensor;

/** A vector of each user and of each item, whose product is the score; with an offset of each item, or of both. */
public final class Factors implements Recommender {
    /** The name of its constants in a saved model: {@code user_factors f32[U, F]}. */
    public static final String USERS = "user_factors";

    /** {@code item_factors f32[I, F]}. */
    public static final String ITEMS = "item_factors";

    private static final String ITEM_OFFSETS = "item_offsets";
    private static final String USER_OFFSETS = "user_offsets";

    private final String family;
    private final int width;
    private final float[] users;
    private final float[] items;
    private final float @Nullable [] userOffsets;
    private final float @Nullable [] itemOffsets;
    private final Config about;

    Factors(
            String family,
            int width,
            float[] users,
            float[] items,
            float @Nullable [] userOffsets,
            float @Nullable [] itemOffsets,
            Config about) {
        this.family = family;
        this.width = width;
        this.users = users;
        this.items = items;
        this.userOffsets = userOffsets;
        this.itemOffsets = itemOffsets;
        this.about = about;
    }

    /** Normal values of that deviation. */
    static float[] random(int count, double deviation, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * Init.gaussian(random));
        }
        return values;
    }

    @Override
    public String family() {
        return family;
    }

    /** F. */
    public int width() {
        return width;
    }

    /** A copy, {@code [U, F]} row by row. */
    public float[] users() {
        return users.clone();
    }

    /** A copy, {@code [I, F]} row by row. */
    public float[] items() {
        return items.clone();
    }

    /** What is added to the score of each item, {@code [I]}; empty where nothing is. */
    public Optional<float[]> itemOffsets() {
        return Optional.ofNullable(itemOffsets).map(float[]::clone);
    }

    @Override
    public float[] scores(int user) {
        int count = items.length / width;
        float[] scores = new float[count];
        for (int i = 0; i < count; i++) {
            float sum = (userOffsets == null ? 0 : userOffsets[user]) + (itemOffsets == null ? 0 : itemOffsets[i]);
            for (int j = 0; j < width; j++) {
                sum += users[user * width + j] * items[i * width + j];
            }
            scores[i] = sum;
        }
        return scores;
    }

    @Override
    public Value build(Graph graph, Value user, Value history) {
        Value p = graph.constant(USERS, HostTensor.of(users, users.length / width, width));
        Value q = graph.constant(ITEMS, HostTensor.of(items, items.length / width, width));
        Value score = graph.matMul(graph.gather(p, user, 0), graph.transpose(q, 1, 0)); // [N, I]
        if (itemOffsets != null) {
            score = graph.add(score, graph.constant(ITEM_OFFSETS, HostTensor.of(itemOffsets, 1, itemOffsets.length)));
        }
        if (userOffsets != null) {
            Value own = graph.constant(USER_OFFSETS, HostTensor.of(userOffsets, userOffsets.length, 1));
            score = graph.add(score, graph.gather(own, user, 0)); // [N, 1]
        }
        return score;
    }

    @Override
    public Config describe() {
        return about.with("family", family)
                .with("factors", width)
                .with("users", users.length / width)
                .with("items", items.length / width);
    }

    /** Refuses what gradients have driven out of all bounds. */
    static void requireFinite(float[] values, double rate) {
        for (float v : values) {
            if (!Float.isFinite(v)) {
                throw new InvalidDataException(
                        "The factors grew without end.",
                        "a value of " + v + " at rate " + rate,
                        "finite numbers",
                        "lower the rate, or raise the regularisation");
            }
        }
    }
}
