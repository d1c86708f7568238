// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.backbone;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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

/**
 * BERT and its kin: a bidirectional Transformer encoder of texts.
 *
 * <p>Jacob Devlin, Ming-Wei Chang, Kenton Lee, Kristina Toutanova, "BERT: Pre-training of Deep Bidirectional
 * Transformers for Language Understanding", NAACL 2019, <a
 * href="https://arxiv.org/abs/1810.04805">arXiv:1810.04805</a>. The configuration's {@code model_type} chooses between
 * it and
 *
 * <ul>
 *   <li>{@code distilbert}: Victor Sanh, Lysandre Debut, Julien Chaumond, Thomas Wolf, "DistilBERT, a distilled version
 *       of BERT", 2019, <a href="https://arxiv.org/abs/1910.01108">arXiv:1910.01108</a>: no token types, no pooler, no
 *       dropout after attention, names of its own.
 *   <li>{@code roberta}, {@code xlm-roberta}, {@code camembert}: Yinhan Liu et al., "RoBERTa: A Robustly Optimized BERT
 *       Pretraining Approach", 2019, <a href="https://arxiv.org/abs/1907.11692">arXiv:1907.11692</a>: positions are
 *       counted from the padding index over the tokens that are not padding.
 * </ul>
 *
 * <p>Settings and parameters have the names of Hugging Face's {@code config.json} and checkpoints:
 * {@code encoder.layer.0.attention.self.query.weight}. One setting is TL4J's own, {@code pooling}: what stands for a
 * whole text. {@code mean} is over the tokens that are there, {@code cls} is the first token, {@code pooler} that token
 * behind the published {@code pooler.dense}, which exists only then. Unless set it is {@code pooler} for BERT,
 * {@code cls} for the others.
 *
 * <p>Takes {@code input_ids i64[N, L]}, {@code attention_mask i64[N, L]} (1 where there is a token) and, where there is
 * more than one token type, {@code token_type_ids i64[N, L]}; gives {@code last_hidden_state f32[N, L, D]} and
 * {@code pooler_output f32[N, D]}.
 */
public final class Bert implements Backbone {
    private enum Kind {
        BERT,
        ROBERTA,
        DISTILBERT;

        Names names() {
            return this == DISTILBERT ? Names.DISTILBERT : Names.BERT;
        }
    }

    /** The names under which the kin publish the parts of a layer. */
    private record Names(
            String layers,
            String query,
            String key,
            String value,
            String projection,
            String attentionNorm,
            String widen,
            String activation,
            String narrow,
            String outputNorm) {
        static final Names BERT = new Names(
                "encoder.layer",
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "intermediate.intermediate_act_fn",
                "output.dense",
                "output.LayerNorm");
        static final Names DISTILBERT = new Names(
                "transformer.layer",
                "attention.q_lin",
                "attention.k_lin",
                "attention.v_lin",
                "attention.out_lin",
                "sa_layer_norm",
                "ffn.lin1",
                "ffn.activation",
                "ffn.lin2",
                "output_layer_norm");
    }

    private static final Map<String, Kind> KINDS = Map.of(
            "bert", Kind.BERT,
            "distilbert", Kind.DISTILBERT,
            "roberta", Kind.ROBERTA,
            "xlm-roberta", Kind.ROBERTA,
            "camembert", Kind.ROBERTA);

    private static final Map<String, String> REFERENCES = Map.of(
            "transformers:BertModel", "bert",
            "transformers:DistilBertModel", "distilbert",
            "transformers:RobertaModel", "roberta",
            "transformers:XLMRobertaModel", "xlm-roberta",
            "transformers:CamembertModel", "camembert");

    private static final String POOLING = "pooling";

    private enum Pooling {
        MEAN,
        CLS,
        POOLER
    }

