// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tl4j.data.Batches;
import org.tl4j.error.Checks;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.RecommenderFamily;

/**
 * Factorisation of ratings with offsets: Yehuda Koren, Robert Bell, Chris Volinsky, "Matrix Factorization Techniques
 * for Recommender Systems", IEEE Computer 42(8), 2009, equations 3 and 5. A rating is {@code mean + b_u + b_i + p_u
 * q_i}; stochastic descent on the squared error, one rating at a time in an order that is drawn anew for every epoch;
 * one thread.
 *
 * @param factors length of a vector
 * @param rate of the steps
 * @param regularisation of vectors and offsets
 * @param epochs passes over the ratings
 */
public record RatingFactorisation(int factors, double rate, double regularisation, int epochs)
        implements RecommenderFamily {
    /** The name on the command line. */
    public static final String ID = "mf";

    /** Checks the ranges. */
    public RatingFactorisation {
        Checks.positive("factors", factors);
        Checks.positive("rate", rate);
        Checks.notNegative("regularisation", regularisation);
        Checks.positive("epochs", epochs);
    }

    /** 32 factors, steps of 0.01, regularisation 0.1, 30 epochs. */
    public static RatingFactorisation defaults() {
        return new RatingFactorisation(32, 0.01, 0.1, 30);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "ratings as offsets and a product of factors (Koren et al. 2009): predicts ratings, judged by RMSE";
    }

    @Override
    public boolean predictsRatings() {
        return true;
    }

    @Override
    public Factors fit(InteractionMatrix ratings, long seed) {
        int f = factors;
        SplittableRandom random = new SplittableRandom(seed);
        float[] users = Factors.random(ratings.rows() * f, 0.1, random);
        float[] items = Factors.random(ratings.columns() * f, 0.1, random);
        float[] userOffsets = new float[ratings.rows()];
        float[] itemOffsets = new float[ratings.columns()];
        float mean = (float) ratings.mean();
        int[] owner = ratings.owners();
        int[] order = IntStream.range(0, ratings.size()).toArray();
        float step = (float) rate;
        float penalty = (float) regularisation;
        for (int epoch = 0; epoch < epochs; epoch++) {
            Batches.shuffle(order, random);
            for (int entry : order) {
                int user = owner[entry];
                int item = ratings.item(entry);
                int u = user * f;
                int i = item * f;
                float error = ratings.value(entry) - mean - userOffsets[user] - itemOffsets[item];
                for (int k = 0; k < f; k++) {
                    error -= users[u + k] * items[i + k];
                }
                userOffsets[user] += step * (error - penalty * userOffsets[user]);
                itemOffsets[item] += step * (error - penalty * itemOffsets[item]);
                for (int k = 0; k < f; k++) {
                    float p = users[u + k];
                    float q = items[i + k];
                    users[u + k] = p + step * (error * q - penalty * p);
                    items[i + k] = q + step * (error * p - penalty * q);
                }
            }
        }
        Factors.requireFinite(users, rate);
        float[] base = Arrays.copyOf(itemOffsets, itemOffsets.length);
        for (int i = 0; i < base.length; i++) {
            base[i] += mean;
        }
        Config about = Config.empty()
                .with("rate", rate)
                .with("regularisation", regularisation)
                .with("epochs", epochs)
                .with("mean", mean);
        return new Factors(ID, f, users, items, userOffsets, base, about);
    }
}
