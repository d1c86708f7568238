// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.ClassCounts;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelMap;
import org.tl4j.data.SoftLabels;
import org.tl4j.data.Split;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * A classifier of whole examples, of whatever kind: a linear layer on the vector that the backbone gives for each, with
 * hidden layers before it if wanted. Either each example has exactly one label (softmax, cross-entropy) or any number
 * of them (logistic function, binary cross-entropy, a threshold for each label). Immutable.
 *
 * <p>Takes {@code f32[N, D]}; gives {@code logits f32[N, K]} and {@code probabilities f32[N, K]}. The loss is PyTorch's
 * {@code CrossEntropyLoss(weight, label_smoothing)} or {@code BCEWithLogitsLoss(pos_weight)}, mean over all examples of
 * a step however they are divided into batches. New weights start as Hugging Face's: normal with deviation 0.02, biases
 * 0.
 *
 * <p>Settings: {@code labels}, {@code multiLabel}, {@code dropout}, {@code hidden} (widths of hidden layers, GELU
 * between them), {@code labelSmoothing}, {@code classWeights} by label, {@code thresholds} by label,
 * {@code softTargets}, whether examples may have {@link SoftLabels}: the loss is then that of PyTorch's
 * {@code CrossEntropyLoss} with probabilities for targets.
 */
public final class ClassificationHead implements TaskHead<List<String>, Classification> {
    /** The output that holds the scores before softmax or logistic function. */
    public static final String LOGITS = "logits";

    /** The output that holds the probabilities. */
    public static final String PROBABILITIES = "probabilities";

    private static final String TARGET = "target";
    private static final double DEVIATION = 0.02;
    private static final double THRESHOLD = 0.5;
    private static final long NOTHING_IGNORED = -100;

    private final String task;
    private final LabelMap labels;
    private final boolean multiLabel;
    private final double dropout;
    private final List<Integer> hidden;
    private final double labelSmoothing;
    private final List<Double> classWeights;
    private final List<Double> thresholds;
    private final boolean softTargets;

    private ClassificationHead(String task, Config c) {
        this.task = task;
        this.labels = LabelMap.of(c.texts("labels"));
        this.multiLabel = c.flag("multiLabel", false);
        this.dropout = Checks.between("dropout", c.number("dropout", 0.1), 0, 0.99);
        this.hidden = c.numbers("hidden").stream()
                .map(h -> Checks.positive("hidden", h.intValue()))
                .toList();
        this.labelSmoothing = Checks.between("labelSmoothing", c.number("labelSmoothing", 0), 0, 0.99);
        this.classWeights = perLabel(c.config("classWeights"), "classWeights", 1, Double.MAX_VALUE);
        this.thresholds = perLabel(c.config("thresholds"), "thresholds", THRESHOLD, 1);
        this.softTargets = c.flag("softTargets", false);
        int least = multiLabel ? 1 : 2;
        if (labels.size() < least) {
            throw new InvalidArgumentException(
                    "A classifier has too few labels.",
                    labels.size() + " of them: " + labels,
                    "at least " + least,
                    "give data in which every label to be told apart occurs");
        }
    }

    /** A number for each label by its index; empty if none is set. */
    private List<Double> perLabel(Config c, String key, double otherwise, double high) {
        if (c.keys().isEmpty()) {
            return List.of();
        }
        c.keys().forEach(labels::index);
        return labels.names().stream()
                .map(label -> Checks.between(key + " of '" + label + "'", c.number(label, otherwise), 0, high))
                .toList();
    }

    /** A head for examples that have exactly one of these labels. */
    public static ClassificationHead singleLabel(String task, LabelMap labels) {
        return restore(task, Config.empty().with("labels", labels.names()));
    }

    /** A head for examples that have any number of these labels. */
    public static ClassificationHead multiLabel(String task, LabelMap labels) {
        return restore(task, Config.empty().with("labels", labels.names()).with("multiLabel", true));
    }

    /** The head of these settings. */
    public static ClassificationHead restore(String task, Config config) {
        return new ClassificationHead(task, config);
    }

    /**
     * A head for what these data are to teach.
     *
     * @param settings of the command line: {@code label-smoothing}, {@code class-weights} ({@code none},
     *     {@code balanced}), {@code head-dropout}, {@code multi-label}; the last follows from the data unless it is set
     */
    public static ClassificationHead forData(String task, Dataset<?, List<String>> train, Config settings) {
        List<List<String>> targets = train.targets();
        boolean several = settings.flag("multi-label", targets.stream().anyMatch(t -> t.size() != 1));
        LabelMap labels = LabelMap.fromLists(targets);
        if (!several && labels.size() < 2) {
            throw new InvalidDataException(
                    "There is nothing to tell apart in '" + train.name() + "'.",
                    train.size() + " examples, all labelled " + labels.names(),
                    "at least 2 labels among the examples to train on",
                    "check the column of labels and the split");
        }
        ClassificationHead head = several ? multiLabel(task, labels) : singleLabel(task, labels);
        if (settings.has("label-smoothing")) {
            head = head.withLabelSmoothing(settings.number("label-smoothing"));
        }
        if (settings.has("head-dropout")) {
            head = head.withDropout(settings.number("head-dropout"));
        }
        return switch (settings.text("class-weights", "none")) {
            case "none" -> head;
            case "balanced" -> head.withBalancedWeights(targets);
            default ->
                throw new UnknownNameException(
                        "rule of class weights",
                        settings.text("class-weights"),
                        List.of("none", "balanced"),
                        "write --class-weights none or --class-weights balanced");
        };
    }

