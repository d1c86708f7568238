// SPDX-License-Identifier: Apache-2.0
/**
 * Weights from files, and what fits of them: safetensors, npy and npz, PyTorch's zip and legacy pickle files, ONNX
 * initialisers.
 *
 * <p>Pickle is parsed as data and never executed. Whatever is missing, unexpected or of another shape is reported whole.
 * This package uses {@code org.tl4j.graph}, {@code org.tl4j.tensor} and {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.weights;

import org.jspecify.annotations.NullMarked;
