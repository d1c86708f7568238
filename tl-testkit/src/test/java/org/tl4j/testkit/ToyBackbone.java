// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Shape;

/** A family of two small networks, for pictures and for texts, that is as it should be but for one flaw. */
public final class ToyBackbone implements Backbone {
    /** What may be wrong with it. */
    enum Flaw {
        NONE,
        VARIANTS_THAT_CHANGE,
        TITLE_OF_TWO_LINES,
        ANOTHER_NAME,
        A_PARAMETER_IN_NO_LAYER,
        A_PARAMETER_IN_TWO_LAYERS,
        AN_EMPTY_LAYER,
        LAYERS_FROM_THE_TOP,
        OTHER_NAMES,
        ONE_PARAMETER_TOO_WIDE,
        A_WRONG_STRIDE,
        WRONG_CHANNELS,
        COARSEST_MAP_FIRST,
        POOLED_OF_RANK_4,
        NOTHING_FOR_HEADS,
        THE_HEADS_SCOPE,
        OUTPUTS_OF_ITS_OWN,
        ANOTHER_BATCH_AXIS,
        A_RANDOM_CONSTANT,
        AN_UNUSED_PARAMETER,
        A_PARAMETER_TIMES_NOTHING,
        A_MEAN_OVER_THE_BATCH,
        A_MEAN_OVER_PADDING,
        NOT_A_NUMBER,
        CHAOS,
        WRAPPERS_IN_THE_WRONG_ORDER
    }

    private static final AtomicInteger CALLS = new AtomicInteger();

    private final Flaw flaw;

    /** Without a flaw. */
    public ToyBackbone() {
        this(Flaw.NONE);
    }

    ToyBackbone(Flaw flaw) {
        this.flaw = flaw;
    }

    private boolean has(Flaw f) {
        return flaw == f;
    }

    @Override
    public String id() {
        return has(Flaw.ANOTHER_NAME) ? "Toy Net" : "toy";
    }

    @Override
    public String title() {
        return has(Flaw.TITLE_OF_TWO_LINES) ? "Toys:\nfor tests" : "Toys, for tests of the contract";
    }

    @Override
    public Modality modality() {
        return Modality.IMAGE;
    }

    @Override
    public List<Variant> variants() {
        int width = has(Flaw.VARIANTS_THAT_CHANGE) ? 4 + CALLS.incrementAndGet() : 4;
        return List.of(
                new Variant(
                        "toy-pictures", Config.empty().with("kind", "pictures").with("width", width)),
                new Variant("toy-texts", Config.empty().with("kind", "texts").with("width", 8)));
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(
                has(Flaw.WRAPPERS_IN_THE_WRONG_ORDER) ? List.of("net.", "net.toy.") : List.of("net.toy.", "net."),
                List.of("classifier."));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        return config.text("kind").equals("texts") ? texts(graph, config) : pictures(graph, config);
    }

    private Endpoints pictures(Graph g, Config config) {
        int width = config.integer("width");
        String batch = has(Flaw.ANOTHER_BATCH_AXIS) ? "B" : "N";
        Value x = g.input("image", DType.F32, Shape.parse(batch + ", 3, H, W"));
        Graph stem = g.at(has(Flaw.OTHER_NAMES) ? "trunk" : "stem");
        Value fine = g.relu(stem.batchNorm("bn", stem.conv2d("conv", x, width, 3, 2, 1, 1, false), 1e-5, 0.1));
        if (has(Flaw.A_MEAN_OVER_THE_BATCH)) {
            fine = g.sub(fine, g.reduce(Op.ReduceKind.MEAN, fine, true, 0));
        }
        Graph block = g.at("block").at(0);
        Value coarse = g.relu(block.conv2d("conv", fine, 6, 3, 2, 1, 1, true));
        coarse = g.dropout(coarse, 0.1);
        Value pooled = g.tanh(g.linear("neck", g.globalAveragePool(coarse), has(Flaw.ONE_PARAMETER_TOO_WIDE) ? 7 : 6));
        pooled = flawed(g, pooled);
        List<Endpoints.FeatureMap> maps = new ArrayList<>(List.of(
                new Endpoints.FeatureMap(fine, has(Flaw.A_WRONG_STRIDE) ? 1 : 2, width),
                new Endpoints.FeatureMap(coarse, 4, has(Flaw.WRONG_CHANNELS) ? 8 : 6)));
        if (has(Flaw.COARSEST_MAP_FIRST)) {
            maps.add(maps.remove(0));
        }
        if (has(Flaw.NOTHING_FOR_HEADS)) {
            return new Endpoints(Map.of("pooled", pooled), null, null, List.of(), layers(stem.path("")));
        }
        return new Endpoints(
                Map.of("last", coarse),
                has(Flaw.POOLED_OF_RANK_4) ? coarse : pooled,
                null,
                maps,
                layers(stem.path("")));
    }

