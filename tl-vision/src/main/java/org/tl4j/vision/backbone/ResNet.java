// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnsupportedFeatureException;
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
 * ResNet, ResNeXt and wide ResNets: residual blocks behind a 7 x 7 stem.
 *
 * <p>Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, <a
 * href="https://arxiv.org/abs/1512.03385">arXiv:1512.03385</a>, table 1. {@code groups} and {@code width_per_group}
 * make it
 *
 * <ul>
 *   <li>ResNeXt: Saining Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017, <a
 *       href="https://arxiv.org/abs/1611.05431">arXiv:1611.05431</a>;
 *   <li>a wide ResNet: Sergey Zagoruyko, Nikos Komodakis, "Wide Residual Networks", BMVC 2016, <a
 *       href="https://arxiv.org/abs/1605.07146">arXiv:1605.07146</a>, here with only the 3 x 3 of each block widened.
 * </ul>
 *
 * <p>Names are torchvision's: {@code layer1.0.conv1.weight}. As there, and not in the paper, the 3 x 3 of a bottleneck
 * has the stride. {@code replace_stride_with_dilation}, three flags for the last three stages, keeps their maps at the
 * stride before and dilates the windows instead (bottlenecks only), as segmentation wants it.
 *
 * <p>Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2 (64 channels, the stem), 4, 8, 16 and 32, and
 * {@code pooled f32[N, 512]} or {@code f32[N, 2048]}.
 */
public final class ResNet implements Backbone {
    private static final int STAGES = 4;

    /** The two kinds of residual block; each name in a configuration is one of these in lower case. */
    private enum Block {
        /** Two 3 x 3. */
        BASIC(1),
        /** A 3 x 3 between two 1 x 1, a quarter as wide as the block. */
        BOTTLENECK(4);

        private final int expansion;

        Block(int expansion) {
            this.expansion = expansion;
        }

        static Block named(String name) {
            return Choice.of(Block.class, "block", name, "correct 'block' in the configuration");
        }
    }

    /** A configuration as it was understood. */
    private record Settings(
            Block block, List<Integer> layers, int groups, int widthPerGroup, List<Boolean> dilated, int classes) {

        static Settings of(Config c) {
            Settings s = new Settings(
                    Block.named(c.text("block", "basic")),
                    Published.integers(c, "layers", List.of(2, 2, 2, 2)),
                    Checks.positive("groups", c.integer("groups", 1)),
                    Checks.positive("width_per_group", c.integer("width_per_group", 64)),
                    c.has("replace_stride_with_dilation")
                            ? c.flags("replace_stride_with_dilation")
                            : List.of(false, false, false),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
            if (s.layers.size() != STAGES || s.layers.stream().anyMatch(n -> n < 1) || s.dilated.size() != STAGES - 1) {
                throw new InvalidArgumentException(
                        "A ResNet has four stages.",
                        "layers = " + s.layers + ", replace_stride_with_dilation = " + s.dilated,
                        "four numbers of at least 1, three flags",
                        "correct the configuration");
            }
            if (s.block == Block.BASIC && (s.groups != 1 || s.widthPerGroup != 64 || s.dilated.contains(true))) {
                throw new UnsupportedFeatureException(
                        "Basic blocks have no groups, no other width and no dilation.",
                        "groups = " + s.groups + ", width_per_group = " + s.widthPerGroup
                                + ", replace_stride_with_dilation = " + s.dilated,
                        "1, 64 and false",
                        "choose a network of bottlenecks, such as resnet50");
            }
            return s;
        }
    }

    private static final Published PUBLISHED =
            Published.torchvision(published(), "groups", "width_per_group", "replace_stride_with_dilation");

    private static List<Variant> published() {
        return List.of(
                variant("resnet18", "basic", 1, 64, 2, 2, 2, 2),
                variant("resnet34", "basic", 1, 64, 3, 4, 6, 3),
                variant("resnet50", "bottleneck", 1, 64, 3, 4, 6, 3),
                variant("resnet101", "bottleneck", 1, 64, 3, 4, 23, 3),
                variant("resnet152", "bottleneck", 1, 64, 3, 8, 36, 3),
                variant("resnext50_32x4d", "bottleneck", 32, 4, 3, 4, 6, 3),
                variant("resnext101_32x8d", "bottleneck", 32, 8, 3, 4, 23, 3),
                variant("resnext101_64x4d", "bottleneck", 64, 4, 3, 4, 23, 3),
                variant("wide_resnet50_2", "bottleneck", 1, 128, 3, 4, 6, 3),
                variant("wide_resnet101_2", "bottleneck", 1, 128, 3, 4, 23, 3));
    }

    private static Variant variant(String id, String block, int groups, int widthPerGroup, Integer... layers) {
        return new Variant(
                id,
                Config.empty()
                        .with("block", block)
                        .with("layers", List.of(layers))
                        .with("groups", groups)
                        .with("width_per_group", widthPerGroup));
    }

    @Override
    public String id() {
        return "resnet";
    }

    @Override
    public String title() {
        return "ResNet, ResNeXt, wide ResNet: residual networks (He et al. 2016, arXiv:1512.03385)";
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
        return new CheckpointNames(List.of(), List.of("fc."));
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
        List<Endpoints.FeatureMap> maps = trunk(graph, Published.input(graph), config);
        Value pooled = graph.globalAveragePool(maps.get(STAGES).value()); // f32[N, D]
        List<Endpoints.Layer> layers = new ArrayList<>(layers(""));
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            outputs.put(Published.LOGITS, graph.linear("fc", pooled, s.classes));
            layers.add(Endpoints.Layer.of("fc"));
        }
        return new Endpoints(outputs, pooled, null, maps, layers);
    }

