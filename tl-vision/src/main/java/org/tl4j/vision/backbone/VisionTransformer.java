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
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * Vision Transformer: a Transformer encoder over the patches of a picture.
 *
 * <p>Alexey Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR
 * 2021, <a href="https://arxiv.org/abs/2010.11929">arXiv:2010.11929</a>, section 3 and table 1. Names are
 * torchvision's: {@code encoder.layers.encoder_layer_0.self_attention.in_proj_weight}.
 *
 * <p>Settings: {@code image_size} (224 unless set) must be known, because every patch has a position of its own;
 * weights that were published for another size are resampled when they are loaded. {@code patch_size},
 * {@code num_layers}, {@code num_heads}, {@code hidden_dim}, {@code mlp_dim}; {@code representation_size}, a hidden
 * layer of the published classifier. Takes {@code image f32[N, 3, S, S]} of S = image_size; gives {@code tokens f32[N,
 * P, D]} (the class token and the patches), {@code pooled f32[N, D]} (the class token) and the patches as a map of
 * their stride.
 */
public final class VisionTransformer implements Backbone {
    private static final double EPSILON = 1e-6;
    private static final String POSITIONS = "pos_embedding";

    /** A configuration as it was understood. */
    private record Settings(
            int imageSize,
            int patchSize,
            int layers,
            int heads,
            int width,
            int hidden,
            double dropout,
            double attentionDropout,
            int representation,
            int classes) {
        static Settings of(Config c) {
            Settings s = new Settings(
                    Checks.positive("image_size", c.integer("image_size", 224)),
                    Checks.positive("patch_size", c.integer("patch_size", 16)),
                    Checks.positive("num_layers", c.integer("num_layers", 12)),
                    Checks.positive("num_heads", c.integer("num_heads", 12)),
                    Checks.positive("hidden_dim", c.integer("hidden_dim", 768)),
                    Checks.positive("mlp_dim", c.integer("mlp_dim", 3072)),
                    Checks.between(Published.DROPOUT, c.number(Published.DROPOUT, 0), 0, 1),
                    Checks.between("attention_dropout", c.number("attention_dropout", 0), 0, 1),
                    Checks.notNegative("representation_size", c.integer("representation_size", 0)),
                    Checks.notNegative(Published.CLASSES, c.integer(Published.CLASSES, 0)));
            if (s.imageSize % s.patchSize != 0) {
                throw new InvalidArgumentException(
                        "The picture does not divide into patches.",
                        "image_size = " + s.imageSize + ", patch_size = " + s.patchSize,
                        "a multiple",
                        "choose another 'image_size'");
            }
            if (s.width % s.heads != 0) {
                throw new InvalidArgumentException(
                        "The width does not divide into the attention heads.",
                        "hidden_dim = " + s.width + ", num_heads = " + s.heads,
                        "a multiple",
                        "correct one of the two in the configuration");
            }
            return s;
        }

        /** Patches along one side. */
        int side() {
            return imageSize / patchSize;
        }
    }

    /** The builders, and the class behind them, which takes every number. */
    private static final Published PUBLISHED = Published.torchvision(
                    published(),
                    "image_size",
                    "patch_size",
                    "num_layers",
                    "num_heads",
                    "hidden_dim",
                    "mlp_dim",
                    "attention_dropout",
                    "representation_size")
            .or("torchvision.models:VisionTransformer", published().get(0));

    private static List<Variant> published() {
        return List.of(
                variant("vit_b_16", 16, 12, 12, 768),
                variant("vit_b_32", 32, 12, 12, 768),
                variant("vit_l_16", 16, 24, 16, 1024),
                variant("vit_l_32", 32, 24, 16, 1024),
                variant("vit_h_14", 14, 32, 16, 1280));
    }

    private static Variant variant(String id, int patch, int layers, int heads, int width) {
        return new Variant(
                id,
                Config.empty()
                        .with("image_size", 224)
                        .with("patch_size", patch)
                        .with("num_layers", layers)
                        .with("num_heads", heads)
                        .with("hidden_dim", width)
                        .with("mlp_dim", 4 * width));
    }

    @Override
    public String id() {
        return "vit";
    }