    /** A configuration as it was understood; a setting that is not given has Hugging Face's default. */
    private record Settings(
            Kind kind,
            int vocabulary,
            int width,
            int layers,
            int heads,
            int intermediate,
            int positions,
            boolean sinusoidal,
            int types,
            long padding,
            String activation,
            double epsilon,
            double deviation,
            double dropout,
            double attentionDropout,
            Pooling pooling,
            boolean hiddenStates) {

        static Settings of(Config c) {
            String type = c.text("model_type", "bert");
            Kind kind = KINDS.get(type);
            if (kind == null) {
                throw new UnknownNameException(
                        "model_type", type, KINDS.keySet(), "choose the backbone of that model_type");
            }
            refuse(c);
            boolean distil = kind == Kind.DISTILBERT;
            Settings s = new Settings(
                    kind,
                    Checks.positive("vocab_size", c.integer("vocab_size", kind == Kind.ROBERTA ? 50265 : 30522)),
                    Checks.positive("hidden_size", either(c, "hidden_size", distil ? "dim" : "hidden_size", 768)),
                    Checks.notNegative(
                            "num_hidden_layers",
                            either(c, "num_hidden_layers", distil ? "n_layers" : "num_hidden_layers", distil ? 6 : 12)),
                    Checks.positive(
                            "num_attention_heads",
                            either(c, "num_attention_heads", distil ? "n_heads" : "num_attention_heads", 12)),
                    Checks.positive("intermediate_size", c.integer(distil ? "hidden_dim" : "intermediate_size", 3072)),
                    Checks.positive("max_position_embeddings", c.integer("max_position_embeddings", 512)),
                    distil && c.flag("sinusoidal_pos_embds", false),
                    distil ? 0 : Checks.positive("type_vocab_size", c.integer("type_vocab_size", 2)),
                    padding(c, kind),
                    c.text(distil ? "activation" : "hidden_act", "gelu"),
                    distil ? 1e-12 : Checks.notNegative("layer_norm_eps", c.number("layer_norm_eps", 1e-12)),
                    c.number("initializer_range", 0.02),
                    probability(c, distil ? "dropout" : "hidden_dropout_prob"),
                    probability(c, distil ? "attention_dropout" : "attention_probs_dropout_prob"),
                    pooling(c, kind),
                    c.flag("output_hidden_states", false));
            if (s.width % s.heads != 0) {
                throw new InvalidArgumentException(
                        "The hidden size does not divide into the attention heads.",
                        "hidden_size = " + s.width + ", num_attention_heads = " + s.heads,
                        "a multiple",
                        "correct one of the two in the configuration");
            }
            return s;
        }

        private static int either(Config c, String common, String own, int otherwise) {
            return c.integer(common, c.integer(own, otherwise));
        }

        private static double probability(Config c, String key) {
            return Checks.between(key, c.number(key, 0.1), 0, 1);
        }

        /** The row of the padding token, or -1; a negative number counts from the last row, as in PyTorch. */
        private static long padding(Config c, Kind kind) {
            if (c.keys().contains("pad_token_id") && !c.has("pad_token_id")) {
                return -1;
            }
            int vocabulary = c.integer("vocab_size", kind == Kind.ROBERTA ? 50265 : 30522);
            int id = c.integer("pad_token_id", kind == Kind.ROBERTA ? 1 : 0);
            return (long) Checks.between("pad_token_id", id < 0 ? id + vocabulary : id, 0, vocabulary - 1);
        }

        private static Pooling pooling(Config c, Kind kind) {
            String name = c.text(POOLING, kind == Kind.BERT ? "pooler" : "cls");
            return switch (name) {
                case "mean" -> Pooling.MEAN;
                case "cls" -> Pooling.CLS;
                case "pooler" -> {
                    if (kind == Kind.DISTILBERT) {
                        throw new UnsupportedFeatureException(
                                "DistilBERT has no pooler.",
                                "pooling = pooler",
                                "cls or mean",
                                "set pooling to cls or mean");
                    }
                    yield Pooling.POOLER;
                }
                default ->
                    throw new UnknownNameException(
                            POOLING,
                            name,
                            List.of("mean", "cls", "pooler"),
                            "correct '" + POOLING + "' in the configuration");
            };
        }

        /** Variants of the published classes that no published checkpoint of this family uses. */
        private static void refuse(Config c) {
            List<String> found = new ArrayList<>();
            for (String key : List.of("is_decoder", "add_cross_attention", "output_attentions")) {
                if (c.flag(key, false)) {
                    found.add(key + " = true");
                }
            }
            String position = c.text("position_embedding_type", "absolute");
            if (!position.equals("absolute")) {
                found.add("position_embedding_type = " + position);
            }
            if (!c.config("pruned_heads").keys().isEmpty()) {
                found.add("pruned_heads = " + c.config("pruned_heads").keys());
            }
            if (!found.isEmpty()) {
                throw new UnsupportedFeatureException(
                        "This configuration asks for more than an encoder with absolute positions.",
                        String.join(", ", found),
                        "none of them",
                        "choose a checkpoint without them, or export it to ONNX and name the .onnx file");
            }
        }
    }

