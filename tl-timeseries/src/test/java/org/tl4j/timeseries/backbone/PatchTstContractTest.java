// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;

class PatchTstContractTest implements SeriesContract {
    private static final Config TINY = WINDOW.with("patch_length", 4)
            .with("patch_stride", 3)
            .with("d_model", 8)
            .with("num_hidden_layers", 2)
            .with("num_attention_heads", 2)
            .with("ffn_dim", 12);

    @Override
    public Backbone backbone() {
        return new PatchTst();
    }

    @Override
    public Map<String, Config> configurations() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("as in transformers", TINY);
        all.put(
                "post norm, layer norm, learned places, an embedding a variable, last",
                TINY.with("norm_type", "layernorm")
                        .with("pre_norm", false)
                        .with("positional_encoding_type", "random")
                        .with("share_embedding", false)
                        .with("normalisation", "last"));
        all.put(
                "across variables, class token, without bias",
                TINY.with("channel_attention", true).with("use_cls_token", true).with("bias", false));
        all.put(
                "post norm, dropouts, largest piece, known, categories, scaled",
                SeriesContract.scaled(TINY.with("pre_norm", false)
                        .with("pooling_type", "max")
                        .with("normalisation", "none")
                        .with("known", 2)
                        .with("categories", new double[] {3})
                        .with("positional_dropout", 0.2)
                        .with("path_dropout", 0.2)
                        .with("ff_dropout", 0.2)
                        .with("attention_dropout", 0.2)));
        return all;
    }

    /** As transformers 5 lists them: {@code PatchTSTModel(config).state_dict()}, */
    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> usual = new LinkedHashSet<>(pair("encoder.embedder.input_embedding"));
        usual.add("encoder.positional_encoder.position_enc");
        Set<String> apart = new LinkedHashSet<>(pair("encoder.embedder.input_embedding.0"));
        apart.addAll(pair("encoder.embedder.input_embedding.1"));
        apart.add("encoder.positional_encoder.position_enc");
        Set<String> across = new LinkedHashSet<>(usual);
        across.add("encoder.positional_encoder.cls_token");
        for (String layer : List.of("encoder.layers.0.", "encoder.layers.1.")) {
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                List.of(usual, apart, across).forEach(names -> names.addAll(pair(layer + "self_attn." + part)));
            }
            for (String part : List.of("ff.0", "ff.3")) {
                usual.addAll(pair(layer + part));
                apart.addAll(pair(layer + part));
                across.add(layer + part + ".weight");
            }
            for (int norm : List.of(1, 3)) {
                usual.addAll(batchNorm(layer + "norm_sublayer" + norm));
                apart.addAll(pair(layer + "norm_sublayer" + norm));
            }
            for (int norm : List.of(1, 2, 3)) {
                across.addAll(batchNorm(layer + "norm_sublayer" + norm));
            }
        }
        return Map.of(
                "as in transformers",
                usual,
                "post norm, layer norm, learned places, an embedding a variable, last",
                apart,
                "across variables, class token, without bias",
                across);
    }

    private static List<String> pair(String name) {
        return List.of(name + ".weight", name + ".bias");
    }

    private static List<String> batchNorm(String name) {
        return List.of(
                name + ".batchnorm.weight",
                name + ".batchnorm.bias",
                name + ".batchnorm.running_mean",
                name + ".batchnorm.running_var",
                name + ".batchnorm.num_batches_tracked");
    }

    /**
     * The bias of the keys shifts every score of a query alike, and softmax does not see that. Where a batch norm comes
     * after the sum, what is added to all rows alike is taken away again.
     */
    @Override
    public boolean hasNoGradient(String parameter) {
        return parameter.endsWith("k_proj.bias")
                || parameter.endsWith("v_proj.bias")
                || parameter.endsWith("out_proj.bias")
                || parameter.endsWith("ff.3.bias");
    }
}
