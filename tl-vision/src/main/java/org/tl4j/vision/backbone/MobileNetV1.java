// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.graph.Activations;
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
 * MobileNet: each channel is convolved by itself, then channels are mixed by 1 x 1 convolutions.
 *
 * <p>Andrew Howard, Menglong Zhu, Bo Chen, Dmitry Kalenichenko, Weijun Wang, Tobias Weyand, Marco Andreetto, Hartwig
 * Adam, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017, <a
 * href="https://arxiv.org/abs/1704.04861">arXiv:1704.04861</a>, table 1. Layers are named as in Keras'
 * {@code applications.MobileNet}: {@code conv1}, {@code conv_dw_1}, {@code conv_dw_1_bn}, {@code conv_pw_1}; their
 * values as everywhere here: {@code conv1.weight f32[out, in, kH, kW]}. Before a stride of 2, pictures are padded below
 * and to the right alone, as TensorFlow's {@code same} does where height and width are even.
 *
 * <p>Settings: {@code alpha}, by which channels are multiplied; {@code activation}, {@code relu6} unless set;
 * {@code use_bias}, whether convolutions have a bias beside that of their norm; {@code input_range}, {@code symmetric}
 * (-1 to 1, as Keras' weights were trained) or {@code unit} (0 to 1); {@code image_size}, 224 unless set. Takes
 * {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4, 8, 16 and 32 and {@code pooled f32[N, 1024 alpha]}.
 */
public final class MobileNetV1 implements Backbone {
    /** Channels and stride of the thirteen blocks. */
    private static final List<int[]> PAPER = List.of(
            new int[] {64, 1},
            new int[] {128, 2},
            new int[] {128, 1},
            new int[] {256, 2},
            new int[] {256, 1},
            new int[] {512, 2},
            new int[] {512, 1},
            new int[] {512, 1},
            new int[] {512, 1},
            new int[] {512, 1},
            new int[] {512, 1},
            new int[] {1024, 2},
            new int[] {1024, 1});

    private static final String ALPHA = "alpha";
    private static final String ACTIVATION = "activation";
    private static final String BIAS = "use_bias";
    private static final String RANGE = "input_range";
    private static final String SIZE = "image_size";

    private static final Published PUBLISHED = Published.of(
            "vision_references:",
            List.of(new Variant("mobilenet_v1", Config.empty().with(ALPHA, 1.0))),
            1000,
            ALPHA,
            ACTIVATION,
            BIAS);

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
    public String id() {
        return "mobilenet-v1";
    }

    @Override
    public String title() {
        return "MobileNet: depthwise separable convolutions (Howard et al. 2017, arXiv:1704.04861)";
    }

    @Override
    public Modality modality() {
        return Modality.IMAGE;
    }

    @Override
    public List<Variant> variants() {
        Config tiny = Config.empty()
                .with(ALPHA, 0.25)
                .with(ACTIVATION, "relu")
                .with(BIAS, true)
                .with(RANGE, "unit")
                .with(SIZE, 96);
        return List.of(
                new Variant("mobilenet_0_25_224", Config.empty().with(ALPHA, 0.25)),
                new Variant("mobilenet_0_5_224", Config.empty().with(ALPHA, 0.5)),
                new Variant("mobilenet_0_75_224", Config.empty().with(ALPHA, 0.75)),
                new Variant("mobilenet_1_0_224", Config.empty().with(ALPHA, 1.0)),
                new Variant("mobilenet_vww_96", tiny));
    }

    /** Also the names that Keras gives layers that nobody named, in the order of MLPerf Tiny's visual wake words. */
    @Override
    public CheckpointNames checkpointNames() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("^conv2d\\.", "conv1.");
        names.put("^batch_normalization\\.", "conv1_bn.");
        for (int block = 1; block <= PAPER.size(); block++) {
            String before = block == 1 ? "" : "_" + (block - 1);
            names.put("^depthwise_conv2d" + before + "\\.", "conv_dw_" + block + ".");
            names.put("^batch_normalization_" + (2 * block - 1) + "\\.", "conv_dw_" + block + "_bn.");
            names.put("^conv2d_" + block + "\\.", "conv_pw_" + block + ".");
            names.put("^batch_normalization_" + 2 * block + "\\.", "conv_pw_" + block + "_bn.");
        }
        return new CheckpointNames(List.of(), List.of("conv_preds.", "dense."), names);
    }

    @Override
    public Config input(Config config) {
        double size = config.integer(SIZE, 224);
        double middle = config.text(RANGE, "symmetric").equals("unit") ? 0 : 0.5;
        double scale = middle == 0 ? 1 : 0.5;
        return Config.empty()
                .with("size", List.of(3, size, size))
                .with("resize", "exact")
                .with("mean", List.of(middle, middle, middle))
                .with("std", List.of(scale, scale, scale));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        double alpha = Checks.positive(ALPHA, config.number(ALPHA, 1));
        String activation = config.text(ACTIVATION, "relu6");
        boolean bias = config.flag(BIAS, false);
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        FeatureMaps maps = new FeatureMaps();
        List<Endpoints.Layer> layers = new ArrayList<>();
        Conv2d stem = conv((int) (32 * alpha), 3, bias).withStride(2);
        Value x = block(graph, "conv1", padded(graph, Published.input(graph)), stem, activation);
        int stride = 2;
        maps.add(x, stride);
        layers.add(new Endpoints.Layer("conv1", List.of("conv1", "conv1_bn")));
        for (int i = 0; i < PAPER.size(); i++) {
            int step = PAPER.get(i)[1];
            String deep = "conv_dw_" + (i + 1);
            String flat = "conv_pw_" + (i + 1);
            int in = (int) x.shape().size(1);
            Conv2d depthwise = conv(in, 3, bias).withStride(step).withGroups(in);
            x = block(
                    graph,
                    deep,
                    step == 2 ? padded(graph, x) : x,
                    step == 2 ? depthwise : depthwise.withSamePadding(),
                    activation);
            x = block(graph, flat, x, conv((int) (PAPER.get(i)[0] * alpha), 1, bias), activation);
            stride *= step;
            maps.add(x, stride);
            layers.add(new Endpoints.Layer("block" + (i + 1), List.of(deep, deep + "_bn", flat, flat + "_bn")));
        }
        Value pooled = graph.globalAveragePool(x);
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(Published.LOGITS, graph.linear("conv_preds", pooled, classes));
            layers.add(Endpoints.Layer.of("conv_preds"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value block(Graph g, String name, Value x, Conv2d c, String activation) {
        return Activations.apply(g, activation, g.batchNorm(name + "_bn", g.conv2d(name, x, c), 1e-3, 0.01));
    }

    private static Conv2d conv(int out, int kernel, boolean bias) {
        Conv2d c = Conv2d.of(out, kernel).withHeInit();
        return bias ? c : c.withoutBias();
    }

    /** {@code f32[N, C, H, W] -> f32[N, C, H + 1, W + 1]}. */
    private static Value padded(Graph g, Value x) {
        Op pad = new Op.Pad(Op.PadMode.CONSTANT, 0);
        return g.add("pad", pad, x, g.integers(0, 0, 0, 0, 0, 0, 1, 1)).get(0);
    }
}
