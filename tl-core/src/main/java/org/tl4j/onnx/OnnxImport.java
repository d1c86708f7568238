// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

/** How one ONNX operator becomes ops of the graph. */
@FunctionalInterface
interface OnnxImport {
    /** Adds what the node stands for and gives it the names of the node's outputs. */
    void read(OnnxNode node);
}
