// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.StridedLength;

/**
 * What is known, before anything runs, of small integer values such as the shape that a Reshape reads.
 *
 * <p>Exporters compute shapes by chains of ShapeOf, Gather, Unsqueeze and Concat. Following them keeps a named axis
 * named: {@code [N, L, 12, 32]} instead of {@code [?, ?, ?, ?]}.
 */
public final class IntegerLists {
    private static final int LONGEST = 64;

    private IntegerLists() {}

    /**
     * The entries of an integer value of rank 0 or 1; an entry that only the run knows is open. Empty if not even their
     * number is known. Negative entries, such as Reshape's -1, are known numbers only through {@link #exact}.
     */
    static Optional<List<Entry>> entries(Value v) {
        if (!v.dtype().isInteger() || v.shape().rank() > 1) {
            return Optional.empty();
        }
        if (v.isConstant()) {
            return v.constant().elements() > LONGEST
                    ? Optional.empty()
                    : Optional.of(LongStream.of(v.constant().toLongs())
                            .mapToObj(Entry::of)
                            .toList());
        }
        if (v.origin() instanceof Value.Output made) {
            Optional<List<Entry>> found = followed(made.node());
            if (found.isPresent()) {
                return found;
            }
        }
        if (v.shape().isFixed() && v.shape().elements() <= LONGEST) {
            return Optional.of(LongStream.range(0, v.shape().elements())
                    .mapToObj(i -> new Entry(Dim.ANY, 0))
                    .toList());
        }
        return Optional.empty();
    }

    /** The numbers of an integer value if the graph alone decides every one of them. */
    public static Optional<long[]> exact(Value v) {
        return entries(v)
                .filter(list -> list.stream().allMatch(Entry::isNumber))
                .map(list -> list.stream().mapToLong(Entry::number).toArray());
    }

    /**
     * One entry: a number that may be negative, or an axis.
     *
     * @param dim the axis; {@link Dim#of} zero for a number
     * @param number the number where {@code dim} is fixed
     */
    record Entry(Dim dim, long number) {
        static Entry of(long number) {
            return new Entry(Dim.of(0), number);
        }

        static Entry of(Dim dim) {
            return dim.isFixed() ? of(dim.size()) : new Entry(dim, 0);
        }

        boolean isNumber() {
            return dim.isFixed();
        }

        /** The axis that this entry says a shape has; -1 and other negatives are open. */
        Dim axis() {
            return !isNumber() ? dim : number >= 0 ? Dim.of(number) : Dim.ANY;
        }
    }

    private static Optional<List<Entry>> followed(Node n) {
        Op op = n.op();
        if (op instanceof Op.ShapeOf) {
            return Optional.of(n.input(0).shape().dims().stream().map(Entry::of).toList());
        }
        if (op instanceof Op.Unsqueeze || op instanceof Op.Squeeze) {
            return entries(n.input(0));
        }
        if (op instanceof Op.Cast c && c.to().isInteger()) {
            return entries(n.input(0));
        }
        if (op instanceof Op.Unary u && u.kind() == Op.UnaryKind.IDENTITY) {
            return entries(n.input(0));
        }
        if (op instanceof Op.Concat) {
            List<Entry> all = new ArrayList<>();
            for (Value part : n.inputs()) {
                Optional<List<Entry>> entries = entries(part);
                if (entries.isEmpty()) {
                    return Optional.empty();
                }
                all.addAll(entries.get());
            }
            return Optional.of(List.copyOf(all));
        }
        if (op instanceof Op.Gather) {
            return gathered(n);
        }
        if (op instanceof Op.Slice) {
            return sliced(n);
        }
        if (op instanceof Op.Binary b) {
            return combined(n, b);
        }
        return Optional.empty();
    }