    @Override
    public String id() {
        return "bert";
    }

    @Override
    public String title() {
        return "BERT, DistilBERT, RoBERTa: bidirectional encoders of text (Devlin et al. 2019, arXiv:1810.04805)";
    }

    @Override
    public Modality modality() {
        return Modality.TEXT;
    }

    @Override
    public List<Variant> variants() {
        return List.of(
                bert("bert-base-uncased", 30522, 12, 768, 12),
                bert("bert-base-cased", 28996, 12, 768, 12),
                bert("bert-base-multilingual-cased", 119547, 12, 768, 12),
                bert("bert-large-uncased", 30522, 24, 1024, 16),
                bert("bert-large-cased", 28996, 24, 1024, 16),
                bert("bert_uncased_L-2_H-128_A-2", 30522, 2, 128, 2),
                bert("bert_uncased_L-4_H-256_A-4", 30522, 4, 256, 4),
                bert("bert_uncased_L-4_H-512_A-8", 30522, 4, 512, 8),
                bert("bert_uncased_L-8_H-512_A-8", 30522, 8, 512, 8),
                bert("MiniLM-L6-H384-uncased", 30522, 6, 384, 12),
                bert("MiniLM-L12-H384-uncased", 30522, 12, 384, 12),
                distilbert("distilbert-base-uncased", 30522),
                distilbert("distilbert-base-cased", 28996),
                distilbert("distilbert-base-multilingual-cased", 119547),
                roberta("roberta", "roberta-base", 50265, 12, 768, 12),
                roberta("roberta", "roberta-large", 50265, 24, 1024, 16),
                roberta("roberta", "distilroberta-base", 50265, 6, 768, 12),
                roberta("camembert", "camembert-base", 32005, 12, 768, 12),
                roberta("xlm-roberta", "xlm-roberta-base", 250002, 12, 768, 12),
                roberta("xlm-roberta", "xlm-roberta-large", 250002, 24, 1024, 16));
    }

    private static Variant bert(String id, int vocabulary, int layers, int width, int heads) {
        return new Variant(id, common("bert", vocabulary, layers, width, heads));
    }

    private static Variant roberta(String type, String id, int vocabulary, int layers, int width, int heads) {
        return new Variant(
                id,
                common(type, vocabulary, layers, width, heads)
                        .with("max_position_embeddings", 514)
                        .with("type_vocab_size", 1)
                        .with("pad_token_id", 1)
                        .with("layer_norm_eps", 1e-5));
    }

    private static Config common(String type, int vocabulary, int layers, int width, int heads) {
        return Config.empty()
                .with("model_type", type)
                .with("vocab_size", vocabulary)
                .with("hidden_size", width)
                .with("num_hidden_layers", layers)
                .with("num_attention_heads", heads)
                .with("intermediate_size", 4 * width)
                .with("hidden_act", "gelu")
                .with("hidden_dropout_prob", 0.1)
                .with("attention_probs_dropout_prob", 0.1)
                .with("max_position_embeddings", 512)
                .with("type_vocab_size", 2)
                .with("pad_token_id", 0)
                .with("layer_norm_eps", 1e-12);
    }

