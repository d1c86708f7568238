// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
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
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * The Transformer of Vaswani et al., "Attention Is All You Need", NeurIPS 2017, <a
 * href="https://arxiv.org/abs/1706.03762">arXiv:1706.03762</a>, with the names and numbers of
 * {@code torch.nn.Transformer}: {@code encoder.layers.0.self_attn.in_proj_weight}.
 *
 * <p>For series its decoder answers all steps at once, as Informer's does (Zhou et al., AAAI 2021, <a
 * href="https://arxiv.org/abs/2012.07436">arXiv:2012.07436</a>, section 3.3): it reads the last part of the window and
 * zeros for what is to come, and beside both what is known of them; covariates of the past alone are the encoder's.
 * With {@code distil} the encoder halves the window between its layers as Informer's does (section 3.2); Informer's
 * sampled attention, which saves time on long windows and changes what is computed from run to run, is not here.
 *
 * <p>Settings by PyTorch's names: {@code d_model}, {@code nhead}, {@code num_encoder_layers},
 * {@code num_decoder_layers}, {@code dim_feedforward}, {@code activation}, {@code norm_first}, {@code bias},
 * {@code layer_norm_eps}, {@code dropout}; besides them {@code label}, how much of the window the decoder reads, and
 * the settings of {@link SeriesFrame}. Without decoder layers it gives {@code pooled f32[N, D]}, the mean over the
 * window; else also {@code steps f32[N, H, D]}.
 */
public final class Transformer implements Backbone {
    private static final Set<String> REFERENCES = Set.of("torch.nn:Transformer");

    private record Settings(
            int width,
            int heads,
            int encoderLayers,
            int decoderLayers,
            int hidden,
            String activation,
            boolean normFirst,
            boolean bias,
            double epsilon,
            double dropout,
            boolean distil) {
        static Settings of(Config c) {
            Settings s = new Settings(
                    Checks.positive("d_model", c.integer("d_model", 512)),
                    Checks.positive("nhead", c.integer("nhead", 8)),
                    Checks.positive("num_encoder_layers", c.integer("num_encoder_layers", 6)),
                    Checks.notNegative("num_decoder_layers", c.integer("num_decoder_layers", 6)),
                    Checks.positive("dim_feedforward", c.integer("dim_feedforward", 2048)),
                    c.text("activation", "relu"),
                    c.flag("norm_first", false),
                    c.flag("bias", true),
                    c.number("layer_norm_eps", 1e-5),
                    Checks.between("dropout", c.number("dropout", 0.1), 0, 0.99),
                    c.flag("distil", false));
            if (s.width % s.heads != 0) {
                throw new InvalidArgumentException(
                        "The width of a Transformer does not divide into its heads.",
                        "d_model " + s.width + ", nhead " + s.heads,
                        "a multiple",
                        "change one of them");
            }
            return s;
        }
    }

    @Override
    public String id() {
        return "transformer";
    }

    @Override
    public String title() {
        return "Transformer, encoder and decoder (Vaswani et al. 2017, arXiv:1706.03762; for series as Informer, 2012.07436)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public List<Variant> variants() {
        Config small = Config.empty()
                .with("context", 96)
                .with("normalisation", "revin")
                .with("d_model", 64)
                .with("nhead", 4)
                .with("num_encoder_layers", 2)
                .with("num_decoder_layers", 1)
                .with("dim_feedforward", 128)
                .with("activation", "gelu");
        return List.of(
                new Variant("transformer", small),
                new Variant("transformer-encoder", small.with("num_decoder_layers", 0)),
                new Variant("informer", small.with("distil", true)));
    }

    @Override
    public Set<String> references() {
        return REFERENCES;
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        return arguments.with("module", true).with("dropout", 0);
    }

    // ------------------------------------------------------------------------------------------- the two stacks

    private static Value encoder(Graph g, Settings s, Value x, List<Endpoints.Layer> depth) {
        Value memory = x;
        for (int i = 0; i < s.encoderLayers; i++) {
            Graph layer = g.at("layers").at(i);
            memory = residual(layer, s, "norm1", memory, h -> attention(layer.at("self_attn"), s, h, h));
            memory = residual(layer, s, "norm2", memory, h -> feedForward(layer, s, h));
            List<String> names = new ArrayList<>(List.of(layer.path("")));
            if (s.distil && i < s.encoderLayers - 1) {
                Graph conv = g.at("conv_layers").at(i);
                memory = halved(conv, s, memory);
                names.add(conv.path(""));
            }
            depth.add(new Endpoints.Layer("encoder layer " + i, names));
        }
        depth.add(Endpoints.Layer.of(g.path("norm")));
        return norm(g, s, "norm", memory);
    }

