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
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * VGG: 3 x 3 convolutions and max-pooling, nothing else; with or without batch normalisation.
 *
 * <p>Karen Simonyan, Andrew Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
 * <a href="https://arxiv.org/abs/1409.1556">arXiv:1409.1556</a>, table 1, columns A, B, D and E. Names are
 * torchvision's: {@code features.0.weight}. As there, the classifier sees an average of 7 x 7 windows of the last map,
 * whatever the size of the picture.
 *
 * <p>Settings: {@code layers}, how many convolutions each of the five stages has; {@code batch_norm}. Takes
 * {@code image f32[N, 3, H, W]}; gives maps of stride 1, 2, 4, 8, 16 and 32 and {@code pooled f32[N, 512]}, without the
 * three linear layers of the published classifier, which hold nine tenths of its parameters.
 */
public final class Vgg implements Backbone {
    private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512, 512);

    /** A configuration as it was understood. */
    private record Settings(List<Integer> layers, boolean batchNorm, double dropout, int classes) {
        static Settings of(Config c) {
            Settings s = new Settings(
                    Published.integers(c, "layers", List.of(2, 2, 3, 3, 3)),
                    c.flag("batch_norm", false),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0.5), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
            if (s.layers.size() != WIDTHS.size() || s.layers.stream().anyMatch(n -> n < 1)) {
                throw new InvalidArgumentException(
                        "A VGG has five stages.",
                        "layers = " + s.layers,
                        "five numbers of at least 1",
                        "correct 'layers' in the configuration");
            }
            return s;
        }
    }

    private static final Published PUBLISHED = Published.torchvision(published());

    private static List<Variant> published() {
        List<Variant> variants = new ArrayList<>();
        Map<String, List<Integer>> columns = new LinkedHashMap<>();
        columns.put("vgg11", List.of(1, 1, 2, 2, 2));
        columns.put("vgg13", List.of(2, 2, 2, 2, 2));
        columns.put("vgg16", List.of(2, 2, 3, 3, 3));
        columns.put("vgg19", List.of(2, 2, 4, 4, 4));
        columns.forEach((id, layers) -> {
            Config config = Config.empty().with("layers", layers);
            variants.add(new Variant(id, config.with("batch_norm", false)));
            variants.add(new Variant(id + "_bn", config.with("batch_norm", true)));
        });
        return variants;
    }

    @Override
    public String id() {
        return "vgg";
    }

    @Override
    public String title() {
        return "VGG: plain 3 x 3 convolutions (Simonyan and Zisserman 2015, arXiv:1409.1556)";
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
        Value x = Published.input(graph);
        int index = 0; // of the published sequence, in which activations and pooling count, too
        for (int stage = 0; stage < WIDTHS.size(); stage++) {
            List<String> prefixes = new ArrayList<>();
            for (int i = 0; i < s.layers.get(stage); i++) {
                prefixes.add(features.path(Integer.toString(index)));
                Conv2d conv = Conv2d.of(WIDTHS.get(stage), 3).withSamePadding().withHeInit();
                x = features.conv2d(Integer.toString(index++), x, conv);
                if (s.batchNorm) {
                    prefixes.add(features.path(Integer.toString(index)));
                    x = features.batchNorm(Integer.toString(index++), x, 1e-5, 0.1);
                }
                x = features.relu(x);
                index++;
            }
            maps.add(x, 1 << stage);
            x = features.pool2d(Op.PoolKind.MAX, x, 2, 2, 0, false);
            index++;
            layers.add(new Endpoints.Layer("stage" + (stage + 1), prefixes));
        }
        maps.add(x, 1 << WIDTHS.size());
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            outputs.put(Published.LOGITS, classifier(graph, x, s));
            layers.add(Endpoints.Layer.of("classifier"));
        }
        return new Endpoints(outputs, graph.globalAveragePool(x), null, maps.all(), layers);
    }

    /** {@code f32[N, 512, H/32, W/32] -> f32[N, K]}. */
    private static Value classifier(Graph graph, Value map, Settings s) {
        Graph g = graph.at("classifier");
        Value x = g.flatten(g.adaptiveAveragePool2d(map, 7, 7), 1); // f32[N, 25088]
        x = g.dropout(g.relu(linear(g, "0", x, 4096)), s.dropout);
        x = g.dropout(g.relu(linear(g, "3", x, 4096)), s.dropout);
        return linear(g, "6", x, s.classes);
    }

    private static Value linear(Graph g, String name, Value x, int out) {
        return g.linear(name, x, out, true, new Init.Normal(0.01), Init.zeros());
    }
}
