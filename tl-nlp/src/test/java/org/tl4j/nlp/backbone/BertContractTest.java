// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.backbone;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.testkit.BackboneContract;

class BertContractTest implements BackboneContract {
    private static final Config TINY = Config.empty()
            .with("vocab_size", 40)
            .with("hidden_size", 16)
            .with("num_hidden_layers", 2)
            .with("num_attention_heads", 2)
            .with("intermediate_size", 24)
            .with("max_position_embeddings", 24);

    @Override
    public Backbone backbone() {
        return new Bert();
    }

    @Override
    public Map<String, Config> configurations() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("bert, pooler", TINY);
        all.put("bert, mean", TINY.with("pooling", "mean"));
        all.put(
                "bert, cls, hidden states",
                TINY.with("pooling", "cls").with("output_hidden_states", true).with("type_vocab_size", 1));
        all.put(
                "roberta",
                TINY.with("model_type", "roberta").with("pad_token_id", 1).with("type_vocab_size", 1));
        all.put(
                "distilbert",
                Config.empty()
                        .with("model_type", "distilbert")
                        .with("vocab_size", 40)
                        .with("dim", 16)
                        .with("n_layers", 2)
                        .with("n_heads", 2)
                        .with("hidden_dim", 24)
                        .with("max_position_embeddings", 24));
        return all;
    }

    /** As transformers 5.24 lists them: {@code BertModel(config).state_dict()}. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> bert = layers(
                "encoder.layer",
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm");
        bert.addAll(tables("word_embeddings", "position_embeddings", "token_type_embeddings"));
        Set<String> pooled = new LinkedHashSet<>(bert);
        pooled.addAll(List.of("pooler.dense.weight", "pooler.dense.bias"));
        Set<String> distilbert = layers(
                "transformer.layer",
                "attention.q_lin",
                "attention.k_lin",
                "attention.v_lin",
                "attention.out_lin",
                "sa_layer_norm",
                "ffn.lin1",
                "ffn.lin2",
                "output_layer_norm");
        distilbert.addAll(tables("word_embeddings", "position_embeddings"));
        return Map.of("bert, pooler", pooled, "bert, mean", bert, "roberta", bert, "distilbert", distilbert);
    }

    private static Set<String> layers(String scope, String... parts) {
        Set<String> names = new LinkedHashSet<>();
        for (int i = 0; i < 2; i++) {
            for (String part : parts) {
                names.add(scope + "." + i + "." + part + ".weight");
                names.add(scope + "." + i + "." + part + ".bias");
            }
        }
        return names;
    }

    private static Set<String> tables(String... tables) {
        Set<String> names = new LinkedHashSet<>(List.of("embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"));
        for (String table : tables) {
            names.add("embeddings." + table + ".weight");
        }
        return names;
    }

    /** The bias of the keys shifts every score of a query alike, and softmax does not see that. */
    @Override
    public boolean hasNoGradient(String parameter) {
        return parameter.endsWith("self.key.bias") || parameter.endsWith("k_lin.bias");
    }
}
