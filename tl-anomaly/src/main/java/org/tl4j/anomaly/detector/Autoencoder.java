// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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
 * <p>The score is the mean over features of the squared difference between a row and its reproduction, both scaled.
 * {@link Detector#contributions}: the terms of the mean.
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
     * 64 and 32 wide around a code of a quarter of the columns; 10 passes in batches of 64 at 0.002, columns
     * standardised.
     */
    public static Autoencoder defaults() {
        return new Autoencoder(List.of(64, 32), 0, 0, 10, 64, 2e-3, "standard");
    }

    /** As {@link #defaults}, variational with a weight of 0.1. */
    public static Autoencoder variational() {
        return new Autoencoder(List.of(64, 32), 0, 0.1, 10, 64, 2e-3, "standard");
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
        Weights trained = head.fit(scale.apply(rows), noise, epochs, batch, rate, null, seed);
        List<Layer> layers = new ArrayList<>();
        for (String name : network.layers) {
            HostTensor weight = trained.get(name + ".weight");
            layers.add(new Layer(
                    weight.toFloats(),
                    trained.get(name + ".bias").toFloats(),
                    (int) weight.shape().size(1),
                    !name.endsWith(".code") && !name.endsWith(".output")));
        }
        return new Fitted(id(), scale, layers, width, epochs);
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

    private static final class Fitted implements Detector {
        private final String id;
        private final Scaling scaling;
        private final List<Layer> layers;
        private final int width;
        private final int epochs;

        Fitted(String id, Scaling scaling, List<Layer> layers, int width, int epochs) {
            this.id = id;
            this.scaling = scaling;
            this.layers = List.copyOf(layers);
            this.width = width;
            this.epochs = epochs;
        }

        @Override
        public String family() {
            return id;
        }

        @Override
        public int width() {
            return width;
        }

        private double[] residuals(float[] row) {
            float[] scaled = scaling.apply(row);
            double[] x = new double[width];
            Arrays.setAll(x, j -> scaled[j]);
            double[] y = x;
            for (Layer layer : layers) {
                y = layer.apply(y);
            }
            for (int j = 0; j < width; j++) {
                double d = x[j] - y[j];
                x[j] = d * d / width;
            }
            return x;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width);
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> Arrays.stream(residuals(rows[i])).sum())
                    .toArray();
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, width);
            return Optional.of(residuals(row));
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value x = scaling.build(graph, features);
            Value y = x;
            for (Layer layer : layers) {
                y = graph.add(
                                "linear",
                                new Op.Linear(),
                                y,
                                graph.constant(HostTensor.of(layer.weight, layer.bias.length, layer.in)),
                                graph.constant(HostTensor.of(layer.bias, layer.bias.length)))
                        .get(0);
                y = layer.relu ? graph.relu(y) : y;
            }
            Value difference = graph.sub(x, y);
            Value terms = graph.mul(graph.mul(difference, difference), graph.scalar(1.0 / width));
            return new Answer(graph.reduce(Op.ReduceKind.SUM, terms, false, 1), terms);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", id)
                    .with("layers", layers.stream().map(l -> l.bias.length).toList())
                    .with("epochs", epochs)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
