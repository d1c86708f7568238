// SPDX-License-Identifier: Apache-2.0
package org.tl4j.parity;

import java.nio.charset.StandardCharsets;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * The deterministic fill: every tensor's values follow from its name and shape alone, so that a fixture needs no
 * weights. The rule is that of {@code parity/fill.py}, bit for bit.
 */
public final class Fill {
    private Fill() {}

    /** The values of a parameter, buffer or loss weight. */
    public static HostTensor of(String name, DType dtype, Shape shape) {
        if (!dtype.isFloat()) {
            return HostTensor.zeros(dtype, shape);
        }
        int n = (int) shape.elements();
        float[] out = new float[n];
        String last = name.substring(name.lastIndexOf('.') + 1);
        long state = fnv1a(name);
        for (int i = 0; i < n; i++) {
            double u = uniform(state, i + 1L);
            double v;
            if (name.endsWith("running_mean")) {
                v = 0.2 * (2 * u - 1);
            } else if (name.endsWith("running_var")) {
                v = 0.8 + 0.4 * u;
            } else if (shape.rank() >= 2) {
                double fanIn = shape.elements() / (double) shape.size(0);
                v = (2 * u - 1) * Math.sqrt(3.0 / fanIn) * 1.2;
            } else if (last.startsWith("weight") || last.startsWith("gamma") || last.startsWith("scale")) {
                v = 0.9 + 0.2 * u;
            } else {
                v = 0.1 * (2 * u - 1);
            }
            out[i] = (float) v;
        }
        return HostTensor.of(out, shape.toArray());
    }

    private static double uniform(long seed, long k) {
        long z = seed + k * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1p-53;
    }

    private static long fnv1a(String text) {
        long h = 0xCBF29CE484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xff)) * 0x100000001B3L;
        }
        return h;
    }
}
