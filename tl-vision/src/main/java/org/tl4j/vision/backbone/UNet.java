// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.tl4j.error.Checks;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * U-Net: a contracting path that sees what is there and an expanding one that says where, joined at every size.
 *
 * <p>Olaf Ronneberger, Philipp Fischer, Thomas Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
 * MICCAI 2015, <a href="https://arxiv.org/abs/1505.04597">arXiv:1505.04597</a>, figure 1. The paper names no
 * parameters; names are those of the widely used PyTorch implementation by milesial: {@code inc.double_conv.0.weight},
 * {@code down1.maxpool_conv.1.double_conv.0.weight}, {@code up1.up.weight}, {@code outc.conv.weight}.
 *
 * <p>Variants: {@code unet}, as it is mostly trained today, padded so that classes come out in the size of the picture
 * and with batch normalisation; {@code unet_2015}, the paper's: no padding within the network, the finer maps cut to
 * the size of the coarser ones, no normalisation, and the missing surroundings mirrored (its overlap-tile strategy),
 * for which a picture must be more than 100 pixels high and wide.
 *
 * <p>Settings: {@code n_channels} of the picture, 3 unless set; {@code width} of the first level, 64 unless set, each
 * next one twice as wide; {@code depth}, how often the map is halved, 4 unless set; {@code padding}, {@code same} or
 * {@code valid}; {@code mirror}, whether a picture for {@code valid} convolutions is mirrored at its borders as far as
 * they need it; {@code batch_norm}; {@code bilinear}, whether maps grow by interpolation and not by transposed
 * convolution; {@code dropout} at the end of the contracting path, 0 unless set.
 *
 * <p>With the setting {@code encoder}, the variant of another family such as {@code resnet18}, that network is the
 * contracting path (its parameters under {@code encoder}), and {@link #expand} is the other one (under
 * {@code decoder}), with {@code widths}, 256, 128, 64, 32 and 16 unless set. To put that path on pretrained weights,
 * take the family itself and the segmentation head's decoder {@code unet}, which is the same.
 *
 * <p>Takes {@code image f32[N, C, H, W]}; gives maps of the expanding path, of stride 1, 2, 4, 8 and 16 (valid: of
 * stride 1 alone); {@code pixels f32[N, 64, H, W]}, which a 1 x 1 convolution makes classes of; with
 * {@code num_classes} that convolution and {@code out f32[N, K, H, W]}. Valid and not mirrored, {@code out} is 184
 * pixels lower and narrower and belongs to the middle of the picture.
 */
public final class UNet implements Backbone {
    private static final String SAME = "same";
    private static final String VALID = "valid";
    private static final String ENCODER = "encoder";
    private static final String WIDTHS = "widths";

    /** A configuration as it was understood. */
    private record Settings(
            int channels,
            int width,
            int depth,
            boolean isValid,
            boolean isMirrored,
            boolean batchNorm,
            boolean bilinear,
            double dropout,
            int classes) {
        static Settings of(Config c) {
            String padding = c.text("padding", SAME);
            if (!List.of(SAME, VALID).contains(padding)) {
                throw new UnknownNameException(
                        "padding", padding, List.of(SAME, VALID), "correct 'padding' in the configuration");
            }
            return new Settings(
                    Checks.positive("n_channels", c.integer("n_channels", 3)),
                    Checks.positive("width", c.integer("width", 64)),
                    Checks.positive("depth", c.integer("depth", 4)),
                    padding.equals(VALID),
                    c.flag("mirror", false),
                    c.flag("batch_norm", true),
                    c.flag("bilinear", false),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0), 0, 1),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
        }

