// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;

/**
 * NLinear: the values of the window less the last one, and nothing else; the one linear layer is the head's.
 *
 * <p>Ailing Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, <a
 * href="https://arxiv.org/abs/2205.13504">arXiv:2205.13504</a>, section 4.2. Settings: those of {@link SeriesFrame},
 * with {@code normalisation} {@code last} unless it is set. Gives {@code variables f32[N, V, L]} and {@code pooled
 * f32[N, V L]}.
 */
public final class NLinear implements Backbone {
    @Override
    public String id() {
        return "nlinear";
    }

    @Override
    public String title() {
        return "NLinear: one linear layer on the window less its last value (Zeng et al. 2023, arXiv:2205.13504)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public List<Variant> variants() {
        return List.of(
                new Variant("nlinear", Config.empty().with("context", 336).with("normalisation", "last")));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        SeriesFrame frame = SeriesFrame.of(
                graph, Config.empty().with("normalisation", "last").with(config));
        Value variables = graph.transpose(frame.past(), 0, 2, 1);
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        outputs.put(ForecastEndpoints.VARIABLES, variables);
        return new Endpoints(outputs, graph.flatten(variables, 1), null, List.of(), List.of());
    }
}
