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
 * GoogLeNet (Inception v1): modules of four branches with windows of different size, whose channels are joined.
 *
 * <p>Christian Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, <a
 * href="https://arxiv.org/abs/1409.4842">arXiv:1409.4842</a>, table 1. Names are torchvision's:
 * {@code inception3a.branch1.conv.weight}. As there, and not in the paper, each convolution is batch-normalised and the
 * branch of 5 x 5 has windows of 3 x 3.
 *
 * <p>Settings: {@code transform_input}, true for torchvision's published weights: pictures that are normalised by
 * ImageNet's means and deviations are brought to the range that these weights want; {@code aux_logits} (true unless
 * set): the classifier comes with the two auxiliary ones, whose answers {@code aux_logits1} and {@code aux_logits2} are
 * for training alone. Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4, 8, 16 and 32 and {@code pooled
 * f32[N, 1024]}.
 */
public final class GoogLeNet implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("conv", "bn", 1e-3, 0.1);
    private static final Init INIT = new Init.Normal(0.01);

    private static final Published PUBLISHED =
            Published.torchvision(published(), "transform_input", "aux_logits", "dropout_aux");

    private static List<Variant> published() {
        return List.of(new Variant("googlenet", Config.empty().with("transform_input", true)));
    }

    @Override
    public String id() {
        return "googlenet";
    }

    @Override
    public String title() {
        return "GoogLeNet, Inception v1: branches of different windows (Szegedy et al. 2015, arXiv:1409.4842)";
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
        return new CheckpointNames(List.of(), List.of("fc.", "aux1.", "aux2."));
    }

    @Override
    public Set<String> references() {
        return PUBLISHED.references().keySet();
    }

    /** The builder transforms its input only for published weights, or if it is told to. */
    @Override
    public Config reference(String source, Config arguments, Config config) {
        return PUBLISHED.reference(
                source,
                Config.empty().with("transform_input", false).with(arguments).with("dropout_aux", 0));
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return Published.image(inputs);
    }

    /** In training torchvision answers with a tuple: the classifier, the second auxiliary one, the first. */
    @Override
    public String referenceOutput(String key) {
        return switch (key) {
            case "0" -> Published.LOGITS;
            case "1" -> "aux_logits2";
            case "2" -> "aux_logits1";
            default -> Published.output(key);
        };
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        double dropout = Checks.between(Published.DROPOUT, config.number(Published.DROPOUT, 0.2), 0, 1);
        double auxDropout = Checks.between("dropout_aux", config.number("dropout_aux", 0.7), 0, 1);
        boolean auxiliary = classes > 0 && config.flag("aux_logits", true);
        Value x = Published.input(graph);
        if (config.flag("transform_input", false)) {
            x = Published.inceptionInput(graph, x);
        }
        FeatureMaps maps = new FeatureMaps();
        x = conv(graph, "conv1", x, Conv2d.of(64, 7).withStride(2).withPadding(3));
        maps.add(x, 2);
        x = conv(graph, "conv2", pool(graph, x, 3), Conv2d.of(64, 1));
        x = conv(graph, "conv3", x, Conv2d.of(192, 3).withPadding(1));
        maps.add(x, 4);
        x = module(graph.at("inception3a"), pool(graph, x, 3), 64, 96, 128, 16, 32, 32);
        x = module(graph.at("inception3b"), x, 128, 128, 192, 32, 96, 64);
        maps.add(x, 8);
        Value first = module(graph.at("inception4a"), pool(graph, x, 3), 192, 96, 208, 16, 48, 64);
        x = module(graph.at("inception4b"), first, 160, 112, 224, 24, 64, 64);
        x = module(graph.at("inception4c"), x, 128, 128, 256, 24, 64, 64);
        Value second = module(graph.at("inception4d"), x, 112, 144, 288, 32, 64, 64);
        x = module(graph.at("inception4e"), second, 256, 160, 320, 32, 128, 128);
        maps.add(x, 16);
        x = module(graph.at("inception5a"), pool(graph, x, 2), 256, 160, 320, 32, 128, 128);
        x = module(graph.at("inception5b"), x, 384, 192, 384, 48, 128, 128);
        maps.add(x, 32);

        List<Endpoints.Layer> layers = new ArrayList<>();
        layers.add(new Endpoints.Layer("stem", List.of("conv1", "conv2", "conv3")));
        for (String module : List.of("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")) {
            layers.add(Endpoints.Layer.of("inception" + module));
        }
        Value pooled = graph.globalAveragePool(x); // f32[N, 1024]
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(Published.LOGITS, linear(graph, "fc", graph.dropout(pooled, dropout), classes));
            layers.add(Endpoints.Layer.of("fc"));
        }
        if (auxiliary) {
            outputs.put("aux_logits2", auxiliary(graph.at("aux2"), second, classes, auxDropout));
            outputs.put("aux_logits1", auxiliary(graph.at("aux1"), first, classes, auxDropout));
            layers.add(Endpoints.Layer.of("aux2"));
            layers.add(Endpoints.Layer.of("aux1"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value pool(Graph g, Value x, int kernel) {
        return g.pool2d(Op.PoolKind.MAX, x, kernel, 2, 0, true);
    }

    /** The channels of the four branches; of two of them also of the 1 x 1 before. */
    private static Value module(
            Graph g, Value x, int ones, int before3, int threes, int before5, int fives, int pooled) {
        Value pool = g.pool2d(Op.PoolKind.MAX, x, 3, 1, 1, true);
        return g.concat(
                1,
                conv(g, "branch1", x, Conv2d.of(ones, 1)),
                conv(
                        g.at("branch2"),
                        "1",
                        conv(g.at("branch2"), "0", x, Conv2d.of(before3, 1)),
                        Conv2d.of(threes, 3).withPadding(1)),
                conv(
                        g.at("branch3"),
                        "1",
                        conv(g.at("branch3"), "0", x, Conv2d.of(before5, 1)),
                        Conv2d.of(fives, 3).withPadding(1)),
                conv(g.at("branch4"), "1", pool, Conv2d.of(pooled, 1)));
    }

    /** {@code f32[N, C, H/16, W/16] -> f32[N, K]}. */
    private static Value auxiliary(Graph g, Value map, int classes, double dropout) {
        Value x = conv(g, "conv", g.adaptiveAveragePool2d(map, 4, 4), Conv2d.of(128, 1));
        x = g.relu(linear(g, "fc1", g.flatten(x, 1), 1024));
        return linear(g, "fc2", g.dropout(x, dropout), classes);
    }

    /** A convolution with its norm, as {@code NAME.conv} and {@code NAME.bn}. */
    private static Value conv(Graph g, String name, Value x, Conv2d c) {
        return CONV.apply(g.at(name), x, c.withInit(INIT), "relu");
    }

    private static Value linear(Graph g, String name, Value x, int out) {
        return g.linear(name, x, out, true, INIT, new Init.FanIn(x.shape().size(1)));
    }
}
