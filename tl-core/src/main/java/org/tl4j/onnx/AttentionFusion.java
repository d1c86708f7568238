// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;

/**
 * Heads split, products, scale, mask, softmax and heads joined as one attention, with the mask just as the exporter
 * made it. Query, key and value may come apart or packed into one layer.
 */
final class AttentionFusion implements Fusion.Rule {
    private static final List<Integer> SWAP = List.of(0, 2, 1, 3);
    private static final List<Integer> KEY = List.of(0, 2, 3, 1);
    private static final List<Integer> LAST = List.of(0, 1, 3, 2);
    private static final List<Integer> PACKED = List.of(2, 0, 3, 1, 4);

    /** What a masked score is replaced with is as good as minus infinity from here on. */
    private static final double LOWEST = -1e4;

    /**
     * One of query, key and value, {@code [N, L, D]}.
     *
     * @param part which third of {@code from} it is, or -1 for all of it
     */
    private record Source(Value from, int part, long heads, long width, double scale) {
        Value make(Graph g, UnaryOperator<Value> became) {
            long size = heads * width;
            return part < 0 ? became.apply(from) : g.slice(became.apply(from), 2, part * size, (part + 1) * size);
        }
    }

    /** @param negated whether true means masked */
    private record Mask(Value value, boolean negated) {}

    private static final class Scores {
        final List<Value> added = new ArrayList<>();

        @Nullable
        Mask mask;

        double scale = 1;
    }

    @Override
    public Optional<Fusion> match(Node last, GraphPattern pattern) {
        if (!(last.op() instanceof Op.Reshape) || last.output().shape().rank() != 3) {
            return Optional.empty();
        }
        Optional<Node> context = pattern.maker(last.input(0), Op.Transpose.class)
                .filter(n -> n.op().equals(new Op.Transpose(SWAP)) && pattern.isInner(last.input(0), last))
                .flatMap(t -> pattern.inner(t.input(0), Op.MatMul.class));
        if (context.isEmpty()) {
            return Optional.empty();
        }
        Weighted weighted = weighted(context.get().input(0), pattern);
        Optional<Node> softmax = pattern.inner(weighted.value(), Op.Softmax.class)
                .filter(n -> n.op() instanceof Op.Softmax s && !s.log() && (s.axis() == -1 || s.axis() == 3));
        Optional<Source> value = source(context.get().input(1), pattern);
        if (softmax.isEmpty() || value.isEmpty() || value.get().scale() != 1) {
            return Optional.empty();
        }
        Scores scores = new Scores();
        Optional<Node> product = scores(softmax.get().input(0), scores, pattern);
        if (product.isEmpty()) {
            return Optional.empty();
        }
        Optional<Source> query = source(product.get().input(0), pattern);
        Optional<Source> key = key(product.get().input(1), pattern);
        boolean fits = query.isPresent()
                && key.isPresent()
                && query.get().heads() == key.get().heads()
                && query.get().heads() == value.get().heads()
                && query.get().width() == key.get().width()
                && isJoined(last, value.get());
        if (!fits) {
            return Optional.empty();
        }
        double scale = scores.scale * query.get().scale() * key.get().scale();
        boolean usual =
                GraphPattern.near(scale, 1 / Math.sqrt((double) query.get().width()));
        Op op = new Op.Attention((int) query.get().heads(), usual ? 0 : scale, false, weighted.dropout());
        return Optional.of(fusion(Fusion.module(last), op, List.of(query.get(), key.get(), value.get()), scores));
    }

    private static Fusion fusion(String path, Op op, List<Source> sources, Scores scores) {
        Set<Value> reads = new LinkedHashSet<>();
        sources.forEach(s -> reads.add(s.from()));
        reads.addAll(scores.added);
        Mask mask = scores.mask;
        if (mask != null) {
            reads.add(mask.value());
        }
        return new Fusion(path, op, List.copyOf(reads), Set.of(), (g, became) -> {
            List<Value> inputs = new ArrayList<>();
            sources.forEach(s -> inputs.add(s.make(g, became)));
            if (mask != null) {
                Value allowed = became.apply(mask.value());
                inputs.add(mask.negated() ? g.unary(UnaryKind.NOT, allowed) : allowed);
            }
            scores.added.stream().map(became).reduce(g::add).ifPresent(inputs::add);
            return inputs;
        });
    }

