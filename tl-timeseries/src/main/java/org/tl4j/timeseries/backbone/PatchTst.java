// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Activations;
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
import org.tl4j.tensor.TensorType;

/**
 * PatchTST: a Transformer over pieces of the window, each variable by itself.
 *
 * <p>Yuqi Nie et al., "A Time Series is Worth 64 Words: Long-term Forecasting with Transformers", ICLR 2023, <a
 * href="https://arxiv.org/abs/2211.14730">arXiv:2211.14730</a>, section 3. Names and settings are those of
 * transformers' {@code PatchTSTModel}: {@code encoder.layers.0.self_attn.q_proj.weight}; {@code patch_length},
 * {@code patch_stride}, {@code d_model}, {@code num_hidden_layers}, {@code num_attention_heads}, {@code ffn_dim},
 * {@code norm_type}, {@code pre_norm}, {@code channel_attention}, {@code share_embedding},
 * {@code positional_encoding_type}, {@code use_cls_token}, {@code pooling_type} and the dropouts. Besides them the
 * settings of {@link SeriesFrame}, with {@code normalisation} {@code revin} unless it is set.
 *
 * <p>Gives {@code variables f32[N, V, P D]}, all pieces side by side, or {@code f32[N, V, D]} where they are pooled,
 * and {@code pooled f32[N, V D]}, their means.
 */
public final class PatchTst implements Backbone {
    private static final Set<String> REFERENCES =
            Set.of("transformers:PatchTSTModel", "transformers:PatchTSTForPrediction");

    private record Settings(
            int context,
            int variables,
            int patch,
            int stride,
            int width,
            int layers,
            int heads,
            int hidden,
            String activation,
            boolean batchNorm,
            double epsilon,
            boolean bias,
            boolean preNorm,
            boolean acrossVariables,
            boolean sharedEmbedding,
            boolean sinusoidal,
            boolean classToken,
            String pooling,
            double attentionDropout,
            double positionDropout,
            double pathDropout,
            double hiddenDropout) {
        static Settings of(Config c) {
            String norm = c.text("norm_type", "batchnorm");
            String positions = c.text("positional_encoding_type", "sincos");
            String pooling = c.text("pooling_type", "");
            known("norm_type", norm, "batchnorm", "layernorm");
            known("positional_encoding_type", positions, "sincos", "random");
            known("pooling_type", pooling, "", "mean", "max");
            Settings s = new Settings(
                    Checks.positive("context", c.integer("context", 336)),
                    Checks.positive("variables", c.integer("variables", 1)),
                    Checks.positive("patch_length", c.integer("patch_length", 16)),
                    Checks.positive("patch_stride", c.integer("patch_stride", 8)),
                    Checks.positive("d_model", c.integer("d_model", 128)),
                    Checks.positive("num_hidden_layers", c.integer("num_hidden_layers", 3)),
                    Checks.positive("num_attention_heads", c.integer("num_attention_heads", 4)),
                    Checks.positive("ffn_dim", c.integer("ffn_dim", 512)),
                    c.text("activation_function", "gelu"),
                    norm.equals("batchnorm"),
                    c.number("norm_eps", 1e-5),
                    c.flag("bias", true),
                    c.flag("pre_norm", true),
                    c.flag("channel_attention", false),
                    c.flag("share_embedding", true),
                    positions.equals("sincos"),
                    c.flag("use_cls_token", false),
                    pooling,
                    Checks.between("attention_dropout", c.number("attention_dropout", 0), 0, 0.99),
                    Checks.between("positional_dropout", c.number("positional_dropout", 0), 0, 0.99),
                    Checks.between("path_dropout", c.number("path_dropout", 0), 0, 0.99),
                    Checks.between("ff_dropout", c.number("ff_dropout", 0), 0, 0.99));
            if (s.context <= s.patch || s.width % s.heads != 0) {
                throw new InvalidArgumentException(
                        "The sizes of a PatchTST do not fit.",
                        "context " + s.context + ", patch_length " + s.patch + ", d_model " + s.width + ", " + s.heads
                                + " heads",
                        "a context longer than a patch, and d_model a multiple of the heads",
                        "change --context or the settings of the network");
            }
            return s;
        }

        private static void known(String setting, String found, String... expected) {
            if (!List.of(expected).contains(found)) {
                throw new UnknownNameException(setting, found, List.of(expected), "choose one of these");
            }
        }

        int patches() {
            return (context - patch) / stride + 1;
        }

        int places() {
            return patches() + (classToken ? 1 : 0);
        }
    }

    @Override
    public String id() {
        return "patchtst";
    }

