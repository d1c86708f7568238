// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Examples of equal inputs put together along a new first axis, the shorter ones filled up. */
public final class Batch {
    private Batch() {}

    /**
     * Stacks examples; on an axis where they differ, each is filled up to the longest with the input's padding.
     *
     * @param examples at least one; all with the same input names, element types and ranks
     * @param padding by input name; 0 where nothing is named
     */
    public static Map<String, HostTensor> collate(List<Map<String, HostTensor>> examples, Map<String, Double> padding) {
        if (examples.isEmpty()) {
            throw new InvalidArgumentException("A batch has no examples.", "0", "at least 1", "skip empty batches");
        }
        Map<String, HostTensor> batch = new LinkedHashMap<>();
        for (String name : examples.get(0).keySet()) {
            List<HostTensor> parts = new ArrayList<>();
            for (Map<String, HostTensor> example : examples) {
                HostTensor part = example.get(name);
                if (part == null) {
                    throw new ShapeMismatchException(
                            "Examples of one batch have different inputs.",
                            example.keySet(),
                            examples.get(0).keySet(),
                            "preprocess all examples alike");
                }
                parts.add(part);
            }
            batch.put(name, stack(name, parts, padding.getOrDefault(name, 0.0)));
        }
        return batch;
    }

    /** The indices of examples that have the same shapes, in the order of the first of each. */
    public static List<int[]> alike(List<Map<String, HostTensor>> examples) {
        Map<Map<String, Shape>, List<Integer>> byShape = new LinkedHashMap<>();
        for (int i = 0; i < examples.size(); i++) {
            Map<String, Shape> shapes = new LinkedHashMap<>();
            examples.get(i).forEach((name, t) -> shapes.put(name, t.shape()));
            byShape.computeIfAbsent(shapes, s -> new ArrayList<>()).add(i);
        }
        return byShape.values().stream()
                .map(some -> some.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /** Stacks tensors of one element type and rank: {@code [...] -> [N, ...]}, filled up where they differ. */
    public static HostTensor stack(String name, List<HostTensor> parts, double padding) {
        HostTensor first = parts.get(0);
        int rank = first.shape().rank();
        long[] longest = first.shape().toArray();
        boolean equal = true;
        for (HostTensor p : parts) {
            if (p.dtype() != first.dtype() || p.shape().rank() != rank) {
                throw new ShapeMismatchException(
                        "Examples of one batch differ in input '" + name + "'.",
                        p.type(),
                        "the element type and rank of " + first.type(),
                        "preprocess all examples alike");
            }
            for (int i = 0; i < rank; i++) {
                equal &= p.shape().size(i) == longest[i];
                longest[i] = Math.max(longest[i], p.shape().size(i));
            }
        }
        List<Dim> dims = new ArrayList<>(List.of(Dim.of(parts.size())));
        for (long size : longest) {
            dims.add(Dim.of(size));
        }
        Shape shape = Shape.of(dims);
        ByteBuffer out = HostTensor.allocate(first.dtype(), shape.elements());
        if (!equal && padding != 0) {
            fill(first.dtype(), out, padding);
        }
        int stride = out.capacity() / parts.size();
        for (int n = 0; n < parts.size(); n++) {
            if (equal) {
                out.put(n * stride, parts.get(n).bytes(), 0, stride);
            } else {
                place(parts.get(n), longest, out, n * stride);
            }
        }
        return HostTensor.of(first.dtype(), shape, out);
    }

    /**
     * Copies a tensor into the corner of a larger one that begins at {@code start}, a row of the last axis at a time.
     */
    private static void place(HostTensor part, long[] longest, ByteBuffer out, int start) {
        int rank = longest.length;
        int unit = part.dtype().bytes();
        ByteBuffer bytes = part.bytes();
        int row = (int) part.shape().size(rank - 1) * unit;
        int rows = row == 0 ? 0 : bytes.remaining() / row;
        long[] index = new long[rank];
        for (int r = 0; r < rows; r++) {
            long offset = 0;
            for (int i = 0; i < rank; i++) {
                offset = offset * longest[i] + index[i];
            }
            out.put((int) (start + offset * unit), bytes, r * row, row);
            for (int i = rank - 2; i >= 0 && ++index[i] == part.shape().size(i); i--) {
                index[i] = 0;
            }
        }
    }

    private static void fill(DType dtype, ByteBuffer out, double value) {
        for (int i = 0; i < out.capacity() / dtype.bytes(); i++) {
            switch (dtype) {
                case F32 -> out.putFloat(i * 4, (float) value);
                case I64 -> out.putLong(i * 8, (long) value);
                case I32 -> out.putInt(i * 4, (int) value);
                case U8, I8, BOOL -> out.put(i, (byte) value);
                default ->
                    throw new ShapeMismatchException(
                            "Inputs of this element type cannot be filled up.",
                            dtype,
                            "f32, i64, i32, u8, i8 or bool",
                            "give examples of one shape");
            }
        }
    }

    /** The {@code n}-th example of a batched tensor: {@code [N, ...] -> [...]}. */
    public static HostTensor row(HostTensor batch, int n) {
        Shape shape = Shape.of(batch.shape().dims().subList(1, batch.shape().rank()));
        int size = (int) shape.elements() * batch.dtype().bytes();
        return HostTensor.of(batch.dtype(), shape, batch.bytes().slice(n * size, size));
    }
}
