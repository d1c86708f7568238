// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;

/**
 * Dimensions of a tensor, outermost first.
 *
 * @param dims one entry an axis; empty for a scalar
 */
public record Shape(List<Dim> dims) {
    /** The shape of a scalar, {@code []}. */
    public static final Shape SCALAR = new Shape(List.of());

    /** Keeps a copy. */
    public Shape {
        dims = List.copyOf(dims);
    }

    /** A shape of known lengths. */
    public static Shape of(long... sizes) {
        return new Shape(Arrays.stream(sizes).mapToObj(Dim::of).toList());
    }

    /** A shape of the given axes. */
    public static Shape of(List<Dim> dims) {
        return new Shape(dims);
    }

    /** Reads the notation of the shape legend, with or without brackets: {@code "N, 3, H, W"}. */
    public static Shape parse(String text) {
        String body = text.strip();
        if (body.startsWith("[") && body.endsWith("]")) {
            body = body.substring(1, body.length() - 1).strip();
        }
        List<Dim> dims = new ArrayList<>();
        for (String part : body.isEmpty() ? new String[0] : body.split(",", -1)) {
            String p = part.strip();
            if (p.isEmpty()) {
                throw new InvalidArgumentException(
                        "A shape has an empty axis.",
                        text,
                        "such as [N, 3, H, W]",
                        "name every axis or give its length");
            }
            dims.add(p.chars().allMatch(Character::isDigit) ? Dim.of(Long.parseLong(p)) : Dim.named(p));
        }
        return new Shape(dims);
    }

    /** Number of axes. */
    public int rank() {
        return dims.size();
    }

    /** The axis at {@code axis}; negative counts from the last. */
    public Dim dim(int axis) {
        return dims.get(axis < 0 ? axis + dims.size() : axis);
    }

    /** The known length of an axis, or -1. */
    public long size(int axis) {
        return dim(axis).size();
    }

    /** Whether every length is known. */
    public boolean isFixed() {
        return dims.stream().allMatch(Dim::isFixed);
    }

    /** The number of elements; every length must be known. */
    public long elements() {
        long n = 1;
        for (Dim d : dims) {
            if (!d.isFixed()) {
                throw new ShapeMismatchException(
                        "The number of elements was asked of an open shape.",
                        this,
                        "known lengths on every axis",
                        "give the shape's named axes a length first");
            }
            n = Math.multiplyExact(n, d.size());
        }
        return n;
    }

    /** The lengths as numbers, -1 where unknown. */
    public long[] toArray() {
        return dims.stream().mapToLong(Dim::size).toArray();
    }

    /** This shape with one axis replaced; negative counts from the last. */
    public Shape with(int axis, Dim dim) {
        List<Dim> copy = new ArrayList<>(dims);
        copy.set(axis < 0 ? axis + dims.size() : axis, dim);
        return new Shape(copy);
    }

    /** Whether a tensor of shape {@code other} could be one of this shape: same rank, no known length differs. */
    public boolean accepts(Shape other) {
        if (rank() != other.rank()) {
            return false;
        }
        for (int i = 0; i < rank(); i++) {
            if (!dims.get(i).mayEqual(other.dims.get(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return dims.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
