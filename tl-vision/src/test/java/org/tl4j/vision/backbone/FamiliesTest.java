// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.FrozenSplit;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** What holds for every family of pictures and every variant of it. */
class FamiliesTest {
    /**
     * A variant that is small enough to be run here.
     *
     * @param settings that make it smaller, as JSON
     * @param size of the pictures it is run on
     */
    private record Sample(String family, String variant, String settings, int size) {}

    private static final List<Sample> SAMPLES = List.of(
            new Sample("cifar-resnet", "resnet20", "{}", 32),
            new Sample("convnext", "convnext_tiny", "{dims: [8, 12, 16, 24], depths: [1, 1, 2, 1]}", 64),
            new Sample("deeplabv3", "deeplabv3_mobilenet_v3_large", "{}", 64),
            new Sample("efficientnet", "efficientnet_b0", "{}", 64),
            new Sample("espnet", "espnet_p_2_q_8_camvid", "{p: 1, q: 1}", 60),
            new Sample("fcn", "fcn_resnet50", "{}", 64),
            new Sample("googlenet", "googlenet", "{}", 64),
            new Sample("inception-v3", "inception_v3", "{}", 107),
            new Sample("lraspp", "lraspp_mobilenet_v3_large", "{}", 64),
            new Sample("mobilenet-v1", "mobilenet_0_25_224", "{}", 64),
            new Sample("mobilenet-v2", "mobilenet_v2", "{width_mult: 0.5}", 64),
            new Sample("mobilenet-v3", "mobilenet_v3_small", "{}", 64),
            new Sample("resnet", "resnet18", "{}", 64),
            new Sample("shufflenet-v2", "shufflenet_v2_x0_5", "{}", 64),
            new Sample("squeezenet", "squeezenet1_1", "{}", 64),
            new Sample("unet", "unet", "{width: 6}", 64),
            new Sample("vgg", "vgg11_bn", "{}", 64),
            new Sample("vit", "vit_b_16", "{image_size: 64, num_layers: 2, hidden_dim: 48, mlp_dim: 64}", 64));

    private static Stream<Backbone> families() {
        return Backbones.installed().all().stream().filter(b -> b.modality() == Modality.IMAGE);
    }

    static Stream<Arguments> variants() {
        return families().flatMap(b -> b.variants().stream().map(v -> Arguments.of(b.id(), v.id(), b, v.config())));
    }

    static Stream<Arguments> samples() {
        return SAMPLES.stream().map(s -> {
            Backbone family = Backbones.installed().get(s.family());
            Config config = config(family, s.variant()).with(Config.parse("sample", s.settings()));
            return Arguments.of(s.family(), family, config, s.size());
        });
    }

    private static Config config(Backbone family, String variant) {
        return family.variants().stream()
                .filter(v -> v.id().equals(variant))
                .findFirst()
                .orElseThrow()
                .config();
    }

    @Test
    void everyProviderCanBeLoaded() {
        assertThat(Backbones.installed().problems()).isEmpty();
        assertThat(families().map(Backbone::id))
                .containsExactlyInAnyOrderElementsOf(
                        SAMPLES.stream().map(Sample::family).toList());
    }

    @Test
    void noTwoVariantsHaveOneName() {
        List<String> ids = families()
                .flatMap(b -> b.variants().stream().map(Backbone.Variant::id))
                .toList();

        assertThat(ids).doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("variants")
    void everyParameterBelongsToOneLayer(String id, String variant, Backbone family, Config config) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);