    private static Optional<List<Entry>> gathered(Node n) {
        Optional<List<Entry>> from = entries(n.input(0));
        Optional<long[]> at = exact(n.input(1));
        if (from.isEmpty() || at.isEmpty()) {
            return Optional.empty();
        }
        int size = from.get().size();
        List<Entry> out = new ArrayList<>();
        for (long i : at.get()) {
            long place = i < 0 ? i + size : i;
            if (place < 0 || place >= size) {
                return Optional.empty();
            }
            out.add(from.get().get((int) place));
        }
        return Optional.of(List.copyOf(out));
    }

    private static Optional<List<Entry>> sliced(Node n) {
        Optional<List<Entry>> from = entries(n.input(0));
        Optional<long[]> start = exact(n.input(1));
        Optional<long[]> end = exact(n.input(2));
        Optional<long[]> step = exact(n.input(4));
        if (from.isEmpty() || start.isEmpty() || end.isEmpty() || step.isEmpty() || step.get()[0] != 1) {
            return Optional.empty();
        }
        int size = from.get().size();
        int low = place(start.get()[0], size);
        int high = place(end.get()[0], size);
        return Optional.of(List.copyOf(from.get().subList(low, Math.max(low, high))));
    }

    private static int place(long index, int size) {
        return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
    }

    private static Optional<List<Entry>> combined(Node n, Op.Binary op) {
        Optional<List<Entry>> left = entries(n.input(0));
        Optional<List<Entry>> right = entries(n.input(1));
        if (left.isEmpty() || right.isEmpty() || n.input(0).dtype() == DType.BOOL) {
            return Optional.empty();
        }
        int size = Math.max(left.get().size(), right.get().size());
        List<Entry> out = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Entry a = left.get().get(left.get().size() == 1 ? 0 : i);
            Entry b = right.get().get(right.get().size() == 1 ? 0 : i);
            Optional<Entry> entry = combined(op.kind(), a, b);
            if (entry.isEmpty()) {
                return Optional.empty();
            }
            out.add(entry.get());
        }
        return Optional.of(List.copyOf(out));
    }

    private static Optional<Entry> combined(Op.BinaryKind kind, Entry a, Entry b) {
        if (!a.isNumber() || !b.isNumber()) {
            return switch (kind) {
                case ADD, SUB, MUL, DIV, MOD, MIN, MAX -> Optional.of(new Entry(open(kind, a, b), 0));
                default -> Optional.empty();
            };
        }
        long x = a.number();
        long y = b.number();
        return switch (kind) {
            case ADD -> Optional.of(Entry.of(x + y));
            case SUB -> Optional.of(Entry.of(x - y));
            case MUL -> Optional.of(Entry.of(x * y));
            case DIV -> y == 0 ? Optional.empty() : Optional.of(Entry.of(x / y));
            case MOD -> y == 0 ? Optional.empty() : Optional.of(Entry.of(Math.floorMod(x, y)));
            case MIN -> Optional.of(Entry.of(Math.min(x, y)));
            case MAX -> Optional.of(Entry.of(Math.max(x, y)));
            default -> Optional.empty();
        };
    }

    /** An open entry after a number was added to it or it was divided by one; unknown after anything else. */
    private static Dim open(Op.BinaryKind kind, Entry a, Entry b) {
        if (!b.isNumber()) {
            return kind == Op.BinaryKind.ADD && a.isNumber() ? open(kind, b, a) : Dim.ANY;
        }
        long y = b.number();
        return StridedLength.of(a.dim())
                .flatMap(l -> switch (kind) {
                    case ADD -> Optional.of(l.moved(y));
                    case SUB -> Optional.of(l.moved(-y));
                    case MUL -> y == 1 ? Optional.of(l) : Optional.<StridedLength>empty();
                    case DIV -> y > 0 ? Optional.of(l.divided(y)) : Optional.<StridedLength>empty();
                    default -> Optional.<StridedLength>empty();
                })
                .map(StridedLength::dim)
                .orElse(Dim.ANY);
    }
}