    private record Weighted(Value value, double dropout) {}

    /** Dropout may lie between softmax and product. */
    private static Weighted weighted(Value v, GraphPattern pattern) {
        Value at = v;
        double dropout = 0;
        Optional<Node> drop = pattern.inner(at, Op.Dropout.class);
        if (drop.isPresent() && drop.get().op() instanceof Op.Dropout d) {
            dropout = d.probability();
            at = drop.get().input(0);
        }
        return new Weighted(at, dropout);
    }

    /** Takes scale and mask off the scores; what is left is the product of query and key. */
    private static Optional<Node> scores(Value v, Scores scores, GraphPattern pattern) {
        if (!pattern.isInner(v)) {
            return Optional.empty();
        }
        Optional<Node> product = pattern.maker(v, Op.MatMul.class);
        if (product.isPresent()) {
            return product;
        }
        Optional<Node> where = pattern.maker(v, Op.Where.class);
        if (where.isPresent()) {
            return scores.mask == null && scores.added.isEmpty() && scores.scale == 1
                    ? masked(where.get(), scores, pattern)
                    : Optional.empty();
        }
        Optional<Node> sum = pattern.binary(v, BinaryKind.ADD);
        if (sum.isPresent() && scores.mask == null && scores.scale == 1) {
            int left = reachesProduct(sum.get().input(0), pattern) ? 0 : 1;
            Value mask = sum.get().input(1 - left);
            if (mask.dtype() != DType.F32 || mask.shape().rank() > 4) {
                return Optional.empty();
            }
            scores.added.add(mask);
            return scores(sum.get().input(left), scores, pattern);
        }
        return scaled(v, pattern).flatMap(s -> {
            scores.scale *= s.number();
            return scores(s.value(), scores, pattern);
        });
    }

    private static Optional<Node> masked(Node where, Scores scores, GraphPattern pattern) {
        boolean second = pattern.number(where.input(2)).filter(f -> f <= LOWEST).isPresent();
        boolean first = pattern.number(where.input(1)).filter(f -> f <= LOWEST).isPresent();
        if (first == second || where.input(0).shape().rank() > 4) {
            return Optional.empty();
        }
        scores.mask = new Mask(where.input(0), first);
        return scores(where.input(first ? 2 : 1), scores, pattern);
    }

    /** Which side of a sum holds the scores. */
    private static boolean reachesProduct(Value v, GraphPattern pattern) {
        Scores trial = new Scores();
        return scores(v, trial, pattern)
                .filter(n -> source(n.input(0), pattern).isPresent()
                        && key(n.input(1), pattern).isPresent())
                .isPresent();
    }

    private record Scale(Value value, double number) {}

    private static Optional<Scale> scaled(Value v, GraphPattern pattern) {
        if (!pattern.isInner(v)) {
            return Optional.empty();
        }
        Optional<Node> mul = pattern.binary(v, BinaryKind.MUL);
        if (mul.isPresent()) {
            for (int i = 0; i < 2; i++) {
                Optional<Double> number = pattern.number(mul.get().input(i));
                if (number.isPresent()) {
                    return Optional.of(new Scale(mul.get().input(1 - i), number.get()));
                }
            }
        }
        return pattern.binary(v, BinaryKind.DIV)
                .flatMap(n -> pattern.number(n.input(1)).map(d -> new Scale(n.input(0), 1 / d)));
    }

    private static Optional<Node> transposed(Value v, List<Integer> order, GraphPattern pattern) {
        return pattern.inner(v, Op.Transpose.class).filter(n -> n.op().equals(new Op.Transpose(order)));
    }

