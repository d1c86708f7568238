// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Random tensors for the inputs of a graph, of the kind that each of them takes. */
final class RandomInputs {
    private RandomInputs() {}

    /**
     * Normal numbers for {@code f32}; for {@code i64} the rows of the table that they are looked up in, or, where they
     * are looked up in none and their number is open, a mask: ones for the first places of each example, zeros for the
     * others; else ones.
     */
    static Map<String, HostTensor> of(Graph graph, long examples, ToLongFunction<String> length, Random random) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, v) -> {
            Shape shape = known(v.shape(), examples, length);
            HostTensor made = v.dtype().isFloat()
                    ? normal(shape, random)
                    : isMask(graph, v) ? mask(shape, random) : rows(table(graph, v), shape, random);
            inputs.put(name, made.cast(v.dtype()));
        });
        return inputs;
    }

    /** Normal with deviation 1. */
    static HostTensor normal(Shape shape, Random random) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, shape.toArray());
    }

    private static Shape known(Shape shape, long examples, ToLongFunction<String> length) {
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            Dim d = shape.dim(i);
            dims.add(d.isFixed() ? d : Dim.of(i == 0 ? examples : length.applyAsLong(d.name())));
        }
        return Shape.of(dims);
    }

    private static boolean isMask(Graph graph, Value input) {
        return !input.dtype().isFloat()
                && input.shape().rank() == 2
                && !input.shape().dim(1).isFixed()
                && table(graph, input) < 0;
    }

    /** Number of rows of the table that an input indexes, or -1. */
    private static long table(Graph graph, Value input) {
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Embedding && n.input(1).equals(input)) {
                return n.input(0).shape().size(0);
            }
        }
        return -1;
    }

    private static HostTensor rows(long table, Shape shape, Random random) {
        long[] values = new long[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = table < 0 ? 1 : random.nextInt((int) table);
        }
        return HostTensor.of(values, shape.toArray());
    }

    /** The first example is all there; of each other one some places at the end are not. */
    private static HostTensor mask(Shape shape, Random random) {
        int length = (int) shape.size(1);
        long[] values = new long[Math.toIntExact(shape.elements())];
        for (int n = 0; n < shape.size(0); n++) {
            int there = n == 0 ? length : 1 + random.nextInt(length);
            for (int i = 0; i < there; i++) {
                values[n * length + i] = 1;
            }
        }
        return HostTensor.of(values, shape.toArray());
    }

    /** One example of a batch as it would come alone: without what {@link #mask} says is not there. */
    static Map<String, HostTensor> alone(Graph graph, Map<String, HostTensor> batch, int row) {
        Map<String, Long> lengths = new LinkedHashMap<>();
        graph.inputs().forEach((name, v) -> {
            HostTensor t = batch.get(name);
            if (t != null && isMask(graph, v)) {
                long there = 0;
                for (int i = 0; i < t.shape().size(1); i++) {
                    there += t.longAt((int) (row * t.shape().size(1) + i));
                }
                lengths.put(v.shape().dim(1).name(), there);
            }
        });
        Map<String, HostTensor> own = new LinkedHashMap<>();
        graph.inputs().forEach((name, v) -> {
            HostTensor t = batch.get(name);
            if (t != null) {
                long most = v.shape().rank() < 2 ? -1 : t.shape().size(1);
                long length = v.shape().rank() < 2
                        ? -1
                        : lengths.getOrDefault(v.shape().dim(1).name(), most);
                own.put(name, row(t, row, length));
            }
        });
        return own;
    }

    /** Entries {@code [row, :length]} of a tensor, with a first axis of 1. */
    static HostTensor row(HostTensor t, int row, long length) {
        List<Dim> dims = new ArrayList<>(t.shape().dims());
        dims.set(0, Dim.of(1));
        if (length >= 0) {
            dims.set(1, Dim.of(length));
        }
        Shape shape = Shape.of(dims);
        int stride = t.bytes().remaining() / (int) t.shape().size(0);
        int size = (int) shape.elements() * t.dtype().bytes();
        return HostTensor.of(t.dtype(), shape, t.bytes().slice(row * stride, size));
    }
}