    private static Variant distilbert(String id, int vocabulary) {
        return new Variant(
                id,
                Config.empty()
                        .with("model_type", "distilbert")
                        .with("vocab_size", vocabulary)
                        .with("dim", 768)
                        .with("n_layers", 6)
                        .with("n_heads", 12)
                        .with("hidden_dim", 3072)
                        .with("activation", "gelu")
                        .with("dropout", 0.1)
                        .with("attention_dropout", 0.1)
                        .with("max_position_embeddings", 512)
                        .with("pad_token_id", 0));
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(
                List.of("bert.", "distilbert.", "roberta."),
                List.of(
                        "cls.",
                        "classifier.",
                        "pre_classifier.",
                        "qa_outputs.",
                        "lm_head.",
                        "pooler.",
                        "vocab_transform.",
                        "vocab_layer_norm.",
                        "vocab_projector.",
                        "embeddings.position_ids",
                        "embeddings.token_type_ids"));
    }

    @Override
    public Set<String> references() {
        return REFERENCES.keySet();
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        String type = REFERENCES.get(source);
        if (type == null) {
            throw new UnknownNameException("reference", source, references(), "use a fixture of this family");
        }
        boolean pooler = KINDS.get(type) != Kind.DISTILBERT && arguments.flag("add_pooling_layer", true);
        return config.with("model_type", type)
                .with(POOLING, pooler ? "pooler" : "cls")
                .with("hidden_dropout_prob", 0)
                .with("attention_probs_dropout_prob", 0)
                .with("dropout", 0)
                .with("attention_dropout", 0);
    }

    /** Every token is there, and all are of the first type. */
    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        HostTensor ids = inputs.get("input_ids");
        if (ids == null) {
            return inputs;
        }
        Map<String, HostTensor> all = new LinkedHashMap<>(inputs);
        long[] ones = new long[ids.elements()];
        Arrays.fill(ones, 1);
        all.putIfAbsent("attention_mask", HostTensor.of(ones, ids.shape().toArray()));
        all.putIfAbsent("token_type_ids", HostTensor.zeros(DType.I64, ids.shape()));
        return all;
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        Settings s = Settings.of(config);
        Shape texts = Shape.parse("N, L");
        Value ids = graph.input("input_ids", DType.I64, texts);
        Value attentionMask = graph.input("attention_mask", DType.I64, texts);
        Value types = s.types > 1 ? graph.input("token_type_ids", DType.I64, texts) : null;

