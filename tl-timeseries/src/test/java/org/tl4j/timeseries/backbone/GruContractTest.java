// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;

class GruContractTest implements SeriesContract {
    private static final Config TINY = WINDOW.with("hidden_size", 4);

    @Override
    public Backbone backbone() {
        return new Gru();
    }

    @Override
    public Map<String, Config> configurations() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("one layer, revin", TINY.with("normalisation", "revin"));
        all.put("two layers both ways", TINY.with("num_layers", 2).with("bidirectional", true));
        all.put(
                "decoder, known, categories",
                TINY.with("decoder", true).with("known", 1).with("categories", new double[] {4}));
        all.put("observed", SeriesContract.observed(TINY.with("normalisation", "last")));
        all.put(
                "decoder, known, observed",
                TINY.with("decoder", true).with("known", 1).with("observed", 3));
        all.put("decoder", TINY.with("decoder", true).with("normalisation", "last"));
        all.put(
                "open length",
                Config.empty().with("variables", 2).with("hidden_size", 4).with("context", 0));
        return all;
    }

    /** As PyTorch 2.9 lists them: {@code torch.nn.GRU(...).state_dict()}. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        return Map.of("one layer, revin", Set.of("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"));
    }
}
