// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Activations;
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
 * MobileNet v3: inverted residuals with squeeze and excitation, found by search.
 *
 * <p>Andrew Howard et al., "Searching for MobileNetV3", ICCV 2019, <a
 * href="https://arxiv.org/abs/1905.02244">arXiv:1905.02244</a>, tables 1 and 2. Names are torchvision's:
 * {@code features.1.block.0.0.weight}.
 *
 * <p>Settings: {@code size}, {@code large} or {@code small}; {@code width_mult}; {@code dilated}, which keeps the last
 * maps at stride 16 and dilates the windows instead, as segmentation wants it; {@code reduced_tail}, which halves the
 * last channels. Takes {@code image f32[N, 3, H, W]}; gives maps of stride 2, 4, 8, 16 and 32 and {@code pooled f32[N,
 * 960]} (576 for the small one), without the hidden layer of the published classifier.
 */
public final class MobileNetV3 implements Backbone {
    private static final ConvNorm CONV = new ConvNorm("0", "1", 1e-3, 0.01);
    private static final String HARD_SWISH = "hardswish";

    /** A row of table 1 or 2; the channels of the last ones are halved in a reduced tail. */
    private record Row(
            int kernel, int expanded, int out, boolean squeezes, String activation, int stride, boolean isTail) {}

    private static Row row(int kernel, int expanded, int out, boolean squeezes, String activation, int stride) {
        return new Row(kernel, expanded, out, squeezes, activation, stride, false);
    }

    private static Row tail(int kernel, int expanded, int out, int stride) {
        return new Row(kernel, expanded, out, true, HARD_SWISH, stride, true);
    }

    /**
     * A table of the paper.
     *
     * @param hidden width of the hidden layer of the classifier
     */
    private record Table(List<Row> rows, int hidden) {}

    private static final Map<String, Table> TABLES = Map.of(
            "large",
            new Table(
                    List.of(
                            row(3, 16, 16, false, "relu", 1),
                            row(3, 64, 24, false, "relu", 2),
                            row(3, 72, 24, false, "relu", 1),
                            row(5, 72, 40, true, "relu", 2),
                            row(5, 120, 40, true, "relu", 1),
                            row(5, 120, 40, true, "relu", 1),
                            row(3, 240, 80, false, HARD_SWISH, 2),
                            row(3, 200, 80, false, HARD_SWISH, 1),
                            row(3, 184, 80, false, HARD_SWISH, 1),
                            row(3, 184, 80, false, HARD_SWISH, 1),
                            row(3, 480, 112, true, HARD_SWISH, 1),
                            row(3, 672, 112, true, HARD_SWISH, 1),
                            tail(5, 672, 160, 2),
                            tail(5, 960, 160, 1),
                            tail(5, 960, 160, 1)),
                    1280),
            "small",
            new Table(
                    List.of(
                            row(3, 16, 16, true, "relu", 2),
                            row(3, 72, 24, false, "relu", 2),
                            row(3, 88, 24, false, "relu", 1),
                            row(5, 96, 40, true, HARD_SWISH, 2),
                            row(5, 240, 40, true, HARD_SWISH, 1),
                            row(5, 240, 40, true, HARD_SWISH, 1),
                            row(5, 120, 48, true, HARD_SWISH, 1),
                            row(5, 144, 48, true, HARD_SWISH, 1),
                            tail(5, 288, 96, 2),
                            tail(5, 576, 96, 1),
                            tail(5, 576, 96, 1)),
                    1024));

    /** A configuration as it was understood. */
    private record Settings(
            Table table, double width, boolean dilated, boolean reducedTail, double dropout, int classes) {
        static Settings of(Config c) {
            String size = c.text("size", "large");
            Table table = TABLES.get(size);
            if (table == null) {
                throw new UnknownNameException(
                        "size of MobileNet v3", size, TABLES.keySet(), "correct 'size' in the configuration");
            }
            return new Settings(
                    table,
                    Checks.positive("width_mult", c.number("width_mult", 1)),
                    c.flag("dilated", false),
                    c.flag("reduced_tail", false),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0.2), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
        }

        int channels(int unscaled) {
            return Channels.rounded(unscaled * width);
        }
    }

    private static final Published PUBLISHED =
            Published.torchvision(published(), "width_mult", "dilated", "reduced_tail");

    private static List<Variant> published() {
        return List.of(
                new Variant("mobilenet_v3_large", Config.empty().with("size", "large")),
                new Variant("mobilenet_v3_small", Config.empty().with("size", "small")));
    }

