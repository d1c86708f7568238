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
 * LR-ASPP: a light pyramid on MobileNet v3, whose last map is weighted by what is seen in the whole picture and joined
 * with a finer one.
 *
 * <p>Andrew Howard et al., "Searching for MobileNetV3", ICCV 2019, <a
 * href="https://arxiv.org/abs/1905.02244">arXiv:1905.02244</a>, figure 10. Names are torchvision's:
 * {@code classifier.cbr.0.weight}. As there, and not in the paper, the weights come from the mean over the whole map.
 *
 * <p>Settings: {@code inter_channels}, 128 unless set. Takes {@code image f32[N, 3, H, W]}. Gives the maps of the
 * trunk; {@code pixels f32[N, 168, H/8, W/8]}, the finer map and the enlarged last one, which a 1 x 1 convolution makes
 * classes of as well as the published two do; with {@code num_classes} those two and {@code out f32[N, K, H, W]}.
 */
public final class LrAspp implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("0", "1", 1e-5, 0.1);
    private static final String INTER = "inter_channels";

    private static final Published PUBLISHED = Published.of("torchvision:segmentation.", published(), 21, INTER);

    private static List<Variant> published() {
        return List.of(new Variant("lraspp_mobilenet_v3_large", Config.empty().with("backbone", "mobilenet_v3_large")));
    }

    @Override
    public String id() {
        return "lraspp";
    }

    @Override
    public String title() {
        return "LR-ASPP: light segmentation on MobileNet v3 (Howard et al. 2019, arXiv:1905.02244)";
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
        return new CheckpointNames(List.of(), List.of("classifier.low_classifier.", "classifier.high_classifier."));
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
    public Endpoints build(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        int width = Checks.positive(INTER, config.integer(INTER, 128));
        Value image = Published.input(graph);
        DilatedTrunk trunk = DilatedTrunk.of(graph, image, config.text("backbone", "mobilenet_v3_large"));
        Graph g = graph.at(Published.CLASSIFIER);
        Value low = trunk.low().value();
        Value high = weighted(g, trunk.last().value(), width);
        high = g.resizeLike(Op.ResizeKind.BILINEAR, high, low);
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put(Published.PIXELS, g.concat(1, low, high));
        if (classes > 0) {
            Value scores = g.add(
                    g.conv2d("low_classifier", low, Conv2d.of(classes, 1)),
                    g.conv2d("high_classifier", high, Conv2d.of(classes, 1)));
            outputs.put(Published.OUT, g.resizeLike(Op.ResizeKind.BILINEAR, scores, image));
        }
        List<Endpoints.Layer> layers = new ArrayList<>(trunk.layers());
        layers.add(Endpoints.Layer.of(Published.CLASSIFIER));
        return new Endpoints(outputs, graph.globalAveragePool(trunk.last().value()), null, trunk.maps(), layers);
    }

    /** {@code f32[N, C, H, W] -> f32[N, width, H, W]}. */
    private static Value weighted(Graph g, Value map, int width) {
        Value x = CONV.apply(g.at("cbr"), map, Conv2d.of(width, 1), "relu");
        Value mean = g.adaptiveAveragePool2d(map, 1, 1);
        Value scores = g.at("scale").conv2d("1", mean, Conv2d.of(width, 1).withoutBias());
        return g.mul(x, g.unary(Op.UnaryKind.SIGMOID, scores));
    }
}
