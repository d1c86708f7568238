// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * ESPNet: segmentation with a third of a million parameters. Its block reduces channels, looks at them through windows
 * of five dilations, sums what these see from the nearest to the widest, and joins the sums (an efficient spatial
 * pyramid).
 *
 * <p>Sachin Mehta, Mohammad Rastegari, Anat Caspi, Linda Shapiro, Hannaneh Hajishirzi, "ESPNet: Efficient Spatial
 * Pyramid of Dilated Convolutions for Semantic Segmentation", ECCV 2018, <a
 * href="https://arxiv.org/abs/1803.06815">arXiv:1803.06815</a>, figures 1 and 4. Names are those of the <a
 * href="https://github.com/sacmehta/ESPNet">authors' checkpoints</a>: {@code encoder.level2_0.c1.conv.weight},
 * {@code up_l3.0.weight}; of ESPNet-C, the network without decoder, {@code level2_0.c1.conv.weight}. For heights and
 * widths that 8 does not divide, where the authors' code fails, doubled maps are cut to what they are joined with.
 *
 * <p>Variants: {@code espnet_p_2_q_8} and {@code espnet_c_p_2_q_8} as trained for Cityscapes,
 * {@code espnet_p_2_q_8_camvid} as trained for CamVid. Settings: {@code p} and {@code q}, how many blocks the second
 * and the third level repeat; {@code width} of the decoder, which is the number of classes it was trained for, 20
 * unless set; {@code skip}, which map the decoder joins last, {@code level1} or {@code b1} (with the picture);
 * {@code decoder}, whether there is one.
 *
 * <p>Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4 and 8 with 19, 131 and 256 channels, {@code pooled
 * f32[N, 256]}, and {@code pixels}, which classes are made of: {@code f32[N, width, H/2, W/2]}, or {@code f32[N, 256,
 * H/8, W/8]} without decoder; with {@code num_classes} the published classifier and {@code out f32[N, K, H, W]}.
 */
public final class EspNet implements Backbone {
    private static final String WIDTH = "width";
    private static final String SKIP = "skip";
    private static final String DECODER = "decoder";
    private static final String STEM = "level1";
    private static final String PROJECTED = "b1";
    private static final double EPSILON = 1e-3;
    private static final double MOMENTUM = 0.1;

    /** Windows of 3, 5, 9, 17 and 33 pixels. */
    private static final List<Integer> DILATIONS = List.of(1, 2, 4, 8, 16);

    private static final Published PUBLISHED = Published.of(
                    "vision_references:", published(), 20, "p", "q", WIDTH, SKIP)
            .or("vision_references:ESPNet", published().get(0))
            .or("vision_references:ESPNetC", published().get(2));

    private static List<Variant> published() {
        Config config = Config.empty().with("p", 2).with("q", 8);
        return List.of(
                new Variant("espnet_p_2_q_8", config),
                new Variant("espnet_p_2_q_8_camvid", config.with(WIDTH, 12).with(SKIP, PROJECTED)),
                new Variant("espnet_c_p_2_q_8", config.with(DECODER, false)));
    }

    @Override
    public String id() {
        return "espnet";
    }

    @Override
    public String title() {
        return "ESPNet: pyramids of dilated windows for light segmentation (Mehta et al. 2018, arXiv:1803.06815)";
    }

    @Override
    public Modality modality() {
        return Modality.IMAGE;
    }

    @Override
    public List<Variant> variants() {
        return published();
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(List.of(), List.of("classifier."));
    }

    /**
     * As the authors' code for Cityscapes has it: blue, green, red, normalised in their range of 255, and divided by
     * 255 after that. What CamVid's network was given is not published.
     */
    @Override
    public Config input(Config config) {
        return Config.empty()
                .with("size", List.of(3, 512, 1024))
                .with("resize", "exact")
                .with("channels", "bgr")
                .with("range", List.of(0, 1))
                .with("mean", List.of(72.3923111 / 255, 82.90893555 / 255, 73.15840149 / 255))
                .with("std", List.of(45.3192215, 46.15289307, 44.91483307));
    }

    @Override
    public Set<String> references() {
        return PUBLISHED.references().keySet();
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        return PUBLISHED.reference(source, arguments);
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return Published.image(inputs);
    }