    @Override
    public String title() {
        return "Vision Transformer: an encoder over patches (Dosovitskiy et al. 2021, arXiv:2010.11929)";
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
        return new CheckpointNames(List.of(), List.of("heads."));
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
        int side = s.side();
        Value image = graph.input(Published.IMAGE, DType.F32, Shape.parse("N, 3, " + s.imageSize + ", " + s.imageSize));
        double fanIn = 3.0 * s.patchSize * s.patchSize;
        Conv2d patches =
                Conv2d.of(s.width, s.patchSize).withStride(s.patchSize).withInit(new Init.Normal(Math.sqrt(1 / fanIn)));
        Value x = graph.reshape(graph.conv2d("conv_proj", image, patches), 0, s.width, (long) side * side);
        x = graph.transpose(x, 0, 2, 1); // f32[N, patches, D]
        Value token = graph.parameter("class_token", Shape.of(1, 1, s.width), Init.zeros());
        Value each = graph.concat(0, graph.sizeOf(image, 0), graph.integers(1, s.width));
        x = graph.concat(1, graph.add("class", new Op.Expand(), token, each).get(0), x); // f32[N, P, D]

        Graph encoder = graph.at("encoder");
        Shape places = Shape.of(1, (long) side * side + 1, s.width);
        x = encoder.add(x, encoder.parameter(POSITIONS, places, new Init.Normal(0.02)));
        x = encoder.dropout(x, s.dropout);
        List<Endpoints.Layer> layers = new ArrayList<>();
        layers.add(new Endpoints.Layer("embeddings", List.of("conv_proj", "class_token", encoder.path(POSITIONS))));
        for (int i = 0; i < s.layers; i++) {
            Graph layer = encoder.at("layers").at("encoder_layer_" + i);
            x = layer(layer, x, s);
            layers.add(Endpoints.Layer.of(layer.path("")));
        }
        Value tokens = encoder.layerNorm("ln", x, EPSILON); // f32[N, P, D]
        layers.add(Endpoints.Layer.of(encoder.path("ln")));
        Value pooled = graph.select(tokens, 1, 0); // f32[N, D]
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (s.classes > 0) {
            outputs.put(Published.LOGITS, classifier(graph.at("heads"), pooled, s));
            layers.add(Endpoints.Layer.of("heads"));
        }
        Value map = graph.transpose(graph.slice(tokens, 1, 1, Long.MAX_VALUE), 0, 2, 1);
        map = graph.reshape(map, 0, s.width, side, side); // f32[N, D, S/patch, S/patch]
        return new Endpoints(
                outputs, pooled, tokens, List.of(new Endpoints.FeatureMap(map, s.patchSize, s.width)), layers);
    }

    private static Value layer(Graph g, Value x, Settings s) {
        Value attended = attention(g.at("self_attention"), g.layerNorm("ln_1", x, EPSILON), s);
        x = g.add(g.dropout(attended, s.dropout), x);
        Graph mlp = g.at("mlp");
        Value wide = g.dropout(g.gelu(linear(mlp, "0", g.layerNorm("ln_2", x, EPSILON), s.hidden)), s.dropout);
        return g.add(x, g.dropout(linear(mlp, "3", wide, s.width), s.dropout));
    }

    /** PyTorch's {@code MultiheadAttention}: query, key and value from one matrix. */
    private static Value attention(Graph g, Value x, Settings s) {
        long width = s.width;
        Value weight = g.parameter("in_proj_weight", Shape.of(3 * width, width), xavier(width, 3 * width));
        Value bias = g.parameter("in_proj_bias", Shape.of(3 * width), Init.zeros());
        Value joined = g.add("in_proj", new Op.Linear(), x, weight, bias).get(0);
        List<Value> parts = g.add("split", new Op.Split(2, List.of(width, width, width)), joined);
        Op op = new Op.Attention(s.heads, 0, false, s.attentionDropout);
        Value context =
                g.add("attention", op, parts.get(0), parts.get(1), parts.get(2)).get(0);
        return g.linear("out_proj", context, width, true, new Init.FanIn(width), Init.zeros());
    }

    private static Init xavier(long in, long out) {
        return new Init.Uniform(Math.sqrt(6.0 / (in + out)));
    }

    private static Value linear(Graph g, String name, Value x, int out) {
        return g.linear(name, x, out, true, xavier(x.shape().size(-1), out), new Init.Normal(1e-6));
    }

    /** {@code f32[N, D] -> f32[N, K]}. */
    private static Value classifier(Graph g, Value pooled, Settings s) {
        Value x = pooled;
        if (s.representation > 0) {
            Init init = new Init.Normal(Math.sqrt(1.0 / s.width));
            x = g.tanh(g.linear("pre_logits", x, s.representation, true, init, Init.zeros()));
        }
        return g.linear("head", x, s.classes, true, Init.zeros(), Init.zeros());
    }
}
