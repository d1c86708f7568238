// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;

/**
 * Mahalanobis' distance from the mean, by a covariance that is shrunk towards a multiple of the identity as far as the
 * number of rows asks for: Olivier Ledoit, Michael Wolf, "A well-conditioned estimator for large-dimensional covariance
 * matrices", Journal of Multivariate Analysis 2004. It exists where there are fewer rows than columns, too.
 *
 * <p>{@link Detector#contributions}: {@code d_j (P d)_j}, where {@code d} is the difference from the mean and {@code P}
 * the inverse covariance. They sum to the squared distance; a feature whose difference others explain counts below 0.
 */
public record ShrinkageGaussian() implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "mahalanobis";

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "Mahalanobis' distance by a shrunk covariance (Ledoit and Wolf 2004): for embeddings and plain clouds";
    }

    @Override
    public Fitted fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        int n = rows.length;
        double[] mean = new double[width];
        for (float[] row : rows) {
            for (int j = 0; j < width; j++) {
                mean[j] += row[j] / (double) n;
            }
        }
        double[][] centred = new double[n][width];
        double fourth = 0;
        for (int i = 0; i < n; i++) {
            double norm = 0;
            for (int j = 0; j < width; j++) {
                centred[i][j] = rows[i][j] - mean[j];
                norm += centred[i][j] * centred[i][j];
            }
            fourth += norm * norm;
        }
        double[][] covariance = covariance(centred, width);
        double trace = 0;
        double squares = 0;
        for (int i = 0; i < width; i++) {
            trace += covariance[i][i];
            for (int j = 0; j < width; j++) {
                squares += covariance[i][j] * covariance[i][j];
            }
        }
        double mu = trace / width;
        double delta = (squares - 2 * mu * trace + width * mu * mu) / width;
        double beta = Math.min((fourth / n - squares) / ((double) width * n), delta);
        double shrinkage = beta <= 0 ? 0 : beta / delta;
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                covariance[i][j] *= 1 - shrinkage;
            }
            // A floor far below any variance that counts: columns that copy each other need a positive matrix, too.
            covariance[i][i] += shrinkage * mu + 1e-9 * mu;
        }
        return new Fitted(mean, whitening(covariance), shrinkage);
    }

    private static double[][] covariance(double[][] centred, int width) {
        double[][] out = new double[width][width];
        IntStream.range(0, width).parallel().forEach(i -> {
            for (double[] row : centred) {
                double v = row[i];
                for (int j = 0; j <= i; j++) {
                    out[i][j] += v * row[j];
                }
            }
        });
        for (int i = 0; i < width; i++) {
            for (int j = 0; j <= i; j++) {
                out[i][j] /= centred.length;
                out[j][i] = out[i][j];
            }
        }
        return out;
    }

    /** The inverse of the lower triangle {@code L} of {@code L L^T}: {@code |W d|} is Mahalanobis' distance. */
    private static double[][] whitening(double[][] covariance) {
        int width = covariance.length;
        double[][] lower = new CholeskyDecomposition(new Array2DRowRealMatrix(covariance, false), 1e-6, 0)
                .getL()
                .getData();
        double[][] inverse = new double[width][width];
        for (int c = 0; c < width; c++) {
            for (int i = c; i < width; i++) {
                double sum = i == c ? 1 : 0;
                for (int k = c; k < i; k++) {
                    sum -= lower[i][k] * inverse[k][c];
                }
                inverse[i][c] = sum / lower[i][i];
            }
        }
        return inverse;
    }

    /** Mean, whitening matrix and how far the covariance was shrunk. */
    public static final class Fitted implements Detector {
        private final double[] mean;
        private final double[][] whitening;
        private final double shrinkage;

        private Fitted(double[] mean, double[][] whitening, double shrinkage) {
            this.mean = mean;
            this.whitening = whitening;
            this.shrinkage = shrinkage;
        }

        /** The weight of the identity, from 0 to 1. */
        public double shrinkage() {
            return shrinkage;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return mean.length;
        }

        private double[] whitened(float[] row) {
            double[] out = new double[mean.length];
            for (int i = 0; i < out.length; i++) {
                double[] weights = whitening[i];
                double sum = 0;
                for (int j = 0; j <= i; j++) {
                    sum += weights[j] * (row[j] - mean[j]);
                }
                out[i] = sum;
            }
            return out;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width());
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> {
                        double sum = 0;
                        for (double v : whitened(rows[i])) {
                            sum += v * v;
                        }
                        return Math.sqrt(sum);
                    })
                    .toArray();
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, width());
            double[] white = whitened(row);
            double[] out = new double[mean.length];
            for (int j = 0; j < out.length; j++) {
                double precision = 0;
                for (int i = j; i < out.length; i++) {
                    precision += whitening[i][j] * white[i];
                }
                out[j] = precision * (row[j] - mean[j]);
            }
            return Optional.of(out);
        }

        /** In doubles: a covariance of nearly dependent columns asks for more digits than singles have. */
        @Override
        public Answer build(Graph graph, Value features) {
            int width = mean.length;
            double[] transposed = new double[width * width];
            double[] plain = new double[width * width];
            for (int i = 0; i < width; i++) {
                for (int j = 0; j < width; j++) {
                    transposed[j * width + i] = whitening[i][j];
                    plain[i * width + j] = whitening[i][j];
                }
            }
            Value centred = graph.sub(graph.cast(features, DType.F64), graph.constant(Rows.doubles(mean, 1, width)));
            Value white = graph.matMul(centred, graph.constant(Rows.doubles(transposed, width, width)));
            Value squared = graph.reduce(Op.ReduceKind.SUM, graph.mul(white, white), true, 1);
            Value precision = graph.matMul(white, graph.constant(Rows.doubles(plain, width, width)));
            return new Answer(Distances.root(graph, squared), graph.cast(graph.mul(centred, precision), DType.F32));
        }

        @Override
        public Config describe() {
            return Config.empty().with("family", ID).with("shrinkage", shrinkage);
        }
    }
}