        assertThat(graph.parameters().keySet())
                .allSatisfy(name -> assertThat(endpoints.layers())
                        .filteredOn(layer -> layer.holds(name))
                        .hasSize(1));
        assertThat(endpoints.layers())
                .allSatisfy(layer -> assertThat(graph.parameters().keySet()).anyMatch(layer::holds));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("variants")
    void layersStandInDepthOrder(String id, String variant, Backbone family, Config config) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);
        List<String> first = new ArrayList<>();
        for (String name : graph.parameters().keySet()) {
            endpoints.layers().stream()
                    .filter(l -> l.holds(name))
                    .map(Endpoints.Layer::name)
                    .filter(l -> !first.contains(l))
                    .forEach(first::add);
        }

        assertThat(endpoints.layers()).extracting(Endpoints.Layer::name).containsExactlyElementsOf(first);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("variants")
    void mapsAreAsDeclared(String id, String variant, Backbone family, Config config) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);

        assertThat(endpoints.maps()).isNotEmpty();
        int stride = 0;
        for (Endpoints.FeatureMap map : endpoints.maps()) {
            assertThat(map.value().shape().rank()).isEqualTo(4);
            assertThat(map.value().shape().size(1)).isEqualTo(map.channels());
            assertThat(map.value().shape().dim(2)).matches(d -> d.isFixed() || d.isNamed());
            assertThat(map.stride()).isGreaterThanOrEqualTo(stride);
            stride = map.stride();
        }
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("variants")
    void theClassifierAddsOnlyWhatTransferDrops(String id, String variant, Backbone family, Config config) {
        Graph without = new Graph();
        family.build(without, config);
        Graph with = new Graph();
        family.build(with, config.with(Published.CLASSES, 7));

        Set<String> added = new HashSet<>(with.parameters().keySet());
        added.removeAll(without.parameters().keySet());
        List<String> dropped = family.checkpointNames().dropped();
        assertThat(with.parameters().keySet()).containsAll(without.parameters().keySet());
        assertThat(added).isNotEmpty().allMatch(name -> dropped.stream().anyMatch(name::startsWith));
    }

    /** With the published classifier, as torchvision counts them. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512",
        "resnet34, 21797672",
        "resnet50, 25557032",
        "resnet101, 44549160",
        "resnet152, 60192808",
        "resnext50_32x4d, 25028904",
        "resnext101_32x8d, 88791336",
        "resnext101_64x4d, 83455272",
        "wide_resnet50_2, 68883240",
        "wide_resnet101_2, 126886696",
        "vgg11, 132863336",
        "vgg13_bn, 133053736",
        "vgg16, 138357544",
        "vgg19_bn, 143678248",
        "squeezenet1_0, 1248424",
        "squeezenet1_1, 1235496",
        "inception_v3, 27161264",
        "mobilenet_v2, 3504872",
        "mobilenet_v3_large, 5483032",
        "mobilenet_v3_small, 2542856",
        "shufflenet_v2_x0_5, 1366792",
        "shufflenet_v2_x1_0, 2278604",
        "shufflenet_v2_x1_5, 3503624",
        "shufflenet_v2_x2_0, 7393996",
        "efficientnet_b0, 5288548",
        "efficientnet_b1, 7794184",
        "efficientnet_b2, 9109994",
        "efficientnet_b3, 12233232",
        "efficientnet_b4, 19341616",
        "efficientnet_b5, 30389784",
        "efficientnet_b6, 43040704",
        "efficientnet_b7, 66347960",
        "efficientnet_v2_s, 21458488",
        "efficientnet_v2_m, 54139356",
        "efficientnet_v2_l, 118515272",
        "convnext_tiny, 28589128",
        "convnext_small, 50223688",
        "convnext_base, 88591464",
        "convnext_large, 197767336",
        "vit_b_16, 86567656",
        "vit_b_32, 88224232",
        "vit_l_16, 304326632",
        "vit_l_32, 306535400",
    })
    void hasAsManyParametersAsPublished(String variant, long count) {
        assertThat(countOf("torchvision:" + variant, Config.empty())).isEqualTo(count);
    }

    /**
     * With both published classifiers, as torchvision counts them; U-Net and ESPNet as in their usual implementations.
     */
    @ParameterizedTest
    @CsvSource({
        "torchvision:segmentation.fcn_resnet50, 35322218",
        "torchvision:segmentation.fcn_resnet101, 54314346",
        "torchvision:segmentation.deeplabv3_resnet50, 42004074",
        "torchvision:segmentation.deeplabv3_resnet101, 60996202",
        "torchvision:segmentation.deeplabv3_mobilenet_v3_large, 11029328",
        "torchvision:segmentation.lraspp_mobilenet_v3_large, 3221538",
        "vision_references:UNet, 31037698",
        "vision_references:ESPNet, 364569",
        "vision_references:ESPNetC, 349449",
    })
    void segmentationNetworksHaveAsManyParametersAsPublished(String source, long count) {
        Config auxiliary = source.contains("lraspp") || source.startsWith("vision_references")
                ? Config.empty()
                : Config.empty().with(Published.AUX_LOSS, true);
        assertThat(countOf(source, auxiliary)).isEqualTo(count);
    }

    private static long countOf(String source, Config arguments) {
        Backbone family = families()
                .filter(b -> b.references().contains(source))
                .findFirst()
                .orElseThrow();
        Graph graph = new Graph();
        family.build(graph, family.reference(source, arguments, Config.empty()));
        return trained(graph).stream()
                .mapToLong(n -> graph.parameters().get(n).shape().elements())
                .sum();
    }

    private static List<String> trained(Graph graph) {
        List<String> names = new ArrayList<>();
        graph.parameters().forEach((name, v) -> {
            if (v.origin() instanceof Value.Parameter p && !p.buffer()) {
                names.add(name);
            }
        });
        return names;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void bothEnginesAgreeAndGradientsReachEveryParameter(String id, Backbone family, Config config, int size) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);
        Map<String, Value> answers = new LinkedHashMap<>();
        if (endpoints.pooled() != null) {
            answers.put("pooled", endpoints.pooled());
        }
        answers.putAll(endpoints.outputs());
        for (int i = 0; i < endpoints.maps().size(); i++) {
            answers.put("map" + i, endpoints.maps().get(i).value());
        }
        answers.forEach(graph::output);
        Weights weights = Weights.initial(graph, 3);
        Map<String, HostTensor> pictures = Map.of(Published.IMAGE, pictures(2, size));
        Map<String, HostTensor> expected;
        try (InferenceSession onnx = new OnnxEngine().load(graph.extract(Map.of(), answers), weights, Device.CPU)) {
            expected = onnx.run(pictures);
        }
        for (Endpoints.FeatureMap map : endpoints.maps()) {
            HostTensor found = expected.get("map" + endpoints.maps().indexOf(map));
            assertThat(found.shape().size(2)).isBetween((long) size / map.stride() - 3, (long) size / map.stride() + 1);
        }
        Value loss = graph.scalar(0);
        for (Value v : answers.values()) {
            loss = graph.add(loss, graph.reduce(Op.ReduceKind.MEAN, graph.mul(v, v), false));
        }
        graph.output(TrainingEngine.LOSS, loss);
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("all", trained(graph), 1, 0)), Optimizer.adamW(), 0, Device.CPU);
        try (TrainingSession torch = new TorchEngine().load(graph, weights, options)) {
            Map<String, HostTensor> found = torch.run(pictures);
            expected.forEach((name, want) -> assertClose(name, found.get(name), want));
            torch.backward(pictures, 0);
            Map<String, Double> norms = torch.gradientNorms();
            assertThat(norms.keySet()).containsExactlyInAnyOrderElementsOf(trained(graph));
            assertThat(norms)
                    .allSatisfy(
                            (name, norm) -> assertThat(norm).as(name).isFinite().isPositive());
        }
    }

    private static void assertClose(String name, HostTensor found, HostTensor want) {
        assertThat(found.shape()).isEqualTo(want.shape());
        double worst = 0;
        double largest = 1e-12;
        for (int i = 0; i < want.elements(); i++) {
            worst = Math.max(worst, Math.abs(found.doubleAt(i) - want.doubleAt(i)));
            largest = Math.max(largest, Math.abs(want.doubleAt(i)));
        }
        assertThat(worst / largest).as(name).isLessThan(1e-4);
    }

    private static HostTensor pictures(int count, int size) {
        Random random = new Random(5);
        float[] values = new float[count * 3 * size * size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, count, 3, size, size);
    }

    /** A frozen backbone is run ahead as a whole, up to the vector or map that a head sits on. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void aFrozenBackboneCanBeRunAhead(String id, Backbone family, Config config, int size) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);
        Value last = endpoints.maps().get(endpoints.maps().size() - 1).value();
        Value head = graph.at("head").conv2d("classifier", last, 2, 1, 1, 0, 1, true);
        graph.output(TrainingEngine.LOSS, graph.reduce(Op.ReduceKind.MEAN, head, false));

        FrozenSplit split = FrozenSplit.of(graph, Set.of("head.classifier.weight", "head.classifier.bias"), "N", false);

        assertThat(split.cut()).containsValue(last).hasSize(1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void takesPicturesUnderOneName(String id, Backbone family, Config config, int size) {
        Graph graph = new Graph();
        family.build(graph, config);

        assertThat(graph.inputs()).containsOnlyKeys(Published.IMAGE);
        assertThat(graph.inputs().get(Published.IMAGE).shape().accepts(Shape.of(2, 3, size, size)))
                .isTrue();
        assertThat(graph.outputs()).isEmpty();
    }
}
