// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * EfficientNet: inverted residuals with squeeze and excitation, scaled in depth, width and resolution together.
 *
 * <p>Mingxing Tan, Quoc Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, <a
 * href="https://arxiv.org/abs/1905.11946">arXiv:1905.11946</a>, table 1; and of the same authors "EfficientNetV2:
 * Smaller Models and Faster Training", ICML 2021, <a href="https://arxiv.org/abs/2104.00298">arXiv:2104.00298</a>,
 * table 4, whose first stages do without depthwise windows. Names are torchvision's:
 * {@code features.1.0.block.0.0.weight}.
 *
 * <p>Settings: {@code arch}, the table: {@code b}, {@code v2_s}, {@code v2_m} or {@code v2_l}; {@code width_mult} and
 * {@code depth_mult} scale the first; {@code norm_eps}, {@code norm_momentum}; {@code stochastic_depth_prob} of the
 * last block, 0 for the first. Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4, 8, 16 and 32 and
 * {@code pooled f32[N, 1280]} (wider from B3 on).
 */
public final class EfficientNet implements Backbone {
    private static final String SILU = "silu";

    /**
     * A stage.
     *
     * @param isFused whether one window does the expansion and the depthwise window's work
     */
    private record Stage(boolean isFused, int expansion, int kernel, int stride, int in, int out, int blocks) {}

    private static Stage mb(int expansion, int kernel, int stride, int in, int out, int blocks) {
        return new Stage(false, expansion, kernel, stride, in, out, blocks);
    }

    private static Stage fused(int expansion, int stride, int in, int out, int blocks) {
        return new Stage(true, expansion, 3, stride, in, out, blocks);
    }

    private static final String SCALED = "b";

    /** The tables of the papers. */
    private static final Map<String, List<Stage>> TABLES = Map.of(
            SCALED,
            List.of(
                    mb(1, 3, 1, 32, 16, 1),
                    mb(6, 3, 2, 16, 24, 2),
                    mb(6, 5, 2, 24, 40, 2),
                    mb(6, 3, 2, 40, 80, 3),
                    mb(6, 5, 1, 80, 112, 3),
                    mb(6, 5, 2, 112, 192, 4),
                    mb(6, 3, 1, 192, 320, 1)),
            "v2_s",
            List.of(
                    fused(1, 1, 24, 24, 2),
                    fused(4, 2, 24, 48, 4),
                    fused(4, 2, 48, 64, 4),
                    mb(4, 3, 2, 64, 128, 6),
                    mb(6, 3, 1, 128, 160, 9),
                    mb(6, 3, 2, 160, 256, 15)),
            "v2_m",
            List.of(
                    fused(1, 1, 24, 24, 3),
                    fused(4, 2, 24, 48, 5),
                    fused(4, 2, 48, 80, 5),
                    mb(4, 3, 2, 80, 160, 7),
                    mb(6, 3, 1, 160, 176, 14),
                    mb(6, 3, 2, 176, 304, 18),
                    mb(6, 3, 1, 304, 512, 5)),
            "v2_l",
            List.of(
                    fused(1, 1, 32, 32, 4),
                    fused(4, 2, 32, 64, 7),
                    fused(4, 2, 64, 96, 7),
                    mb(4, 3, 2, 96, 192, 10),
                    mb(6, 3, 1, 192, 224, 19),
                    mb(6, 3, 2, 224, 384, 25),
                    mb(6, 3, 1, 384, 640, 7)));

    /** A configuration as it was understood, its stages scaled. */
    private record Settings(
            List<Stage> stages, int last, ConvNorm conv, double stochasticDepth, double dropout, int classes) {
        static Settings of(Config c) {
            String arch = c.text("arch", SCALED);
            List<Stage> table = TABLES.get(arch);
            if (table == null) {
                throw new UnknownNameException(
                        "table of EfficientNet", arch, TABLES.keySet(), "correct 'arch' in the configuration");
            }
            boolean isScaled = arch.equals(SCALED);
            double width = Checks.positive("width_mult", c.number("width_mult", 1));
            double depth = Checks.positive("depth_mult", c.number("depth_mult", 1));
            List<Stage> stages = table.stream()
                    .map(s -> isScaled ? scaled(s, width, depth) : s)
                    .toList();
            return new Settings(
                    stages,
                    isScaled ? 4 * stages.get(stages.size() - 1).out : 1280,
                    new ConvNorm(
                            "0",
                            "1",
                            Checks.positive("norm_eps", c.number("norm_eps", 1e-5)),
                            Checks.between("norm_momentum", c.number("norm_momentum", 0.1), 0, 1)),
                    Checks.between("stochastic_depth_prob", c.number("stochastic_depth_prob", 0.2), 0, 1),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0.2), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
        }

        private static Stage scaled(Stage s, double width, double depth) {
            return new Stage(
                    s.isFused,
                    s.expansion,
                    s.kernel,
                    s.stride,
                    Channels.rounded(s.in * width),
                    Channels.rounded(s.out * width),
                    (int) Math.ceil(s.blocks * depth));
        }
    }

