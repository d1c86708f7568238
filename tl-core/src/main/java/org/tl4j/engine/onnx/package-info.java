// SPDX-License-Identifier: Apache-2.0
/** Inference on ONNX Runtime; the only user of {@code ai.onnxruntime}. */
@NullMarked
package org.tl4j.engine.onnx;

import org.jspecify.annotations.NullMarked;