    @Override
    public String id() {
        return "mobilenet-v3";
    }

    @Override
    public String title() {
        return "MobileNet v3, large and small: found by search (Howard et al. 2019, arXiv:1905.02244)";
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
        List<Block> blocks = features(graph.at("features"), Published.input(graph), config);
        FeatureMaps maps = new FeatureMaps();
        blocks.forEach(b -> maps.add(b.map().value(), b.map().stride()));
        List<Endpoints.Layer> layers =
                new ArrayList<>(blocks.stream().map(Block::layer).toList());
        Value pooled = graph.globalAveragePool(maps.last().value());
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            int hidden = s.channels(s.reducedTail ? s.table.hidden / 2 : s.table.hidden);
            Graph g = graph.at("classifier");
            Value wide = Activations.apply(g, HARD_SWISH, linear(g, "0", pooled, hidden));
            outputs.put(Published.LOGITS, linear(g, "3", g.dropout(wide, s.dropout), s.classes));
            layers.add(Endpoints.Layer.of("classifier"));
        }
        return new Endpoints(outputs, pooled, null, maps.all(), layers);
    }

    private static Value linear(Graph g, String name, Value x, int out) {
        return g.linear(name, x, out, true, new Init.Normal(0.01), Init.zeros());
    }

    /**
     * A block of the published sequence.
     *
     * @param map what it gives
     * @param layer its parameters
     * @param isStrided whether the paper has it halve the height and width, dilated or not
     */
    record Block(Endpoints.FeatureMap map, Endpoints.Layer layer, boolean isStrided) {}

    /** Every block from the stem to the last convolution, for segmentation, too. */
    static List<Block> features(Graph g, Value image, Config config) {
        Settings s = Settings.of(config);
        List<Block> blocks = new ArrayList<>();
        Value x = CONV.apply(g.at(0), image, conv(s.channels(16), 3).withStride(2), HARD_SWISH);
        int stride = 2;
        blocks.add(block(g.at(0), x, stride, false));
        for (Row row : s.table.rows) {
            boolean dilated = s.dilated && row.isTail;
            Graph scope = g.at(blocks.size());
            x = residual(scope.at("block"), x, row, dilated ? 2 : 1, s);
            stride *= dilated ? 1 : row.stride;
            blocks.add(block(scope, x, stride, row.stride > 1));
        }
        Graph scope = g.at(blocks.size());
        x = CONV.apply(scope, x, conv(6 * (int) x.shape().size(1), 1), HARD_SWISH);
        blocks.add(block(scope, x, stride, false));
        return blocks;
    }

    private static Block block(Graph scope, Value x, int stride, boolean isStrided) {
        Endpoints.FeatureMap map =
                new Endpoints.FeatureMap(x, stride, (int) x.shape().size(1));
        return new Block(map, Endpoints.Layer.of(scope.path("")), isStrided);
    }

    private static Value residual(Graph g, Value x, Row row, int dilation, Settings s) {
        long in = x.shape().size(1);
        int divisor = s.reducedTail && row.isTail ? 2 : 1;
        // The first block of the tail gets its width from the blocks before it.
        boolean isFirstOfTail = row.isTail && row.stride > 1;
        int wide = s.channels(isFirstOfTail ? row.expanded : row.expanded / divisor);
        int out = s.channels(row.out / divisor);
        int index = 0;
        Value y = x;
        if (wide != in) {
            y = CONV.apply(g.at(index++), y, conv(wide, 1), row.activation);
        }
        Conv2d depthwise = Conv2d.of(wide, row.kernel)
                .withDilation(dilation)
                .withSamePadding()
                .withStride(dilation > 1 ? 1 : row.stride)
                .withGroups(wide)
                .withHeInit();
        y = CONV.apply(g.at(index++), y, depthwise, row.activation);
        if (row.squeezes) {
            int quarter = wide / 4;
            y = SqueezeExcitation.apply(g.at(index++), y, Channels.rounded(quarter), "relu", "hardsigmoid");
        }
        y = CONV.apply(g.at(index), y, conv(out, 1), ConvNorm.LINEAR);
        return row.stride == 1 && in == out ? g.add(y, x) : y;
    }

    private static Conv2d conv(int out, int kernel) {
        return Conv2d.of(out, kernel).withSamePadding().withHeInit();
    }
}
