// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tl4j.data.Batches;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;

/**
 * One-class SVM for data that {@link OneClassSvm} cannot hold: the kernel by random Fourier features (Ali Rahimi,
 * Benjamin Recht, "Random Features for Large-Scale Kernel Machines", NIPS 2007), the boundary by stochastic gradient
 * descent on {@code nu/2 |w|² - nu rho + mean(max(0, rho - w z))} with rate {@code 1 / (nu (t + t0))} and averaged
 * weights (Léon Bottou, COMPSTAT 2010). Time grows with the rows, memory does not.
 *
 * <p>The score is {@code rho - w z}; above 0 lies what is outside.
 *
 * @param nu an upper bound of the share of training rows outside
 * @param gamma of the Gaussian kernel; 0 means 1 / F
 * @param features number of random features; the kernel's error falls with its square root
 * @param epochs passes over the rows
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record LinearOneClassSvm(double nu, double gamma, int features, int epochs, String scaling)
        implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "linear-one-class-svm";

    /** Checks the ranges. */
    public LinearOneClassSvm {
        OneClassSvm.requireNu(nu);
        Checks.notNegative("gamma", gamma);
        Checks.positive("features", features);
        Checks.positive("epochs", epochs);
        Scaling.Kind.named(scaling);
    }

    /** Nu 0.5, gamma 1 / F, 512 features, 20 passes, columns standardised. */
    public static LinearOneClassSvm defaults() {
        return new LinearOneClassSvm(0.5, 0, 512, 20, "standard");
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "one-class SVM by random features and gradient descent (Rahimi and Recht 2007): for very many rows";
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        SplittableRandom random = new SplittableRandom(seed);
        double deviation = Math.sqrt(2 * (gamma == 0 ? 1.0 / width : gamma));
        float[] frequencies = new float[Math.multiplyExact(features, width)];
        float[] phases = new float[features];
        for (int d = 0; d < features; d++) {
            for (int j = 0; j < width; j++) {
                frequencies[d * width + j] = (float) (deviation * Init.gaussian(random));
            }
            phases[d] = (float) (2 * Math.PI * random.nextDouble());
        }
        Fitted empty = new Fitted(scale, frequencies, phases, new float[features], 0, width);
        return descend(rows, empty, random);
    }

    private Fitted descend(float[][] rows, Fitted map, SplittableRandom random) {
        int n = rows.length;
        double[] weights = new double[features];
        double[] averaged = new double[features];
        double rho = 0;
        double averagedRho = 0;
        long averagedSteps = 0;
        int[] order = IntStream.range(0, n).toArray();
        long t = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            Batches.shuffle(order, random);
            // The second half is averaged: the first is on its way.
            boolean average = epoch >= epochs / 2;
            for (int i : order) {
                double rate = 1 / (nu * (++t + 1 / nu));
                double[] z = map.mapped(rows[i]);
                double product = 0;
                for (int d = 0; d < features; d++) {
                    product += weights[d] * z[d];
                }
                boolean inside = product >= rho;
                for (int d = 0; d < features; d++) {
                    weights[d] = weights[d] * (1 - rate * nu) + (inside ? 0 : rate * z[d]);
                }
                rho += rate * (nu - (inside ? 0 : 1));
                if (average) {
                    averagedSteps++;
                    for (int d = 0; d < features; d++) {
                        averaged[d] += (weights[d] - averaged[d]) / averagedSteps;
                    }
                    averagedRho += (rho - averagedRho) / averagedSteps;
                }
            }
        }
        float[] end = new float[features];
        for (int d = 0; d < features; d++) {
            end[d] = (float) averaged[d];
        }
        return new Fitted(map.scaling, map.frequencies, map.phases, end, (float) averagedRho, map.width);
    }

    private static final class Fitted implements Detector {
        private final Scaling scaling;
        private final float[] frequencies;
        private final float[] phases;
        private final float[] weights;
        private final float rho;
        private final int width;

        Fitted(Scaling scaling, float[] frequencies, float[] phases, float[] weights, float rho, int width) {
            this.scaling = scaling;
            this.frequencies = frequencies;
            this.phases = phases;
            this.weights = weights;
            this.rho = rho;
            this.width = width;
        }

        /** {@code sqrt(2 / D) cos(W x + b)}. */
        double[] mapped(float[] row) {
            float[] x = scaling.apply(row);
            double[] z = new double[phases.length];
            double norm = Math.sqrt(2.0 / z.length);
            for (int d = 0; d < z.length; d++) {
                double sum = phases[d];
                for (int j = 0; j < x.length; j++) {
                    sum += (double) frequencies[d * x.length + j] * x[j];
                }
                z[d] = norm * Math.cos(sum);
            }
            return z;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return width;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width);
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> {
                        double[] z = mapped(rows[i]);
                        double score = rho;
                        for (int d = 0; d < z.length; d++) {
                            score -= weights[d] * z[d];
                        }
                        return score;
                    })
                    .toArray();
        }

        @Override
        public Answer build(Graph graph, Value features) {
            int d = phases.length;
            double norm = Math.sqrt(2.0 / d);
            float[] scaled = new float[d];
            for (int i = 0; i < d; i++) {
                scaled[i] = (float) (-norm * weights[i]);
            }
            Value angles = graph.add(
                            "linear",
                            new Op.Linear(),
                            scaling.build(graph, features),
                            graph.constant(HostTensor.of(frequencies, d, width)),
                            graph.constant(HostTensor.of(phases, d)))
                    .get(0);
            Value sum =
                    graph.matMul(graph.unary(Op.UnaryKind.COS, angles), graph.constant(HostTensor.of(scaled, d, 1)));
            return new Answer(graph.squeeze(graph.add(sum, graph.scalar(rho)), 1), null);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("features", phases.length)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
