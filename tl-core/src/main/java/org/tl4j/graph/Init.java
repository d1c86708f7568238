// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** What a new parameter starts as. The values follow from the parameter's name and a seed, and from nothing else. */
public sealed interface Init {
    /** Every element the same. */
    record Fill(double value) implements Init {}

    /** Normal with mean 0. */
    record Normal(double deviation) implements Init {}

    /** Uniform in {@code [-bound, bound)}. */
    record Uniform(double bound) implements Init {}

    /**
     * PyTorch's default for linear and convolution layers: uniform with bound {@code 1 / sqrt(fanIn)}.
     *
     * @param fanIn inputs that reach one output; 0 takes the product of all axes but the first
     */
    record FanIn(long fanIn) implements Init {}

    /** A table that is written down, such as one of sines. */
    record Values(HostTensor tensor) implements Init {}

    /** All 0. */
    static Init zeros() {
        return new Fill(0);
    }

    /** All 1. */
    static Init ones() {
        return new Fill(1);
    }

    /** Makes the tensor: for {@code f32} as described, for any other element type zeros, unless it is written down. */
    default HostTensor sample(String name, DType dtype, Shape shape, long seed) {
        if (this instanceof Values v) {
            return v.tensor();
        }
        if (dtype != DType.F32) {
            return HostTensor.zeros(dtype, shape);
        }
        int n = (int) shape.elements();
        ByteBuffer b = HostTensor.allocate(dtype, n);
        if (this instanceof Fill f) {
            for (int i = 0; i < n; i++) {
                b.putFloat(i * 4, (float) f.value());
            }
            return HostTensor.of(dtype, shape, b);
        }
        SplittableRandom random = new SplittableRandom(seed ^ hash(name));
        if (this instanceof Normal normal) {
            for (int i = 0; i < n; i++) {
                b.putFloat(i * 4, (float) (normal.deviation() * gaussian(random)));
            }
        } else {
            double bound = this instanceof Uniform u ? u.bound() : 1 / Math.sqrt(fanIn(shape));
            for (int i = 0; i < n; i++) {
                b.putFloat(i * 4, (float) ((2 * random.nextDouble() - 1) * bound));
            }
        }
        return HostTensor.of(dtype, shape, b);
    }

    private double fanIn(Shape shape) {
        if (this instanceof FanIn f && f.fanIn() > 0) {
            return f.fanIn();
        }
        return shape.rank() == 0 ? 1 : Math.max(1, shape.elements() / (double) Math.max(1, shape.size(0)));
    }

    /**
     * A draw from the standard normal distribution, by the polar form of 1958 of Box and Muller; by StrictMath, so that
     * every platform draws the same bits.
     */
    static double gaussian(SplittableRandom random) {
        double u;
        double v;
        double s;
        do {
            u = 2 * random.nextDouble() - 1;
            v = 2 * random.nextDouble() - 1;
            s = u * u + v * v;
        } while (s >= 1 || s == 0);
        return u * StrictMath.sqrt(-2 * StrictMath.log(s) / s);
    }

    /** FNV-1a, 64 bits. */
    private static long hash(String name) {
        long h = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xff)) * 0x100000001B3L;
        }
        return h;
    }
}
