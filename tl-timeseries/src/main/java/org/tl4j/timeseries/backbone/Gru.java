// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.HostTensor;

/**
 * Gated recurrent units (Cho et al. 2014, arXiv:1406.1078), as PyTorch has it: names, order of gates, and numbers are
 * those of {@code torch.nn.GRU}.
 *
 * <p>Settings: those of {@link RecurrentLayers} and of {@link SeriesFrame}. Gives {@code pooled f32[N, D H]}, the last
 * hidden states of the last layer, and {@code tokens f32[N, L, D H]}; with a decoder {@code steps f32[N, horizon, D H]}
 * (Sutskever, Vinyals and Le, "Sequence to Sequence Learning with Neural Networks", NeurIPS 2014; the decoder reads
 * what is known of the future, not its own answers).
 */
public final class Gru implements Backbone {
    private static final Set<String> REFERENCES = Set.of("torch.nn:GRU", "series_references:PackedGRU");

    @Override
    public String id() {
        return "gru";
    }

    @Override
    public String title() {
        return "Gated recurrent units (Cho et al. 2014, arXiv:1406.1078)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public List<Variant> variants() {
        return RecurrentLayers.variants("gru");
    }

    @Override
    public Set<String> references() {
        return REFERENCES;
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        return RecurrentLayers.reference(source, arguments);
    }

    @Override
    public Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return RecurrentLayers.lengths(inputs);
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        return RecurrentLayers.of(Op.CellKind.GRU, config).build(graph, config);
    }
}
