// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import org.tl4j.graph.Activations;
import org.tl4j.graph.Conv2d;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;

/**
 * Squeeze and excitation: each channel is weighted by what is seen in all of them.
 *
 * <p>Jie Hu, Li Shen, Gang Sun, "Squeeze-and-Excitation Networks", CVPR 2018, <a
 * href="https://arxiv.org/abs/1709.01507">arXiv:1709.01507</a>, figure 2; the two layers are torchvision's {@code fc1}
 * and {@code fc2}, which are 1 x 1 convolutions.
 */
final class SqueezeExcitation {
    private SqueezeExcitation() {}

    /**
     * {@code f32[N, C, H, W]}, same shape.
     *
     * @param squeeze channels of the layer between
     * @param activation after the first layer
     * @param scale after the second layer
     */
    static Value apply(Graph g, Value x, int squeeze, String activation, String scale) {
        Value mean = g.adaptiveAveragePool2d(x, 1, 1); // f32[N, C, 1, 1]
        Value small = Activations.apply(g, activation, g.conv2d("fc1", mean, conv(squeeze)));
        Value weights = Activations.apply(
                g, scale, g.conv2d("fc2", small, conv(x.shape().size(1))));
        return g.mul(weights, x);
    }

    private static Conv2d conv(long out) {
        return Conv2d.of(out, 1).withHeInit();
    }
}
