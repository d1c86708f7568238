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
 * DeepLab v3: windows of several dilations side by side (atrous spatial pyramid pooling) see every pixel in
 * surroundings of several sizes.
 *
 * <p>Liang-Chieh Chen, George Papandreou, Florian Schroff, Hartwig Adam, "Rethinking Atrous Convolution for Semantic
 * Image Segmentation", 2017, <a href="https://arxiv.org/abs/1706.05587">arXiv:1706.05587</a>, figure 5. Names are
 * torchvision's: {@code classifier.0.convs.1.0.weight}. As there, dilations are 12, 24 and 36 at stride 8, and there is
 * an auxiliary classifier.
 *
 * <p>Settings: {@code backbone}, {@code resnet50}, {@code resnet101} or {@code mobilenet_v3_large}; {@code aux_loss},
 * as in {@link Fcn}. Takes {@code image f32[N, 3, H, W]}. Gives the maps of the trunk; {@code pixels f32[N, 256, H/8,
 * W/8]} (stride 16 on MobileNet) and {@code aux_pixels}, which a 1 x 1 convolution makes classes of; with
 * {@code num_classes} that convolution and {@code out f32[N, K, H, W]}, {@code aux f32[N, K, H, W]}.
 */
public final class DeepLabV3 implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("0", "1", 1e-5, 0.1);
    private static final int WIDTH = 256;
    private static final double DROPOUT = 0.5;
    private static final double AUXILIARY_DROPOUT = 0.1;
    private static final List<Integer> DILATIONS = List.of(12, 24, 36);

    private static final Published PUBLISHED =
            Published.of("torchvision:segmentation.", published(), 21, Published.AUX_LOSS);

    private static List<Variant> published() {
        return List.of(variant("resnet50"), variant("resnet101"), variant("mobilenet_v3_large"));
    }

    private static Variant variant(String backbone) {
        return new Variant(
                "deeplabv3_" + backbone,
                Config.empty().with("backbone", backbone).with(Published.AUX_LOSS, true));
    }

    @Override
    public String id() {
        return "deeplabv3";
    }

    @Override
    public String title() {
        return "DeepLab v3: dilated windows of several sizes for segmentation (Chen et al. 2017, arXiv:1706.05587)";
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
            Fcn.auxiliary(graph, trunk, image, classes, Math.min(dropout, AUXILIARY_DROPOUT), outputs);
            layers.add(Endpoints.Layer.of(Published.AUXILIARY));
        }
        Graph g = graph.at(Published.CLASSIFIER);
        Value pixels = pixels(g, trunk.last().value(), dropout);
        outputs.put(Published.PIXELS, pixels);
        if (classes > 0) {
            outputs.put(Published.OUT, Fcn.classified(g, "4", pixels, image, classes, 0));
        }
        layers.add(Endpoints.Layer.of(Published.CLASSIFIER));
        return new Endpoints(outputs, graph.globalAveragePool(trunk.last().value()), null, trunk.maps(), layers);
    }

    /** Atrous spatial pyramid pooling and a 3 x 3, {@code f32[N, C, H, W] -> f32[N, 256, H, W]}. */
    public static Value pixels(Graph g, Value map, double dropout) {
        Value x = pyramid(g.at(0), map, dropout);
        return new ConvNorm("1", "2", 1e-5, 0.1).apply(g, x, Conv2d.of(WIDTH, 3).withPadding(1), "relu");
    }

    private static Value pyramid(Graph g, Value map, double dropout) {
        Graph convs = g.at("convs");
        List<Value> parts = new ArrayList<>();
        parts.add(CONV.apply(convs.at(0), map, Conv2d.of(WIDTH, 1), "relu"));
        for (int dilation : DILATIONS) {
            Conv2d conv = Conv2d.of(WIDTH, 3).withDilation(dilation).withSamePadding();
            parts.add(CONV.apply(convs.at(parts.size()), map, conv, "relu"));
        }
        Value mean = convs.adaptiveAveragePool2d(map, 1, 1);
        Value all = new ConvNorm("1", "2", 1e-5, 0.1)
                .apply(convs.at(parts.size()), mean, Conv2d.of(WIDTH, 1), "relu"); // f32[N, 256, 1, 1]
        parts.add(convs.resizeLike(Op.ResizeKind.BILINEAR, all, map));
        Value joined = g.concat(1, parts.toArray(Value[]::new));
        return g.dropout(CONV.apply(g.at("project"), joined, Conv2d.of(WIDTH, 1), "relu"), dropout);
    }
}