        Map<String, Value> outputs = new LinkedHashMap<>();
        List<Endpoints.Layer> layers = new ArrayList<>(List.of(Endpoints.Layer.of("embeddings")));
        List<Value> states = new ArrayList<>();
        Value x = embeddings(graph.at("embeddings"), ids, types, s); // f32[N, L, D]
        states.add(x);
        Value mask = graph.unsqueeze(graph.cast(attentionMask, DType.BOOL), 1, 2); // bool[N, 1, 1, L]
        for (int i = 0; i < s.layers; i++) {
            Graph layer = graph.at(s.kind.names().layers()).at(i);
            x = layer(layer, x, mask, s);
            states.add(x);
            layers.add(Endpoints.Layer.of(layer.path("")));
        }
        outputs.put("last_hidden_state", x);
        Value pooled;
        if (s.pooling == Pooling.POOLER) {
            pooled = graph.tanh(linear(graph.at("pooler"), "dense", graph.select(x, 1, 0), s.width, s));
            outputs.put("pooler_output", pooled);
            layers.add(Endpoints.Layer.of("pooler"));
        } else {
            pooled = s.pooling == Pooling.CLS ? graph.select(x, 1, 0) : mean(graph.at("pooling"), x, attentionMask);
        }
        for (int i = 0; s.hiddenStates && i < states.size(); i++) {
            outputs.put("hidden_states." + i, states.get(i));
        }
        return new Endpoints(outputs, pooled, x, List.of(), layers);
    }

    /** {@code i64[N, L] -> f32[N, L, D]}. */
    private static Value embeddings(Graph g, Value ids, @Nullable Value types, Settings s) {
        Init init = new Init.Normal(s.deviation);
        Value x = g.embedding("word_embeddings", ids, s.vocabulary, s.width, s.padding, init);
        if (types != null) {
            x = g.add(x, g.embedding("token_type_embeddings", types, s.types, s.width, -1, init));
        } else if (s.types == 1) {
            x = g.add(x, g.at("token_type_embeddings").parameter("weight", Shape.of(1, s.width), init));
        }
        x = g.add(x, positions(g, ids, s, init));
        return g.dropout(g.layerNorm("LayerNorm", x, s.epsilon), s.dropout);
    }

    /** BERT numbers all places from 0, {@code f32[L, D]}; RoBERTa those that are not padding, {@code f32[N, L, D]}. */
    private static Value positions(Graph g, Value ids, Settings s, Init init) {
        if (s.kind == Kind.ROBERTA) {
            Value padding = g.constant(HostTensor.scalar(s.padding));
            Value token = g.binary(Op.BinaryKind.EQUAL, ids, padding);
            token = g.cast(g.unary(Op.UnaryKind.NOT, token), DType.I64);
            Value counted =
                    g.mul(g.add("cumsum", new Op.CumSum(1, false, false), token).get(0), token);
            return g.embedding("position_embeddings", g.add(counted, padding), s.positions, s.width, s.padding, init);
        }
        Graph table = g.at("position_embeddings");
        Shape shape = Shape.of(s.positions, s.width);
        // Sinusoids are where training starts: the reference trains them like any table.
        Value weight = table.parameter("weight", shape, init);
        return table.slice(weight, 0, table.integers(0), table.sizeOf(ids, 1));
    }

    /** One layer of the encoder: attention, then two linear layers, each added to its input and normalised. */
    private static Value layer(Graph g, Value x, Value mask, Settings s) {
        Names names = s.kind.names();
        Value attended = g.attention(
                linear(g, names.query(), x, s.width, s),
                linear(g, names.key(), x, s.width, s),
                linear(g, names.value(), x, s.width, s),
                mask,
                s.heads,
                s.attentionDropout);
        attended = linear(g, names.projection(), attended, s.width, s);
        if (s.kind != Kind.DISTILBERT) {
            attended = g.dropout(attended, s.dropout);
        }
        x = g.layerNorm(names.attentionNorm(), g.add(attended, x), s.epsilon);
        Value wide = linear(g, names.widen(), x, s.intermediate, s); // f32[N, L, intermediate_size]
        wide = Activations.apply(g.at(names.activation()), s.activation, wide);
        Value narrow = g.dropout(linear(g, names.narrow(), wide, s.width, s), s.dropout);
        return g.layerNorm(names.outputNorm(), g.add(narrow, x), s.epsilon);
    }

    private static Value linear(Graph g, String name, Value x, int out, Settings s) {
        return g.linear(name, x, out, true, new Init.Normal(s.deviation), Init.zeros());
    }

    /** The mean over the tokens that are there: {@code f32[N, L, D], i64[N, L] -> f32[N, D]}. */
    private static Value mean(Graph g, Value tokens, Value mask) {
        Value weights = g.unsqueeze(g.cast(mask, DType.F32), 2);
        Value sum = g.reduce(Op.ReduceKind.SUM, g.mul(tokens, weights), false, 1);
        Value count = g.clip(g.reduce(Op.ReduceKind.SUM, weights, false, 1), 1e-9, Double.POSITIVE_INFINITY);
        return g.div(sum, count);
    }
}
