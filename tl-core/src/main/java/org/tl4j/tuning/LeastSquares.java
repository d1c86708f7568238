// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidDataException;

/**
 * Linear regression of any number of rows, which are summed up and not kept: {@code sum_i w_i |y_i - W x_i - b|^2 +
 * penalty |W|^2}, the intercept not penalised. The rows fall into {@value #FOLDS} stretches in the order in which they
 * come; a penalty is chosen by leaving out one stretch after the other, which the sums alone tell (no second pass).
 * Where rows follow each other in time, stretches keep what is left out apart from what is learned from.
 */
final class LeastSquares {
    static final int FOLDS = 5;

    /** Penalties as parts of the mean of the squared columns. */
    private static final double[] GRID = {1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10};

    private static final double LEAST = 1e-9;

    private final int width;
    private final int outputs;
    private final Sums[] folds = new Sums[FOLDS];

    /** {@code X^T W X}, {@code X^T W Y} with a column of ones behind the others, {@code sum w y^2}, {@code sum w}. */
    private static final class Sums {
        final double[][] gram;
        final double[][] cross;
        double squares;
        double weight;

        Sums(int columns, int outputs) {
            gram = new double[columns][columns];
            cross = new double[columns][outputs];
        }

        void add(Sums other, double sign) {
            for (int a = 0; a < gram.length; a++) {
                for (int b = 0; b < gram.length; b++) {
                    gram[a][b] += sign * other.gram[a][b];
                }
                for (int k = 0; k < cross[a].length; k++) {
                    cross[a][k] += sign * other.cross[a][k];
                }
            }
            squares += sign * other.squares;
            weight += sign * other.weight;
        }
    }

    LeastSquares(int width, int outputs) {
        this.width = width;
        this.outputs = outputs;
        Arrays.setAll(folds, f -> new Sums(width + 1, outputs));
    }

    /**
     * Adds rows that lie one after the other.
     *
     * @param fold the stretch they belong to
     * @param x {@code [rows, width]}
     * @param y {@code [rows, outputs]}
     * @param weights {@code [rows]}
     */
    void add(int fold, float[] x, float[] y, float[] weights) {
        Sums sums = folds[fold];
        int rows = weights.length;
        // Each thread owns columns, so that the order of the additions does not depend on how many there are.
        IntStream.range(0, width + 1).parallel().forEach(a -> {
            double[] gram = sums.gram[a];
            double[] cross = sums.cross[a];
            for (int r = 0; r < rows; r++) {
                double left = weights[r] * (a == width ? 1.0 : x[r * width + a]);
                if (left == 0) {
                    continue;
                }
                for (int b = a; b < width; b++) {
                    gram[b] += left * x[r * width + b];
                }
                gram[width] += left;
                for (int k = 0; k < outputs; k++) {
                    cross[k] += left * y[r * outputs + k];
                }
            }
        });
        for (int r = 0; r < rows; r++) {
            sums.weight += weights[r];
            for (int k = 0; k < outputs; k++) {
                sums.squares += (double) weights[r] * y[r * outputs + k] * y[r * outputs + k];
            }
        }
    }

    /**
     * The weights.
     *
     * @param penalty 0 chooses it
     * @throws InvalidDataException if no row counts
     */
    LinearHead solve(double penalty) {
        for (Sums f : folds) {
            for (int a = 0; a <= width; a++) {
                for (int b = 0; b < a; b++) {
                    f.gram[a][b] = f.gram[b][a];
                }
            }
        }
        Sums all = new Sums(width + 1, outputs);
        for (Sums f : folds) {
            all.add(f, 1);
        }
        if (!(all.weight > 0)) {
            throw new InvalidDataException(
                    "There is nothing to regress on.",
                    "rows that weigh " + all.weight + " together",
                    "a weight above 0",
                    "check whether all targets are missing");
        }
        double scale = 0;
        for (int a = 0; a < width; a++) {
            scale += all.gram[a][a] / width;
        }
        scale = scale > 0 ? scale : 1;
        double chosen = penalty > 0 ? penalty : choose(all, scale);
        double[][] solved = fit(all, chosen, scale)
                .orElseThrow(() -> new InvalidDataException(
                        "The regression has no finite answer.",
                        "sums that are not finite",
                        "finite values",
                        "check the data for values of extreme size"));
        double[][] weight = new double[outputs][width];
        double[] bias = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            for (int a = 0; a < width; a++) {
                weight[k][a] = solved[a][k];
            }
            bias[k] = solved[width][k];
        }
        return new LinearHead(weight, bias, chosen, 1, true);
    }

    private double choose(Sums all, double scale) {
        double best = Double.POSITIVE_INFINITY;
        double chosen = 1e-6 * scale;
        for (double g : GRID) {
            double error = 0;
            for (Sums left : folds) {
                if (!(left.weight > 0 && left.weight < all.weight)) {
                    continue;
                }
                Sums rest = new Sums(width + 1, outputs);
                rest.add(all, 1);
                rest.add(left, -1);
                error += fit(rest, g * scale, scale).map(w -> error(left, w)).orElse(Double.POSITIVE_INFINITY);
            }
            if (error < best && error > 0) {
                best = error;
                chosen = g * scale;
            }
        }
        return chosen;
    }

    /** {@code sum w |y - W x|^2} from the sums alone. */
    private double error(Sums sums, double[][] w) {
        double[] parts = IntStream.range(0, outputs)
                .parallel()
                .mapToDouble(k -> {
                    double part = 0;
                    for (int a = 0; a <= width; a++) {
                        double row = 0;
                        for (int b = 0; b <= width; b++) {
                            row += sums.gram[a][b] * w[b][k];
                        }
                        part += w[a][k] * (row - 2 * sums.cross[a][k]);
                    }
                    return part;
                })
                .toArray();
        double error = sums.squares;
        for (double p : parts) {
            error += p;
        }
        return error;
    }

    /** By Cholesky's decomposition; empty where rounding makes the sums indefinite. */
    private Optional<double[][]> fit(Sums sums, double penalty, double scale) {
        int n = width + 1;
        double[][] l = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = sums.gram[i][j];
                if (i == j) {
                    sum += i == width ? 1e-12 * sums.weight : Math.max(penalty, LEAST * scale);
                }
                for (int k = 0; k < j; k++) {
                    sum -= l[i][k] * l[j][k];
                }
                if (i == j) {
                    if (!(sum > 0)) {
                        return Optional.empty();
                    }
                    l[i][i] = Math.sqrt(sum);
                } else {
                    l[i][j] = sum / l[j][j];
                }
            }
        }
        double[][] x = new double[n][];
        for (int i = 0; i < n; i++) {
            x[i] = sums.cross[i].clone();
            for (int k = 0; k < i; k++) {
                for (int o = 0; o < outputs; o++) {
                    x[i][o] -= l[i][k] * x[k][o];
                }
            }
            for (int o = 0; o < outputs; o++) {
                x[i][o] /= l[i][i];
            }
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++) {
                for (int o = 0; o < outputs; o++) {
                    x[i][o] -= l[k][i] * x[k][o];
                }
            }
            for (int o = 0; o < outputs; o++) {
                x[i][o] /= l[i][i];
            }
        }
        return Optional.of(x);
    }
}
