// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * What LSTM and GRU share: PyTorch's stack of layers, as encoder alone or with a decoder.
 *
 * <p>Settings by PyTorch's names: {@code input_size} (of a published module alone), {@code hidden_size},
 * {@code num_layers}, {@code bias}, {@code batch_first}, {@code dropout} between layers, {@code bidirectional},
 * {@code proj_size}; and {@code decoder}, whether a second stack that begins with the first one's last states reads
 * what is known of the future and gives a vector for each step of it.
 */
record RecurrentLayers(
        Op.CellKind cell, int hidden, int layers, boolean bias, double dropout, boolean bidirectional, int projection) {
    static RecurrentLayers of(Op.CellKind cell, Config c) {
        return new RecurrentLayers(
                cell,
                Checks.positive("hidden_size", c.integer("hidden_size", 64)),
                Checks.positive("num_layers", c.integer("num_layers", 1)),
                c.flag("bias", true),
                Checks.between("dropout", c.number("dropout", 0), 0, 0.99),
                c.flag("bidirectional", false),
                Checks.notNegative("proj_size", c.integer("proj_size", 0)));
    }

    /** Two layers, and an encoder with a decoder, of one layer each. */
    static List<Backbone.Variant> variants(String id) {
        Config common = Config.empty()
                .with("normalisation", "revin")
                .with("context", 96)
                .with("hidden_size", 64);
        return List.of(
                new Backbone.Variant(id, common.with("num_layers", 2)),
                new Backbone.Variant(id + "-encoder-decoder", common.with("decoder", true)));
    }

    /** The module of a fixture; the packed one is always batch first. */
    static Config reference(String source, Config arguments) {
        Config module = arguments.with("module", true).with("dropout", 0);
        return source.contains("Packed") ? module.with("packed", true).with("batch_first", true) : module;
    }

    /** The published module, or a network of series. */
    Endpoints build(Graph g, Config c) {
        return c.flag("module", false) ? module(g, c) : series(g, c);
    }

    private Op.Recurrent op(boolean lengths, boolean state) {
        return new Op.Recurrent(cell, hidden, projection, bidirectional, bias, lengths, state);
    }

    /**
     * What a stack gives.
     *
     * @param steps {@code f32[N, L, D P]}
     * @param states of each layer, each {@code f32[N, D, P]}, for LSTM followed by {@code f32[N, D, H]}
     */
    private record Stack(Value steps, List<List<Value>> states) {}

    /** The layers one above the other. */
    private Stack stack(Graph g, Value x, @Nullable Value lengths, @Nullable List<List<Value>> first) {
        List<List<Value>> states = new ArrayList<>();
        Value steps = x;
        for (int k = 0; k < layers; k++) {
            List<Value> optional = new ArrayList<>();
            if (lengths != null) {
                optional.add(lengths);
            }
            if (first != null) {
                optional.addAll(first.get(k));
            }
            steps = k == 0 ? steps : g.dropout(steps, dropout);
            List<Value> out = g.recurrent(k, op(lengths != null, first != null), steps, optional.toArray(Value[]::new));
            steps = out.get(0);
            states.add(out.subList(1, out.size()));
        }
        return new Stack(steps, states);
    }

    private List<Endpoints.Layer> depth(Graph g, String title) {
        List<Endpoints.Layer> depth = new ArrayList<>();
        for (int k = 0; k < layers; k++) {
            List<String> names = new ArrayList<>();
            for (String direction : bidirectional ? List.of("", "_reverse") : List.of("")) {
                for (String kind : List.of("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")) {
                    names.add(g.path(kind + "_l" + k + direction));
                }
            }
            depth.add(new Endpoints.Layer(title + k, names));
        }
        return depth;
    }

    // ------------------------------------------------------------------------------------------- the published module

    /** The module alone: {@code x f32[N, L, input_size]}, or {@code [L, N, input_size]} unless batch first. */
    private Endpoints module(Graph g, Config c) {
        boolean batchFirst = c.flag("batch_first", false);
        Dim n = Dim.named("N");
        Dim l = Dim.named("L");
        Dim width = Dim.of(Checks.positive("input_size", c.integer("input_size", 1)));
        Value x = g.input("x", DType.F32, Shape.of(batchFirst ? List.of(n, l, width) : List.of(l, n, width)));
        Value lengths = c.flag("packed", false) ? g.input("lengths", DType.I64, Shape.of(List.of(n))) : null;
        Stack stack = stack(g, batchFirst ? x : g.transpose(x, 1, 0, 2), lengths, null);
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put("0", batchFirst ? stack.steps() : g.transpose(stack.steps(), 1, 0, 2));
        for (int s = 0; s < stack.states().get(0).size(); s++) {
            int state = s;
            Value[] last = stack.states().stream().map(k -> k.get(state)).toArray(Value[]::new);
            // [N, K D, P] -> [K D, N, P]
            Value all = g.transpose(layers == 1 ? last[0] : g.concat(1, last), 1, 0, 2);
            outputs.put(cell == Op.CellKind.LSTM ? "1." + s : "1", all);
        }
        return new Endpoints(outputs, null, stack.steps(), List.of(), depth(g, "layer "));
    }

    /** A mask of a fixture, {@code i64[N, L]} of leading ones, as the lengths that the packed module reads. */
    static Map<String, HostTensor> lengths(Map<String, HostTensor> inputs) {
        Map<String, HostTensor> given = new LinkedHashMap<>(inputs);
        HostTensor mask = given.remove("mask");
        if (mask != null) {
            int l = (int) mask.shape().size(1);
            long[] lengths = new long[(int) mask.shape().size(0)];
            for (int i = 0; i < mask.elements(); i++) {
                lengths[i / l] += mask.longAt(i);
            }
            given.put("lengths", HostTensor.of(lengths, lengths.length));
        }
        return given;
    }

    // ------------------------------------------------------------------------------------------- for series

    /** Encoder, and decoder if wanted, over a window. */
    private Endpoints series(Graph g, Config c) {
        SeriesFrame frame = SeriesFrame.of(g, c);
        boolean decodes = c.flag("decoder", false);
        Graph scope = decodes ? g.at("encoder") : g;
        Stack encoder = stack(scope, frame.pastWithCovariates(g, c), frame.length(), null);
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        List<Endpoints.Layer> depth = new ArrayList<>(depth(scope, decodes ? "encoder layer " : "layer "));
        // The last states of both directions of the last layer, side by side.
        List<Value> last = encoder.states().get(layers - 1);
        Value pooled = g.flatten(last.get(0), 1);
        if (decodes) {
            Value known = frame.futureKnown();
            if (known == null) {
                depth.add(Endpoints.Layer.of("decoder.places"));
            }
            int horizon = Checks.positive("horizon", c.integer("horizon", 1));
            Value in = known == null ? places(g, frame.past(), horizon) : known;
            outputs.put(
                    ForecastEndpoints.STEPS,
                    stack(g.at("decoder"), in, null, encoder.states()).steps());
            depth.addAll(depth(g.at("decoder"), "decoder layer "));
        }
        return new Endpoints(outputs, pooled, encoder.steps(), List.of(), depth);
    }

    /** A learned vector for each step of the future, the same for every example: {@code f32[N, H, 8]}. */
    private static Value places(Graph g, Value like, int horizon) {
        int width = 8;
        Value places = g.at("decoder").parameter("places", Shape.of(1, horizon, width), new Init.Normal(0.5));
        Value shape = g.concat(0, g.sizeOf(like, 0), g.integers(horizon, width));
        return g.add("places", new Op.Expand(), places, shape).get(0);
    }
}
