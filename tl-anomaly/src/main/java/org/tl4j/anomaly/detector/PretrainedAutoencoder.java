// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Keras;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.WeightMapping;
import org.tl4j.weights.Weights;

/**
 * A dense autoencoder that somebody has trained before, with the names that Keras gives its layers: {@code dense},
 * {@code batch_normalization}, {@code dense_1} ... and a last {@code dense_K} alone; ReLU after each norm. Such is the
 * baseline for sounds of machines: Yuma Koizumi et al., "Description and Discussion on DCASE2020 Challenge Task2:
 * Unsupervised Anomalous Sound Detection for Machine Condition Monitoring", DCASE 2020, <a
 * href="https://arxiv.org/abs/2006.05822">arXiv:2006.05822</a>, which MLPerf Tiny has for toy cars (640 columns: five
 * frames of 128 mel bands in decibels). Widths follow from the weights.
 *
 * <p>The score is the mean over columns of the squared difference between a row and its reproduction, as there; rows
 * are taken as they are. {@link Detector#contributions}: the terms of the mean.
 *
 * @param weights the file, as {@link WeightFile#read} reads it
 * @param epochs passes over the rows that train all layers further; 0 leaves the network as it was published
 * @param batch rows of a step
 * @param rate learning rate of AdamW, falling to 0
 */
public record PretrainedAutoencoder(Path weights, int epochs, int batch, double rate) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "pretrained-autoencoder";

    /** Keras' own. */
    private static final double EPSILON = 1e-3;

    private static final double MOMENTUM = 0.01;

    /** Checks the ranges. */
    public PretrainedAutoencoder {
        Checks.notNegative("epochs", epochs);
        Checks.positive("batch", batch);
        Checks.positive("rate", rate);
    }

    /** The network as it was published; further passes, if any, in batches of 512 at 0.001. */
    public static PretrainedAutoencoder of(Path weights) {
        return new PretrainedAutoencoder(weights, 0, 512, 1e-3);
    }

    static PretrainedAutoencoder of(Config options) {
        if (!options.has("weights")) {
            throw new InvalidArgumentException(
                    "The family '" + ID + "' needs the weights of a network.",
                    "no weights",
                    "a file, such as ad01.h5 of MLPerf Tiny",
                    "give --detector-option weights=FILE");
        }
        PretrainedAutoencoder usual = of(Path.of(options.text("weights")));
        return new PretrainedAutoencoder(
                usual.weights,
                options.integer("epochs", usual.epochs),
                options.integer("batch", usual.batch),
                options.number("rate", usual.rate));
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "what a published dense autoencoder cannot reproduce (DCASE 2020, MLPerf Tiny): needs its weights";
    }

    /** The same bits on the same machine, as libtorch keeps them. */
    @Override
    public Detector fit(float[][] rows, long seed) {
        Weights file = WeightFile.read(weights);
        Weights saved = Keras.looksLike(file) ? Keras.layers(file) : file;
        List<Integer> widths = widths(saved);
        int width = Rows.requireLearnable(rows);
        int wanted = (int) saved.get("dense.weight").shape().size(1);
        if (width != wanted) {
            throw new ShapeMismatchException(
                    "The network was trained on rows of another width.",
                    width + " columns",
                    wanted + " columns, as '" + weights + "' has it",
                    "make the rows as those were made");
        }
        Reconstruction head = network(widths);
        Weights begin = load(head.graph(), saved);
        Scaling none = Scaling.fit(Scaling.Kind.NONE, rows);
        Weights trained = epochs == 0 ? begin : head.fit(rows, 0, epochs, batch, rate, begin, seed);
        return head.detector(
                none, trained, Config.empty().with("layers", widths).with("epochs", epochs));
    }

    /** A network of these widths, the last of which is that of the rows. */
    static Reconstruction network(List<Integer> widths) {
        return new Reconstruction(ID, widths.get(widths.size() - 1), (g, rows) -> layers(g, rows, widths))
                .withPublishedNames();
    }

    private static Value layers(Graph g, Value rows, List<Integer> widths) {
        Value x = rows;
        int last = widths.size() - 1;
        for (int i = 0; i < last; i++) {
            x = g.linear(numbered("dense", i), x, widths.get(i));
            x = g.relu(g.batchNorm(numbered("batch_normalization", i), x, EPSILON, MOMENTUM));
        }
        return g.linear(numbered("dense", last), x, widths.get(last));
    }

    /** Keras leaves the first number out. */
    private static String numbered(String layer, int index) {
        return index == 0 ? layer : layer + "_" + index;
    }

    private List<Integer> widths(Weights saved) {
        Set<String> names = Set.copyOf(saved.names());
        List<Integer> widths = new ArrayList<>();
        while (names.contains(numbered("dense", widths.size()) + ".weight")) {
            HostTensor weight = saved.get(numbered("dense", widths.size()) + ".weight");
            widths.add((int) weight.shape().size(0));
        }
        if (widths.size() < 2) {
            throw new WeightMismatchException(
                    "'" + weights + "' holds no dense autoencoder.",
                    names.stream().sorted().limit(10).toList(),
                    "dense.weight, batch_normalization.weight, dense_1.weight ...",
                    "give a file of such a network, or train one with --family autoencoder");
        }
        return widths;
    }

    private static Weights load(Graph graph, Weights saved) {
        Weights loaded = WeightMapping.strict().load(graph, saved).weights();
        // How many batches a norm has seen changes no answer, and Keras does not say it.
        return Weights.initial(graph, 0).with(loaded);
    }
}