    /** {@code [N, heads, width, S]}: the key's own transposition, or one after the heads were split. */
    private static Optional<Source> key(Value v, GraphPattern pattern) {
        Optional<Scale> scaled = scaled(v, pattern);
        if (scaled.isPresent()) {
            return key(scaled.get().value(), pattern)
                    .map(s -> times(s, scaled.get().number()));
        }
        Optional<Node> direct = transposed(v, KEY, pattern);
        if (direct.isPresent()) {
            return split(direct.get().input(0), pattern);
        }
        return transposed(v, LAST, pattern).flatMap(n -> source(n.input(0), pattern));
    }

    /** {@code [N, heads, L, width]}. */
    private static Optional<Source> source(Value v, GraphPattern pattern) {
        Optional<Scale> scaled = scaled(v, pattern);
        if (scaled.isPresent()) {
            return source(scaled.get().value(), pattern)
                    .map(s -> times(s, scaled.get().number()));
        }
        Optional<Node> swap = transposed(v, SWAP, pattern);
        return swap.isPresent() ? split(swap.get().input(0), pattern) : packed(v, pattern);
    }

    private static Source times(Source s, double number) {
        return new Source(s.from(), s.part(), s.heads(), s.width(), s.scale() * number);
    }

    /** {@code [N, L, heads width] -> [N, L, heads, width]}. */
    private static Optional<Source> split(Value v, GraphPattern pattern) {
        return pattern.inner(v, Op.Reshape.class)
                .filter(n -> n.input(0).shape().rank() == 3 && v.shape().rank() == 4)
                .filter(n -> areHeads(n.input(0).shape(), v.shape(), 2, 1))
                .map(n ->
                        new Source(n.input(0), -1, v.shape().size(2), v.shape().size(3), 1));
    }

    /** One of three, from {@code [N, L, 3, heads, width]} turned to {@code [3, N, heads, L, width]}. */
    private static Optional<Source> packed(Value v, GraphPattern pattern) {
        Optional<Node> gather = pattern.inner(v, Op.Gather.class).filter(n -> n.op().equals(new Op.Gather(0)));
        Optional<Double> part = gather.flatMap(n -> pattern.number(n.input(1)));
        Optional<Node> reshape = gather.flatMap(n -> pattern.maker(n.input(0), Op.Transpose.class))
                .filter(n -> n.op().equals(new Op.Transpose(PACKED)))
                .flatMap(n -> pattern.inner(n.input(0), Op.Reshape.class));
        if (part.isEmpty() || reshape.isEmpty()) {
            return Optional.empty();
        }
        Value from = reshape.get().input(0);
        Shape heads = reshape.get().output().shape();
        boolean fits = from.shape().rank() == 3 && heads.size(2) == 3 && areHeads(from.shape(), heads, 3, 3);
        return fits
                ? Optional.of(new Source(from, part.get().intValue(), heads.size(3), heads.size(4), 1))
                : Optional.empty();
    }

    /** Whether the last axis, and no other, was split into heads at {@code axis}. */
    private static boolean areHeads(Shape from, Shape to, int axis, int parts) {
        return to.dim(axis).isFixed()
                && to.dim(axis + 1).isFixed()
                && from.size(2) == parts * to.size(axis) * to.size(axis + 1)
                && leadIsKept(from, to);
    }

    /** Both leading axes have one product before and after, so that one of them being equal makes the other so. */
    private static boolean leadIsKept(Shape a, Shape b) {
        return isSame(a.dim(0), b.dim(0)) || isSame(a.dim(1), b.dim(1));
    }

    private static boolean isSame(Dim a, Dim b) {
        return a.equals(b) && !a.equals(Dim.ANY);
    }

    private static boolean isJoined(Node reshape, Source value) {
        Shape out = reshape.output().shape();
        return out.size(2) == value.heads() * value.width()
                && leadIsKept(reshape.input(0).shape(), out);
    }
}
