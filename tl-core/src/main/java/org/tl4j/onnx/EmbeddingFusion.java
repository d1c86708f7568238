// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.Optional;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;

/** Rows picked from a table of weights by ids that a run brings. */
final class EmbeddingFusion implements Fusion.Rule {
    @Override
    public Optional<Fusion> match(Node last, GraphPattern pattern) {
        boolean table = last.op().equals(new Op.Gather(0))
                && last.input(0).isParameter()
                && last.input(0).shape().rank() == 2
                && !last.input(1).isConstant();
        return table
                ? Optional.of(Fusion.of(Fusion.module(last), new Op.Embedding(-1), last.input(0), last.input(1)))
                : Optional.empty();
    }
}
