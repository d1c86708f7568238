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
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * Inception v3: GoogLeNet's branches with windows taken apart into rows and columns.
 *
 * <p>Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna, "Rethinking the Inception
 * Architecture for Computer Vision", CVPR 2016, <a href="https://arxiv.org/abs/1512.00567">arXiv:1512.00567</a>, table
 * 1. Names are torchvision's: {@code Mixed_5b.branch1x1.conv.weight}.
 *
 * <p>Settings: {@code transform_input}, true for torchvision's published weights: pictures that are normalised by
 * ImageNet's means and deviations are brought to the range that these weights want; {@code aux_logits} (true unless
 * set): the classifier comes with an auxiliary one, whose answer {@code aux_logits} is for training alone and needs
 * pictures of at least 299 x 299. Takes {@code image f32[N, 3, H, W]} of at least 75 x 75, published for 299 x 299;
 * gives maps of stride 2, 4, 8, 16 and 32 (each a little smaller than H over its stride, for few convolutions pad) and
 * {@code pooled f32[N, 2048]}.
 */
public final class InceptionV3 implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("conv", "bn", 1e-3, 0.1);
    private static final String AUXILIARY = "aux_logits";

    private static final Published PUBLISHED = Published.torchvision(published(), "transform_input", AUXILIARY);

    private static List<Variant> published() {
        return List.of(new Variant("inception_v3", Config.empty().with("transform_input", true)));
    }

    @Override
    public String id() {
        return "inception-v3";
    }

    @Override
    public String title() {
        return "Inception v3: windows taken apart into rows and columns (Szegedy et al. 2016, arXiv:1512.00567)";
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
        return new CheckpointNames(List.of(), List.of("fc.", "AuxLogits."));
    }

    @Override
    public Config input(Config config) {
        return Config.empty().with("size", List.of(3, 299, 299)).with("resizeTo", 342);
    }

    @Override
    public Set<String> references() {
        return PUBLISHED.references().keySet();
    }

    /** The builder transforms its input only for published weights, or if it is told to. */
    @Override
    public Config reference(String source, Config arguments, Config config) {
        return PUBLISHED.reference(
                source, Config.empty().with("transform_input", false).with(arguments));
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return Published.image(inputs);
    }

    /** In training torchvision answers with a tuple: the classifier and the auxiliary one. */
    @Override
    public String referenceOutput(String key) {
        return switch (key) {
            case "0" -> Published.LOGITS;
            case "1" -> AUXILIARY;
            default -> Published.output(key);
        };
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        double dropout = Checks.between(Published.DROPOUT, config.number(Published.DROPOUT, 0.5), 0, 1);
        Value x = Published.input(graph);
        if (config.flag("transform_input", false)) {
            x = Published.inceptionInput(graph, x);
        }
        FeatureMaps maps = new FeatureMaps();
        x = conv(graph, "Conv2d_1a_3x3", x, Conv2d.of(32, 3).withStride(2));
        x = conv(graph, "Conv2d_2a_3x3", x, Conv2d.of(32, 3));
        x = conv(graph, "Conv2d_2b_3x3", x, Conv2d.of(64, 3).withSamePadding());
        maps.add(x, 2);
        x = conv(graph, "Conv2d_3b_1x1", pool(graph, x), Conv2d.of(80, 1));
        x = conv(graph, "Conv2d_4a_3x3", x, Conv2d.of(192, 3));
        maps.add(x, 4);
        x = squares(graph.at("Mixed_5b"), pool(graph, x), 32);
        x = squares(graph.at("Mixed_5c"), x, 64);
        x = squares(graph.at("Mixed_5d"), x, 64);
        maps.add(x, 8);
        x = firstReduction(graph.at("Mixed_6a"), x);
        x = lines(graph.at("Mixed_6b"), x, 128);
        x = lines(graph.at("Mixed_6c"), x, 160);
        x = lines(graph.at("Mixed_6d"), x, 160);
        Value middle = lines(graph.at("Mixed_6e"), x, 192);
        maps.add(middle, 16);
        x = secondReduction(graph.at("Mixed_7a"), middle);
        x = spread(graph.at("Mixed_7b"), x);
        x = spread(graph.at("Mixed_7c"), x);
        maps.add(x, 32);

        List<Endpoints.Layer> layers = new ArrayList<>();
        for (String name : List.of("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3")) {
            layers.add(Endpoints.Layer.of("Conv2d_" + name));
        }
        for (String name : List.of("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")) {
            layers.add(Endpoints.Layer.of("Mixed_" + name));
        }
        Value pooled = graph.globalAveragePool(x); // f32[N, 2048]
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(Published.LOGITS, linear(graph, graph.dropout(pooled, dropout), classes, 0.1));
            layers.add(Endpoints.Layer.of("fc"));
        }
        if (classes > 0 && config.flag(AUXILIARY, true)) {
            outputs.put(AUXILIARY, auxiliary(graph.at("AuxLogits"), middle, classes));
            layers.add(Endpoints.Layer.of("AuxLogits"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value pool(Graph g, Value x) {
        return g.pool2d(Op.PoolKind.MAX, x, 3, 2, 0, false);
    }

    /** Figure 5 of the paper: 5 x 5, and two 3 x 3 one after the other. */
    private static Value squares(Graph g, Value x, int pooled) {
        return g.concat(
                1,
                conv(g, "branch1x1", x, Conv2d.of(64, 1)),
                chain(g, x, "branch5x5_", Conv2d.of(48, 1), Conv2d.of(64, 5)),
                chain(g, x, "branch3x3dbl_", Conv2d.of(64, 1), Conv2d.of(96, 3), Conv2d.of(96, 3)),
                averaged(g, x, pooled));
    }

    /** Figure 10: half the height and width. */
    private static Value firstReduction(Graph g, Value x) {
        Value doubled = chain(g, x, "branch3x3dbl_", Conv2d.of(64, 1), Conv2d.of(96, 3));
        return g.concat(
                1,
                conv(g, "branch3x3", x, Conv2d.of(384, 3).withStride(2)),
                conv(g, "branch3x3dbl_3", doubled, Conv2d.of(96, 3).withStride(2)),
                pool(g, x));
    }

    /** Figure 6: 7 x 7 as rows and columns. */
    private static Value lines(Graph g, Value x, int width) {
        Conv2d narrow = Conv2d.of(width, 1);
        Conv2d row = Conv2d.of(width, 1, 7);
        Conv2d column = Conv2d.of(width, 7, 1);
        return g.concat(
                1,
                conv(g, "branch1x1", x, Conv2d.of(192, 1)),
                chain(g, x, "branch7x7_", narrow, row, Conv2d.of(192, 7, 1)),
                chain(g, x, "branch7x7dbl_", narrow, column, row, column, Conv2d.of(192, 1, 7)),
                averaged(g, x, 192));
    }

    private static Value secondReduction(Graph g, Value x) {
        Conv2d narrow = Conv2d.of(192, 1);
        Value sevens = chain(g, x, "branch7x7x3_", narrow, Conv2d.of(192, 1, 7), Conv2d.of(192, 7, 1));
        return g.concat(
                1,
                conv(
                        g,
                        "branch3x3_2",
                        conv(g, "branch3x3_1", x, narrow),
                        Conv2d.of(320, 3).withStride(2)),
                conv(g, "branch7x7x3_4", sevens, Conv2d.of(192, 3).withStride(2)),
                pool(g, x));
    }

    /** Figure 7: rows and columns side by side. */
    private static Value spread(Graph g, Value x) {
        Value threes = conv(g, "branch3x3_1", x, Conv2d.of(384, 1));
        Value doubled = chain(g, x, "branch3x3dbl_", Conv2d.of(448, 1), Conv2d.of(384, 3));
        return g.concat(
                1,
                conv(g, "branch1x1", x, Conv2d.of(320, 1)),
                g.concat(1, row(g, "branch3x3_2a", threes), column(g, "branch3x3_2b", threes)),
                g.concat(1, row(g, "branch3x3dbl_3a", doubled), column(g, "branch3x3dbl_3b", doubled)),
                averaged(g, x, 192));
    }

    private static Value row(Graph g, String name, Value x) {
        return conv(g, name, x, Conv2d.of(384, 1, 3).withSamePadding());
    }

    private static Value column(Graph g, String name, Value x) {
        return conv(g, name, x, Conv2d.of(384, 3, 1).withSamePadding());
    }

    private static Value averaged(Graph g, Value x, int out) {
        return conv(g, "branch_pool", g.pool2d(Op.PoolKind.AVERAGE, x, 3, 1, 1, false), Conv2d.of(out, 1));
    }

    /** Convolutions that keep the size, one after the other, numbered from 1. */
    private static Value chain(Graph g, Value x, String prefix, Conv2d... convolutions) {
        for (int i = 0; i < convolutions.length; i++) {
            x = conv(g, prefix + (i + 1), x, convolutions[i].withSamePadding());
        }
        return x;
    }

    /** {@code f32[N, 768, H/16, W/16] -> f32[N, K]}. */
    private static Value auxiliary(Graph g, Value map, int classes) {
        Value x = g.pool2d(Op.PoolKind.AVERAGE, map, 5, 3, 0, false);
        x = conv(g, "conv0", x, Conv2d.of(128, 1));
        x = conv(g, "conv1", x, Conv2d.of(768, 5));
        return linear(g, g.globalAveragePool(x), classes, 0.001);
    }

    /** A convolution with its norm, as {@code NAME.conv} and {@code NAME.bn}. */
    private static Value conv(Graph g, String name, Value x, Conv2d c) {
        return CONV.apply(g.at(name), x, c.withInit(new Init.Normal(0.1)), "relu");
    }

    private static Value linear(Graph g, Value x, int out, double deviation) {
        return g.linear(
                "fc",
                x,
                out,
                true,
                new Init.Normal(deviation),
                new Init.FanIn(x.shape().size(1)));
    }
}
