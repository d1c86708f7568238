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
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * MobileNet v2: inverted residuals, wide in the middle and narrow where they are added.
 *
 * <p>Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen, "MobileNetV2: Inverted Residuals
 * and Linear Bottlenecks", CVPR 2018, <a href="https://arxiv.org/abs/1801.04381">arXiv:1801.04381</a>, table 2. Names
 * are torchvision's: {@code features.1.conv.0.0.weight}.
 *
 * <p>Settings: {@code width_mult}; {@code round_nearest}, what numbers of channels are multiples of;
 * {@code inverted_residual_setting}, rows of expansion, channels, blocks and stride; {@code expand_always}, whether a
 * block that widens nothing has its first convolution all the same; {@code activation}, {@code relu6} unless set.
 * GluonCV's weights, which the ONNX model zoo took over, were trained with such convolutions and with {@code relu}: the
 * running statistics of their norms are those of activations that are not cut off at 6. Takes {@code image f32[N, 3, H,
 * W]}; gives maps of stride 2, 4, 8, 16 and 32 and {@code pooled f32[N, 1280]}.
 */
public final class MobileNetV2 implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("0", "1", 1e-5, 0.1);
    private static final String RELU6 = "relu6";
    private static final String ROWS = "inverted_residual_setting";
    private static final String EXPAND = "expand_always";
    private static final String ACTIVATION = "activation";
    private static final String PLAIN = "mobilenet_v2";

    /**
     * A row of table 2.
     *
     * @param expansion how many times wider the middle is
     * @param stride of the first block; the others have 1
     */
    private record Row(int expansion, int channels, int blocks, int stride) {}

    private static final List<Row> PAPER = List.of(
            new Row(1, 16, 1, 1),
            new Row(6, 24, 2, 2),
            new Row(6, 32, 3, 2),
            new Row(6, 64, 4, 2),
            new Row(6, 96, 3, 1),
            new Row(6, 160, 3, 2),
            new Row(6, 320, 1, 1));

    /** A configuration as it was understood. */
    private record Settings(
            double width,
            int divisor,
            List<Row> rows,
            boolean expandsAlways,
            String activation,
            double dropout,
            int classes) {
        static Settings of(Config c) {
            return new Settings(
                    Checks.positive("width_mult", c.number("width_mult", 1)),
                    Checks.positive("round_nearest", c.integer("round_nearest", 8)),
                    c.has(ROWS) ? rows(c) : PAPER,
                    c.flag(EXPAND, false),
                    c.text(ACTIVATION, RELU6),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0.2), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
        }

        private static List<Row> rows(Config c) {
            List<Row> rows = new ArrayList<>();
            for (List<Integer> r : Published.integerRows(c, ROWS)) {
                if (r.size() != 4 || r.stream().anyMatch(n -> n < 1) || r.get(3) > 2) {
                    throw new InvalidArgumentException(
                            "A row of '" + ROWS + "' does not describe blocks.",
                            r,
                            "expansion, channels and blocks of at least 1, stride 1 or 2",
                            "correct the configuration");
                }
                rows.add(new Row(r.get(0), r.get(1), r.get(2), r.get(3)));
            }
            return rows;
        }

        int channels(double unscaled) {
            return Channels.rounded(unscaled, divisor);
        }
    }

    private static final Published PUBLISHED =
            Published.torchvision(published().subList(0, 1), "width_mult", "round_nearest", ROWS);

    private static List<Variant> published() {
        Config paper = Config.empty().with("width_mult", 1.0);
        return List.of(
                new Variant(PLAIN, paper),
                new Variant("mobilenet_v2_gluon", paper.with(EXPAND, true).with(ACTIVATION, "relu")));
    }

    @Override
    public String id() {
        return "mobilenet-v2";
    }

    @Override
    public String title() {
        return "MobileNet v2: inverted residuals (Sandler et al. 2018, arXiv:1801.04381)";
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
        return new CheckpointNames(List.of(), List.of("classifier.", "mobilenetv20_output_"), gluon());
    }

    /** The names of GluonCV, which the ONNX model zoo took over; every block has three convolutions there. */
    private static Map<String, String> gluon() {
        Map<String, String> names = new LinkedHashMap<>();
        String trunk = "^mobilenetv20_features_";
        gluon(names, trunk, 0, "features.0.0", "features.0.1");
        int blocks = PAPER.stream().mapToInt(Row::blocks).sum();
        for (int b = 0; b < blocks; b++) {
            String to = "features." + (b + 1) + ".conv.";
            String from = trunk + "linearbottleneck" + b + "_";
            gluon(names, from, 0, to + "0.0", to + "0.1");
            gluon(names, from, 1, to + "1.0", to + "1.1");
            gluon(names, from, 2, to + "2", to + "3");
        }
        gluon(names, trunk, 1, "features." + (blocks + 1) + ".0", "features." + (blocks + 1) + ".1");
        return names;
    }

    private static void gluon(Map<String, String> names, String from, int number, String conv, String norm) {
        names.put(from + "conv" + number + "_weight$", conv + ".weight");
        names.put(from + "batchnorm" + number + "_gamma$", norm + ".weight");
        names.put(from + "batchnorm" + number + "_beta$", norm + ".bias");
        names.put(from + "batchnorm" + number + "_(running_mean|running_var)$", norm + ".$1");
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
        Conv2d stem = conv(s.channels(32 * s.width), 3).withStride(2);
        Value x = CONV.apply(features.at(0), Published.input(graph), stem, s.activation);
        int stride = 2;
        maps.add(x, stride);
        layers.add(Endpoints.Layer.of(features.path("0")));
        int index = 1;
        for (Row row : s.rows) {
            for (int i = 0; i < row.blocks; i++) {
                Graph block = features.at(index++);
                int step = i == 0 ? row.stride : 1;
                boolean expands = s.expandsAlways || row.expansion != 1;
                int wide = (int) x.shape().size(1) * row.expansion;
                x = block(block.at("conv"), x, s.channels(row.channels * s.width), step, wide, expands, s.activation);
                stride *= step;
                maps.add(x, stride);
                layers.add(Endpoints.Layer.of(block.path("")));
            }
        }
        x = CONV.apply(features.at(index), x, conv(s.channels(1280 * Math.max(1, s.width)), 1), s.activation);
        maps.add(x, stride);
        layers.add(Endpoints.Layer.of(features.path(Integer.toString(index))));
        Value pooled = graph.globalAveragePool(x);
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            Value dropped = graph.dropout(pooled, s.dropout);
            outputs.put(
                    Published.LOGITS,
                    graph.at("classifier").linear("1", dropped, s.classes, true, new Init.Normal(0.01), Init.zeros()));
            layers.add(Endpoints.Layer.of("classifier"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value block(Graph g, Value x, int out, int stride, int wide, boolean expands, String activation) {
        long in = x.shape().size(1);
        int index = 0;
        Value y = x;
        if (expands) {
            y = CONV.apply(g.at(index++), y, conv(wide, 1), activation);
        }
        y = CONV.apply(g.at(index++), y, conv(wide, 3).withStride(stride).withGroups(wide), activation);
        y = g.conv2d(Integer.toString(index++), y, conv(out, 1));
        y = g.batchNorm(Integer.toString(index), y, CONV.epsilon(), CONV.momentum());
        return stride == 1 && in == out ? g.add(x, y) : y;
    }

    private static Conv2d conv(int out, int kernel) {
        return Conv2d.of(out, kernel).withSamePadding().withoutBias().withHeInit();
    }
}
