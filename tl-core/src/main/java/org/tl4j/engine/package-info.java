// SPDX-License-Identifier: Apache-2.0
/**
 * What runs a graph: {@link org.tl4j.engine.InferenceEngine} for answers, {@link org.tl4j.engine.TrainingEngine} for
 * gradients. {@code .onnx} is the only user of ONNX Runtime, {@code .torch} the only user of libtorch.
 *
 * <p>These packages use {@code org.tl4j.graph}, {@code org.tl4j.weights}, {@code org.tl4j.tensor} and {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.engine;

import org.jspecify.annotations.NullMarked;
