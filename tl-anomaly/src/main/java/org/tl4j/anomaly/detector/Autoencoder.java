// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tuning.Trainable;
import org.tl4j.weights.Weights;

/**
 * Dense autoencoder, trained on libtorch by the loop that trains all else: what it cannot reproduce is strange. Mayu
 * Sakurada, Takehisa Yairi, "Anomaly Detection Using Autoencoders with Nonlinear Dimensionality Reduction", MLSDA 2014.
 * With {@code beta} above 0 it is variational: Diederik Kingma, Max Welling, "Auto-Encoding Variational Bayes", ICLR
 * 2014, the divergence weighted as by Irina Higgins et al., ICLR 2017; the code's mean is decoded when rows are scored.
 *
 * <p>The score is the squared difference between a row and its reproduction, both scaled, over its variance, and with
 * it the squared distance of the row's code from usual codes; the sum is divided by the number of features, so that
 * training rows have about 1. A row that lies far out along what was learned is reproduced well, and strange all the
 * same: Taylor Denouden et al., "Improving Reconstruction Autoencoder Out-of-distribution Detection with Mahalanobis
 * Distance", 2018. The variance is that of the training rows' differences, in the {@code F - code} directions that the
 * code leaves, as in probabilistic principal components (Michael Tipping, Christopher Bishop, 1999). The distance is
 * Mahalanobis' by a {@link ShrinkageGaussian} of the training rows' codes; for the variational one it is that from the
 * middle of the standard normal distribution, which its codes are kept close to.
 *
 * <p>{@link Detector#contributions}: what each feature adds. The distance of the code is shared among features by how
 * far, squared, their reproductions lie from the mean row.
 *
 * @param hidden widths of the encoder's layers, with ReLU; the decoder mirrors them
 * @param code width of the code; 0 means a quarter of the columns, rounded up: a code as wide as the row would learn to
 *     copy
 * @param beta weight of the divergence from the standard normal distribution; 0 for a plain autoencoder
 * @param epochs passes over the rows
 * @param batch rows of a step
 * @param rate learning rate of AdamW, falling to 0
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record Autoencoder(
        List<Integer> hidden, int code, double beta, int epochs, int batch, double rate, String scaling)
        implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "autoencoder";

    /** The name of the variational one on the command line. */
    public static final String VARIATIONAL_ID = "variational-autoencoder";

    /** Checks the ranges and keeps a copy. */
    public Autoencoder {
        hidden = List.copyOf(hidden);
        hidden.forEach(h -> Checks.positive("hidden", h));
        Checks.notNegative("code", code);
        Checks.notNegative("beta", beta);
        Checks.positive("epochs", epochs);
        Checks.positive("batch", batch);
        Checks.positive("rate", rate);
        Scaling.Kind.named(scaling);
    }

    /**
     * 64 and 32 wide around a code of a quarter of the columns; 50 passes in batches of 64 at 0.002, columns
     * standardised.
     */
    public static Autoencoder defaults() {
        return new Autoencoder(List.of(64, 32), 0, 0, 50, 64, 2e-3, "standard");
    }

    /** As {@link #defaults}, variational with a weight of 0.1. */
    public static Autoencoder variational() {
        return new Autoencoder(List.of(64, 32), 0, 0.1, 50, 64, 2e-3, "standard");
    }

    private boolean isVariational() {
        return beta > 0;
    }

    private int codeFor(int width) {
        return code == 0 ? (width + 3) / 4 : code;
    }

    @Override
    public String id() {
        return isVariational() ? VARIATIONAL_ID : ID;
    }

    @Override
    public String title() {
        return isVariational()
                ? "an autoencoder whose code is kept close to normal (Kingma and Welling 2014)"
                : "what a narrow network cannot reproduce (Sakurada and Yairi 2014): says which columns are strange";
    }

    /** The same bits on the same machine, as libtorch keeps them. */
    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        Dense network = new Dense(width);
        Reconstruction head = new Reconstruction(id(), width, network);
        int noise = isVariational() ? codeFor(width) : 0;
        float[][] scaled = scale.apply(rows);
        Weights trained = head.fit(scaled, noise, epochs, batch, rate, null, seed);
        List<Layer> layers = new ArrayList<>();
        for (String name : network.layers) {
            HostTensor weight = trained.get(name + ".weight");
            layers.add(new Layer(
                    weight.toFloats(),
                    trained.get(name + ".bias").toFloats(),
                    (int) weight.shape().size(1),
                    !name.endsWith(".code") && !name.endsWith(".output")));
        }
        Layers encoder = new Layers(layers.subList(0, hidden.size() + 1));
        Layers decoder = new Layers(layers.subList(hidden.size() + 1, layers.size()));
        double[][] codes = Arrays.stream(scaled).parallel().map(encoder::apply).toArray(double[][]::new);
        double variance = variance(scaled, codes, decoder);
        return new Fitted(id(), scale, encoder, decoder, usual(codes), mean(scaled), variance, epochs);
    }

    private double variance(float[][] scaled, double[][] codes, Layers decoder) {
        double[] squares = IntStream.range(0, scaled.length)
                .parallel()
                .mapToDouble(i -> {
                    double[] y = decoder.apply(codes[i]);
                    double sum = 0;
                    for (int j = 0; j < y.length; j++) {
                        sum += (scaled[i][j] - y[j]) * (scaled[i][j] - y[j]);
                    }
                    return sum;
                })
                .toArray();
        double sum = 0;
        for (double square : squares) {
            sum += square;
        }
        int width = scaled[0].length;
        // A floor far below any difference that counts: rows may be reproduced exactly.
        return Math.max(sum / squares.length / Math.max(1, width - codeFor(width)), 1e-12);
    }

    /** Null where the distance is that from the prior, or a network that learned nothing has one code for all rows. */
    private @Nullable Detector usual(double[][] codes) {
        if (isVariational()) {
            return null;
        }
        float[][] rows = Arrays.stream(codes).map(Autoencoder::singles).toArray(float[][]::new);
        return Arrays.stream(rows).allMatch(row -> Arrays.equals(row, rows[0]))
                ? null
                : new ShrinkageGaussian().fit(rows, 0);
    }

    private static float[] singles(double[] values) {
        float[] out = new float[values.length];
        for (int j = 0; j < out.length; j++) {
            out[j] = (float) values[j];
        }
        return out;
    }

    private static float[] mean(float[][] rows) {
        double[] sums = new double[rows[0].length];
        for (float[] row : rows) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] += row[j] / (double) rows.length;
            }
        }
        return singles(sums);
    }

    /** The layers of a row's way through the network, and what the variational one adds. */
    private final class Dense implements Reconstruction.Network {
        private final int width;
        private final List<String> layers = new ArrayList<>();

        Dense(int width) {
            this.width = width;
        }

        @Override
        public Value build(Graph g, Value rows) {
            Value x = rows;
            for (int i = 0; i < hidden.size(); i++) {
                x = g.relu(layer(g.at("encoder"), String.valueOf(i), x, hidden.get(i)));
            }
            Value inner = x;
            Value mean = layer(g, "code", inner, codeFor(width));
            x = mean;
            if (isVariational()) {
                Value logVariance = g.clip(g.linear("log_variance", inner, codeFor(width)), -20, 20);
                Value noise = g.input(
                        Reconstruction.NOISE,
                        DType.F32,
                        Shape.of(List.of(Dim.named(Trainable.BATCH), Dim.of(codeFor(width)))));
                Value deviation = g.unary(Op.UnaryKind.EXP, g.mul(logVariance, g.scalar(0.5)));
                x = g.add(mean, g.mul(noise, deviation));
                // -1/2 (1 + log s² - m² - s²), summed over the code
                Value squares = g.add(g.mul(mean, mean), g.mul(deviation, deviation));
                Value divergence = g.mul(g.sub(squares, g.add(logVariance, g.scalar(1))), g.scalar(0.5 * beta / width));
                g.output(Reconstruction.DIVERGENCE, g.reduce(Op.ReduceKind.SUM, divergence, false, 1));
            }
            for (int i = hidden.size() - 1; i >= 0; i--) {
                x = g.relu(layer(g.at("decoder"), String.valueOf(i), x, hidden.get(i)));
            }
            return layer(g, "output", x, width);
        }

        private Value layer(Graph g, String name, Value x, int out) {
            layers.add(g.path(name));
            return g.linear(name, x, out);
        }
    }

    /** {@code x W^T + b}, then ReLU where it has one; {@code weight} is {@code [out, in]}. */
    private static final class Layer {
        final float[] weight;
        final float[] bias;
        final int in;
        final boolean relu;

        Layer(float[] weight, float[] bias, int in, boolean relu) {
            this.weight = weight;
            this.bias = bias;
            this.in = in;
            this.relu = relu;
        }

        double[] apply(double[] x) {
            double[] out = new double[bias.length];
            for (int i = 0; i < out.length; i++) {
                double sum = bias[i];
                for (int j = 0; j < in; j++) {
                    sum += weight[i * in + j] * x[j];
                }
                out[i] = relu ? Math.max(0, sum) : sum;
            }
            return out;
        }
    }

    /** Layers one after another. */
    private record Layers(List<Layer> layers) {
        Layers {
            layers = List.copyOf(layers);
        }

        double[] apply(float[] row) {
            double[] x = new double[row.length];
            Arrays.setAll(x, j -> row[j]);
            return apply(x);
        }

        double[] apply(double[] row) {
            double[] x = row;
            for (Layer layer : layers) {
                x = layer.apply(x);
            }
            return x;
        }

        Value build(Graph graph, Value rows) {
            Value x = rows;
            for (Layer layer : layers) {
                x = graph.add(
                                "linear",
                                new Op.Linear(),
                                x,
                                graph.constant(HostTensor.of(layer.weight, layer.bias.length, layer.in)),
                                graph.constant(HostTensor.of(layer.bias, layer.bias.length)))
                        .get(0);
                x = layer.relu ? graph.relu(x) : x;
            }
            return x;
        }
    }

    private static final class Fitted implements Detector {
        /** Keeps shares of a reproduction that is the mean row itself from being 0 / 0. */
        private static final double LEAST = 1e-12;

        private final String id;
        private final Scaling scaling;
        private final Layers encoder;
        private final Layers decoder;
        private final @Nullable Detector codes;
        private final float[] mean;
        private final double variance;
        private final int epochs;

        Fitted(
                String id,
                Scaling scaling,
                Layers encoder,
                Layers decoder,
                @Nullable Detector codes,
                float[] mean,
                double variance,
                int epochs) {
            this.id = id;
            this.scaling = scaling;
            this.encoder = encoder;
            this.decoder = decoder;
            this.codes = codes;
            this.mean = mean;
            this.variance = variance;
            this.epochs = epochs;
        }

        @Override
        public String family() {
            return id;
        }

        @Override
        public int width() {
            return mean.length;
        }

        private double[] terms(float[] row) {
            int width = mean.length;
            float[] x = scaling.apply(row);
            double[] code = encoder.apply(x);
            double[] y = decoder.apply(code);
            double far = 0;
            for (int j = 0; j < width; j++) {
                far += (y[j] - mean[j]) * (y[j] - mean[j]) + LEAST;
            }
            double distance = squaredDistance(code);
            double[] terms = new double[width];
            for (int j = 0; j < width; j++) {
                double residual = x[j] - y[j];
                double share = ((y[j] - mean[j]) * (y[j] - mean[j]) + LEAST) / far;
                terms[j] = (residual * residual / variance + distance * share) / width;
            }
            return terms;
        }

        private double squaredDistance(double[] code) {
            if (codes == null) {
                return Arrays.stream(code).map(c -> c * c).sum();
            }
            double distance = codes.scores(new float[][] {singles(code)})[0];
            return distance * distance;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width());
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> Arrays.stream(terms(rows[i])).sum())
                    .toArray();
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, width());
            return Optional.of(terms(row));
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value x = scaling.build(graph, features);
            Value code = encoder.build(graph, x);
            Value y = decoder.build(graph, code);
            Value residual = graph.sub(x, y);
            Value off = graph.sub(y, graph.constant(HostTensor.of(mean, 1, mean.length)));
            Value far = graph.add(graph.mul(off, off), graph.scalar(LEAST));
            Value share = graph.binary(Op.BinaryKind.DIV, far, graph.reduce(Op.ReduceKind.SUM, far, true, 1));
            Value squares = graph.mul(graph.mul(residual, residual), graph.scalar(1 / variance));
            Value sum = graph.add(squares, graph.mul(squaredDistance(graph, code), share));
            Value terms = graph.mul(sum, graph.scalar(1.0 / mean.length));
            return new Answer(graph.reduce(Op.ReduceKind.SUM, terms, false, 1), terms);
        }

        /** {@code f32[N, 1]}. */
        private Value squaredDistance(Graph graph, Value code) {
            if (codes == null) {
                return graph.reduce(Op.ReduceKind.SUM, graph.mul(code, code), true, 1);
            }
            Value distance = graph.unsqueeze(codes.build(graph, code).score(), 1);
            return graph.mul(distance, distance);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", id)
                    .with(
                            "layers",
                            Stream.of(encoder, decoder)
                                    .flatMap(part -> part.layers().stream())
                                    .map(layer -> layer.bias.length)
                                    .toList())
                    .with("epochs", epochs)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