    @Override
    public String title() {
        return "PatchTST: a Transformer over pieces of the window (Nie et al. 2023, arXiv:2211.14730)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    /** The two networks of the paper: for small data sets such as ETTh1, and for large ones. */
    @Override
    public List<Variant> variants() {
        Config common = Config.empty()
                .with("context", 336)
                .with("patch_length", 16)
                .with("patch_stride", 8)
                .with("num_hidden_layers", 3)
                .with("positional_encoding_type", "random")
                .with("pre_norm", false)
                .with("normalisation", "revin");
        return List.of(
                new Variant(
                        "patchtst",
                        common.with("d_model", 16)
                                .with("num_attention_heads", 4)
                                .with("ffn_dim", 128)
                                .with("positional_dropout", 0.3)
                                .with("path_dropout", 0.3)
                                .with("ff_dropout", 0.3)),
                new Variant(
                        "patchtst-base",
                        common.with("d_model", 128)
                                .with("num_attention_heads", 16)
                                .with("ffn_dim", 256)
                                .with("positional_dropout", 0.2)
                                .with("path_dropout", 0.2)
                                .with("ff_dropout", 0.2)));
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(List.of("model."), List.of("head."));
    }

    @Override
    public Set<String> references() {
        return REFERENCES;
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        if (config.flag("do_mask_input", false)
                || !config.text("scaling", "std").equals("std")) {
            throw new UnsupportedFeatureException(
                    "This PatchTST is not the one for forecasting.",
                    "do_mask_input or another scaling",
                    "no masking and scaling = std",
                    "make the fixture with these");
        }
        boolean predicts = source.endsWith("ForPrediction");
        Config c = config.with("context", config.integer("context_length", 32))
                .with("variables", config.integer("num_input_channels", 1))
                .with("patch_length", config.integer("patch_length", 1))
                .with("patch_stride", config.integer("patch_stride", 1))
                .with("normalisation", "revin")
                // Where null is written there is no pooling; where nothing is written there is.
                .with(
                        "pooling_type",
                        predicts && !config.keys().contains("pooling_type") ? "mean" : config.text("pooling_type", ""));
        for (String dropout : List.of("attention_dropout", "positional_dropout", "path_dropout", "ff_dropout")) {
            c = c.with(dropout, 0);
        }
        return predicts ? c.with("predicts", config.integer("prediction_length", 24)) : c;
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        Map<String, HostTensor> given = new LinkedHashMap<>(inputs);
        HostTensor past = given.remove("past_values");
        if (past != null) {
            given.put(SeriesFrame.PAST, past);
        }
        return given;
    }

    @Override
    public Endpoints build(Graph root, Config config) {
        Settings s = Settings.of(config);
        SeriesFrame frame = SeriesFrame.of(
                root, Config.empty().with("normalisation", "revin").with(config).with("context", s.context));
        int horizon = config.integer("predicts", 0);
        Graph g = horizon > 0 ? root.at("model") : root;
        Graph encoder = g.at("encoder");
        Value patches = patches(g, s, frame.past()); // [N, V, P, patch]
        Value x = places(encoder, s, embedded(encoder.at("embedder"), s, patches));
        List<Endpoints.Layer> layers = new ArrayList<>(List.of(new Endpoints.Layer(
                "embedder", List.of(encoder.path("embedder"), encoder.path("positional_encoder")))));
        for (int i = 0; i < s.layers; i++) {
            Graph layer = encoder.at("layers").at(i);
            x = layer(layer, s, x);
            layers.add(Endpoints.Layer.of(layer.path("")));
        }
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        outputs.put("last_hidden_state", x);
        outputs.put("patch_input", patches);
        outputs.put("loc", frame.location());
        Value means = root.reduce(Op.ReduceKind.MEAN, x, false, 2);
        Value variables = s.classToken
                ? root.select(x, 2, 0)
                : switch (s.pooling) {
                    case "mean" -> means;
                    case "max" -> root.reduce(Op.ReduceKind.MAX, x, false, 2);
                    default -> root.reshape(x, 0, 0, (long) s.places() * s.width);
                };
        outputs.put(ForecastEndpoints.VARIABLES, variables);
        if (horizon > 0) {
            Value answer = root.transpose(root.at("head").linear("projection", variables, horizon), 0, 2, 1);
            outputs.put("prediction_outputs", root.add(root.mul(answer, frame.scale()), frame.location()));
        }
        return new Endpoints(outputs, root.flatten(means, 1), null, List.of(), layers);
    }

    /** The pieces of each variable, the last one ending with the window. */
    private static Value patches(Graph g, Settings s, Value past) {
        int begin = s.context - (s.patch + s.stride * (s.patches() - 1));
        long[] places = new long[s.patches() * s.patch];
        for (int p = 0; p < s.patches(); p++) {
            for (int i = 0; i < s.patch; i++) {
                places[p * s.patch + i] = begin + (long) p * s.stride + i;
            }
        }
        Value index = g.constant("places", HostTensor.of(places, s.patches(), s.patch));
        return g.gather(g.transpose(past, 0, 2, 1), index, 2);
    }

    private static Value embedded(Graph g, Settings s, Value patches) {
        if (s.sharedEmbedding) {
            return g.linear("input_embedding", patches, s.width);
        }
        Value[] each = new Value[s.variables];
        for (int v = 0; v < s.variables; v++) {
            Value own = g.slice(patches, 1, v, v + 1L);
            each[v] = g.at("input_embedding").linear(String.valueOf(v), own, s.width);
        }
        return s.variables == 1 ? each[0] : g.concat(1, each);
    }

    private static Value places(Graph encoder, Settings s, Value x) {
        Graph g = encoder.at("positional_encoder");
        Value places = s.sinusoidal
                ? g.buffer(
                        "position_enc",
                        new TensorType(DType.F32, Shape.of(s.places(), s.width)),
                        new Init.Values(sinusoids(s.places(), s.width)))
                : g.parameter("position_enc", Shape.of(s.places(), s.width), new Init.Uniform(0.02));
        if (!s.classToken) {
            return g.dropout(g.add(x, places), s.positionDropout);
        }
        Value rest = g.dropout(g.add(x, g.slice(places, 0, 1, Long.MAX_VALUE)), s.positionDropout);
        Value token = g.add(
                g.parameter("cls_token", Shape.of(1, 1, 1, s.width), new Init.Normal(0.02)), g.slice(places, 0, 0, 1));
        Value shape = g.concat(0, g.sizeOf(x, 0), g.integers(s.variables, 1, s.width));
        return g.concat(2, g.add("expand", new Op.Expand(), token, shape).get(0), rest);
    }

    /** Sines and cosines of growing wave lengths, centred, with a deviation of 0.1. */
    private static HostTensor sinusoids(int places, int width) {
        double[] table = new double[places * width];
        double sum = 0;
        for (int p = 0; p < places; p++) {
            for (int d = 0; d < width; d++) {
                double angle = p * Math.exp((d - d % 2) * -Math.log(10000.0) / width);
                table[p * width + d] = d % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
                sum += table[p * width + d];
            }
        }
        double mean = sum / table.length;
        double squares = 0;
        for (double v : table) {
            squares += (v - mean) * (v - mean);
        }
        double deviation = Math.sqrt(squares / Math.max(1, table.length - 1));
        float[] scaled = new float[table.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) ((table[i] - mean) / (10 * deviation));
        }
        return HostTensor.of(scaled, places, width);
    }

