// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static java.util.Objects.requireNonNull;

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
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * SqueezeNet: fire modules, which squeeze channels by 1 x 1 and expand them by 1 x 1 and 3 x 3.
 *
 * <p>Forrest Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and &lt;0.5MB model size",
 * 2016, <a href="https://arxiv.org/abs/1602.07360">arXiv:1602.07360</a>, table 1; version 1.1 is the authors' later
 * one, 2.4 times cheaper. Names are torchvision's: {@code features.3.squeeze.weight}. Pooling rounds up, and the first
 * convolution does not pad.
 *
 * <p>Settings: {@code version}, {@code 1_0} or {@code 1_1}. Takes {@code image f32[N, 3, H, W]}; gives maps of stride
 * 2, 4, 8 and 16 (each a little smaller than H over its stride) and {@code pooled f32[N, 512]}.
 */
public final class SqueezeNet implements Backbone {
    /**
     * The published sequence.
     *
     * @param stem channels of the first convolution
     * @param kernel of the first convolution
     * @param squeezes for each fire module the channels that it squeezes to, 0 for pooling; each expands to eight times
     *     as many
     */
    private record Version(int stem, int kernel, List<Integer> squeezes) {}

    private static final Map<String, Version> VERSIONS = Map.of(
            "1_0", new Version(96, 7, List.of(0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64)),
            "1_1", new Version(64, 3, List.of(0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64)));

    /** A configuration as it was understood. */
    private record Settings(Version version, double dropout, int classes) {
        static Settings of(Config c) {
            String name = c.text("version", "1_1");
            Version version = VERSIONS.get(name);
            if (version == null) {
                throw new UnknownNameException(
                        "version of SqueezeNet", name, VERSIONS.keySet(), "correct 'version' in the configuration");
            }
            return new Settings(
                    version,
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0.5), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
        }
    }

    private static final Published PUBLISHED = Published.torchvision(published());

    private static List<Variant> published() {
        return List.of(
                new Variant("squeezenet1_0", Config.empty().with("version", "1_0")),
                new Variant("squeezenet1_1", Config.empty().with("version", "1_1")));
    }

    @Override
    public String id() {
        return "squeezenet";
    }

    @Override
    public String title() {
        return "SqueezeNet: fire modules, very few parameters (Iandola et al. 2016, arXiv:1602.07360)";
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
        return new CheckpointNames(List.of(), List.of("classifier."), modelZoo());
    }

    /**
     * The names that the ONNX model zoo and its copies give version 1.1: convolutions numbered as they come, of each
     * fire module the squeezing one, then the 1 x 1, then the 3 x 3.
     */
    private static Map<String, String> modelZoo() {
        Map<String, String> names = new LinkedHashMap<>();
        int number = 0;
        names.put(zoo(number++), "features.0.$1");
        int index = 2;
        for (int squeeze : requireNonNull(VERSIONS.get("1_1")).squeezes) {
            for (String part : squeeze == 0 ? List.<String>of() : List.of("squeeze", "expand1x1", "expand3x3")) {
                names.put(zoo(number++), "features." + index + "." + part + ".$1");
            }
            index++;
        }
        names.put(zoo(number), "classifier.1.$1");
        return names;
    }

    private static String zoo(int number) {
        return "^squeezenet0_conv" + number + "_(weight|bias)$";
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
        Conv2d stem = Conv2d.of(s.version.stem, s.version.kernel).withStride(2);
        Value x = features.relu(conv(features, "0", Published.input(graph), stem));
        int stride = 2;
        maps.add(x, stride);
        layers.add(Endpoints.Layer.of(features.path("0")));
        int index = 2; // after the convolution and its activation
        for (int squeeze : s.version.squeezes) {
            if (squeeze == 0) {
                x = features.pool2d(Op.PoolKind.MAX, x, 3, 2, 0, true);
                stride *= 2;
            } else {
                x = fire(features.at(index), x, squeeze);
                layers.add(Endpoints.Layer.of(features.path(Integer.toString(index))));
            }
            maps.add(x, stride);
            index++;
        }
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            Graph g = graph.at("classifier");
            Conv2d last = Conv2d.of(s.classes, 1).withInit(new Init.Normal(0.01));
            Value scores = g.relu(g.conv2d("1", g.dropout(x, s.dropout), last)); // f32[N, K, H/16, W/16]
            outputs.put(Published.LOGITS, g.globalAveragePool(scores));
            layers.add(Endpoints.Layer.of("classifier"));
        }
        return new Endpoints(outputs, graph.globalAveragePool(x), null, maps.all(), layers);
    }

    private static Value fire(Graph g, Value x, int squeeze) {
        Value narrow = g.relu(conv(g, "squeeze", x, Conv2d.of(squeeze, 1)));
        return g.concat(
                1,
                g.relu(conv(g, "expand1x1", narrow, Conv2d.of(4L * squeeze, 1))),
                g.relu(conv(g, "expand3x3", narrow, Conv2d.of(4L * squeeze, 3).withSamePadding())));
    }

    /** He initialisation by what enters each window, uniform. */
    private static Value conv(Graph g, String name, Value x, Conv2d c) {
        double fanIn = x.shape().size(1) * (double) c.kernelHeight() * c.kernelWidth();
        return g.conv2d(name, x, c.withInit(new Init.Uniform(Math.sqrt(6 / fanIn))));
    }
}
