// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;

class TransformerContractTest implements SeriesContract {
    private static final Config TINY = WINDOW.with("d_model", 8)
            .with("nhead", 2)
            .with("num_encoder_layers", 2)
            .with("num_decoder_layers", 1)
            .with("dim_feedforward", 12);

    @Override
    public Backbone backbone() {
        return new Transformer();
    }

    @Override
    public Map<String, Config> configurations() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("module", TINY.with("module", true).with("batch_first", true));
        all.put("encoder and decoder, revin", TINY.with("normalisation", "revin"));
        all.put(
                "encoder, norm first, without bias, last",
                TINY.with("num_decoder_layers", 0)
                        .with("norm_first", true)
                        .with("bias", false)
                        .with("normalisation", "last"));
        all.put(
                "informer, known, categories",
                SeriesContract.scaled(TINY.with("distil", true)
                        .with("known", 2)
                        .with("categories", new double[] {3})
                        .with("activation", "gelu")));
        all.put("encoder and decoder, known, observed", SeriesContract.observed(TINY.with("known", 1)));
        all.put("informer, observed", TINY.with("distil", true).with("observed", 1));
        all.put(
                "decoder of the future alone, last-scaled",
                TINY.with("label", 0).with("known", 1).with("normalisation", "last-scaled"));
        return all;
    }

    /** As PyTorch 2.9 lists them: {@code torch.nn.Transformer(...).state_dict()}. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> names = new LinkedHashSet<>();
        for (String layer : List.of("encoder.layers.0.", "encoder.layers.1.", "decoder.layers.0.")) {
            boolean decodes = layer.startsWith("decoder");
            for (String attention : decodes ? List.of("self_attn", "multihead_attn") : List.of("self_attn")) {
                for (String part : List.of("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")) {
                    names.add(layer + attention + "." + part);
                }
            }
            for (String part : List.of("linear1", "linear2", "norm1", "norm2")) {
                names.addAll(pair(layer + part));
            }
            if (decodes) {
                names.addAll(pair(layer + "norm3"));
            }
        }
        names.addAll(pair("encoder.norm"));
        names.addAll(pair("decoder.norm"));
        return Map.of("module", names);
    }

    private static List<String> pair(String name) {
        return List.of(name + ".weight", name + ".bias");
    }
}