    private static Value layer(Graph g, Settings s, Value x) {
        Value rows = joined(g, x, s.places(), s.width); // [N V, P, D]
        rows = residual(g, s, "norm_sublayer1", rows, h -> attention(g.at("self_attn"), s, h));
        if (s.acrossVariables) {
            Value apart = apart(g, x, rows, s.variables, s.places(), s.width);
            Value turned = joined(g, g.transpose(apart, 0, 2, 1, 3), s.variables, s.width); // [N P, V, D]
            turned = residual(g, s, "norm_sublayer2", turned, h -> attention(g.at("self_attn"), s, h));
            Value back = apart(g, x, turned, s.places(), s.variables, s.width);
            rows = joined(g, g.transpose(back, 0, 2, 1, 3), s.places(), s.width);
        }
        rows = residual(g, s, "norm_sublayer3", rows, h -> feedForward(g.at("ff"), s, h));
        return apart(g, x, rows, s.variables, s.places(), s.width);
    }

    private static Value joined(Graph g, Value x, int places, int width) {
        return g.reshape(x, -1, places, width);
    }

    /** {@code [N a, b, D] -> [N, a, b, D]}, N being that of {@code like}. */
    private static Value apart(Graph g, Value like, Value rows, int a, int b, int width) {
        Value shape = g.concat(0, g.sizeOf(like, 0), g.integers(a, b, width));
        return g.add("reshape", new Op.Reshape(), rows, shape).get(0);
    }

    private static Value residual(Graph g, Settings s, String norm, Value x, UnaryOperator<Value> sublayer) {
        return s.preNorm
                ? g.add(x, g.dropout(sublayer.apply(norm(g.at(norm), s, x)), s.pathDropout))
                : norm(g.at(norm), s, g.add(x, g.dropout(sublayer.apply(x), s.pathDropout)));
    }

    private static Value norm(Graph g, Settings s, Value x) {
        if (!s.batchNorm) {
            return g.layerNorm("", x, s.epsilon);
        }
        Value turned = g.batchNorm("batchnorm", g.transpose(x, 0, 2, 1), s.epsilon, 0.1);
        return g.transpose(turned, 0, 2, 1);
    }

    private static Value attention(Graph g, Settings s, Value x) {
        Value q = g.linear("q_proj", x, s.width);
        Value k = g.linear("k_proj", x, s.width);
        Value v = g.linear("v_proj", x, s.width);
        Value context = g.add("attention", new Op.Attention(s.heads, 0, false, s.attentionDropout), q, k, v)
                .get(0);
        return g.linear("out_proj", context, s.width);
    }

    private static Value feedForward(Graph g, Settings s, Value x) {
        Value hidden = Activations.apply(g, s.activation, g.linear("0", x, s.hidden, s.bias));
        return g.linear("3", g.dropout(hidden, s.hiddenDropout), s.width, s.bias);
    }
}