        /** Channels of a level, 0 the finest. */
        int width(int level) {
            return width << level;
        }
    }

    private static final Published PUBLISHED = Published.of(
                    "vision_references:",
                    published(),
                    2,
                    "n_channels",
                    "width",
                    "depth",
                    "padding",
                    "mirror",
                    "batch_norm",
                    "bilinear",
                    ENCODER,
                    WIDTHS)
            .or("vision_references:UNet", published().get(0))
            .or("vision_references:UNetOver", new Variant("unet", Config.empty().with(ENCODER, "resnet18")));

    private static List<Variant> published() {
        return List.of(
                new Variant("unet", Config.empty().with("padding", SAME).with("batch_norm", true)),
                new Variant(
                        "unet_2015",
                        Config.empty()
                                .with("padding", VALID)
                                .with("batch_norm", false)
                                .with("mirror", true)));
    }

    @Override
    public String id() {
        return "unet";
    }

    @Override
    public String title() {
        return "U-Net: contracting and expanding path, joined at every size (Ronneberger et al. 2015,"
                + " arXiv:1505.04597)";
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
        return new CheckpointNames(List.of(), List.of("outc."));
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
        return key.equals("output") ? Published.OUT : key;
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        if (config.has(ENCODER)) {
            return over(graph, config);
        }
        Settings s = Settings.of(config);
        Value image = graph.input(Published.IMAGE, DType.F32, Shape.parse("N, " + s.channels + ", H, W"));
        Value x = s.isValid && s.isMirrored ? mirrored(graph, image, s.depth) : image;
        List<Value> skips = new ArrayList<>();
        List<Endpoints.Layer> layers = new ArrayList<>();
        x = doubleConv(graph.at("inc"), x, s.width(0), s.width(0), s.isValid, s.batchNorm);
        layers.add(Endpoints.Layer.of("inc"));
        for (int level = 1; level <= s.depth; level++) {
            skips.add(x);
            Graph down = graph.at("down" + level);
            x = down.pool2d(Op.PoolKind.MAX, x, 2, 2, 0, false);
            // Interpolation keeps the channels, so that the deepest level has to be as narrow as the one above it.
            int out = s.bilinear && level == s.depth ? s.width(level) / 2 : s.width(level);
            x = doubleConv(down.at("maxpool_conv").at(1), x, out, out, s.isValid, s.batchNorm);
            if (level >= s.depth - 1) {
                x = down.dropout(x, s.dropout);
            }
            layers.add(Endpoints.Layer.of("down" + level));
        }
        Value deepest = x;
        List<Endpoints.FeatureMap> maps = new ArrayList<>(List.of(map(x, 1 << s.depth)));
        for (int i = 1; i <= s.depth; i++) {
            int level = s.depth - i;
            x = up(graph.at("up" + i), x, skips.get(level), level, s);
            maps.add(0, map(x, 1 << level));
            layers.add(Endpoints.Layer.of("up" + i));
        }
        if (s.isValid && s.isMirrored) {
            x = uncovered(graph, x, image);
            maps.set(0, map(x, 1));
        }
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put(Published.PIXELS, x);
        if (s.classes > 0) {
            outputs.put(Published.OUT, graph.at("outc").conv2d("conv", x, Conv2d.of(s.classes, 1)));
            layers.add(Endpoints.Layer.of("outc"));
        }
        // How large the coarser maps of valid convolutions are does not follow from their stride.
        return new Endpoints(
                outputs, graph.globalAveragePool(deepest), null, s.isValid ? maps.subList(0, 1) : maps, layers);
    }

    /** The expanding path over a variant of another family. */
    private static Endpoints over(Graph graph, Config config) {
        int classes = Checks.notNegative(Published.CLASSES, config.integer(Published.CLASSES, 0));
        Graph scope = graph.at(ENCODER);
        Endpoints encoder = encoder(scope, config.text(ENCODER));
        Value image = Objects.requireNonNull(graph.inputs().get(Published.IMAGE), Published.IMAGE);
        List<Integer> widths = Published.integers(config, WIDTHS, List.of(256, 128, 64, 32, 16));
        Value pixels = expand(graph.at("decoder"), image, encoder.maps(), widths);
        List<Endpoints.Layer> layers = new ArrayList<>();
        for (Endpoints.Layer layer : encoder.layers()) {
            // Some families name their layers by where they are built, some as they are published.
            layers.add(new Endpoints.Layer(
                    layer.name(),
                    layer.prefixes().stream()
                            .map(p -> p.startsWith(ENCODER + ".") ? p : scope.path(p))
                            .toList()));
        }
        layers.add(Endpoints.Layer.of("decoder"));
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put(Published.PIXELS, pixels);
        if (classes > 0) {
            outputs.put(Published.OUT, graph.at("outc").conv2d("conv", pixels, Conv2d.of(classes, 1)));
            layers.add(Endpoints.Layer.of("outc"));
        }
        List<Endpoints.FeatureMap> maps = new ArrayList<>(List.of(map(pixels, 1)));
        encoder.maps().stream().filter(m -> m.stride() > 1).forEach(maps::add);
        return new Endpoints(outputs, encoder.pooled(), null, maps, layers);
    }

    private static Endpoints encoder(Graph scope, String name) {
        List<String> known = new ArrayList<>();
        for (Backbone family : Backbones.installed().all()) {
            if (family.modality() == Modality.IMAGE) {
                for (Variant v : family.variants()) {
                    if (v.id().equals(name)) {
                        return family.build(scope, v.config());
                    }
                    known.add(v.id());
                }
            }
        }
        throw new UnknownNameException("encoder", name, known, "correct 'encoder' in the configuration");
    }

    private static Endpoints.FeatureMap map(Value x, int stride) {
        return new Endpoints.FeatureMap(x, stride, (int) x.shape().size(1));
    }

    /**
     * An expanding path over the maps of any network, which gives every pixel of the picture: each map is enlarged
     * bilinearly to the size of the next finer one, joined with it, and convolved twice, with batch normalisation; the
     * last one to the size of the picture itself.
     *
     * @param g the scope of its parameters, {@code up1.conv.double_conv.0.weight}
     * @param image {@code f32[N, C, H, W]}
     * @param maps of the network, finest first; of those of one stride the last counts
     * @param widths channels after each step, from the coarsest on; the last one holds for all further steps
     * @return {@code f32[N, width, H, W]}
     */
    public static Value expand(Graph g, Value image, List<Endpoints.FeatureMap> maps, List<Integer> widths) {
        Map<Integer, Value> byStride = new TreeMap<>();
        maps.forEach(m -> byStride.put(m.stride(), m.value()));
        List<Value> finer = new ArrayList<>(byStride.values());
        Value x = finer.remove(finer.size() - 1);
        boolean hasPixels = byStride.containsKey(1);
        int steps = finer.size() + (hasPixels ? 0 : 1);
        for (int i = 1; i <= steps; i++) {
            Graph step = g.at("up" + i);
            int out = widths.get(Math.min(i, widths.size()) - 1);
            Value joined = finer.isEmpty()
                    ? step.resizeLike(Op.ResizeKind.BILINEAR, x, image)
                    : step.concat(
                            1,
                            finer.get(finer.size() - 1),
                            step.resizeLike(Op.ResizeKind.BILINEAR, x, finer.remove(finer.size() - 1)));
            x = doubleConv(step.at("conv"), joined, out, out, false, true);
        }
        return x;
    }

    /**
     * Two 3 x 3 convolutions, {@code f32[N, C, H, W] -> f32[N, out, H, W]}; valid ones take two pixels off each side.
     */
    private static Value doubleConv(Graph scope, Value x, int middle, int out, boolean isValid, boolean batchNorm) {
        Graph g = scope.at("double_conv");
        Value y = conv(g, 0, x, middle, isValid, batchNorm);
        return conv(g, batchNorm ? 3 : 2, y, out, isValid, batchNorm);
    }

    private static Value conv(Graph g, int index, Value x, int out, boolean isValid, boolean batchNorm) {
        // Section 3 of the paper: normal with deviation sqrt(2 / N), N what reaches one neuron.
        Init init = new Init.Normal(Math.sqrt(2.0 / (9 * x.shape().size(1))));
        Conv2d c = Conv2d.of(out, 3).withPadding(isValid ? 0 : 1).withInit(init);
        String norm = String.valueOf(index + 1);
        return batchNorm
                ? new ConvNorm(String.valueOf(index), norm, 1e-5, 0.1).apply(g, x, c, "relu")
                : g.relu(g.conv2d(String.valueOf(index), x, c));
    }

    /** One step of the expanding path: twice the size, joined with the map of that size. */
    private static Value up(Graph g, Value x, Value skip, int level, Settings s) {
        int wide = (int) x.shape().size(1);
        Value y = s.bilinear ? doubled(g, x) : g.convTranspose2d("up", x, wide / 2, 2, 2);
        Value joined = s.isValid
                ? g.concat(1, centre(centre(skip, y, 2, g), y, 3, g), y)
                : g.concat(1, skip, padded(g, y, skip));
        int in = (int) joined.shape().size(1);
        int out = s.bilinear && level > 0 ? s.width(level) / 2 : s.width(level);
        return doubleConv(g.at("conv"), joined, s.bilinear ? in / 2 : out, out, s.isValid, s.batchNorm);
    }

    private static Value doubled(Graph g, Value x) {
        Value two = g.integers(2);
        Value size = g.concat(0, g.mul(g.sizeOf(x, 2), two), g.mul(g.sizeOf(x, 3), two));
        return g.add("up", new Op.Resize(Op.ResizeKind.BILINEAR, true), x, size).get(0);
    }

    /** Zeros around x as far as the other is larger, one more below and on the right where that is odd. */
    private static Value padded(Graph g, Value x, Value larger) {
        Value[] before = new Value[2];
        Value[] after = new Value[2];
        for (int i = 0; i < 2; i++) {
            Value missing = g.sub(g.sizeOf(larger, i + 2), g.sizeOf(x, i + 2));
            before[i] = g.div(missing, g.integers(2));
            after[i] = g.sub(missing, before[i]);
        }
        Value pads = g.concat(0, g.integers(0, 0), before[0], before[1], g.integers(0, 0), after[0], after[1]);
        return g.add("pad", new Op.Pad(Op.PadMode.CONSTANT, 0), x, pads).get(0);
    }

    /** The middle of x along an axis, as long as the other is. */
    private static Value centre(Value x, Value smaller, int axis, Graph g) {
        Value length = g.sizeOf(smaller, axis);
        Value start = g.div(g.sub(g.sizeOf(x, axis), length), g.integers(2));
        return part(x, axis, start, length, g);
    }

    private static Value part(Value x, int axis, Value start, Value length, Graph g) {
        return g.slice(g.slice(x, axis, start, g.integers(Integer.MAX_VALUE)), axis, g.integers(0), length);
    }

    /**
     * The picture mirrored at its borders until valid convolutions give at least its own size: with {@code b} pixels
     * before the deepest convolutions, {@code 2^depth b + 4 (2^depth - 1)} go in and {@code 2^depth b - 8 2^depth + 4}
     * come out.
     */
    private static Value mirrored(Graph g, Value image, int depth) {
        long factor = 1L << depth;
        Value[] before = new Value[2];
        Value[] after = new Value[2];
        for (int i = 0; i < 2; i++) {
            Value length = g.sizeOf(image, i + 2);
            Value deepest = g.div(g.add(length, g.integers(8 * factor - 4 + factor - 1)), g.integers(factor));
            Value needed = g.add(g.mul(deepest, g.integers(factor)), g.integers(4 * (factor - 1)));
            Value missing = g.sub(needed, length);
            before[i] = g.div(missing, g.integers(2));
            after[i] = g.sub(missing, before[i]);
        }
        Value pads = g.concat(0, g.integers(0, 0), before[0], before[1], g.integers(0, 0), after[0], after[1]);
        return g.add("mirror", new Op.Pad(Op.PadMode.REFLECT, 0), image, pads).get(0);
    }

    /** The part of what came out that lies over the picture. */
    private static Value uncovered(Graph g, Value x, Value image) {
        Value y = x;
        for (int axis = 2; axis < 4; axis++) {
            Value length = g.sizeOf(image, axis);
            // What mirrored() put before the picture was rounded down, and so is what lies before it here.
            Value start = g.div(g.sub(g.sizeOf(x, axis), length), g.integers(2));
            y = part(y, axis, start, length, g);
        }
        return y;
    }
}
