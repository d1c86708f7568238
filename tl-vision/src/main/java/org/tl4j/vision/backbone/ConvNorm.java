// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import org.tl4j.graph.Activations;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;

/**
 * Convolution, batch normalisation, activation: the block that most families are made of.
 *
 * @param conv name of the convolution inside the block
 * @param norm name of the normalisation inside the block
 * @param epsilon added to variances
 * @param momentum by which running statistics move
 */
record ConvNorm(String conv, String norm, double epsilon, double momentum) {
    /** No activation. */
    static final String LINEAR = "linear";

    /** {@code f32[N, C, H, W] -> f32[N, out, H', W']}; the convolution has no bias, as the norm has one. */
    Value apply(Graph block, Value x, Conv2d c, String activation) {
        Value y = block.batchNorm(norm, block.conv2d(conv, x, c.withoutBias()), epsilon, momentum);
        return Activations.apply(block, activation, y);
    }
}
