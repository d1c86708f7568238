// SPDX-License-Identifier: Apache-2.0
/**
 * Graphs to ONNX files and back.
 *
 * <p>The writer keeps published parameter names and layouts; the reader gives anonymous weights the names of their nodes and
 * puts decomposed patterns together again. This package uses {@code org.tl4j.graph}, {@code .weights}, {@code .tensor} and
 * {@code .error}.
 */
@NullMarked
package org.tl4j.onnx;

import org.jspecify.annotations.NullMarked;
