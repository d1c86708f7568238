// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.math3.exception.MaxCountExceededException;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.tl4j.data.Batches;
import org.tl4j.error.InvalidDataException;

/**
 * Linear heads computed from features at once. Double precision; the same bits on any number of cores.
 *
 * @param weight {@code [outputs, width]}, row by row
 * @param bias {@code [outputs]}
 * @param penalty weight of the squared norm that was used
 * @param iterations of the solver; 1 for a linear system
 * @param converged whether the gradient became small enough
 */
// Plain arrays inside a numeric kernel: never compared, never handed to a caller outside this package.
@SuppressWarnings("ArrayRecordComponent")
record LinearHead(double[][] weight, double[] bias, double penalty, int iterations, boolean converged) {
    private static final double[] GRID = {1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100};
    private static final int FOLDS = 5;
    private static final int CHUNK = 512;
    private static final int MOST_ITERATIONS = 1000;
    private static final int MEMORY = 10;
    /** Norm of a gradient, a unit of weight, at which coefficients have settled to some four digits. */
    private static final double SETTLED = 1e-7;
    /** The same where only the loss counts, to choose a penalty. */
    private static final double ROUGHLY_SETTLED = 1e-5;

    /**
     * Ridge regression with an intercept that is not penalised: minimises {@code sum_i w_i |y_i - W x_i - b|^2 +
     * penalty |W|^2}.
     *
     * <p>Through the eigenvectors of the weighted covariance, so that every penalty of a grid costs almost nothing; 0
     * chooses the one with the least leave-one-out error, which for a linear smoother is {@code sum ((y_i - f_i) / (1 -
     * h_ii))^2} (Allen 1974).
     *
     * @param x {@code [n, width]}
     * @param y {@code [n, outputs]}
     * @param counts how much each example counts
     */
    static LinearHead ridge(float[][] x, double[][] y, double[] counts, double penalty) {
        check(x, counts);
        int width = x[0].length;
        int outputs = y[0].length;
        double total = Arrays.stream(counts).sum();
        double[] mean = new double[width];
        double[] target = new double[outputs];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < width; j++) {
                mean[j] += counts[i] * x[i][j] / total;
            }
            for (int k = 0; k < outputs; k++) {
                target[k] += counts[i] * y[i][k] / total;
            }
        }
        Spectrum spectrum = x.length < width ? ofExamples(x, counts, mean) : of(gram(x, counts, mean));
        double[][] v = spectrum.vectors;
        double[] lambda = spectrum.values;
        int rank = lambda.length;

        // Each example in the eigenvectors' coordinates, and the targets' products with them.
        double[][] z = new double[x.length][];
        IntStream.range(0, x.length).parallel().forEach(i -> z[i] = rotated(x[i], mean, v));
        double[][] zy = new double[rank][outputs];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < rank; j++) {
                for (int k = 0; k < outputs; k++) {
                    zy[j][k] += counts[i] * z[i][j] * (y[i][k] - target[k]);
                }
            }
        }
        double chosen = penalty;
        if (penalty == 0) {
            double scale = Arrays.stream(lambda).sum() / width;
            double best = Double.POSITIVE_INFINITY;
            for (double g : GRID) {
                double error = leaveOneOut(z, zy, y, target, counts, total, lambda, Math.max(1e-12, g * scale));
                if (error < best) {
                    best = error;
                    chosen = Math.max(1e-12, g * scale);
                }
            }
        }
        double[][] weight = new double[outputs][width];
        double[] bias = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            for (int j = 0; j < rank; j++) {
                double c = zy[j][k] / (lambda[j] + chosen);
                for (int d = 0; d < width; d++) {
                    weight[k][d] += v[d][j] * c;
                }
            }
            bias[k] = target[k];
            for (int d = 0; d < width; d++) {
                bias[k] -= weight[k][d] * mean[d];
            }
        }
        return new LinearHead(weight, bias, chosen, 1, true);
    }

    /**
     * Eigenvalues, none below 0, and their eigenvectors; of a matrix without full rank perhaps without those of 0.
     *
     * @param values {@code [rank]}
     * @param vectors {@code [width, rank]}, one a column
     */
    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record Spectrum(double[] values, double[][] vectors) {}

    private static Spectrum of(double[][] symmetric) {
        int n = symmetric.length;
        double shift = 0;
        EigenDecomposition eigen;
        try {
            eigen = new EigenDecomposition(new Array2DRowRealMatrix(symmetric, true));
        } catch (MaxCountExceededException e) {
            // Many eigenvalues of 0 keep it from settling; none is 0 once all are larger by the trace.
            for (int i = 0; i < n; i++) {
                shift += symmetric[i][i];
            }
            Array2DRowRealMatrix shifted = new Array2DRowRealMatrix(symmetric, true);
            for (int i = 0; i < n; i++) {
                shifted.addToEntry(i, i, shift);
            }
            eigen = new EigenDecomposition(shifted);
        }
        double by = shift;
        return new Spectrum(
                Arrays.stream(eigen.getRealEigenvalues())
                        .map(l -> Math.max(0, l - by))
                        .toArray(),
                eigen.getV().getData());
    }

    /**
     * The spectrum of {@link #gram} where there are fewer examples than features: from the matrix of examples, which is
     * smaller and has the same eigenvalues but for those of 0.
     */
    private static Spectrum ofExamples(float[][] x, double[] counts, double[] mean) {
        int n = x.length;
        double[][] rows = new double[n][mean.length];
        for (int i = 0; i < n; i++) {
            double root = Math.sqrt(counts[i]);
            for (int d = 0; d < mean.length; d++) {
                rows[i][d] = root * (x[i][d] - mean[d]);
            }
        }
        double[][] products = new double[n][n];
        IntStream.range(0, n).parallel().forEach(i -> {
            for (int j = 0; j < n; j++) {
                products[i][j] = dot(rows[Math.min(i, j)], rows[Math.max(i, j)]);
            }
        });
        Spectrum small = of(products);
        double least = 1e-12 * Arrays.stream(small.values).max().orElse(0);
        int[] kept = IntStream.range(0, n).filter(j -> small.values[j] > least).toArray();
        double[][] vectors = new double[mean.length][kept.length];
        for (int j = 0; j < kept.length; j++) {
            double root = Math.sqrt(small.values[kept[j]]);
            for (int i = 0; i < n; i++) {
                double part = small.vectors[i][kept[j]] / root;
                for (int d = 0; d < mean.length; d++) {
                    vectors[d][j] += part * rows[i][d];
                }
            }
        }
        return new Spectrum(IntStream.of(kept).mapToDouble(j -> small.values[j]).toArray(), vectors);
    }

    private static double[] rotated(float[] row, double[] mean, double[][] v) {
        double[] out = new double[v[0].length];
        for (int d = 0; d < mean.length; d++) {
            double centred = row[d] - mean[d];
            for (int j = 0; j < out.length; j++) {
                out[j] += centred * v[d][j];
            }
        }
        return out;
    }

    private static double[][] gram(float[][] x, double[] counts, double[] mean) {
        int width = mean.length;
        double[][] gram = new double[width][width];
        IntStream.range(0, width).parallel().forEach(a -> {
            double[] row = gram[a];
            for (int i = 0; i < x.length; i++) {
                double left = counts[i] * (x[i][a] - mean[a]);
                for (int b = a; b < width; b++) {
                    row[b] += left * (x[i][b] - mean[b]);
                }
            }
        });
        for (int a = 0; a < width; a++) {
            for (int b = 0; b < a; b++) {
                gram[a][b] = gram[b][a];
            }
        }
        return gram;
    }

    private static double leaveOneOut(
            double[][] z,
            double[][] zy,
            double[][] y,
            double[] target,
            double[] counts,
            double total,
            double[] lambda,
            double penalty) {
        double error = 0;
        for (int i = 0; i < z.length; i++) {
            double leverage = counts[i] / total;
            for (int j = 0; j < lambda.length; j++) {
                leverage += counts[i] * z[i][j] * z[i][j] / (lambda[j] + penalty);
            }
            for (int k = 0; k < target.length; k++) {
                double fitted = target[k];
                for (int j = 0; j < lambda.length; j++) {
                    fitted += z[i][j] * zy[j][k] / (lambda[j] + penalty);
                }
                double left = (y[i][k] - fitted) / Math.max(1e-9, 1 - leverage);
                error += counts[i] * left * left;
            }
        }
        return error;
    }

    /**
     * Multinomial logistic regression by L-BFGS: minimises {@code sum_i w_i loss_i + penalty / 2 |W|^2}, the bias free.
     * As scikit-learn's {@code LogisticRegression(C = 1 / penalty)}.
     *
     * @param labels {@code [n]}, below {@code classes}
     * @param penalty 0 chooses it by 5-fold cross-validated loss over a grid; where there are too few examples to hold
     *     one out, the largest of the grid
     */
    static LinearHead logistic(float[][] x, int[] labels, int classes, double[] counts, double penalty, long seed) {
        return logistic(x, weighted(labels, classes, counts), penalty, seed);
    }

    /**
     * The same for targets that are spread over several classes, as label smoothing does: minimises {@code -sum_i sum_k
     * t_ik log p_ik + penalty / 2 |W|^2}.
     *
     * @param targets {@code [n, classes]}: how much each class counts for each example
     */
    static LinearHead logistic(float[][] x, double[][] targets, double penalty, long seed) {
        double[] counts =
                Arrays.stream(targets).mapToDouble(t -> Arrays.stream(t).sum()).toArray();
        check(x, counts);
        return logistic(x, targets, counts, ones(targets[0].length), penalty, seed, false);
    }

    /**
     * One logistic regression for each column of targets, for examples with several labels.
     *
     * @param targets {@code [n, outputs]}, from 0 to 1
     * @param positive {@code [outputs]}: how much more the presence of each label counts than its absence
     */
    static LinearHead logisticEach(float[][] x, double[][] targets, double[] positive, double penalty, long seed) {
        double[] counts = ones(x.length);
        check(x, counts);
        return logistic(x, targets, counts, positive, penalty, seed, true);
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** The penalty on standardised features that 5-fold cross-validation chooses for one label an example. */
    static double logisticPenalty(float[][] x, int[] labels, int classes, double[] counts, long seed) {
        check(x, counts);
        return chooseByFolds(
                Scaling.of(x).apply(x), weighted(labels, classes, counts), counts, ones(classes), seed, false);
    }

    /** As {@link #logistic}, with a penalty of the weights of standardised features; every example counts 1. */
    static LinearHead logisticStandardised(float[][] x, int[] labels, int classes, double penalty) {
        double[] counts = ones(x.length);
        check(x, counts);
        Scaling scaling = Scaling.of(x);
        double[] columns = new double[x[0].length];
        Arrays.fill(columns, penalty);
        double[][] targets = weighted(labels, classes, counts);
        return logistic(scaling, scaling.apply(x), targets, counts, ones(classes), columns, penalty, false);
    }

    /** All that an example counts for its label, nothing for the others. */
    private static double[][] weighted(int[] labels, int classes, double[] counts) {
        double[][] targets = new double[labels.length][classes];
        for (int i = 0; i < labels.length; i++) {
            targets[i][labels[i]] = counts[i];
        }
        return targets;
    }

    /** The probabilities of the outputs, by softmax: {@code [width] -> [outputs]}. */
    double[] probabilities(float[] x) {
        double[] scores = bias.clone();
        for (int k = 0; k < scores.length; k++) {
            for (int j = 0; j < x.length; j++) {
                scores[k] += weight[k][j] * x[j];
            }
        }
        double max = Arrays.stream(scores).max().orElse(0);
        double[] p = Arrays.stream(scores).map(s -> Math.exp(s - max)).toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(v -> v / sum).toArray();
    }

    private static LinearHead logistic(
            float[][] x,
            double[][] targets,
            double[] counts,
            double[] positive,
            double penalty,
            long seed,
            boolean each) {
        Scaling scaling = Scaling.of(x);
        double[][] scaled = scaling.apply(x);
        double chosen = penalty == 0 ? chooseByFolds(scaled, targets, counts, positive, seed, each) : penalty;
        // A given penalty is that of the features as they are; a chosen one that of standardised features.
        double[] columns = new double[scaled[0].length];
        for (int j = 0; j < columns.length; j++) {
            columns[j] = penalty == 0 ? chosen : chosen / (scaling.deviation()[j] * scaling.deviation()[j]);
        }
        return logistic(scaling, scaled, targets, counts, positive, columns, chosen, each);
    }

    private static LinearHead logistic(
            Scaling scaling,
            double[][] scaled,
            double[][] targets,
            double[] counts,
            double[] positive,
            double[] columns,
            double chosen,
            boolean each) {
        Objective objective = new Objective(scaled, targets, counts, positive, columns, each);
        Solution s = minimise(objective, new double[objective.size()], SETTLED);
        int width = columns.length;
        int outputs = targets[0].length;
        double[][] weight = new double[outputs][width];
        double[] bias = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            bias[k] = s.at()[k * (width + 1) + width];
            for (int j = 0; j < width; j++) {
                weight[k][j] = s.at()[k * (width + 1) + j] / scaling.deviation()[j];
                bias[k] -= weight[k][j] * scaling.mean()[j];
            }
        }
        return new LinearHead(weight, bias, chosen, s.iterations(), s.converged());
    }

    private static double chooseByFolds(
            double[][] x, double[][] targets, double[] counts, double[] positive, long seed, boolean each) {
        int[] order = Batches.order(x.length, seed, 0);
        int folds = Math.min(FOLDS, x.length);
        if (folds < 2) {
            return GRID[GRID.length - 1] * x.length / 100;
        }
        double[] losses = new double[GRID.length];
        IntStream.range(0, folds)
                .parallel()
                .mapToObj(f -> {
                    int[] in = IntStream.range(0, order.length)
                            .filter(i -> i % folds != f)
                            .map(i -> order[i])
                            .toArray();
                    int[] out = IntStream.range(0, order.length)
                            .filter(i -> i % folds == f)
                            .map(i -> order[i])
                            .toArray();
                    double[] heldOut = new double[GRID.length];
                    double[] warm = null;
                    for (int g = GRID.length - 1; g >= 0; g--) {
                        double[] penalties = new double[x[0].length];
                        Arrays.fill(penalties, GRID[g] * in.length / 100);
                        Objective fit = new Objective(
                                rows(x, in), rows(targets, in), at(counts, in), positive, penalties, each);
                        Solution s = minimise(fit, warm == null ? new double[fit.size()] : warm, ROUGHLY_SETTLED);
                        warm = s.at();
                        Objective judge = new Objective(
                                rows(x, out),
                                rows(targets, out),
                                at(counts, out),
                                positive,
                                new double[x[0].length],
                                each);
                        heldOut[g] = judge.value(s.at(), new double[judge.size()]);
                    }
                    return heldOut;
                })
                .toList()
                .forEach(h -> {
                    for (int g = 0; g < losses.length; g++) {
                        losses[g] += h[g];
                    }
                });
        int best = 0;
        for (int g = 1; g < losses.length; g++) {
            best = losses[g] < losses[best] ? g : best;
        }
        return GRID[best] * x.length / 100;
    }

    private static double[][] rows(double[][] from, int[] indices) {
        return IntStream.of(indices).mapToObj(i -> from[i]).toArray(double[][]::new);
    }

    private static double[] at(double[] from, int[] indices) {
        return IntStream.of(indices).mapToDouble(i -> from[i]).toArray();
    }

    /** Mean 0 and deviation 1 for every feature; a constant one is left at 0. */
    private record Scaling(double[] mean, double[] deviation) {
        static Scaling of(float[][] x) {
            int width = x[0].length;
            double[] mean = new double[width];
            double[] deviation = new double[width];
            for (float[] row : x) {
                for (int j = 0; j < width; j++) {
                    mean[j] += row[j] / (double) x.length;
                }
            }
            for (float[] row : x) {
                for (int j = 0; j < width; j++) {
                    deviation[j] += (row[j] - mean[j]) * (row[j] - mean[j]) / x.length;
                }
            }
            for (int j = 0; j < width; j++) {
                deviation[j] = deviation[j] > 1e-12 ? Math.sqrt(deviation[j]) : 1;
            }
            return new Scaling(mean, deviation);
        }

        double[][] apply(float[][] x) {
            double[][] out = new double[x.length][mean.length];
            for (int i = 0; i < x.length; i++) {
                for (int j = 0; j < mean.length; j++) {
                    out[i][j] = (x[i][j] - mean[j]) / deviation[j];
                }
            }
            return out;
        }
    }

    /** The penalised loss; chunks of fixed size are added up in order, so that the number of cores changes no bit. */
    private record Objective(
            double[][] x, double[][] targets, double[] counts, double[] positive, double[] penalties, boolean each) {
        int size() {
            return targets[0].length * (penalties.length + 1);
        }

        double value(double[] at, double[] gradient) {
            int chunks = (x.length + CHUNK - 1) / CHUNK;
            double[][] parts = new double[chunks][];
            double[] losses = new double[chunks];
            IntStream.range(0, chunks).parallel().forEach(c -> {
                double[] g = new double[gradient.length];
                losses[c] = part(at, g, c * CHUNK, Math.min(x.length, (c + 1) * CHUNK));
                parts[c] = g;
            });
            Arrays.fill(gradient, 0);
            double loss = 0;
            for (int c = 0; c < chunks; c++) {
                loss += losses[c];
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] += parts[c][i];
                }
            }
            int stride = penalties.length + 1;
            for (int i = 0; i < gradient.length; i++) {
                int j = i % stride;
                if (j < penalties.length) {
                    loss += penalties[j] / 2 * at[i] * at[i];
                    gradient[i] += penalties[j] * at[i];
                }
            }
            return loss;
        }

        private double part(double[] at, double[] gradient, int from, int to) {
            int width = penalties.length;
            int outputs = targets[0].length;
            double[] scores = new double[outputs];
            double loss = 0;
            for (int i = from; i < to; i++) {
                for (int k = 0; k < outputs; k++) {
                    double s = at[k * (width + 1) + width];
                    int base = k * (width + 1);
                    for (int j = 0; j < width; j++) {
                        s += at[base + j] * x[i][j];
                    }
                    scores[k] = s;
                }
                loss += each ? sigmoids(scores, targets[i], positive) : softmax(scores, targets[i], counts[i]);
                for (int k = 0; k < outputs; k++) {
                    double d = scores[k];
                    int base = k * (width + 1);
                    for (int j = 0; j < width; j++) {
                        gradient[base + j] += d * x[i][j];
                    }
                    gradient[base + width] += d;
                }
            }
            return loss;
        }

        /** The loss; scores become its derivatives. */
        private static double softmax(double[] scores, double[] target, double count) {
            double max = Arrays.stream(scores).max().orElse(0);
            double sum = 0;
            for (double s : scores) {
                sum += Math.exp(s - max);
            }
            double log = max + Math.log(sum);
            double loss = 0;
            for (int k = 0; k < scores.length; k++) {
                loss += target[k] * (log - scores[k]);
                scores[k] = count * Math.exp(scores[k] - log) - target[k];
            }
            return loss;
        }

        private static double sigmoids(double[] scores, double[] target, double[] positive) {
            double loss = 0;
            for (int k = 0; k < scores.length; k++) {
                double s = scores[k];
                double present = positive[k] * target[k];
                double both = present + 1 - target[k];
                loss += both * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)))) - present * s;
                scores[k] = both / (1 + Math.exp(-s)) - present;
            }
            return loss;
        }
    }

    private record Solution(double[] at, int iterations, boolean converged) {}

    /**
     * L-BFGS: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.4, with a backtracking line search.
     */
    private static Solution minimise(Objective f, double[] start, double small) {
        int n = start.length;
        double[] x = start.clone();
        double[] g = new double[n];
        double value = f.value(x, g);
        double scale = Math.max(1, Arrays.stream(f.counts()).sum());
        double[][] s = new double[MEMORY][];
        double[][] y = new double[MEMORY][];
        int kept = 0;
        for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
            if (norm(g) <= small * scale) {
                return new Solution(x, iteration, true);
            }
            double[] d = direction(g, s, y, kept);
            double slope = dot(d, g);
            if (slope >= 0) {
                kept = 0;
                d = direction(g, s, y, 0);
                slope = dot(d, g);
            }
            double step = kept == 0 ? Math.min(1, 1 / Math.max(1e-12, norm(g))) : 1;
            double[] next = new double[n];
            double[] nextG = new double[n];
            double nextValue = Double.POSITIVE_INFINITY;
            for (int tries = 0; tries < 40; tries++, step /= 2) {
                for (int i = 0; i < n; i++) {
                    next[i] = x[i] + step * d[i];
                }
                nextValue = f.value(next, nextG);
                if (nextValue <= value + 1e-4 * step * slope) {
                    break;
                }
            }
            if (!(nextValue < value)) {
                return new Solution(x, iteration, norm(g) <= 100 * small * scale);
            }
            double[] ds = new double[n];
            double[] dy = new double[n];
            for (int i = 0; i < n; i++) {
                ds[i] = next[i] - x[i];
                dy[i] = nextG[i] - g[i];
            }
            // Only pairs of positive curvature keep the estimate of the inverse Hessian positive definite.
            if (dot(ds, dy) > 1e-10 * dot(dy, dy)) {
                if (kept == MEMORY) {
                    System.arraycopy(s, 1, s, 0, MEMORY - 1);
                    System.arraycopy(y, 1, y, 0, MEMORY - 1);
                    kept--;
                }
                s[kept] = ds;
                y[kept++] = dy;
            }
            x = next;
            g = nextG;
            value = nextValue;
        }
        return new Solution(x, MOST_ITERATIONS, false);
    }

    private static double[] direction(double[] g, double[][] s, double[][] y, int kept) {
        double[] q = g.clone();
        double[] alpha = new double[kept];
        for (int i = kept - 1; i >= 0; i--) {
            alpha[i] = dot(s[i], q) / dot(s[i], y[i]);
            add(q, -alpha[i], y[i]);
        }
        if (kept > 0) {
            double gamma = dot(s[kept - 1], y[kept - 1]) / dot(y[kept - 1], y[kept - 1]);
            for (int i = 0; i < q.length; i++) {
                q[i] *= gamma;
            }
        }
        for (int i = 0; i < kept; i++) {
            double beta = dot(y[i], q) / dot(s[i], y[i]);
            add(q, alpha[i] - beta, s[i]);
        }
        for (int i = 0; i < q.length; i++) {
            q[i] = -q[i];
        }
        return q;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void add(double[] to, double factor, double[] what) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * what[i];
        }
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    private static void check(float[][] x, double[] counts) {
        if (x.length == 0 || !(Arrays.stream(counts).sum() > 0)) {
            throw new InvalidDataException(
                    "There is nothing to fit a head to.",
                    x.length + " examples that count " + Arrays.stream(counts).sum(),
                    "examples that count more than 0",
                    "check the data and the class weights");
        }
        for (int i = 0; i < x.length; i++) {
            for (float v : x[i]) {
                if (!Float.isFinite(v)) {
                    throw new InvalidDataException(
                            "The features of example " + (i + 1) + " are not finite.",
                            v,
                            "finite numbers",
                            "check the example and the backbone's weights");
                }
            }
        }
    }
}
