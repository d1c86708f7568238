// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

/** Element type and shape: what is known of a tensor before it exists. */
public record TensorType(DType dtype, Shape shape) {
    /** The notation of the shape legend: {@code f32[N, 384]}. */
    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
