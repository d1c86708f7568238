// SPDX-License-Identifier: Apache-2.0
/**
 * The folder that a model is saved as, and the predictor that serves it on ONNX Runtime. Nothing here needs libtorch.
 *
 * <p>This package uses {@code org.tl4j.model}, {@code .engine}, {@code .onnx}, {@code .weights}, {@code .graph},
 * {@code .tensor} and {@code .error}.
 */
@NullMarked
package org.tl4j.serving;

import org.jspecify.annotations.NullMarked;
