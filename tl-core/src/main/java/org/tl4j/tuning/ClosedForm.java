// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

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
import org.tl4j.model.Batch;
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
        double[] counts = new double[n];
        double[][] y = new double[n][];
        int outputs = (int) linear.input(1).shape().size(0);
        boolean each = loss.op() instanceof Op.BinaryCrossEntropy;
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            x[i] = Objects.requireNonNull(features.cache(Examples.PLAIN).get(i).get(feature))
                    .toFloats();
            Map<String, HostTensor> target = head.encode(features.target(i));
            counts[i] = head.weight(Batch.collate(List.of(target), Map.of()));
            HostTensor encoded = Objects.requireNonNull(target.get(loss.input(1).name()));
            y[i] = new double[outputs];
            if (each) {
                for (int k = 0; k < outputs; k++) {
                    y[i][k] = encoded.doubleAt(k);
                }
                counts[i] = 1;
            } else {
                labels[i] = (int) encoded.longAt(0);
                y[i][labels[i]] = 1;
            }
        }
        LinearHead solved;
        if (!phase.logistic()) {
            // Plus and minus one, so that scores keep the order that a classifier needs.
            for (double[] row : y) {
                for (int k = 0; k < row.length; k++) {
                    row[k] = 2 * row[k] - 1;
                }
            }
            solved = LinearHead.ridge(x, y, counts, phase.penalty());
        } else {
            solved = each
                    ? LinearHead.logisticEach(x, y, counts, phase.penalty(), seed)
                    : LinearHead.logistic(x, labels, outputs, counts, phase.penalty(), seed);
        }
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

    private static Weights weights(Node linear, LinearHead solved) {
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
        out.put(linear.input(1).name(), HostTensor.of(weight, outputs, width));
        out.put(linear.input(2).name(), HostTensor.of(bias, outputs));
        return Weights.of(out);
    }

    private static Node linear(FrozenSplit split, Set<String> trainable) {
        List<Node> layers = split.suffix().nodes().stream()
                .filter(n -> n.inputs().stream().anyMatch(v -> trainable.contains(v.name())))
                .toList();
        boolean fits = layers.size() == 1
                && layers.get(0).op() instanceof Op.Linear
                && layers.get(0).has(2)
                && split.cut().containsKey(source(layers.get(0).input(0)).name());
        if (!fits) {
            throw new UnsupportedFeatureException(
                    "This head cannot be computed at once.",
                    layers,
                    "one linear layer with a bias on frozen features",
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
                        "a classification loss",
                        "use --strategy head-only"));
    }
}