    private Endpoints texts(Graph g, Config config) {
        int width = config.integer("width");
        Value ids = g.input("ids", DType.I64, Shape.parse("N, L"));
        Value mask = g.input("mask", DType.I64, Shape.parse("N, L"));
        Value x = g.at("stem").embedding("table", ids, 20, width, -1, new Init.Normal(1));
        Value tokens = g.dropout(g.tanh(g.at("block").at(0).linear("fc", x, width)), 0.1);
        Value weights = g.unsqueeze(g.cast(mask, DType.F32), 2);
        Value mean = g.div(
                g.reduce(Op.ReduceKind.SUM, g.mul(tokens, weights), false, 1),
                g.reduce(Op.ReduceKind.SUM, weights, false, 1));
        if (has(Flaw.A_MEAN_OVER_PADDING)) {
            mean = g.reduce(Op.ReduceKind.MEAN, tokens, false, 1);
        }
        return new Endpoints(
                Map.of("tokens", tokens),
                g.tanh(g.linear("neck", mean, width)),
                tokens,
                List.of(),
                List.of(Endpoints.Layer.of("stem"), Endpoints.Layer.of("block.0"), Endpoints.Layer.of("neck")));
    }

    private Value flawed(Graph g, Value pooled) {
        return switch (flaw) {
            case THE_HEADS_SCOPE -> g.add(pooled, g.at("head").parameter("extra", Shape.of(6), new Init.Fill(1)));
            case A_RANDOM_CONSTANT -> g.add(pooled, g.scalar(new Random().nextDouble()));
            case A_PARAMETER_TIMES_NOTHING ->
                g.add(pooled, g.mul(g.at("neck").parameter("extra", Shape.of(6), new Init.Fill(1)), g.scalar(0)));
            case NOT_A_NUMBER -> g.unary(Op.UnaryKind.SQRT, g.sub(pooled, g.scalar(5)));
            case CHAOS -> g.unary(Op.UnaryKind.SIN, g.mul(pooled, g.scalar(3e8)));
            case AN_UNUSED_PARAMETER -> {
                g.at("neck").parameter("extra", Shape.of(6), new Init.Fill(1));
                yield pooled;
            }
            case OUTPUTS_OF_ITS_OWN -> {
                g.output("pooled", pooled);
                yield pooled;
            }
            default -> pooled;
        };
    }

    private List<Endpoints.Layer> layers(String stem) {
        List<Endpoints.Layer> layers = new ArrayList<>(
                List.of(Endpoints.Layer.of(stem), Endpoints.Layer.of("block.0"), Endpoints.Layer.of("neck")));
        switch (flaw) {
            case A_PARAMETER_IN_NO_LAYER -> layers.set(0, Endpoints.Layer.of("stem.conv"));
            case A_PARAMETER_IN_TWO_LAYERS ->
                layers.set(2, new Endpoints.Layer("top", List.of("neck", "block.0.conv.bias")));
            case AN_EMPTY_LAYER -> layers.add(Endpoints.Layer.of("nothing"));
            case LAYERS_FROM_THE_TOP -> layers.add(layers.remove(0));
            case THE_HEADS_SCOPE -> layers.set(2, new Endpoints.Layer("neck", List.of("neck", "head")));
            default -> {
                // as it should be
            }
        }
        return layers;
    }

    static Map<String, Config> configurations() {
        return Map.of(
                "pictures", Config.empty().with("kind", "pictures").with("width", 4),
                "texts", Config.empty().with("kind", "texts").with("width", 8));
    }

    /** A backbone whose class reaches for an engine before anything runs. */
    public static final class Eager implements Backbone {
        private static final String NATIVE =
                ai.onnxruntime.OrtEnvironment.getEnvironment().getVersion();

        @Override
        public String id() {
            return "eager";
        }

        @Override
        public String title() {
            return "Eager, with ONNX Runtime " + NATIVE;
        }

        @Override
        public Modality modality() {
            return Modality.IMAGE;
        }

        @Override
        public List<Variant> variants() {
            return new ToyBackbone().variants();
        }

        @Override
        public Endpoints build(Graph graph, Config config) {
            return new ToyBackbone().build(graph, config);
        }
    }

    /** A backbone that is nowhere registered. */
    public static final class Hidden implements Backbone {
        @Override
        public String id() {
            return "hidden";
        }

        @Override
        public String title() {
            return "Hidden";
        }

        @Override
        public Modality modality() {
            return Modality.IMAGE;
        }

        @Override
        public List<Variant> variants() {
            return new ToyBackbone().variants();
        }

        @Override
        public Endpoints build(Graph graph, Config config) {
            return new ToyBackbone().build(graph, config);
        }
    }
}
