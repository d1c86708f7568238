// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * FCN: a fully convolutional network, which classifies every pixel of a picture of any size.
 *
 * <p>Jonathan Long, Evan Shelhamer, Trevor Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
 * 2015, <a href="https://arxiv.org/abs/1411.4038">arXiv:1411.4038</a>. Names are torchvision's:
 * {@code backbone.layer1.0.conv1.weight}, {@code classifier.4.weight}. As there, and not in the paper, the trunk is a
 * ResNet whose last two stages are dilated (stride 8), scores are enlarged bilinearly, and there are no skips.
 *
 * <p>Settings: {@code backbone}, {@code resnet50} or {@code resnet101}; {@code aux_loss}, whether there is the
 * auxiliary classifier on the third stage, whose loss torchvision's training adds with weight 0.5. Takes {@code image
 * f32[N, 3, H, W]}. Gives maps of stride 2, 4 and 8; {@code pixels f32[N, 512, H/8, W/8]} and {@code aux_pixels f32[N,
 * 256, H/8, W/8]}, which a 1 x 1 convolution makes classes of; with {@code num_classes} that convolution and {@code out
 * f32[N, K, H, W]}, {@code aux f32[N, K, H, W]}.
 */
public final class Fcn implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("0", "1", 1e-5, 0.1);
    private static final double DROPOUT = 0.1;

    private static final Published PUBLISHED =
            Published.of("torchvision:segmentation.", published(), 21, Published.AUX_LOSS);

    private static List<Variant> published() {
        return List.of(variant("resnet50"), variant("resnet101"));
    }

    private static Variant variant(String backbone) {
        return new Variant(
                "fcn_" + backbone, Config.empty().with("backbone", backbone).with(Published.AUX_LOSS, true));
    }

    @Override
    public String id() {
        return "fcn";
    }

    @Override
    public String title() {
        return "FCN: fully convolutional networks for segmentation (Long et al. 2015, arXiv:1411.4038)";
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
        return new CheckpointNames(List.of(), List.of("classifier.4.", "aux_classifier.4."));
    }

    @Override
    public Set<String> references() {
        return PUBLISHED.references().keySet();
    }

    /** The builders have no auxiliary classifier unless they are told to. */
    @Override
    public Config reference(String source, Config arguments, Config config) {
        return PUBLISHED.reference(
                source, Config.empty().with(Published.AUX_LOSS, false).with(arguments));
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return Published.image(inputs);
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        double dropout = Checks.between(Published.DROPOUT, config.number(Published.DROPOUT, DROPOUT), 0, 1);
        Value image = Published.input(graph);
        DilatedTrunk trunk = DilatedTrunk.of(graph, image, config.text("backbone", "resnet50"));
        List<Endpoints.Layer> layers = new ArrayList<>(trunk.layers());
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (config.flag(Published.AUX_LOSS, false)) {
            auxiliary(graph, trunk, image, classes, dropout, outputs);
            layers.add(Endpoints.Layer.of(Published.AUXILIARY));
        }
        Value pixels = pixels(graph.at(Published.CLASSIFIER), trunk.last().value());
        outputs.put(Published.PIXELS, pixels);
        if (classes > 0) {
            outputs.put(
                    Published.OUT, classified(graph.at(Published.CLASSIFIER), "4", pixels, image, classes, dropout));
        }
        layers.add(Endpoints.Layer.of(Published.CLASSIFIER));
        return new Endpoints(outputs, graph.globalAveragePool(trunk.last().value()), null, trunk.maps(), layers);
    }

    /**
     * A quarter of the channels, which a 1 x 1 convolution makes classes of: {@code f32[N, C, H, W], f32[N, C/4, H,
     * W]}.
     */
    public static Value pixels(Graph g, Value map) {
        Conv2d conv = Conv2d.of(map.shape().size(1) / 4, 3).withPadding(1);
        return CONV.apply(g, map, conv, "relu");
    }

    /** Adds the auxiliary classifier of the published networks, which is an FCN on an earlier map. */
    static void auxiliary(
            Graph graph, DilatedTrunk trunk, Value image, int classes, double dropout, Map<String, Value> outputs) {
        Graph g = graph.at(Published.AUXILIARY);
        Value pixels = pixels(g, trunk.auxiliary().value());
        outputs.put(Published.AUX_PIXELS, pixels);
        if (classes > 0) {
            outputs.put(Published.AUX, classified(g, "4", pixels, image, classes, dropout));
        }
    }

    /** {@code f32[N, C, h, w] -> f32[N, K, H, W]}: a 1 x 1 convolution, enlarged to the picture. */
    static Value classified(Graph g, String name, Value pixels, Value image, int classes, double dropout) {
        Value scores = g.conv2d(name, g.dropout(pixels, dropout), Conv2d.of(classes, 1));
        return g.resizeLike(Op.ResizeKind.BILINEAR, scores, image);
    }
}
