// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * GMF, MLP and NeuMF: Xiangnan He, Lizi Liao, Hanwang Zhang, Liqiang Nie, Xia Hu, Tat-Seng Chua, "Neural Collaborative
 * Filtering", WWW 2017, <a href="https://arxiv.org/abs/1708.05031">arXiv:1708.05031</a>. Names are those of the
 * authors' code: {@code user_embedding}, {@code layer1} ..., and in NeuMF {@code mf_embedding_user},
 * {@code mlp_embedding_user} ... The last layer, {@code prediction}, is the head's.
 *
 * <p>Takes {@code user i64[N]} and {@code items i64[N, K]}, numbers; gives one vector a pair, {@code f32[N, K, D]}: the
 * product of the two embeddings (GMF), what the layers make of the two side by side (MLP), or both (NeuMF).
 *
 * <p>Settings: {@code users}, {@code items}, {@code mf_dim}, {@code layers}, the first of which is the width of both
 * embeddings together.
 */
public final class NeuralCollaborativeFiltering implements Backbone {
    private static final double DEVIATION = 0.01;
    private static final String USER = "user";
    private static final String ITEMS = "items";

    @Override
    public String id() {
        return "ncf";
    }

    @Override
    public String title() {
        return "Neural collaborative filtering (He et al. 2017): factors under a product (gmf), layers (mlp), or both";
    }

    @Override
    public Modality modality() {
        return Modality.INTERACTIONS;
    }

    @Override
    public List<Variant> variants() {
        return List.of(
                new Variant("gmf", config("gmf")),
                new Variant("mlp", config("mlp")),
                new Variant("neumf", config("neumf")));
    }

    /** The sizes of the published weights, trained on MovieLens-1M. */
    private static Config config(String kind) {
        return Config.empty()
                .with("kind", kind)
                .with("users", 6040)
                .with(ITEMS, 3706)
                .with("mf_dim", 8)
                .with("layers", List.of(64, 32, 16, 8));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        String kind = config.text("kind");
        if (!List.of("gmf", "mlp", "neumf").contains(kind)) {
            throw new UnknownNameException(
                    "kind of network", kind, List.of("gmf", "mlp", "neumf"), "choose one of these");
        }
        Value user = graph.input(USER, DType.I64, Shape.parse("N"));
        Value items = graph.input(ITEMS, DType.I64, Shape.parse("N, K"));
        // The user beside each item: i64[N, K].
        Value zeros = graph.mul(items, graph.constant(HostTensor.of(new long[] {0}, 1, 1)));
        Value users = graph.add(graph.unsqueeze(user, 1), zeros);
        List<Value> parts = new ArrayList<>();
        List<Endpoints.Layer> layers = new ArrayList<>();
        List<String> userTables = new ArrayList<>();
        List<String> itemTables = new ArrayList<>();
        if (!kind.equals("mlp")) {
            int width = config.integer("mf_dim");
            String ofUsers = kind.equals("gmf") ? "user_embedding" : "mf_embedding_user";
            String ofItems = kind.equals("gmf") ? "item_embedding" : "mf_embedding_item";
            parts.add(graph.mul(
                    table(graph, ofUsers, users, config.integer("users"), width),
                    table(graph, ofItems, items, config.integer(ITEMS), width)));
            userTables.add(ofUsers);
            itemTables.add(ofItems);
        }
        if (!kind.equals("gmf")) {
            List<Integer> widths =
                    config.numbers("layers").stream().map(Double::intValue).toList();
            if (widths.size() < 2 || widths.get(0) % 2 != 0) {
                throw new InvalidArgumentException(
                        "The widths of the layers do not fit together.",
                        "layers = " + widths,
                        "at least two, the first of them even: it is divided between user and item",
                        "write layers=[64,32,16,8], say");
            }
            int width = widths.get(0) / 2;
            String ofUsers = kind.equals("mlp") ? "user_embedding" : "mlp_embedding_user";
            String ofItems = kind.equals("mlp") ? "item_embedding" : "mlp_embedding_item";
            Value x = graph.concat(
                    2,
                    table(graph, ofUsers, users, config.integer("users"), width),
                    table(graph, ofItems, items, config.integer(ITEMS), width));
            for (int i = 1; i < widths.size(); i++) {
                x = graph.relu(graph.linear("layer" + i, x, widths.get(i)));
                layers.add(Endpoints.Layer.of("layer" + i));
            }
            parts.add(x);
            userTables.add(ofUsers);
            itemTables.add(ofItems);
        }
        layers.add(0, new Endpoints.Layer("user embeddings", userTables));
        layers.add(1, new Endpoints.Layer("item embeddings", itemTables));
        Value pairs = parts.size() == 1 ? parts.get(0) : graph.concat(2, parts.get(0), parts.get(1)); // [N, K, D]
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put("pairs", pairs);
        outputs.put(USER, user);
        outputs.put(ITEMS, items);
        return new Endpoints(outputs, null, pairs, List.of(), layers);
    }

    private static Value table(Graph graph, String name, Value numbers, int rows, int width) {
        return graph.embedding(name, numbers, rows, width, -1, new Init.Normal(DEVIATION));
    }
}
