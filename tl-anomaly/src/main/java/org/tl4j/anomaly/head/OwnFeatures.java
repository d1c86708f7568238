// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.util.List;
import java.util.Map;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** A backbone for data that are features already: it passes them on. */
final class OwnFeatures {
    private OwnFeatures() {}

    /**
     * Such a backbone.
     *
     * @param input the name of its input {@code f32[N, width]}
     * @param preprocessing settings of what makes the features
     * @param about where they come from
     */
    static Pretrained backbone(
            String name, Modality modality, String input, int width, Config preprocessing, Config about) {
        Graph graph = new Graph();
        Value x = graph.input(input, DType.F32, Shape.of(List.of(Dim.named("N"), Dim.of(width))));
        Value features = graph.unary(Op.UnaryKind.IDENTITY, x);
        return new Pretrained(
                name,
                modality,
                graph,
                new Endpoints(Map.of("features", features), features, null, List.of(), List.of()),
                Weights.none(),
                preprocessing,
                null,
                about);
    }
}
