// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelMap;
import org.tl4j.error.Checks;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.vision.backbone.DeepLabV3;
import org.tl4j.vision.backbone.Fcn;
import org.tl4j.vision.backbone.UNet;
import org.tl4j.vision.dataset.SegmentationDataset;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;

/**
 * A classifier of every pixel. On a segmentation network it replaces the published 1 x 1 convolution, and the auxiliary
 * one beside it; on any other backbone it puts a {@link Decoder} over its feature maps first. Immutable.
 *
 * <p>Takes pictures of any size that the backbone takes; gives {@code logits f32[N, K, H, W]} and {@code probabilities
 * f32[N, K, H, W]} in their size.
 *
 * <p>The loss is PyTorch's {@code cross_entropy(weight, ignore_index=255, label_smoothing)}, mean over all pixels of a
 * step that count, however they are divided into batches; plus {@code auxWeight} times that of the auxiliary
 * classifier, 0.5 unless set, as torchvision's reference training adds it; plus {@code diceWeight} times the soft Dice
 * loss of each batch (Fausto Milletari, Nassir Navab, Seyed-Ahmad Ahmadi, "V-Net", 3DV 2016, <a
 * href="https://arxiv.org/abs/1606.04797">arXiv:1606.04797</a>, section 3), {@code 1 - mean over classes of (2 sum(p t)
 * + 1) / (sum(p) + sum(t) + 1)}.
 *
 * <p>Settings: {@code labels}, {@code decoder}, {@code widths} of the U-Net decoder, {@code dropout},
 * {@code auxWeight}, {@code diceWeight}, {@code labelSmoothing}, {@code classWeights} by label.
 */
public final class SegmentationHead implements TaskHead<MaskSource, Segmentation> {
    /** The output that holds the scores before softmax. */
    public static final String LOGITS = "logits";

    /** The output that holds the probabilities. */
    public static final String PROBABILITIES = "probabilities";

    /** The input for the class of every pixel, {@code i64[N, H, W]}. */
    static final String TARGET = "target";

    private static final String AUX = "aux";
    private static final String PIXELS = "pixels";
    private static final String AUX_PIXELS = "aux_pixels";
    private static final String CLASSIFIER = "classifier";
    private static final List<Integer> WIDTHS = List.of(256, 128, 64, 32, 16);

    /** What stands between a backbone and the classifier of pixels. */
    public enum Decoder {
        /** Nothing on a segmentation network, else {@link #UNET}. */
        AUTO,
        /** U-Net's expanding path over all feature maps, which finds fine borders. */
        UNET,
        /** A 3 x 3 convolution on the coarsest map, as FCN has it: cheap. */
        FCN,
        /** Dilated windows of several sizes on the coarsest map, as DeepLab v3 has them. */
        DEEPLABV3;

        private static Decoder named(String name) {
            return Choice.of(Decoder.class, "decoder", name, "choose one of these");
        }

        /** The name, such as {@code unet}. */
        @Override
        public String toString() {
            return Choice.name(this);
        }
    }

    private final LabelMap labels;
    private final Decoder decoder;
    private final List<Integer> widths;
    private final double dropout;
    private final double auxWeight;
    private final double diceWeight;
    private final double labelSmoothing;
    private final List<Double> classWeights;

