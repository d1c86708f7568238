// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * ConvNeXt: a convolutional network with the habits of Transformers, 7 x 7 depthwise windows and inverted bottlenecks.
 *
 * <p>Zhuang Liu et al., "A ConvNet for the 2020s", CVPR 2022, <a
 * href="https://arxiv.org/abs/2201.03545">arXiv:2201.03545</a>, section 3 and figure 4. Names are torchvision's:
 * {@code features.1.0.block.0.weight}, {@code features.1.0.layer_scale}. The norm before the published classifier,
 * {@code classifier.0}, was trained with the network and stays with it.
 *
 * <p>Settings: {@code dims} and {@code depths} of the four stages, {@code layer_scale} at the start,
 * {@code stochastic_depth_prob} of the last block, 0 for the first. Takes {@code image f32[N, 3, H, W]}; gives maps of
 * stride 4, 8, 16 and 32 and {@code pooled f32[N, 768]} (wider from base on), normalised.
 */
public final class ConvNeXt implements Backbone {
    private static final double EPSILON = 1e-6;
    private static final Init INIT = new Init.Normal(0.02);

    /** A configuration as it was understood. */
    private record Settings(
            List<Integer> dims, List<Integer> depths, double layerScale, double stochasticDepth, int classes) {
        static Settings of(Config c) {
            Settings s = new Settings(
                    Published.integers(c, "dims", List.of(96, 192, 384, 768)),
                    Published.integers(c, "depths", List.of(3, 3, 9, 3)),
                    c.number("layer_scale", 1e-6),
                    Checks.between("stochastic_depth_prob", c.number("stochastic_depth_prob", 0), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
            boolean fits = s.dims.size() == s.depths.size()
                    && !s.dims.isEmpty()
                    && s.dims.stream().allMatch(n -> n > 0)
                    && s.depths.stream().allMatch(n -> n > 0);
            if (!fits) {
                throw new InvalidArgumentException(
                        "The stages of a ConvNeXt do not have one width and one depth each.",
                        "dims = " + s.dims + ", depths = " + s.depths,
                        "as many of both, each at least 1",
                        "correct the configuration");
            }
            return s;
        }
    }

    private static final Published PUBLISHED =
            Published.torchvision(published(), "layer_scale", "stochastic_depth_prob");

    private static List<Variant> published() {
        return List.of(
                variant("convnext_tiny", 96, 9, 0.1),
                variant("convnext_small", 96, 27, 0.4),
                variant("convnext_base", 128, 27, 0.5),
                variant("convnext_large", 192, 27, 0.5));
    }

    private static Variant variant(String id, int width, int third, double stochasticDepth) {
        return new Variant(
                id,
                Config.empty()
                        .with("dims", List.of(width, 2 * width, 4 * width, 8 * width))
                        .with("depths", List.of(3, 3, third, 3))
                        .with("stochastic_depth_prob", stochasticDepth));
    }

    @Override
    public String id() {
        return "convnext";
    }

    @Override
    public String title() {
        return "ConvNeXt: convolutions with the habits of Transformers (Liu et al. 2022, arXiv:2201.03545)";
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
        return new CheckpointNames(List.of(), List.of("classifier.2."));
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
        return Published.output(key);
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        Settings s = Settings.of(config);
        Graph features = graph.at("features");
        FeatureMaps maps = new FeatureMaps();
        List<Endpoints.Layer> layers = new ArrayList<>();
        Graph stem = features.at(0);
        Conv2d patches = Conv2d.of(s.dims.get(0), 4).withStride(4).withInit(INIT);
        Value x = norm(stem, "1", stem.conv2d("0", Published.input(graph), patches));
        layers.add(Endpoints.Layer.of(stem.path("")));
        int stride = 4;
        int total = s.depths.stream().mapToInt(Integer::intValue).sum();
        int done = 0;
        for (int stage = 0; stage < s.dims.size(); stage++) {
            if (stage > 0) {
                Graph down = features.at(layers.size());
                Conv2d halves = Conv2d.of(s.dims.get(stage), 2).withStride(2).withInit(INIT);
                x = down.conv2d("1", norm(down, "0", x), halves);
                stride *= 2;
                layers.add(Endpoints.Layer.of(down.path("")));
            }
            Graph scope = features.at(layers.size());
            for (int i = 0; i < s.depths.get(stage); i++) {
                double drop = s.stochasticDepth * done++ / Math.max(1, total - 1);
                x = block(scope.at(i), x, s.layerScale, drop);
            }
            maps.add(x, stride);
            layers.add(Endpoints.Layer.of(scope.path("")));
        }
        Graph classifier = graph.at("classifier");
        Value mean = graph.adaptiveAveragePool2d(x, 1, 1); // f32[N, D, 1, 1]
        Value pooled = graph.flatten(norm(classifier, "0", mean), 1);
        layers.add(Endpoints.Layer.of(classifier.path("0")));
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            outputs.put(Published.LOGITS, linear(classifier, "2", pooled, s.classes));
            layers.add(Endpoints.Layer.of(classifier.path("2")));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value block(Graph g, Value x, double layerScale, double drop) {
        long width = x.shape().size(1);
        Graph b = g.at("block");
        Conv2d depthwise =
                Conv2d.of(width, 7).withSamePadding().withGroups(width).withInit(INIT);
        Value y = b.transpose(b.conv2d("0", x, depthwise), 0, 2, 3, 1); // f32[N, H, W, D]
        y = b.gelu(linear(b, "3", b.layerNorm("2", y, EPSILON), 4 * width));
        y = b.transpose(linear(b, "5", y, width), 0, 3, 1, 2);
        Value scale = g.parameter("layer_scale", Shape.of(width, 1, 1), new Init.Fill(layerScale));
        return g.add(g.stochasticDepth(g.mul(scale, y), drop), x);
    }

    /** Layer normalisation over the channels: {@code f32[N, C, H, W]}, same shape. */
    private static Value norm(Graph g, String name, Value x) {
        return g.transpose(g.layerNorm(name, g.transpose(x, 0, 2, 3, 1), EPSILON), 0, 3, 1, 2);
    }

    private static Value linear(Graph g, String name, Value x, long out) {
        return g.linear(name, x, out, true, INIT, Init.zeros());
    }
}
