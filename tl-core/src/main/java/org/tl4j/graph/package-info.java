// SPDX-License-Identifier: Apache-2.0
/**
 * The one graph of a model: values, nodes, sealed ops, name scopes, parameters under their published names.
 *
 * <p>A graph holds no weights and touches no engine. Two lowerings read it: to ONNX for inference, to TorchScript for
 * training. Ops are kept as high as the engines have kernels for ({@link org.tl4j.graph.Op.Linear},
 * {@link org.tl4j.graph.Op.LayerNorm}, {@link org.tl4j.graph.Op.Attention}); each lowering breaks down what its engine
 * lacks. Shapes are written in the notation of {@code org.tl4j.tensor}.
 *
 * <pre>{@code
 * Graph g = new Graph();
 * Value x = g.input("x", DType.F32, Shape.parse("N, 16"));
 * Value h = g.relu(g.at("layers").linear("0", x, 32));   // parameters layers.0.weight, layers.0.bias
 * g.output("logits", g.at("layers").linear("2", h, 4));  // f32[N, 4]
 * }</pre>
 *
 * <p>This package uses {@code org.tl4j.tensor} and {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.graph;

import org.jspecify.annotations.NullMarked;