    private SegmentationHead(Config c) {
        this.labels = LabelMap.of(c.texts("labels"));
        this.decoder = Decoder.named(c.text("decoder", Decoder.AUTO.toString()));
        this.widths = c.has("widths")
                ? c.numbers("widths").stream()
                        .map(w -> Checks.positive("widths", w.intValue()))
                        .toList()
                : WIDTHS;
        this.dropout = Checks.between("dropout", c.number("dropout", 0.1), 0, 0.99);
        this.auxWeight = Checks.between("auxWeight", c.number("auxWeight", 0.5), 0, 100);
        this.diceWeight = Checks.between("diceWeight", c.number("diceWeight", 0), 0, 100);
        this.labelSmoothing = Checks.between("labelSmoothing", c.number("labelSmoothing", 0), 0, 0.99);
        this.classWeights = perLabel(c.config("classWeights"));
        if (labels.size() < 2 || labels.size() >= Mask.IGNORE) {
            throw new InvalidArgumentException(
                    "Pixels cannot be told apart into these classes.",
                    labels.size() + " of them: " + labels,
                    "2 to " + (Mask.IGNORE - 1),
                    "name every class of the masks, the background among them");
        }
        if (widths.isEmpty()) {
            throw new InvalidArgumentException(
                    "A decoder has no width.", "an empty list", "one number or more", "correct 'widths'");
        }
    }

    private List<Double> perLabel(Config c) {
        if (c.keys().isEmpty()) {
            return List.of();
        }
        c.keys().forEach(labels::index);
        return labels.names().stream()
                .map(label ->
                        Checks.between("classWeights of '" + label + "'", c.number(label, 1), 0, Double.MAX_VALUE))
                .toList();
    }

    /** A head for pixels of these classes, whose indices in masks are those of the list. */
    public static SegmentationHead of(LabelMap labels) {
        return restore(Config.empty().with("labels", labels.names()));
    }

    /** The head of these settings. */
    public static SegmentationHead restore(Config config) {
        return new SegmentationHead(config);
    }

    /**
     * A head for what these data are to teach.
     *
     * @param settings of the command line: {@code label-smoothing}, {@code class-weights} ({@code none},
     *     {@code balanced}), {@code head-dropout}, {@code decoder}, {@code widths}, {@code aux-weight},
     *     {@code dice-weight}
     */
    public static SegmentationHead forData(Dataset<?, MaskSource> train, Config settings) {
        SegmentationHead head = of(SegmentationDataset.classesOf(train));
        Map<String, String> own = Map.of(
                "label-smoothing", "labelSmoothing",
                "head-dropout", "dropout",
                "decoder", "decoder",
                "widths", "widths",
                "aux-weight", "auxWeight",
                "dice-weight", "diceWeight");
        Config config = head.config();
        for (Map.Entry<String, String> e : own.entrySet()) {
            if (settings.has(e.getKey())) {
                config = config.with(e.getValue(), settings.toJson().get(e.getKey()));
            }
        }
        head = restore(config);
        return switch (settings.text("class-weights", "none")) {
            case "none" -> head;
            case "balanced" -> head.withBalancedWeights(train.targets());
            default ->
                throw new UnknownNameException(
                        "rule of class weights",
                        settings.text("class-weights"),
                        List.of("none", "balanced"),
                        "write --class-weights none or --class-weights balanced");
        };
    }

    /** With another decoder. */
    public SegmentationHead withDecoder(Decoder other) {
        return with("decoder", other.toString());
    }

    /** With a U-Net decoder of these channels, from the coarsest step on. */
    public SegmentationHead withWidths(List<Integer> channels) {
        return with("widths", channels);
    }

    /** With this probability of dropout before the classifier; 0.1 unless set. */
    public SegmentationHead withDropout(double probability) {
        return with("dropout", probability);
    }

    /** With this part of the auxiliary classifier's loss; 0.5 unless set. */
    public SegmentationHead withAuxWeight(double part) {
        return with("auxWeight", part);
    }

    /** With this part of the soft Dice loss; 0 unless set. */
    public SegmentationHead withDiceWeight(double part) {
        return with("diceWeight", part);
    }

    /** With this share of each pixel spread over all classes. */
    public SegmentationHead withLabelSmoothing(double share) {
        return with("labelSmoothing", share);
    }

    /** With this weight of the pixels of each class in the loss; 1 where none is named. */
    public SegmentationHead withClassWeights(Map<String, Double> byLabel) {
        return with("classWeights", byLabel);
    }

