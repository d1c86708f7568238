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
 * with {@code p = 1} and {@code c = 1 + alpha r} where the user had the item (r is its {@link Strength}), and
 * {@code p = 0} and {@code c = 1} elsewhere. Each half of a sweep is solved exactly. A row with fewer entries than
 * factors is solved in as many unknowns as it has entries (the matrix inversion lemma), with one inverse for all rows.
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

    /** 64 factors, alpha 40 as in the paper, regularisation 10, 15 sweeps. */
    public static ImplicitAls defaults() {
        return new ImplicitAls(64, 40, 10, 15, Strength.ONE);
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
        float[] users = new float[ratings.rows() * factors];
        float[] items = Factors.random(ratings.columns() * factors, DEVIATION, new SplittableRandom(seed));
        return sweeps(ratings, users, items, iterations, Config.empty());
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

    // ------------------------------------------------------------------------------------------- half a sweep

    /** {@code Y^T Y} of {@code [n, f]}: blocks of rows in singles, their sum in doubles and always in one order. */
    static double[] gram(float[] y, int f) {
        int n = y.length / f;
        int blocks = (n + GRAM_ROWS - 1) / GRAM_ROWS;
        float[][] parts = new float[blocks][];
        IntStream.range(0, blocks).parallel().forEach(b -> {
            float[] part = new float[f * f];
            for (int r = b * GRAM_ROWS; r < Math.min(n, (b + 1) * GRAM_ROWS); r += 4) {
                addProducts(y, r, Math.min(4, n - r), f, part);
            }
            parts[b] = part;
        });
        double[] sum = new double[f * f];
        for (float[] part : parts) {
            for (int k = 0; k < sum.length; k++) {
                sum[k] += part[k];
            }
        }
        return sum;
    }

    /** Adds the products of up to four rows with themselves: four at once, so that sums are stored less often. */
    private static void addProducts(float[] y, int row, int count, int f, float[] g) {
        int r0 = row * f;
        if (count < 4) {
            for (int r = r0; r < r0 + count * f; r += f) {
                for (int a = 0; a < f; a++) {
                    axpy(y[r + a], y, r, g, a * f, f);
                }
            }
            return;
        }
        int r1 = r0 + f;
        int r2 = r1 + f;
        int r3 = r2 + f;
        for (int a = 0; a < f; a++) {
            axpy4(y[r0 + a], y[r1 + a], y[r2 + a], y[r3 + a], y, r0, f, g, a * f, f);
        }
    }

    private static void axpy(float a, float[] x, int from, float[] y, int to, int n) {
        for (int j = 0; j < n; j++) {
            y[to + j] += a * x[from + j];
        }
    }

    /** {@code y += a0 x[from] + a1 x[from + stride] + ...}, rows of {@code n}. */
    private static void axpy4(
            float a0, float a1, float a2, float a3, float[] x, int from, int stride, float[] y, int to, int n) {
        int f1 = from + stride;
        int f2 = f1 + stride;
        int f3 = f2 + stride;
        for (int j = 0; j < n; j++) {
            y[to + j] += a0 * x[from + j] + a1 * x[f1 + j] + a2 * x[f2 + j] + a3 * x[f3 + j];
        }
    }

    /** {@code y += sum over a of w[a] x[a]}, rows of {@code n} one after another. */
    private static void combine(float[] w, int first, int count, float[] x, int from, float[] y, int to, int n) {
        int a = 0;
        for (; a + 3 < count; a += 4) {
            axpy4(
                    w[first + a],
                    w[first + a + 1],
                    w[first + a + 2],
                    w[first + a + 3],
                    x,
                    from + a * n,
                    n,
                    y,
                    to,
                    n);
        }
        for (; a < count; a++) {
            axpy(w[first + a], x, from + a * n, y, to, n);
        }
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
        IntStream.range(0, (columns + ROWS - 1) / ROWS).parallel().forEach(b -> {
            for (int i = b * ROWS; i < Math.min(columns, (b + 1) * ROWS); i++) {
                combine(y, i * f, f, inverse, 0, z, i * f, f);
            }
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
        if (n < 6) {
            for (int i = 0; i < n; i++) {
                int zi = rows.item(begin + i) * f;
                for (int j = 0; j <= i; j++) {
                    a[i * n + j] = dot(z, zi, y, rows.item(begin + j) * f, f);
                }
            }
        } else {
            // Columns side by side, so that a row of K is a sum of rows.
            float[] t = new float[f * n];
            for (int j = 0; j < n; j++) {
                int yj = rows.item(begin + j) * f;
                for (int k = 0; k < f; k++) {
                    t[k * n + j] = y[yj + k];
                }
            }
            float[] row = new float[n];
            for (int i = 0; i < n; i++) {
                Arrays.fill(row, 0);
                combine(z, rows.item(begin + i) * f, f, t, 0, row, 0, n);
                for (int j = 0; j <= i; j++) {
                    a[i * n + j] = row[j];
                }
            }
        }
        for (int i = 0; i < n; i++) {
            double d = alpha * r[begin + i];
            a[i * n + i] += 1 / d;
            b[i] = (1 + d) / d;
        }
        Cholesky.factor(a, n);
        Cholesky.solve(a, n, b);
        for (int i = 0; i < n; i++) {
            axpy((float) b[i], z, rows.item(begin + i) * f, x, u * f, f);
        }
    }

    private static float dot(float[] a, int from, float[] b, int other, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int k = 0;
        for (; k + 3 < n; k += 4) {
            s0 += a[from + k] * b[other + k];
            s1 += a[from + k + 1] * b[other + k + 1];
            s2 += a[from + k + 2] * b[other + k + 2];
            s3 += a[from + k + 3] * b[other + k + 3];
        }
        for (; k < n; k++) {
            s0 += a[from + k] * b[other + k];
        }
        return s0 + s1 + (s2 + s3);
    }

    /** f unknowns: {@code (G + sum (c_i - 1) y_i y_i^T) x = sum c_i y_i}. */
    private void many(float[] x, int u, float[] y, double[] gram, InteractionMatrix rows, float[] r) {
        int f = factors;
        int begin = rows.begin(u);
        int n = rows.length(u);
        float[] weighted = new float[n * f];
        double[] b = new double[f];
        for (int i = 0; i < n; i++) {
            double d = alpha * r[begin + i];
            float root = (float) Math.sqrt(d);
            int yi = rows.item(begin + i) * f;
            for (int k = 0; k < f; k++) {
                weighted[i * f + k] = root * y[yi + k];
                b[k] += (1 + d) * y[yi + k];
            }
        }
        float[] products = new float[f * f];
        for (int i = 0; i < n; i += 4) {
            addProducts(weighted, i, Math.min(4, n - i), f, products);
        }
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