    /**
     * The network up to its last map: the maps of the stem and of the four stages, which have stride 2, 4, 8, 16 and 32
     * unless stages are dilated.
     *
     * @param g the scope of its parameters
     * @param image {@code f32[N, 3, H, W]}
     */
    static List<Endpoints.FeatureMap> trunk(Graph g, Value image, Config config) {
        Settings s = Settings.of(config);
        List<Endpoints.FeatureMap> maps = new ArrayList<>();
        Conv2d stem =
                Conv2d.of(64, 7).withStride(2).withPadding(3).withoutBias().withHeInit();
        Value x = g.relu(norm(g, "bn1", g.conv2d("conv1", image, stem)));
        maps.add(new Endpoints.FeatureMap(x, 2, 64));
        x = g.pool2d(Op.PoolKind.MAX, x, 3, 2, 1, false);
        int stride = 4;
        int dilation = 1;
        for (int stage = 0; stage < STAGES; stage++) {
            Graph layer = g.at("layer" + (stage + 1));
            int planes = 64 << stage;
            int step = stage == 0 ? 1 : 2;
            int before = dilation;
            if (stage > 0 && s.dilated.get(stage - 1)) {
                dilation *= step;
                step = 1;
            }
            stride *= step;
            for (int i = 0; i < s.layers.get(stage); i++) {
                x = block(layer.at(i), x, planes, i == 0 ? step : 1, i == 0 ? before : dilation, s);
            }
            maps.add(new Endpoints.FeatureMap(x, stride, planes * s.block.expansion));
        }
        return maps;
    }

    /** The layers of {@link #trunk} in depth order, for parameters under a prefix that is empty or ends with a dot. */
    static List<Endpoints.Layer> layers(String prefix) {
        List<Endpoints.Layer> layers = new ArrayList<>();
        layers.add(new Endpoints.Layer(prefix + "stem", List.of(prefix + "conv1", prefix + "bn1")));
        for (int stage = 1; stage <= STAGES; stage++) {
            layers.add(Endpoints.Layer.of(prefix + "layer" + stage));
        }
        return layers;
    }

    private static Value block(Graph g, Value x, int planes, int stride, int dilation, Settings s) {
        int out = planes * s.block.expansion;
        Value y;
        if (s.block == Block.BASIC) {
            y = g.relu(norm(g, "bn1", g.conv2d("conv1", x, conv(planes, 3).withStride(stride))));
            y = norm(g, "bn2", g.conv2d("conv2", y, conv(planes, 3)));
        } else {
            int width = planes * s.widthPerGroup / 64 * s.groups;
            y = g.relu(norm(g, "bn1", g.conv2d("conv1", x, conv(width, 1))));
            Conv2d wide = conv(width, 3)
                    .withDilation(dilation)
                    .withSamePadding()
                    .withStride(stride)
                    .withGroups(s.groups);
            y = g.relu(norm(g, "bn2", g.conv2d("conv2", y, wide)));
            y = norm(g, "bn3", g.conv2d("conv3", y, conv(out, 1)));
        }
        Value shortcut = x;
        if (stride != 1 || x.shape().size(1) != out) {
            Graph downsample = g.at("downsample");
            shortcut =
                    norm(downsample, "1", downsample.conv2d("0", x, conv(out, 1).withStride(stride)));
        }
        return g.relu(g.add(y, shortcut));
    }

    private static Conv2d conv(int out, int kernel) {
        return Conv2d.of(out, kernel).withSamePadding().withoutBias().withHeInit();
    }

    private static Value norm(Graph g, String name, Value x) {
        return g.batchNorm(name, x, 1e-5, 0.1);
    }
}
