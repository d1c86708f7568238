// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;

class LstmContractTest implements SeriesContract {
    private static final Config TINY = WINDOW.with("hidden_size", 4);

    @Override
    public Backbone backbone() {
        return new Lstm();
    }

    @Override
    public Map<String, Config> configurations() {
        Map<String, Config> all = new LinkedHashMap<>();
        all.put("one layer", TINY.with("normalisation", "none"));
        all.put(
                "two layers both ways, projected, dropout, revin",
                TINY.with("num_layers", 2)
                        .with("bidirectional", true)
                        .with("proj_size", 3)
                        .with("dropout", 0.2)
                        .with("normalisation", "revin"));
        all.put(
                "without bias, last, scaled",
                SeriesContract.scaled(TINY.with("bias", false).with("normalisation", "last")));
        all.put("known, categories", TINY.with("known", 2).with("categories", new double[] {3, 2}));
        all.put("known, observed, scaled", SeriesContract.observed(SeriesContract.scaled(TINY.with("known", 1))));
        all.put("decoder, observed", TINY.with("decoder", true).with("observed", 2));
        all.put("decoder, last-scaled", TINY.with("decoder", true).with("normalisation", "last-scaled"));
        all.put(
                "decoder, known, two layers",
                SeriesContract.scaled(
                        TINY.with("decoder", true).with("known", 2).with("num_layers", 2)));
        all.put(
                "open length",
                Config.empty().with("variables", 2).with("hidden_size", 4).with("context", 0));
        return all;
    }

    /** As PyTorch 2.9 lists them: {@code torch.nn.LSTM(...).state_dict()}. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        return Map.of(
                "one layer",
                Set.of("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"),
                "without bias, last, scaled",
                Set.of("weight_ih_l0", "weight_hh_l0"),
                "two layers both ways, projected, dropout, revin",
                Set.copyOf(List.of(
                        "weight_ih_l0",
                        "weight_hh_l0",
                        "bias_ih_l0",
                        "bias_hh_l0",
                        "weight_hr_l0",
                        "weight_ih_l0_reverse",
                        "weight_hh_l0_reverse",
                        "bias_ih_l0_reverse",
                        "bias_hh_l0_reverse",
                        "weight_hr_l0_reverse",
                        "weight_ih_l1",
                        "weight_hh_l1",
                        "bias_ih_l1",
                        "bias_hh_l1",
                        "weight_hr_l1",
                        "weight_ih_l1_reverse",
                        "weight_hh_l1_reverse",
                        "bias_ih_l1_reverse",
                        "bias_hh_l1_reverse",
                        "weight_hr_l1_reverse")));
    }
}