    @Override
    public String referenceOutput(String key) {
        return key.equals("output") ? Published.OUT : key;
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        // The decoder works on scores of classes; it can have no others than the classifier.
        int width = classes > 0 ? classes : Checks.positive(WIDTH, config.integer(WIDTH, 20));
        String skip = config.text(SKIP, STEM);
        if (!List.of(STEM, PROJECTED).contains(skip)) {
            throw new UnknownNameException(
                    SKIP, skip, List.of(STEM, PROJECTED), "correct '" + SKIP + "' in the configuration");
        }
        boolean hasDecoder = config.flag(DECODER, true);
        Value image = Published.input(graph);
        Graph scope = hasDecoder ? graph.at("encoder") : graph;
        Encoded encoded = encode(scope, image, config);
        List<Endpoints.Layer> layers = new ArrayList<>(layers(scope));
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (hasDecoder) {
            if (width < DILATIONS.size()) {
                throw new InvalidArgumentException(
                        "The decoder of an ESPNet is too narrow for a pyramid.",
                        (classes > 0 ? Published.CLASSES : WIDTH) + " = " + width,
                        "at least " + DILATIONS.size() + ", a channel for each dilation",
                        "take the variant without decoder, espnet_c_p_2_q_8, or a wider one");
            }
            Value pixels = decode(graph, encoded, width, skip.equals(STEM) ? encoded.stem : encoded.half);
            outputs.put(Published.PIXELS, pixels);
            layers.add(new Endpoints.Layer(
                    DECODER,
                    List.of("encoder.classifier", "br", "up_l3", "level3_C", "combine_l2_l3", "up_l2", "conv")));
            if (classes > 0) {
                outputs.put(Published.OUT, cut(graph, doubled(graph, Published.CLASSIFIER, pixels, width), image));
            }
        } else {
            outputs.put(Published.PIXELS, encoded.eighth);
            if (classes > 0) {
                Value scores = conv(graph, Published.CLASSIFIER, encoded.eighth, Conv2d.of(classes, 1));
                outputs.put(Published.OUT, graph.resizeLike(Op.ResizeKind.BILINEAR, scores, image));
            }
        }
        if (classes > 0) {
            layers.add(Endpoints.Layer.of(Published.CLASSIFIER));
        }
        List<Endpoints.FeatureMap> maps = new FeatureMaps()
                .add(encoded.half, 2)
                .add(encoded.quarter, 4)
                .add(encoded.eighth, 8)
                .all();
        return new Endpoints(outputs, graph.globalAveragePool(encoded.eighth), null, maps, layers);
    }

    private static List<Endpoints.Layer> layers(Graph encoder) {
        List<Endpoints.Layer> layers = new ArrayList<>();
        for (int level = 1; level <= 3; level++) {
            String name = encoder.path("level" + level);
            layers.add(new Endpoints.Layer(
                    name,
                    level == 1
                            ? List.of(name, encoder.path("b1"))
                            : List.of(name + "_0", name, encoder.path("b" + level))));
        }
        return layers;
    }

    /**
     * What comes out of the three levels.
     *
     * @param stem {@code f32[N, 16, H/2, W/2]}
     * @param half the same with the picture, {@code f32[N, 19, H/2, W/2]}
     * @param quarter {@code f32[N, 131, H/4, W/4]}
     * @param eighth {@code f32[N, 256, H/8, W/8]}
     */
    private record Encoded(Value stem, Value half, Value quarter, Value eighth) {}

    private static Encoded encode(Graph g, Value image, Config config) {
        Value small = smaller(g, image);
        Graph level1 = g.at(STEM);
        Conv2d halving = Conv2d.of(16, 3).withStride(2).withPadding(1).withoutBias();
        Value stem = normed(level1, level1.conv2d("conv", image, halving));
        Value half = normed(g.at(PROJECTED), g.concat(1, stem, small));
        Value down = pyramid(g.at("level2_0"), half, 64, true, false);
        Value deep = repeated(g.at("level2"), down, Checks.positive("p", config.integer("p", 2)));
        Value quarter = normed(g.at("b2"), g.concat(1, deep, down, smaller(g, small)));
        down = pyramid(g.at("level3_0"), quarter, 128, true, false);
        deep = repeated(g.at("level3"), down, Checks.positive("q", config.integer("q", 8)));
        return new Encoded(stem, half, quarter, normed(g.at("b3"), g.concat(1, down, deep)));
    }

