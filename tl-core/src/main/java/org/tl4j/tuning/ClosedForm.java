// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.FrozenSplit;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/** Puts a head that was computed at once into the graph's own parameters. */
final class ClosedForm {
    private ClosedForm() {}

    /**
     * The head's weights.
     *
     * @throws UnsupportedFeatureException if the head is not one linear layer on frozen features under a classification
     *     loss
     */
    static <Y> Weights solve(
            Phase.ClosedForm phase,
            FrozenSplit split,
            Set<String> trainable,
            Training.Features<Y> features,
            TaskHead<Y, ?> head,
            long seed,
            TrainingListener listener) {
        Node linear = linear(split, trainable);
        String feature = source(linear.input(0)).name();
        Node loss = loss(split);
        int n = features.size();
        float[][] x = new float[n][];
        double[][] y = new double[n][];
        int outputs = (int) linear.input(1).shape().size(0);
        double[] weights = weights(loss, outputs);
        for (int i = 0; i < n; i++) {
            x[i] = Objects.requireNonNull(features.cache(Examples.PLAIN).get(i).get(feature))
                    .toFloats();
            HostTensor target = Objects.requireNonNull(
                    head.encode(features.target(i)).get(loss.input(1).name()));
            y[i] = loss.op() instanceof Op.CrossEntropy ? oneOf(outputs, (int) target.longAt(0)) : target.toDoubles();
        }
        LinearHead solved = phase.logistic()
                ? logistic(x, y, weights, loss.op(), phase.penalty(), seed)
                : ridge(x, y, weights, loss, phase.penalty());
        listener.note(String.format(
                Locale.ROOT,
                "computed the head from %,d feature vectors of width %d; penalty %.3g; %d iterations%s",
                n,
                x[0].length,
                solved.penalty(),
                solved.iterations(),
                solved.converged() ? "" : ", NOT converged"));
        return weights(linear, solved);
    }

    /** How much each class, or the presence of each label, counts; 1 where the loss is not weighted. */
    private static double[] weights(Node loss, int outputs) {
        if (loss.has(2)) {
            return loss.input(2).constant().toDoubles();
        }
        double[] ones = new double[outputs];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double[] oneOf(int outputs, int label) {
        double[] row = new double[outputs];
        row[label] = 1;
        return row;
    }

    /** The minimum of the loss that gradients would go down: weights and smoothing included, as PyTorch has them. */
    private static LinearHead logistic(
            float[][] x, double[][] y, double[] weights, Op loss, double penalty, long seed) {
        if (!(loss instanceof Op.CrossEntropy entropy)) {
            return LinearHead.logisticEach(x, y, weights, penalty, seed);
        }
        double smoothing = entropy.labelSmoothing();
        double[][] targets = new double[y.length][weights.length];
        for (int i = 0; i < y.length; i++) {
            for (int k = 0; k < weights.length; k++) {
                targets[i][k] = weights[k] * ((1 - smoothing) * y[i][k] + smoothing / weights.length);
            }
        }
        return LinearHead.logistic(x, targets, penalty, seed);
    }

    /** Plus and minus one as targets, so that scores keep the order that a classifier needs. */
    private static LinearHead ridge(float[][] x, double[][] y, double[] weights, Node loss, double penalty) {
        boolean each = loss.op() instanceof Op.BinaryCrossEntropy;
        if (each && loss.has(2)) {
            throw new UnsupportedFeatureException(
                    "Ridge regression cannot weight the labels of examples that have several.",
                    "class weights " + Arrays.toString(weights),
                    "no class weights",
                    "use --strategy closed-form, or --class-weights none");
        }
        double[][] signs = new double[y.length][weights.length];
        double[] counts = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            for (int k = 0; k < weights.length; k++) {
                signs[i][k] = 2 * y[i][k] - 1;
                counts[i] += weights[k] * y[i][k];
            }
            counts[i] = each ? 1 : counts[i];
        }
        return LinearHead.ridge(x, signs, counts, penalty);
    }

    private static Weights weights(Node linear, LinearHead solved) {
        return weights(linear.input(1).name(), linear.input(2).name(), solved);
    }

    /** What was solved for under the names of the layer's weight and bias. */
    static Weights weights(String weightName, String biasName, LinearHead solved) {
        int outputs = solved.bias().length;
        int width = solved.weight()[0].length;
        float[] weight = new float[outputs * width];
        float[] bias = new float[outputs];
        for (int k = 0; k < outputs; k++) {
            bias[k] = (float) solved.bias()[k];
            for (int j = 0; j < width; j++) {
                weight[k * width + j] = (float) solved.weight()[k][j];
            }
        }
        Map<String, HostTensor> out = new LinkedHashMap<>();
        out.put(weightName, HostTensor.of(weight, outputs, width));
        out.put(biasName, HostTensor.of(bias, outputs));
        return Weights.of(out);
    }

    private static Node linear(FrozenSplit split, Set<String> trainable) {
        List<Node> layers = split.suffix().nodes().stream()
                .filter(n -> n.inputs().stream().anyMatch(v -> trainable.contains(v.name())))
                .toList();
        boolean fits = layers.size() == 1
                && layers.get(0).op() instanceof Op.Linear
                && layers.get(0).has(2)
                && layers.get(0).input(0).shape().rank() == 2
                && split.cut().containsKey(source(layers.get(0).input(0)).name());
        if (!fits) {
            throw new UnsupportedFeatureException(
                    "This head cannot be computed at once.",
                    layers,
                    "one linear layer with a bias on one frozen vector an example",
                    "use --strategy head-only, or a head without hidden layers");
        }
        return layers.get(0);
    }

    /** Past dropout, which is off. */
    private static Value source(Value v) {
        return v.origin() instanceof Value.Output made && made.node().op() instanceof Op.Dropout
                ? source(made.node().input(0))
                : v;
    }

    private static Node loss(FrozenSplit split) {
        return split.suffix().nodes().stream()
                .filter(n -> n.op() instanceof Op.CrossEntropy || n.op() instanceof Op.BinaryCrossEntropy)
                .findFirst()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "This head's loss has no closed form.",
                        split.suffix().nodes(),
                        "a classification loss of whole labels",
                        "use --strategy head-only, or leave mixup and cutmix away"));
    }
}