    /** With weights by which the pixels of every class together count alike, whose mean over the pixels is 1. */
    public SegmentationHead withBalancedWeights(Iterable<MaskSource> masks) {
        long[] counts = new long[labels.size()];
        masks.forEach(m -> {
            int[] classes = classes(m).stream().toArray();
            for (int k : classes) {
                if (k != Mask.IGNORE) {
                    counts[k]++;
                }
            }
        });
        long seen = Arrays.stream(counts).filter(n -> n > 0).count();
        double pixels = Arrays.stream(counts).sum();
        Map<String, Double> weights = new LinkedHashMap<>();
        for (int k = 0; k < counts.length; k++) {
            weights.put(labels.name(k), counts[k] == 0 ? 1 : pixels / (seen * (double) counts[k]));
        }
        return withClassWeights(weights);
    }

    private SegmentationHead with(String key, Object value) {
        return new SegmentationHead(config().with(key, value));
    }

    /** The classes, in the order of their indices. */
    public LabelMap labels() {
        return labels;
    }

    @Override
    public String task() {
        return SegmentationTask.NAME;
    }

    @Override
    public Config config() {
        Config weights = Config.empty();
        for (int k = 0; k < classWeights.size(); k++) {
            weights = weights.with(labels.name(k), classWeights.get(k));
        }
        return Config.empty()
                .with("labels", labels.names())
                .with("decoder", decoder.toString())
                .with("widths", widths)
                .with("dropout", dropout)
                .with("auxWeight", auxWeight)
                .with("diceWeight", diceWeight)
                .with("labelSmoothing", labelSmoothing)
                .with("classWeights", weights);
    }

    // ------------------------------------------------------------------------------------------- the graph

    @Override
    public void build(Graph graph, Endpoints backbone) {
        Graph g = graph.at(SCOPE);
        Value image = image(graph);
        Value own = backbone.outputs().get(PIXELS);
        Value pixels = own != null && decoder == Decoder.AUTO ? own : decoded(g.at("decoder"), image, backbone);
        Value logits = classified(g, CLASSIFIER, pixels, image); // f32[N, K, H, W]
        graph.output(LOGITS, logits);
        graph.output(PROBABILITIES, g.softmax(logits, 1));
        Value auxiliary = backbone.outputs().get(AUX_PIXELS);
        if (auxiliary != null && decoder == Decoder.AUTO && auxWeight > 0) {
            graph.output(AUX, classified(g, "aux_classifier", auxiliary, image));
        }
    }