    /** With this probability of dropout before each layer; 0.1 unless set. */
    public ClassificationHead withDropout(double probability) {
        return with("dropout", probability);
    }

    /** With hidden layers of these widths before the last one. */
    public ClassificationHead withHidden(List<Integer> widths) {
        return with("hidden", widths);
    }

    /** With this share of each target spread over all labels. */
    public ClassificationHead withLabelSmoothing(double share) {
        return with("labelSmoothing", share);
    }

    /** For examples of one label that may have {@link SoftLabels} in training. */
    public ClassificationHead withSoftTargets() {
        return with("softTargets", true);
    }

    /** Several labels hold in part as they are; one label needs {@link #withSoftTargets}. */
    @Override
    public ClassificationHead withMixedTargets() {
        return multiLabel ? this : withSoftTargets();
    }

    /** With labels that count more or less; for examples with several labels, more or less where they apply. */
    public ClassificationHead withClassWeights(Map<String, Double> byLabel) {
        return with("classWeights", byLabel);
    }

    /**
     * With weights that make up for how rare labels are: scikit-learn's {@code balanced}, and for examples with several
     * labels how many times more often each is absent than present.
     */
    public ClassificationHead withBalancedWeights(List<List<String>> targets) {
        ClassCounts counts = ClassCounts.of(labels, targets);
        List<Double> balanced = counts.balancedWeights();
        Map<String, Double> byLabel = new LinkedHashMap<>();
        for (int k = 0; k < labels.size(); k++) {
            int present = counts.count(labels.name(k));
            byLabel.put(
                    labels.name(k),
                    !multiLabel ? balanced.get(k) : present == 0 ? 1 : (targets.size() - present) / (double) present);
        }
        return withClassWeights(byLabel);
    }

    private ClassificationHead with(String key, Object value) {
        return restore(task, config().with(key, value));
    }

    /** The labels in the order of the outputs. */
    public LabelMap labels() {
        return labels;
    }

    /** Whether an example may have any number of labels. */
    public boolean multiLabel() {
        return multiLabel;
    }

    @Override
    public String task() {
        return task;
    }

    @Override
    public Config config() {
        return Config.empty()
                .with("labels", labels.names())
                .with("multiLabel", multiLabel)
                .with("dropout", dropout)
                .with("hidden", hidden)
                .with("labelSmoothing", labelSmoothing)
                .with("classWeights", byLabel(classWeights))
                .with("thresholds", byLabel(thresholds))
                .with("softTargets", softTargets);
    }

    private Map<String, Double> byLabel(List<Double> values) {
        Map<String, Double> map = new LinkedHashMap<>();
        for (int k = 0; k < values.size(); k++) {
            map.put(labels.name(k), values.get(k));
        }
        return map;
    }

    @Override
    public void build(Graph graph, Endpoints backbone) {
        Graph g = graph.at(SCOPE);
        Value x = backbone.requirePooled(); // f32[N, D]
        for (int i = 0; i < hidden.size(); i++) {
            x = g.gelu(linear(g.at("hidden"), String.valueOf(i), g.dropout(x, dropout), hidden.get(i)));
        }
        Value logits = linear(g, "classifier", g.dropout(x, dropout), labels.size()); // f32[N, K]
        graph.output(LOGITS, logits);
        graph.output(PROBABILITIES, multiLabel ? g.unary(Op.UnaryKind.SIGMOID, logits) : g.softmax(logits, -1));
    }

    private static Value linear(Graph g, String name, Value x, int out) {
        return g.linear(name, x, out, true, new Init.Normal(DEVIATION), Init.zeros());
    }

    @Override
    public void buildLoss(Graph graph) {
        Graph g = graph.at(SCOPE).at("loss");
        Value logits = graph.output(LOGITS);
        Value target = multiLabel || softTargets
                ? graph.input(TARGET, DType.F32, logits.shape())
                : graph.input(TARGET, DType.I64, Shape.of(List.of(logits.shape().dim(0))));
        Value scale = graph.input(LOSS_SCALE, DType.F32, Shape.SCALAR);
        if (softTargets && !multiLabel) {
            // PyTorch's: each class's share times its weight times its negative log-probability.
            Value logProbability = g.sub(logits, g.reduce(Op.ReduceKind.LOG_SUM_EXP, logits, true, 1)); // f32[N, K]
            Value weighted = classWeights.isEmpty()
                    ? target
                    : g.mul(
                            target,
                            g.constant("class_weights", HostTensor.of(floats(classWeights), classWeights.size())));
            Value sum = g.reduce(Op.ReduceKind.SUM, g.mul(weighted, logProbability), false, 0, 1);
            graph.output(LOSS, g.mul(g.sub(g.scalar(0), sum), scale));
            return;
        }
        Op op = multiLabel ? new Op.BinaryCrossEntropy() : new Op.CrossEntropy(labelSmoothing, NOTHING_IGNORED);
        List<Value> inputs = new ArrayList<>(List.of(logits, target));
        if (!classWeights.isEmpty()) {
            inputs.add(g.constant("class_weights", HostTensor.of(floats(classWeights), classWeights.size())));
        }
        graph.output(LOSS, g.mul(g.add("cross_entropy", op, inputs, List.of()).get(0), scale));
    }

