// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.SplittableRandom;
import org.tl4j.error.Checks;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.RecommenderFamily;

/**
 * Factors that put what a user had before what he had not: Steffen Rendle, Christoph Freudenthaler, Zeno Gantner, Lars
 * Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009, <a
 * href="https://arxiv.org/abs/1205.2618">arXiv:1205.2618</a>. Stochastic ascent on {@code ln sigmoid(x_ui - x_uj)}, one
 * interaction drawn at a time and an item drawn evenly among those the user did not have; one thread.
 *
 * @param factors length of a vector
 * @param rate of the steps
 * @param regularisation of vectors and offsets
 * @param epochs as many steps each as there are interactions
 */
public record BayesianRanking(int factors, double rate, double regularisation, int epochs)
        implements RecommenderFamily {
    /** The name on the command line. */
    public static final String ID = "bpr";

    /** Checks the ranges. */
    public BayesianRanking {
        Checks.positive("factors", factors);
        Checks.positive("rate", rate);
        Checks.notNegative("regularisation", regularisation);
        Checks.positive("epochs", epochs);
    }

    /** 64 factors, steps of 0.05, regularisation 0.01, 60 epochs. */
    public static BayesianRanking defaults() {
        return new BayesianRanking(64, 0.05, 0.01, 60);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "factors that rank pairs of items (Rendle et al. 2009): learns the order itself, by gradients";
    }

    @Override
    public Factors fit(InteractionMatrix ratings, long seed) {
        int f = factors;
        SplittableRandom random = new SplittableRandom(seed);
        float[] users = Factors.random(ratings.rows() * f, 0.1, random);
        float[] items = Factors.random(ratings.columns() * f, 0.1, random);
        float[] offsets = new float[ratings.columns()];
        int[] owner = ratings.owners();
        float step = (float) rate;
        float decay = (float) (rate * regularisation);
        for (long n = (long) epochs * ratings.size(); n > 0; n--) {
            int entry = random.nextInt(ratings.size());
            int user = owner[entry];
            if (ratings.length(user) == ratings.columns()) {
                continue;
            }
            int other = random.nextInt(ratings.columns());
            while (ratings.has(user, other)) {
                other = random.nextInt(ratings.columns());
            }
            int u = user * f;
            int i = ratings.item(entry) * f;
            int j = other * f;
            float margin = offsets[ratings.item(entry)] - offsets[other];
            for (int k = 0; k < f; k++) {
                margin += users[u + k] * (items[i + k] - items[j + k]);
            }
            float slope = step * (float) (1 / (1 + Math.exp(margin)));
            for (int k = 0; k < f; k++) {
                float x = users[u + k];
                float a = items[i + k];
                float b = items[j + k];
                users[u + k] = x + slope * (a - b) - decay * x;
                items[i + k] = a + slope * x - decay * a;
                items[j + k] = b - slope * x - decay * b;
            }
            offsets[ratings.item(entry)] += slope - decay * offsets[ratings.item(entry)];
            offsets[other] -= slope + decay * offsets[other];
        }
        Factors.requireFinite(users, rate);
        Config about = Config.empty()
                .with("rate", rate)
                .with("regularisation", regularisation)
                .with("epochs", epochs);
        return new Factors(ID, f, users, items, null, offsets, about);
    }
}
