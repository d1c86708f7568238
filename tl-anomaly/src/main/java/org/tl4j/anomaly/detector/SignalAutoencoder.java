// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.List;
import java.util.stream.LongStream;
import org.tl4j.error.Checks;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/**
 * Autoencoders that know that a row is a window of a signal: of each channel {@code window} points, one channel after
 * the other.
 *
 * <p>Convolutional: two convolutions that each halve the window, a code, two transposed ones. Jonathan Masci, Ueli
 * Meier, Dan Cireşan, Jürgen Schmidhuber, "Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction",
 * ICANN 2011.
 *
 * <p>LSTM: one reads the window, another writes it, the last point first. Pankaj Malhotra, Anusha Ramakrishnan,
 * Gaurangi Anand, Lovekesh Vig, Puneet Agarwal, Gautam Shroff, "LSTM-based Encoder-Decoder for Multi-sensor Anomaly
 * Detection", ICML workshop 2016, <a href="https://arxiv.org/abs/1607.00148">arXiv:1607.00148</a>. Unlike there, the
 * decoder is given the code at every step and not what it wrote before (the unconditioned decoder of Nitish Srivastava,
 * Elman Mansimov, Ruslan Salakhutdinov, ICML 2015), and the score is that of {@link Autoencoder}, the mean squared
 * difference.
 *
 * @param cell which of the two
 * @param window points of a window; 0 takes the whole row for one channel
 * @param hidden channels of the first convolution, or width of the LSTM
 * @param code width of the code; 0 means a quarter of the row, rounded up
 * @param epochs passes over the rows
 * @param batch rows of a step
 * @param rate learning rate of AdamW, falling to 0
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record SignalAutoencoder(
        Cell cell, int window, int hidden, int code, int epochs, int batch, double rate, String scaling)
        implements DetectorFamily {
    /** The name of the convolutional one on the command line. */
    public static final String CONVOLUTIONAL_ID = "convolutional-autoencoder";

    /** The name of the recurrent one on the command line. */
    public static final String LSTM_ID = "lstm-autoencoder";

    private static final int KERNEL = 5;
    private static final int UP = 4;

    /** What a window is read by. */
    public enum Cell {
        CONVOLUTION,
        LSTM
    }

    /** Checks the ranges. */
    public SignalAutoencoder {
        Checks.notNegative("window", window);
        Checks.positive("hidden", hidden);
        Checks.notNegative("code", code);
        Checks.positive("epochs", epochs);
        Checks.positive("batch", batch);
        Checks.positive("rate", rate);
        Scaling.Kind.named(scaling);
    }

    /** 32 channels; 20 passes in batches of 64 at 0.005, columns standardised. */
    public static SignalAutoencoder convolutional() {
        return new SignalAutoencoder(Cell.CONVOLUTION, 0, 32, 0, 20, 64, 5e-3, "standard");
    }

    /** 32 wide; 20 passes in batches of 64 at 0.01, columns standardised. */
    public static SignalAutoencoder lstm() {
        return new SignalAutoencoder(Cell.LSTM, 0, 32, 0, 20, 64, 1e-2, "standard");
    }

    @Override
    public String id() {
        return cell == Cell.CONVOLUTION ? CONVOLUTIONAL_ID : LSTM_ID;
    }

    @Override
    public String title() {
        return cell == Cell.CONVOLUTION
                ? "what a narrow convolutional network cannot reproduce of a window (Masci et al. 2011)"
                : "what an LSTM cannot write down of a window that another has read (Malhotra et al. 2016)";
    }

    /** The same bits on the same machine, as libtorch keeps them. */
    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        int points = window == 0 ? width : window;
        if (width % points != 0) {
            throw new ShapeMismatchException(
                    "The rows are no windows of that many points.",
                    width + " columns",
                    "a multiple of window = " + points,
                    "give --detector-option window=N as many points as --set context=N, and no time of day");
        }
        int channels = width / points;
        int narrow = code == 0 ? (width + 3) / 4 : code;
        Reconstruction head = new Reconstruction(
                id(),
                width,
                cell == Cell.CONVOLUTION
                        ? (g, x) -> convolutions(g, x, channels, points, narrow)
                        : (g, x) -> recurrent(g, x, channels, points, narrow));
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        Weights trained = head.fit(scale.apply(rows), 0, epochs, batch, rate, null, seed);
        return head.detector(
                scale,
                trained,
                Config.empty()
                        .with("channels", channels)
                        .with("window", points)
                        .with("hidden", hidden)
                        .with("code", narrow)
                        .with("epochs", epochs));
    }

    private Value convolutions(Graph g, Value rows, int channels, int points, int narrow) {
        Conv2d halving = Conv2d.of(hidden, 1, KERNEL).withStride(2).withPadding(0, KERNEL / 2);
        Value x = g.reshape(rows, -1, channels, 1, points); // [N, C, 1, W]
        x = g.relu(g.conv2d("encoder.0", x, halving));
        x = g.relu(g.conv2d("encoder.1", x, halving)); // [N, H, 1, W / 4]
        int quarter = Math.toIntExact(x.shape().size(3));
        Value code = g.linear("code", g.flatten(x, 1), narrow);
        x = g.reshape(g.relu(g.linear("decoder.0", code, (long) hidden * quarter)), -1, hidden, 1, quarter);
        x = g.relu(doubled(g.at("decoder.1"), x, hidden));
        x = doubled(g.at("decoder.2"), x, channels);
        return g.flatten(g.slice(x, 3, 0, points), 1);
    }

    /** A transposed convolution that makes two points of each. */
    private static Value doubled(Graph g, Value x, long out) {
        Init init = new Init.FanIn(out * UP);
        Value weight = g.parameter("weight", Shape.of(x.shape().size(1), out, 1, UP), init);
        Op op = new Op.ConvTranspose(List.of(1L, 2L), List.of(0L, 1L, 0L, 1L), List.of(0L, 0L), List.of(1L, 1L), 1);
        return g.add("up", op, x, weight, g.parameter("bias", Shape.of(out), init))
                .get(0);
    }

    private Value recurrent(Graph g, Value rows, int channels, int points, int narrow) {
        Op.Recurrent lstm = new Op.Recurrent(Op.CellKind.LSTM, hidden, 0, false, true, false, false);
        Value x = g.transpose(g.reshape(rows, -1, channels, points), 0, 2, 1); // [N, W, C]
        Value last = g.squeeze(g.at("encoder").recurrent(0, lstm, x).get(1), 1); // [N, H]
        Value code = g.linear("code", last, narrow);
        float[] zeros = new float[points];
        Value every = g.add(g.unsqueeze(code, 1), g.constant(HostTensor.of(zeros, 1, points, 1))); // [N, W, code]
        Value written =
                g.linear("output", g.at("decoder").recurrent(0, lstm, every).get(0), channels);
        Value backwards = g.constant(HostTensor.of(
                LongStream.range(0, points).map(i -> points - 1 - i).toArray(), points));
        return g.flatten(g.transpose(g.gather(written, backwards, 1), 0, 2, 1), 1);
    }
}
