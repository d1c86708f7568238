// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;

/**
 * DLinear: the window taken apart into a moving average and what is left; the two linear layers whose answers are added
 * up are one layer of the head, on both parts side by side.
 *
 * <p>Ailing Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, <a
 * href="https://arxiv.org/abs/2205.13504">arXiv:2205.13504</a>, section 4.1; ends are repeated where the average
 * reaches over them. Settings: those of {@link SeriesFrame}, {@code moving_avg}, odd. Gives {@code variables f32[N, V,
 * 2 L]}.
 */
public final class DLinear implements Backbone {
    @Override
    public String id() {
        return "dlinear";
    }

    @Override
    public String title() {
        return "DLinear: one linear layer on trend and remainder of the window (Zeng et al. 2023, arXiv:2205.13504)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public List<Variant> variants() {
        return List.of(
                new Variant("dlinear", Config.empty().with("context", 336).with("moving_avg", 25)));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        SeriesFrame frame = SeriesFrame.of(graph, config);
        int window = Checks.positive("moving_avg", config.integer("moving_avg", 25));
        if (window % 2 == 0) {
            throw new InvalidArgumentException(
                    "The moving average of DLinear has no middle.",
                    "moving_avg = " + window,
                    "an odd number",
                    "choose " + (window + 1));
        }
        Value x = graph.transpose(frame.past(), 0, 2, 1); // [N, V, L]
        int side = window / 2;
        Value padded = graph.add("pad", new Op.Pad(Op.PadMode.EDGE, 0), x, graph.integers(0, 0, side, 0, 0, side))
                .get(0);
        Value trend = graph.add(
                        "moving_avg",
                        new Op.Pool(
                                Op.PoolKind.AVERAGE,
                                List.of((long) window),
                                List.of(1L),
                                List.of(0L, 0L),
                                List.of(1L),
                                false,
                                true),
                        padded)
                .get(0);
        Value variables = graph.concat(2, graph.sub(x, trend), trend);
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        outputs.put(ForecastEndpoints.VARIABLES, variables);
        return new Endpoints(outputs, graph.flatten(variables, 1), null, List.of(), List.of());
    }
}