    private static Value decoder(Graph g, Settings s, Value target, Value memory, List<Endpoints.Layer> depth) {
        Value x = target;
        for (int i = 0; i < s.decoderLayers; i++) {
            Graph layer = g.at("layers").at(i);
            x = residual(layer, s, "norm1", x, h -> attention(layer.at("self_attn"), s, h, h));
            x = residual(layer, s, "norm2", x, h -> attention(layer.at("multihead_attn"), s, h, memory));
            x = residual(layer, s, "norm3", x, h -> feedForward(layer, s, h));
            depth.add(new Endpoints.Layer("decoder layer " + i, List.of(layer.path(""))));
        }
        depth.add(Endpoints.Layer.of(g.path("norm")));
        return norm(g, s, "norm", x);
    }

    private static Value residual(Graph g, Settings s, String norm, Value x, UnaryOperator<Value> sublayer) {
        return s.normFirst
                ? g.add(x, g.dropout(sublayer.apply(norm(g, s, norm, x)), s.dropout))
                : norm(g, s, norm, g.add(x, g.dropout(sublayer.apply(x), s.dropout)));
    }

    private static Value norm(Graph g, Settings s, String name, Value x) {
        if (s.bias) {
            return g.layerNorm(name, x, s.epsilon);
        }
        Value weight = g.at(name).parameter("weight", Shape.of(s.width), Init.ones());
        return g.add(name, new Op.LayerNorm(1, s.epsilon), x, weight).get(0);
    }

    /** PyTorch keeps the three projections in one matrix. */
    private static Value attention(Graph g, Settings s, Value query, Value memory) {
        int d = s.width;
        Value weight = g.parameter("in_proj_weight", Shape.of(3L * d, d), new Init.Uniform(Math.sqrt(6.0 / (4 * d))));
        List<Long> thirds = List.of((long) d, (long) d, (long) d);
        List<Value> weights = g.add("weights", new Op.Split(0, thirds), weight);
        @Nullable List<Value> biases = null;
        if (s.bias) {
            biases = g.add(
                    "biases", new Op.Split(0, thirds), g.parameter("in_proj_bias", Shape.of(3L * d), Init.zeros()));
        }
        Value[] parts = new Value[3];
        for (int i = 0; i < 3; i++) {
            Value from = i == 0 ? query : memory;
            parts[i] = (biases == null
                            ? g.add("in_proj", new Op.Linear(), from, weights.get(i))
                            : g.add("in_proj", new Op.Linear(), from, weights.get(i), biases.get(i)))
                    .get(0);
        }
        Value context = g.add("attention", new Op.Attention(s.heads, 0, false, s.dropout), parts)
                .get(0);
        return g.linear("out_proj", context, d, s.bias, new Init.FanIn(d), Init.zeros());
    }

    private static Value feedForward(Graph g, Settings s, Value x) {
        Value hidden = Activations.apply(g, s.activation, g.linear("linear1", x, s.hidden, s.bias));
        return g.linear("linear2", g.dropout(hidden, s.dropout), s.width, s.bias);
    }

    /** Informer's distilling: a convolution over three steps, ELU, and the larger of each two steps. */
    private static Value halved(Graph g, Settings s, Value x) {
        Value turned = g.transpose(x, 0, 2, 1);
        Value weight =
                g.at("downConv").parameter("weight", Shape.of(s.width, s.width, 3), new Init.FanIn(3L * s.width));
        Value bias = g.at("downConv").parameter("bias", Shape.of(s.width), new Init.FanIn(3L * s.width));
        Value conv = g.add("downConv", new Op.Conv(List.of(1L), List.of(1L, 1L), List.of(1L), 1), turned, weight, bias)
                .get(0);
        Value active = g.add("elu", new Op.Activation(Op.ActivationKind.ELU, 1, 1), conv)
                .get(0);
        Value half = g.add(
                        "pool",
                        new Op.Pool(
                                Op.PoolKind.MAX, List.of(3L), List.of(2L), List.of(1L, 1L), List.of(1L), false, false),
                        active)
                .get(0);
        return g.transpose(half, 0, 2, 1);
    }