    private static final Published PUBLISHED = Published.torchvision(published(), "stochastic_depth_prob");

    private static List<Variant> published() {
        return List.of(
                scaled("efficientnet_b0", 1.0, 1.0, 0.2, 1e-5, 0.1),
                scaled("efficientnet_b1", 1.0, 1.1, 0.2, 1e-5, 0.1),
                scaled("efficientnet_b2", 1.1, 1.2, 0.3, 1e-5, 0.1),
                scaled("efficientnet_b3", 1.2, 1.4, 0.3, 1e-5, 0.1),
                scaled("efficientnet_b4", 1.4, 1.8, 0.4, 1e-5, 0.1),
                scaled("efficientnet_b5", 1.6, 2.2, 0.4, 1e-3, 0.01),
                scaled("efficientnet_b6", 1.8, 2.6, 0.5, 1e-3, 0.01),
                scaled("efficientnet_b7", 2.0, 3.1, 0.5, 1e-3, 0.01),
                second("efficientnet_v2_s", "v2_s", 0.2),
                second("efficientnet_v2_m", "v2_m", 0.3),
                second("efficientnet_v2_l", "v2_l", 0.4));
    }

    private static Variant scaled(
            String id, double width, double depth, double dropout, double epsilon, double momentum) {
        return new Variant(
                id,
                common(SCALED, dropout, epsilon)
                        .with("width_mult", width)
                        .with("depth_mult", depth)
                        .with("norm_momentum", momentum));
    }

    private static Variant second(String id, String arch, double dropout) {
        return new Variant(id, common(arch, dropout, 1e-3));
    }

    private static Config common(String arch, double dropout, double epsilon) {
        return Config.empty()
                .with("arch", arch)
                .with(Published.DROPOUT, dropout)
                .with("stochastic_depth_prob", 0.2)
                .with("norm_eps", epsilon);
    }

    @Override
    public String id() {
        return "efficientnet";
    }

    @Override
    public String title() {
        return "EfficientNet, EfficientNetV2: scaled in depth, width and resolution (Tan and Le 2019, arXiv:1905.11946)";
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
        Conv2d stem = conv(s.stages.get(0).in, 3).withStride(2);
        Value x = s.conv.apply(features.at(0), Published.input(graph), stem, SILU);
        int stride = 2;
        maps.add(x, stride);
        layers.add(Endpoints.Layer.of(features.path("0")));
        int total = s.stages.stream().mapToInt(Stage::blocks).sum();
        int done = 0;
        for (Stage stage : s.stages) {
            Graph scope = features.at(layers.size());
            for (int i = 0; i < stage.blocks; i++) {
                int step = i == 0 ? stage.stride : 1;
                double drop = s.stochasticDepth * done++ / total;
                x = block(scope.at(i).at("block"), x, stage, step, drop, s.conv);
            }
            stride *= stage.stride;
            maps.add(x, stride);
            layers.add(Endpoints.Layer.of(scope.path("")));
        }
        Graph scope = features.at(layers.size());
        x = s.conv.apply(scope, x, conv(s.last, 1), SILU);
        maps.add(x, stride);
        layers.add(Endpoints.Layer.of(scope.path("")));
        Value pooled = graph.globalAveragePool(x);
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            Init init = new Init.Uniform(1 / Math.sqrt(s.classes));
            Value dropped = graph.dropout(pooled, s.dropout);
            outputs.put(
                    Published.LOGITS, graph.at("classifier").linear("1", dropped, s.classes, true, init, Init.zeros()));
            layers.add(Endpoints.Layer.of("classifier"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value block(Graph g, Value x, Stage stage, int stride, double drop, ConvNorm norm) {
        int in = (int) x.shape().size(1);
        int wide = Channels.rounded(in * (double) stage.expansion);
        int index = 0;
        Value y = x;
        if (stage.isFused && wide == in) {
            y = norm.apply(g.at(index), y, conv(stage.out, stage.kernel).withStride(stride), SILU);
        } else {
            if (stage.isFused) {
                y = norm.apply(g.at(index++), y, conv(wide, stage.kernel).withStride(stride), SILU);
            } else {
                if (wide != in) {
                    y = norm.apply(g.at(index++), y, conv(wide, 1), SILU);
                }
                Conv2d depthwise = conv(wide, stage.kernel).withStride(stride).withGroups(wide);
                y = norm.apply(g.at(index++), y, depthwise, SILU);
                y = SqueezeExcitation.apply(g.at(index++), y, Math.max(1, in / 4), SILU, "sigmoid");
            }
            y = norm.apply(g.at(index), y, conv(stage.out, 1), ConvNorm.LINEAR);
        }
        return stride == 1 && in == stage.out ? g.add(g.stochasticDepth(y, drop), x) : y;
    }

    private static Conv2d conv(int out, int kernel) {
        return Conv2d.of(out, kernel).withSamePadding().withHeInit();
    }
}