    /** Three steps of twice the size, each joined with what the encoder has there: {@code f32[N, width, H/2, W/2]}. */
    private static Value decode(Graph g, Encoded encoded, int width, Value skip) {
        Conv2d scores = Conv2d.of(width, 1);
        Value deep = conv(g.at("encoder"), Published.CLASSIFIER, encoded.eighth, scores);
        deep = g.batchNorm("br", deep, EPSILON, MOMENTUM);
        deep = cut(g, doubled(g.at("up_l3"), "0", deep, width), encoded.quarter);
        Graph combine = g.at("combine_l2_l3");
        Value joined = normed(combine.at(0), g.concat(1, conv(g, "level3_C", encoded.quarter, scores), deep));
        Value merged = pyramid(combine.at(1), joined, width, false, false);
        Value fine = normed(g.at("up_l2").at(1), doubled(g.at("up_l2"), "0", merged, width));
        Graph last = g.at("conv");
        Conv2d seen = Conv2d.of(width, 3).withSamePadding().withoutBias();
        return normed(last, last.conv2d("conv", g.concat(1, cut(g, fine, skip), skip), seen));
    }

    private static Value repeated(Graph g, Value x, int times) {
        Value y = x;
        for (int i = 0; i < times; i++) {
            y = pyramid(g.at(i), y, (int) x.shape().size(1), false, true);
        }
        return y;
    }

    /** The block: {@code f32[N, C, H, W] -> f32[N, out, H, W]}, of half the size where it halves. */
    private static Value pyramid(Graph g, Value x, int out, boolean halves, boolean isResidual) {
        int width = out / DILATIONS.size();
        int first = out - (DILATIONS.size() - 1) * width;
        Value reduced =
                conv(g, "c1", x, halves ? Conv2d.of(width, 3).withStride(2).withPadding(1) : Conv2d.of(width, 1));
        List<Value> sums = new ArrayList<>();
        for (int d : DILATIONS) {
            Conv2d window = Conv2d.of(d == 1 ? first : width, 3).withDilation(d).withSamePadding();
            Value seen = conv(g, "d" + d, reduced, window);
            // The nearest window stands alone; without the sums, the widest show as a grid in what comes out.
            sums.add(sums.size() < 2 ? seen : g.add(sums.get(sums.size() - 1), seen));
        }
        Value joined = g.concat(1, sums.toArray(Value[]::new));
        // Where it halves, the authors have normalisation and activation in the block, else in a part of it.
        return normed(halves ? g : g.at("bn"), isResidual ? g.add(x, joined) : joined);
    }

    /** Normalisation and a slope for what is negative, one a channel. Same shape. */
    private static Value normed(Graph g, Value x) {
        Value y = g.batchNorm("bn", x, EPSILON, MOMENTUM);
        long channels = x.shape().size(1);
        Graph act = g.at("act");
        Value slope = act.parameter("weight", Shape.of(channels), new Init.Fill(0.25));
        return act.add("prelu", new Op.Activation(Op.ActivationKind.PRELU, 0, 0), y, act.reshape(slope, channels, 1, 1))
                .get(0);
    }

    private static Value conv(Graph g, String name, Value x, Conv2d c) {
        return g.at(name).conv2d("conv", x, c.withoutBias());
    }

    /** {@code f32[N, C, H, W] -> f32[N, C, (H + 1)/2, (W + 1)/2]}, zeros around it in the mean. */
    private static Value smaller(Graph g, Value x) {
        return g.pool2d(Op.PoolKind.AVERAGE, x, 3, 2, 1, false);
    }

    private static Value doubled(Graph g, String name, Value x, int out) {
        return g.convTranspose2d(name, x, out, 2, 2, false);
    }

    /** The upper left of x in the height and width of the other. */
    private static Value cut(Graph g, Value x, Value like) {
        Value y = x;
        for (int axis = 2; axis < 4; axis++) {
            y = g.slice(y, axis, g.integers(0), g.sizeOf(like, axis));
        }
        return y;
    }
}