    /** The one input that is a picture. */
    private static Value image(Graph graph) {
        return graph.inputs().values().stream()
                .filter(v -> v.shape().rank() == 4)
                .findFirst()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "This backbone sees no pictures.",
                        graph.inputs().values(),
                        "an input f32[N, C, H, W]",
                        "choose another backbone"));
    }

    private Value decoded(Graph g, Value image, Endpoints backbone) {
        List<Endpoints.FeatureMap> maps = backbone.maps();
        if (maps.isEmpty()) {
            throw new UnsupportedFeatureException(
                    "This backbone gives no feature maps, on which pixels could be classified.",
                    backbone.outputs().keySet(),
                    "feature maps f32[N, C, H/stride, W/stride]",
                    "choose a convolutional network from `tl families`");
        }
        Value last = maps.get(maps.size() - 1).value();
        return switch (decoder) {
            case AUTO, UNET -> UNet.expand(g, image, maps, widths);
            case FCN -> Fcn.pixels(g, last);
            case DEEPLABV3 -> DeepLabV3.pixels(g, last, 0);
        };
    }

    /** A 1 x 1 convolution, enlarged to the picture where it is smaller. */
    private Value classified(Graph g, String name, Value pixels, Value image) {
        Value scores = g.conv2d(name, g.dropout(pixels, dropout), Conv2d.of(labels.size(), 1));
        boolean fits = scores.shape().dim(2).equals(image.shape().dim(2))
                && scores.shape().dim(3).equals(image.shape().dim(3))
                && scores.shape().dims().stream().noneMatch(d -> !d.isFixed() && !d.isNamed());
        return fits ? scores : g.resizeLike(Op.ResizeKind.BILINEAR, scores, image);
    }

    @Override
    public void buildLoss(Graph graph) {
        Graph g = graph.at(SCOPE).at("loss");
        Value logits = graph.output(LOGITS);
        Shape shape = logits.shape();
        Value target = graph.input(
                TARGET, DType.I64, Shape.of(List.of(shape.dim(0), shape.dim(2), shape.dim(3)))); // i64[N, H, W]
        Value scale = graph.input(LOSS_SCALE, DType.F32, Shape.SCALAR);
        Value loss = crossEntropy(g, logits, target);
        Value auxiliary = graph.outputs().get(AUX);
        if (auxiliary != null) {
            loss = g.add(loss, g.mul(crossEntropy(g, auxiliary, target), g.scalar(auxWeight)));
            // It is there to learn from alone: what is saved does not have it.
            Map<String, Value> others = new LinkedHashMap<>(graph.outputs());
            others.remove(AUX);
            graph.clearOutputs();
            others.forEach(graph::output);
        }
        if (diceWeight > 0) {
            loss = g.add(loss, g.mul(dice(g, logits, target), g.scalar(diceWeight)));
        }
        graph.output(LOSS, g.mul(loss, scale));
    }

    private Value crossEntropy(Graph g, Value logits, Value target) {
        List<Value> inputs = new ArrayList<>(List.of(logits, target));
        if (!classWeights.isEmpty()) {
            inputs.add(weights(g));
        }
        return g.add("cross_entropy", new Op.CrossEntropy(labelSmoothing, Mask.IGNORE), inputs, List.of())
                .get(0);
    }

    private Value weights(Graph g) {
        float[] values = new float[classWeights.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = classWeights.get(i).floatValue();
        }
        return g.constant("class_weights", HostTensor.of(values, values.length));
    }

    /** The soft Dice loss of the batch, times what its pixels weigh, so that it is a part of the sum as they are. */
    private Value dice(Graph g, Value logits, Value target) {
        int n = labels.size();
        Value probabilities = g.softmax(logits, 1);
        Value isIgnored = g.binary(Op.BinaryKind.EQUAL, target, g.constant(HostTensor.scalar((long) Mask.IGNORE)));
        Value counts = g.cast(g.unary(Op.UnaryKind.NOT, isIgnored), DType.F32); // f32[N, H, W]
        long[] indices = IntStream.range(0, n).asLongStream().toArray();
        Value classes = g.constant("classes", HostTensor.of(indices, 1, n, 1, 1));
        Value truth =
                g.cast(g.binary(Op.BinaryKind.EQUAL, g.unsqueeze(target, 1), classes), DType.F32); // f32[N, K, H, W]
        Value both = g.reduce(Op.ReduceKind.SUM, g.mul(probabilities, truth), false, 0, 2, 3); // f32[K]
        Value answered = g.reduce(Op.ReduceKind.SUM, g.mul(probabilities, g.unsqueeze(counts, 1)), false, 0, 2, 3);
        Value sizes = g.add(answered, g.reduce(Op.ReduceKind.SUM, truth, false, 0, 2, 3));
        Value one = g.scalar(1);
        Value overlap = g.div(g.add(g.mul(both, g.scalar(2)), one), g.add(sizes, one));
        Value loss = g.sub(one, g.reduce(Op.ReduceKind.MEAN, overlap, false, 0));
        return g.mul(loss, weight(g, counts, target, isIgnored));
    }

    /** What {@link #weight} gives for the batch, {@code f32[]}. */
    private Value weight(Graph g, Value counts, Value target, Value isIgnored) {
        Value each = counts;
        if (!classWeights.isEmpty()) {
            Value known = g.where(isIgnored, g.constant(HostTensor.scalar(0L)), target);
            each = g.mul(counts, g.gather(weights(g), known, 0));
        }
        return g.reduce(Op.ReduceKind.SUM, each, false, 0, 1, 2);
    }

    // ------------------------------------------------------------------------------------------- targets and answers

    @Override
    public Map<String, HostTensor> encode(MaskSource target) {
        return Map.of(TARGET, classes(target).tensor());
    }

    /** The mask; refuses a class that this head does not have. */
    Mask classes(MaskSource source) {
        Mask mask = source.read();
        int n = labels.size();
        int unknown = mask.stream()
                .filter(k -> k >= n && k != Mask.IGNORE)
                .findFirst()
                .orElse(-1);
        if (unknown >= 0) {
            int at = mask.stream().boxed().toList().indexOf(unknown);
            throw new InvalidDataException(
                    "Mask '" + source.name() + "' has pixels of no known class.",
                    "class " + unknown + " at column " + at % mask.width() + ", row " + at / mask.width(),
                    "classes 0 to " + (n - 1) + " (" + String.join(", ", labels.names()) + "), or " + Mask.IGNORE
                            + " for pixels that do not count",
                    "name all classes of the masks, or correct the file");
        }
        return mask;
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        HostTensor target = Objects.requireNonNull(targets.get(TARGET), TARGET);
        double sum = 0;
        for (int i = 0; i < target.elements(); i++) {
            int k = (int) target.longAt(i);
            sum += k == Mask.IGNORE ? 0 : classWeights.isEmpty() ? 1 : classWeights.get(k);
        }
        if (sum == 0) {
            // A batch of nothing but ignored pixels teaches nothing: its loss is 0, and not 0 / 0.
            return 1;
        }
        return sum;
    }

    @Override
    public List<Segmentation> decode(Map<String, HostTensor> outputs) {
        return masks(outputs).stream().map(m -> new Segmentation(labels, m)).toList();
    }

    /** The likeliest class of every pixel of each picture; of equally likely ones the first. */
    List<Mask> masks(Map<String, HostTensor> outputs) {
        HostTensor logits = outputs.get(LOGITS);
        int n = labels.size();
        if (logits == null || logits.shape().rank() != 4 || logits.shape().size(1) != n) {
            throw new ShapeMismatchException(
                    "Outputs are not those of this head.",
                    logits == null ? outputs.keySet() : logits.type(),
                    LOGITS + " f32[N, " + n + ", H, W]",
                    "check that the model and its head belong together");
        }
        int height = (int) logits.shape().size(2);
        int width = (int) logits.shape().size(3);
        int pixels = height * width;
        float[] scores = logits.toFloats();
        List<Mask> masks = new ArrayList<>();
        for (int i = 0; i < logits.shape().size(0); i++) {
            int[] best = new int[pixels];
            int start = i * n * pixels;
            for (int p = 0; p < pixels; p++) {
                float highest = scores[start + p];
                for (int k = 1; k < n; k++) {
                    float score = scores[start + k * pixels + p];
                    if (score > highest) {
                        highest = score;
                        best[p] = k;
                    }
                }
            }
            masks.add(Mask.of(width, height, best));
        }
        return masks;
    }

    /** Mean intersection over union, pixel accuracy and mean Dice coefficient, beside the most frequent class. */
    @Override
    public Evaluator<MaskSource> evaluator(Iterable<MaskSource> trainingTargets) {
        return new SegmentationEvaluation(this, trainingTargets);
    }

    @Override
    public String monitor() {
        return SegmentationEvaluation.MEAN_IOU;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SegmentationHead h && config().equals(h.config());
    }

    @Override
    public int hashCode() {
        return config().hashCode();
    }

    @Override
    public String toString() {
        return SegmentationTask.NAME + " " + labels;
    }
}
