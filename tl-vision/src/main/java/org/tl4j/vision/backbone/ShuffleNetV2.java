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
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * ShuffleNet v2: half of the channels pass each block untouched, then both halves are shuffled.
 *
 * <p>Ningning Ma, Xiangyu Zhang, Hai-Tao Zheng, Jian Sun, "ShuffleNet V2: Practical Guidelines for Efficient CNN
 * Architecture Design", ECCV 2018, <a href="https://arxiv.org/abs/1807.11164">arXiv:1807.11164</a>, table 5. Names are
 * torchvision's: {@code stage2.0.branch1.0.weight}.
 *
 * <p>Settings: {@code stages_repeats}, blocks of the three stages; {@code stages_out_channels}, of the stem, the stages
 * and the last convolution. Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4, 8, 16 and 32 and
 * {@code pooled f32[N, 1024]} (2048 for the widest).
 */
public final class ShuffleNetV2 implements Backbone {
    private static final ConvNorm STEM = new ConvNorm("0", "1", 1e-5, 0.1);

    private static final String SHUFFLE = "shuffle";

    private static final Published PUBLISHED = Published.torchvision(published().subList(0, 4));

    private static List<Variant> published() {
        return List.of(
                variant("shufflenet_v2_x0_5", 24, 48, 96, 192, 1024),
                variant("shufflenet_v2_x1_0", 24, 116, 232, 464, 1024),
                variant("shufflenet_v2_x1_5", 24, 176, 352, 704, 1024),
                variant("shufflenet_v2_x2_0", 24, 244, 488, 976, 2048),
                new Variant(
                        "shufflenet_v2_fastestdet",
                        variant("", 24, 48, 96, 192, 0).config().with(SHUFFLE, "before")));
    }

    private static Variant variant(String id, Integer... channels) {
        return new Variant(
                id,
                Config.empty().with("stages_repeats", List.of(4, 8, 4)).with("stages_out_channels", List.of(channels)));
    }

    @Override
    public String id() {
        return "shufflenet-v2";
    }

    @Override
    public String title() {
        return "ShuffleNet v2: half of the channels pass by (Ma et al. 2018, arXiv:1807.11164)";
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
        Map<String, String> authors = new LinkedHashMap<>();
        authors.put("^first_conv\\.", "conv1.");
        authors.put("\\.branch_proj\\.", ".branch1.");
        authors.put("\\.branch_main\\.", ".branch2.");
        return new CheckpointNames(List.of(), List.of("fc."), authors);
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
        List<Integer> repeats = Published.integers(config, "stages_repeats", List.of(4, 8, 4));
        List<Integer> channels = Published.integers(config, "stages_out_channels", List.of(24, 116, 232, 464, 1024));
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        boolean fits = repeats.size() == 3
                && channels.size() == 5
                && repeats.stream().allMatch(n -> n > 0)
                && channels.subList(0, 4).stream().allMatch(n -> n > 0)
                && channels.get(4) >= 0
                && channels.subList(1, 4).stream().allMatch(n -> n % 2 == 0);
        if (!fits) {
            throw new InvalidArgumentException(
                    "A ShuffleNet v2 has three stages.",
                    "stages_repeats = " + repeats + ", stages_out_channels = " + channels,
                    "three numbers of at least 1, five numbers of channels, those of the stages even, the last 0 for none",
                    "correct the configuration");
        }
        boolean before = before(config.text(SHUFFLE, "after"));
        FeatureMaps maps = new FeatureMaps();
        List<Endpoints.Layer> layers = new ArrayList<>();
        Value x = STEM.apply(
                graph.at("conv1"),
                Published.input(graph),
                conv(channels.get(0), 3).withStride(2),
                "relu");
        maps.add(x, 2);
        layers.add(Endpoints.Layer.of("conv1"));
        x = graph.pool2d(Op.PoolKind.MAX, x, 3, 2, 1, false);
        maps.add(x, 4);
        for (int stage = 0; stage < repeats.size(); stage++) {
            Graph g = graph.at("stage" + (stage + 2));
            for (int i = 0; i < repeats.get(stage); i++) {
                x = i == 0 ? strided(g.at(i), x, channels.get(stage + 1), before) : block(g.at(i), x, before);
            }
            maps.add(x, 8 << stage);
            layers.add(Endpoints.Layer.of(g.path("")));
        }
        if (channels.get(4) > 0) {
            x = STEM.apply(graph.at("conv5"), x, conv(channels.get(4), 1), "relu");
            maps.add(x, 32);
            layers.add(Endpoints.Layer.of("conv5"));
        }
        Value pooled = graph.globalAveragePool(x);
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(Published.LOGITS, graph.linear("fc", pooled, classes));
            layers.add(Endpoints.Layer.of("fc"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    /** Both branches see all channels, at half the height and width. */
    private static Value strided(Graph g, Value x, int out, boolean before) {
        Graph first = g.at("branch1");
        Value left = norm(first, "1", depthwise(first, "0", x, 2));
        left = first.relu(norm(first, "3", first.conv2d("2", left, conv(out / 2, 1))));
        Value right = branch(g.at("branch2"), x, out / 2, 2);
        return before ? g.concat(1, left, right) : shuffled(g, left, right);
    }

    private static Value block(Graph g, Value x, boolean before) {
        long half = x.shape().size(1) / 2;
        if (before) {
            Value left = g.everyNth(x, 1, 2);
            Value right = g.everyNth(g.slice(x, 1, 1, 2 * half), 1, 2);
            return g.concat(1, left, branch(g.at("branch2"), right, half, 1));
        }
        List<Value> parts = g.add("split", new Op.Split(1, List.of(half, half)), x);
        return shuffled(g, parts.get(0), branch(g.at("branch2"), parts.get(1), half, 1));
    }

    /** Whether blocks take every other channel of what comes, as the authors' code, or shuffle what they give. */
    private static boolean before(String shuffle) {
        if (!shuffle.equals("before") && !shuffle.equals("after")) {
            throw new UnknownNameException(
                    "place of the shuffle",
                    shuffle,
                    List.of("before", "after"),
                    "correct 'shuffle' in the configuration");
        }
        return shuffle.equals("before");
    }

    private static Value branch(Graph g, Value x, long width, int stride) {
        Value y = g.relu(norm(g, "1", g.conv2d("0", x, conv(width, 1))));
        y = norm(g, "4", depthwise(g, "3", y, stride));
        return g.relu(norm(g, "6", g.conv2d("5", y, conv(width, 1))));
    }

    /**
     * One channel of each half in turn. Each channel becomes an axis of two, so that no height or width has to be
     * known: {@code 2 x [N, C/2, H, W] -> [N, C/2, 2, H, W] -> [N, C, H, W]}.
     */
    private static Value shuffled(Graph g, Value left, Value right) {
        Value pairs = g.concat(2, g.unsqueeze(left, 2), g.unsqueeze(right, 2));
        Value lengths = g.concat(0, g.integers(0, 2 * left.shape().size(1)), g.sizeOf(left, 2), g.sizeOf(left, 3));
        return g.add("shuffle", new Op.Reshape(), pairs, lengths).get(0);
    }

    private static Conv2d conv(long out, int kernel) {
        return Conv2d.of(out, kernel).withSamePadding().withoutBias();
    }

    private static Value depthwise(Graph g, String name, Value x, int stride) {
        long channels = x.shape().size(1);
        return g.conv2d(name, x, conv(channels, 3).withStride(stride).withGroups(channels));
    }

    private static Value norm(Graph g, String name, Value x) {
        return g.batchNorm(name, x, 1e-5, 0.1);
    }
}