    // ------------------------------------------------------------------------------------------- whole networks

    @Override
    public Endpoints build(Graph graph, Config config) {
        Settings s = Settings.of(config);
        return config.flag("module", false) ? module(graph, s, config) : series(graph, s, config);
    }

    /** {@code torch.nn.Transformer}: {@code src}, {@code tgt}, batch first or not. */
    private static Endpoints module(Graph g, Settings s, Config config) {
        boolean batchFirst = config.flag("batch_first", false);
        Dim n = Dim.named("N");
        Dim width = Dim.of(s.width);
        List<Value> in = new ArrayList<>();
        for (String name : List.of("src", "tgt")) {
            Dim l = Dim.named(name.equals("src") ? "S" : "T");
            Value x = g.input(name, DType.F32, Shape.of(batchFirst ? List.of(n, l, width) : List.of(l, n, width)));
            in.add(batchFirst ? x : g.transpose(x, 1, 0, 2));
        }
        List<Endpoints.Layer> depth = new ArrayList<>();
        Value memory = encoder(g.at("encoder"), s, in.get(0), depth);
        Value x = decoder(g.at("decoder"), s, in.get(1), memory, depth);
        return new Endpoints(Map.of("output", batchFirst ? x : g.transpose(x, 1, 0, 2)), null, x, List.of(), depth);
    }

    private static Endpoints series(Graph g, Settings s, Config config) {
        int context = Checks.positive("context", config.integer("context", 96));
        SeriesFrame frame = SeriesFrame.of(g, config.with("context", context));
        Value past = frame.pastWithCovariates(g, config);
        List<Endpoints.Layer> depth = new ArrayList<>(List.of(Endpoints.Layer.of("enc_embedding")));
        Value memory =
                encoder(g.at("encoder"), s, embedded(g.at("enc_embedding"), s, past, context), depth); // [N, L', D]
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        if (s.decoderLayers > 0) {
            int horizon = Checks.positive("horizon", config.integer("horizon", 1));
            int label = Math.min(context, Checks.notNegative("label", config.integer("label", context / 2)));
            Value target = target(g, frame, label, horizon);
            depth.add(Endpoints.Layer.of("dec_embedding"));
            Value steps = decoder(
                    g.at("decoder"), s, embedded(g.at("dec_embedding"), s, target, label + horizon), memory, depth);
            outputs.put(ForecastEndpoints.STEPS, g.slice(steps, 1, label, Long.MAX_VALUE));
        }
        return new Endpoints(outputs, g.reduce(Op.ReduceKind.MEAN, memory, false, 1), memory, List.of(), depth);
    }

    /** The end of the window, then zeros; beside both what is known. */
    private static Value target(Graph g, SeriesFrame frame, int label, int horizon) {
        Value past = frame.past();
        Value zeros = g.add(
                        "zeros",
                        new Op.ConstantOfShape(HostTensor.of(new float[] {0}, 1)),
                        g.concat(
                                0,
                                g.sizeOf(past, 0),
                                g.integers(horizon, past.shape().size(2))))
                .get(0);
        Value values = label == 0 ? zeros : g.concat(1, g.slice(past, 1, -label, Long.MAX_VALUE), zeros);
        Value pastKnown = frame.pastKnown();
        Value futureKnown = frame.futureKnown();
        if (pastKnown == null || futureKnown == null) {
            return values;
        }
        Value known =
                label == 0 ? futureKnown : g.concat(1, g.slice(pastKnown, 1, -label, Long.MAX_VALUE), futureKnown);
        return g.concat(2, values, known);
    }

    /** A linear layer for each step, and sines that tell where it stands. */
    private static Value embedded(Graph g, Settings s, Value x, int steps) {
        float[] table = new float[steps * s.width];
        for (int p = 0; p < steps; p++) {
            for (int d = 0; d < s.width; d++) {
                double angle = p * Math.exp((d - d % 2) * -Math.log(10000.0) / s.width);
                table[p * s.width + d] = (float) (d % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
            }
        }
        Value places = g.constant("places", HostTensor.of(table, 1, steps, s.width));
        return g.dropout(g.add(g.linear("value_embedding", x, s.width), places), s.dropout);
    }
}
