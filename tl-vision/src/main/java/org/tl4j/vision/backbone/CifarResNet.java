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
 * ResNets for pictures of 32 x 32, such as CIFAR-10: three stages of basic blocks, shortcuts without parameters.
 *
 * <p>Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, <a
 * href="https://arxiv.org/abs/1512.03385">arXiv:1512.03385</a>, section 4.2. Where a stage begins, the shortcut takes
 * every second pixel and fills the new channels with zeros, half of them before the old ones and half after (option A).
 * Names are those of Yerlan Idelbayev's checkpoints, <a
 * href="https://github.com/akamaster/pytorch_resnet_cifar10">pytorch_resnet_cifar10</a>: {@code layer1.0.conv1.weight},
 * {@code linear.weight}.
 *
 * <p>Settings: {@code blocks}, how many each stage has; {@code ResNet-20} has 3. Takes {@code image f32[N, 3, H, W]};
 * gives maps of stride 1, 2 and 4 with 16, 32 and 64 channels and {@code pooled f32[N, 64]}.
 */
public final class CifarResNet implements Backbone {
    private static final int STAGES = 3;
    private static final int WIDTH = 16;

    /** The published network has 10 classes. */
    private static final Published PUBLISHED = Published.of("vision_references:", published(), 10, "blocks");

    private static List<Variant> published() {
        List<Variant> variants = new ArrayList<>();
        for (int depth : new int[] {20, 32, 44, 56, 110}) {
            variants.add(new Variant("resnet" + depth, Config.empty().with("blocks", (depth - 2) / (2 * STAGES))));
        }
        return variants;
    }

    @Override
    public String id() {
        return "cifar-resnet";
    }

    @Override
    public String title() {
        return "ResNet for 32 x 32 pictures, shortcuts without parameters (He et al. 2016, arXiv:1512.03385)";
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
        return new CheckpointNames(List.of(), List.of("linear."));
    }

    /** As the published weights were trained; pictures of 32 x 32 are seen whole. */
    @Override
    public Config input(Config config) {
        return Config.empty().with("size", List.of(3, 32, 32)).with("cropPct", 1);
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
        int blocks = Checks.positive("blocks", config.integer("blocks", 3));
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        FeatureMaps maps = new FeatureMaps();
        List<Endpoints.Layer> layers = new ArrayList<>();
        Value x = graph.relu(norm(graph, "bn1", conv(graph, "conv1", Published.input(graph), WIDTH, 1)));
        layers.add(new Endpoints.Layer("stem", List.of("conv1", "bn1")));
        for (int stage = 0; stage < STAGES; stage++) {
            Graph layer = graph.at("layer" + (stage + 1));
            for (int i = 0; i < blocks; i++) {
                x = block(layer.at(i), x, WIDTH << stage, stage > 0 && i == 0 ? 2 : 1);
            }
            maps.add(x, 1 << stage);
            layers.add(Endpoints.Layer.of(layer.path("")));
        }
        Value pooled = graph.globalAveragePool(x); // f32[N, 64]
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(Published.LOGITS, graph.linear("linear", pooled, classes));
            layers.add(Endpoints.Layer.of("linear"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value block(Graph g, Value x, int out, int stride) {
        Value y = g.relu(norm(g, "bn1", conv(g, "conv1", x, out, stride)));
        y = norm(g, "bn2", conv(g, "conv2", y, out, 1));
        return g.relu(g.add(y, stride == 1 ? x : shortcut(g, x, out)));
    }

    /** {@code f32[N, C, H, W] -> f32[N, out, (H + 1)/2, (W + 1)/2]}. */
    private static Value shortcut(Graph g, Value x, long out) {
        long before = (out - x.shape().size(1)) / 2;
        long after = out - x.shape().size(1) - before;
        Value small = g.everyNth(g.everyNth(x, 2, 2), 3, 2);
        Op pad = new Op.Pad(Op.PadMode.CONSTANT, 0);
        return g.add("shortcut", pad, small, g.integers(0, before, 0, 0, 0, after, 0, 0))
                .get(0);
    }

    private static Value conv(Graph g, String name, Value x, int out, int stride) {
        return g.conv2d(
                name,
                x,
                Conv2d.of(out, 3)
                        .withSamePadding()
                        .withStride(stride)
                        .withoutBias()
                        .withHeInit());
    }

    private static Value norm(Graph g, String name, Value x) {
        return g.batchNorm(name, x, 1e-5, 0.1);
    }
}