    private static float[] floats(List<Double> values) {
        float[] out = new float[values.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values.get(i).floatValue();
        }
        return out;
    }

    @Override
    public Map<String, HostTensor> encode(List<String> target) {
        if (!multiLabel && !softTargets) {
            return Map.of(TARGET, HostTensor.scalar((long) index(target)));
        }
        float[] row = new float[labels.size()];
        if (!multiLabel && !(target instanceof SoftLabels)) {
            index(target); // exactly one
        }
        double lowest = labelSmoothing / (multiLabel ? 2 : labels.size());
        Arrays.fill(row, (float) lowest);
        SoftLabels.shares(target)
                .forEach((label, share) -> row[labels.index(label)] = (float) (lowest + (1 - labelSmoothing) * share));
        return Map.of(TARGET, HostTensor.of(row, row.length));
    }

    private int index(List<String> target) {
        if (target.size() != 1) {
            throw new InvalidDataException(
                    "An example of a single-label task does not have one label.",
                    target.size() + " labels: " + target,
                    "exactly one",
                    "train a multi-label classifier, or correct the data");
        }
        return labels.index(target.get(0));
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        HostTensor target = Objects.requireNonNull(targets.get(TARGET), TARGET);
        if (softTargets && !multiLabel) {
            return target.elements() / (double) labels.size();
        }
        if (multiLabel || classWeights.isEmpty()) {
            return target.elements();
        }
        return IntStream.range(0, target.elements())
                .mapToDouble(i -> classWeights.get((int) target.longAt(i)))
                .sum();
    }

    @Override
    public <X> Split<X, List<String>> split(Dataset<X, List<String>> data, double fraction, long seed) {
        return Split.stratified(data, fraction, seed, some -> some);
    }

    @Override
    public List<Classification> decode(Map<String, HostTensor> outputs) {
        HostTensor probabilities = rows(outputs, PROBABILITIES);
        List<Classification> answers = new ArrayList<>();
        for (int n = 0; n < probabilities.shape().size(0); n++) {
            answers.add(answer(probabilities, n * labels.size()));
        }
        return answers;
    }

    private Classification answer(HostTensor probabilities, int start) {
        Comparator<Integer> byScore = Comparator.comparingDouble((Integer k) -> probabilities.doubleAt(start + k))
                .reversed();
        List<Integer> order = IntStream.range(0, labels.size())
                .boxed()
                .sorted(byScore)
                .toList(); // stable: ties keep the labels' order
        Stream<Integer> applying = multiLabel
                ? order.stream().filter(k -> probabilities.doubleAt(start + k) >= threshold(k))
                : order.stream().limit(1);
        return new Classification(
                order.stream()
                        .map(k -> new Classification.LabelScore(labels.name(k), probabilities.doubleAt(start + k)))
                        .toList(),
                applying.map(labels::name).toList());
    }

    private double threshold(int k) {
        return thresholds.isEmpty() ? THRESHOLD : thresholds.get(k);
    }

    private HostTensor rows(Map<String, HostTensor> outputs, String name) {
        HostTensor t = outputs.get(name);
        if (t == null || t.shape().rank() != 2 || t.shape().size(1) != labels.size()) {
            throw new ShapeMismatchException(
                    "Outputs are not those of this head.",
                    t == null ? outputs.keySet() : t.type(),
                    name + " f32[N, " + labels.size() + "]",
                    "check that the model and its head belong together");
        }
        return t;
    }

    /**
     * Accuracy, macro-averaged F1 and logarithmic loss (accuracy of whole sets, micro- and macro-averaged F1 where an
     * example may have several labels), beside the answer that the training data give most often; the report has the
     * confusion matrix.
     */
    @Override
    public Evaluator<List<String>> evaluator(Iterable<List<String>> trainingTargets) {
        return multiLabel
                ? new ClassificationEvaluation.AnyLabels(this, trainingTargets)
                : new ClassificationEvaluation.OneLabel(this, trainingTargets);
    }

    @Override
    public String monitor() {
        return multiLabel ? ClassificationEvaluation.MICRO_F1 : ClassificationEvaluation.ACCURACY;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClassificationHead h && task.equals(h.task) && config().equals(h.config());
    }

    @Override
    public int hashCode() {
        return Objects.hash(task, config());
    }

    @Override
    public String toString() {
        return task + " " + labels;
    }
}
