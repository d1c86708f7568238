// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.recsys.family.Strength;

/**
 * Factorisation of implicit feedback by alternating least squares: Yifan Hu, Yehuda Koren, Chris Volinsky,
 * "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008. Minimises
 *
 * <pre>sum over all u, i of c_ui (p_ui - x_u y_i)^2 + regularisation (sum |x_u|^2 + sum |y_i|^2)</pre>
 *
 * with {@code p = 1} and {@code c = 1 + alpha r} where the user had the item (r is its {@link Strength}), and {@code p
 * = 0} and {@code c = 1} elsewhere. Each half of a sweep is solved exactly. A row with fewer entries than factors is
 * solved in as many unknowns as it has entries (the matrix inversion lemma), with one inverse for all rows.
 *
 * @param factors length of a vector
 * @param alpha how much surer an interaction is than none
 * @param regularisation weight of the squared norms
 * @param iterations sweeps over users and items
 * @param strength of interactions
 */
public record ImplicitAls(int factors, double alpha, double regularisation, int iterations, Strength strength)
        implements RecommenderFamily {
    /** The name on the command line. */
    public static final String ID = "als";

    private static final double DEVIATION = 0.01;
    private static final int ROWS = 32;
    private static final int GRAM_ROWS = 256;

    /** Checks the ranges. */
    public ImplicitAls {
        Checks.positive("factors", factors);
        Checks.positive("alpha", alpha);
        Checks.positive("regularisation", regularisation);
        Checks.positive("iterations", iterations);
    }

    /** 64 factors, alpha 5, regularisation 50, 15 sweeps: for users with few interactions each. */
    public static ImplicitAls defaults() {
        return new ImplicitAls(64, 5, 50, 15, Strength.ONE);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "implicit feedback by alternating least squares (Hu et al. 2008): the first to try for clicks and visits";
    }

    @Override
    public Factors fit(InteractionMatrix ratings, long seed) {
        return fit(ratings, Factors.random(ratings.columns() * factors, DEVIATION, new SplittableRandom(seed)));
    }

    /** Begins with these vectors of items, which are overwritten. */
    Factors fit(InteractionMatrix ratings, float[] items) {
        return sweeps(ratings, new float[ratings.rows() * factors], items, iterations, Config.empty());
    }

    /**
     * The family that begins with an earlier model's items: their vectors stay as they are, users are folded in by one
     * exact solution, new items after them, and then users once more. Further sweeps change all.
     *
     * @param known vectors of items, of this family's width
     * @param names of the items of the data that will be fitted, in their order
     * @param fineTuning sweeps over users and items that change what was taken over, too; 0 keeps it
     */
    public RecommenderFamily from(ItemFactors known, List<String> names, int fineTuning) {
        Checks.notNegative("fineTuning", fineTuning);
        if (known.width() != factors) {
            throw new InvalidArgumentException(
                    "The vectors of the earlier model are of another length.",
                    known.width() + " factors",
                    factors + " factors",
                    "leave the number of factors away");
        }
        ImplicitAls own = this;
        List<String> order = List.copyOf(names);
        return new RecommenderFamily() {
            @Override
            public String id() {
                return ID;
            }

            @Override
            public String title() {
                return own.title();
            }

            @Override
            public Factors fit(InteractionMatrix ratings, long seed) {
                return own.folded(ratings, known, order, fineTuning);
            }
        };
    }

    private Factors folded(InteractionMatrix ratings, ItemFactors known, List<String> names, int fineTuning) {
        float[] items = new float[ratings.columns() * factors];
        float[] users = new float[ratings.rows() * factors];
        int[] fresh = known.into(names, items);
        // What is not known is 0 and adds nothing, so users are solved for by the known items alone.
        int[] kept = IntStream.range(0, ratings.columns())
                .filter(i -> Arrays.binarySearch(fresh, i) < 0)
                .toArray();
        if (kept.length == 0) {
            throw new InvalidArgumentException(
                    "The earlier model knows none of these items.",
                    ratings.columns() + " items, such as " + names.subList(0, Math.min(3, names.size())),
                    "some items in common, under the same ids",
                    "learn anew, without --from");
        }
        InteractionMatrix shared = restricted(ratings, kept);
        solve(users, items, shared, strength.of(shared));
        if (fresh.length > 0) {
            InteractionMatrix byItem = ratings.transposed();
            float[] all = items.clone();
            solve(all, users, byItem, strength.of(byItem));
            for (int i : fresh) {
                System.arraycopy(all, i * factors, items, i * factors, factors);
            }
            solve(users, items, ratings, strength.of(ratings));
        }
        Config about = Config.empty()
                .with("keptItems", kept.length)
                .with("newItems", fresh.length)
                .with("fineTuningSweeps", fineTuning);
        return sweeps(ratings, users, items, fineTuning, about);
    }

    /** Without the entries of items that are not among these, which are in ascending order. */
    private static InteractionMatrix restricted(InteractionMatrix ratings, int[] kept) {
        int[] begin = new int[ratings.rows() + 1];
        int[] items = new int[ratings.size()];
        float[] values = new float[ratings.size()];
        int at = 0;
        for (int u = 0; u < ratings.rows(); u++) {
            for (int e = ratings.begin(u); e < ratings.begin(u + 1); e++) {
                if (Arrays.binarySearch(kept, ratings.item(e)) >= 0) {
                    items[at] = ratings.item(e);
                    values[at++] = ratings.value(e);
                }
            }
            begin[u + 1] = at;
        }
        return InteractionMatrix.of(ratings.columns(), begin, Arrays.copyOf(items, at), Arrays.copyOf(values, at));
    }

    private Factors sweeps(InteractionMatrix ratings, float[] users, float[] items, int sweeps, Config about) {
        InteractionMatrix byItem = ratings.transposed();
        float[] userStrength = strength.of(ratings);
        float[] itemStrength = strength.of(byItem);
        for (int i = 0; i < sweeps; i++) {
            solve(users, items, ratings, userStrength);
            solve(items, users, byItem, itemStrength);
        }
        return new Factors(
                ID,
                factors,
                users,
                items,
                null,
                null,
                about.with("alpha", alpha)
                        .with("regularisation", regularisation)
                        .with("iterations", iterations)
                        .with("strength", strength.toString()));
    }

    /** What is minimised, for these vectors. */
    public double objective(Factors vectors, InteractionMatrix ratings) {
        float[] x = vectors.users();
        float[] y = vectors.items();
        double[] xx = gram(x, factors);
        double[] yy = gram(y, factors);
        float[] r = strength.of(ratings);
        double sum = 0;
        double norms = 0;
        for (int k = 0; k < xx.length; k++) {
            sum += xx[k] * yy[k];
            norms += k % (factors + 1) == 0 ? xx[k] + yy[k] : 0;
        }
        for (int u = 0; u < ratings.rows(); u++) {
            for (int e = ratings.begin(u); e < ratings.begin(u + 1); e++) {
                double s = 0;
                for (int j = 0; j < factors; j++) {
                    s += (double) x[u * factors + j] * y[ratings.item(e) * factors + j];
                }
                sum += (1 + alpha * r[e]) * (1 - s) * (1 - s) - s * s;
            }
        }
        return sum + regularisation * norms;
    }

    /** What each item that a user had adds to the score of another: section 5 of the paper. */
    public interface Terms {
        /**
         * The terms {@code c_uj y_i^T W y_j} with {@code W = (G + sum (c_j - 1) y_j y_j^T)^-1}.
         *
         * @param item the number of the item to explain
         * @param history numbers of the items that the user had
         */
        double[] of(int item, int[] history);
    }

    /**
     * The terms for interactions of strength 1.
     *
     * @param items {@code [I, F]} row by row
     */
    public static Terms terms(float[] items, int width, double alpha, double regularisation) {
        double[] gram = gram(items, width);
        for (int a = 0; a < width; a++) {
            gram[a * width + a] += regularisation;
        }
        return (item, history) -> {
            double[] system = gram.clone();
            double[] solved = new double[width];
            for (int j : history) {
                for (int a = 0; a < width; a++) {
                    for (int b = 0; b < width; b++) {
                        system[a * width + b] += alpha * items[j * width + a] * items[j * width + b];
                    }
                }
            }
            for (int a = 0; a < width; a++) {
                solved[a] = items[item * width + a];
            }
            Cholesky.factor(system, width);
            Cholesky.solve(system, width, solved);
            double[] terms = new double[history.length];
            for (int k = 0; k < history.length; k++) {
                for (int a = 0; a < width; a++) {
                    terms[k] += (1 + alpha) * solved[a] * items[history[k] * width + a];
                }
            }
            return terms;
        };
    }

    // ------------------------------------------------------------------------------------------- half a sweep

    /** {@code Y^T Y} of {@code [n, f]}: blocks of rows in singles, their sum in doubles and always in one order. */
    static double[] gram(float[] y, int f) {
        int n = y.length / f;
        int blocks = (n + GRAM_ROWS - 1) / GRAM_ROWS;
        double[][] parts = new double[blocks][];
        IntStream.range(0, blocks).parallel().forEach(b -> {
            int from = b * GRAM_ROWS;
            int count = Math.min(n, from + GRAM_ROWS) - from;
            double[] part = new double[f * f];
            Products.lower(Products.transposed(y, from, count, f), f, count, part);
            parts[b] = part;
        });
        double[] sum = new double[f * f];
        for (double[] part : parts) {
            for (int k = 0; k < sum.length; k++) {
                sum[k] += part[k];
            }
        }
        for (int i = 0; i < f; i++) {
            for (int j = 0; j < i; j++) {
                sum[j * f + i] = sum[i * f + j];
            }
        }
        return sum;
    }

    /**
     * Solves for the vectors of all rows with those of the columns fixed. Every row is computed by itself, so that the
     * number of threads changes no bit.
     *
     * @param x {@code [rows, f]}, written
     * @param y {@code [columns, f]}
     * @param r strength of each entry
     */
    private void solve(float[] x, float[] y, InteractionMatrix rows, float[] r) {
        int f = factors;
        double[] gram = gram(y, f);
        for (int a = 0; a < f; a++) {
            gram[a * f + a] += regularisation;
        }
        float[] inverse = inverse(gram, f);
        // z = G^-1 y of every column, used by all rows that have it.
        float[] z = new float[y.length];
        int columns = y.length / f;
        IntStream.range(0, (columns + GRAM_ROWS - 1) / GRAM_ROWS).parallel().forEach(b -> {
            int from = b * GRAM_ROWS;
            int count = Math.min(columns, from + GRAM_ROWS) - from;
            Products.times(Products.transposed(y, from, count, f), inverse, f, count, z, from);
        });
        int blocks = (rows.rows() + ROWS - 1) / ROWS;
        IntStream.range(0, blocks).parallel().forEach(b -> {
            int end = Math.min(rows.rows(), (b + 1) * ROWS);
            for (int u = b * ROWS; u < end; u++) {
                Arrays.fill(x, u * f, (u + 1) * f, 0);
                int n = rows.length(u);
                if (n > 0 && n < f) {
                    few(x, u, y, z, rows, r);
                } else if (n > 0) {
                    many(x, u, y, gram, rows, r);
                }
            }
        });
    }

    private static float[] inverse(double[] gram, int f) {
        double[] l = gram.clone();
        Cholesky.factor(l, f);
        float[] inverse = new float[f * f];
        double[] column = new double[f];
        for (int a = 0; a < f; a++) {
            Arrays.fill(column, 0);
            column[a] = 1;
            Cholesky.solve(l, f, column);
            for (int j = 0; j < f; j++) {
                inverse[j * f + a] = (float) column[j];
            }
        }
        return inverse;
    }

    /**
     * n unknowns: {@code x = sum w_i z_i} with {@code (D^-1 + K) w = D^-1 c}, {@code K_ij = z_i y_j}, D the diagonal of
     * {@code c - 1}.
     */
    private void few(float[] x, int u, float[] y, float[] z, InteractionMatrix rows, float[] r) {
        int f = factors;
        int begin = rows.begin(u);
        int n = rows.length(u);
        double[] a = new double[n * n];
        double[] b = new double[n];
        int[] at = new int[n];
        for (int i = 0; i < n; i++) {
            at[i] = rows.item(begin + i) * f;
        }
        Products.lower(z, y, at, f, a);
        for (int i = 0; i < n; i++) {
            double d = alpha * r[begin + i];
            a[i * n + i] += 1 / d;
            b[i] = (1 + d) / d;
        }
        Cholesky.factor(a, n);
        Cholesky.solve(a, n, b);
        for (int i = 0; i < n; i++) {
            float w = (float) b[i];
            for (int k = 0; k < f; k++) {
                x[u * f + k] += w * z[at[i] + k];
            }
        }
    }

    /** f unknowns: {@code (G + sum (c_i - 1) y_i y_i^T) x = sum c_i y_i}. */
    private void many(float[] x, int u, float[] y, double[] gram, InteractionMatrix rows, float[] r) {
        int f = factors;
        int begin = rows.begin(u);
        int n = rows.length(u);
        float[] weighted = new float[f * n];
        double[] b = new double[f];
        for (int i = 0; i < n; i++) {
            double d = alpha * r[begin + i];
            float root = (float) Math.sqrt(d);
            int yi = rows.item(begin + i) * f;
            for (int k = 0; k < f; k++) {
                weighted[k * n + i] = root * y[yi + k];
                b[k] += (1 + d) * y[yi + k];
            }
        }
        double[] products = new double[f * f];
        Products.lower(weighted, f, n, products);
        double[] a = gram.clone();
        for (int k = 0; k < a.length; k++) {
            a[k] += products[k];
        }
        Cholesky.factor(a, f);
        Cholesky.solve(a, f, b);
        for (int k = 0; k < f; k++) {
            x[u * f + k] = (float) b[k];
        }
    }
}
