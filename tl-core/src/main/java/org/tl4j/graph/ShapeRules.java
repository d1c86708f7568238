// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.StridedLength;
import org.tl4j.tensor.TensorType;

/** The types of a node's outputs, from its op and its inputs; refuses inputs that cannot be. */
final class ShapeRules implements Lowering<List<TensorType>> {
    @Override
    public List<TensorType> unary(Node n, Op.Unary op) {
        inputs(n, 1, 1);
        return op.kind() == Op.UnaryKind.IS_NAN ? one(DType.BOOL, n.input(0).shape()) : same(n);
    }

    @Override
    public List<TensorType> binary(Node n, Op.Binary op) {
        inputs(n, 2, 2);
        DType a = n.input(0).dtype();
        if (a != n.input(1).dtype()) {
            throw refused(n, types(n), "two values of one element type", "cast one of them");
        }
        Shape shape = broadcast(n, n.input(0).shape(), n.input(1).shape());
        return one(op.kind().isComparison() ? DType.BOOL : a, shape);
    }

    @Override
    public List<TensorType> activation(Node n, Op.Activation op) {
        inputs(n, 1, 2);
        return same(n);
    }

    @Override
    public List<TensorType> gelu(Node n, Op.Gelu op) {
        inputs(n, 1, 1);
        return same(n);
    }

    @Override
    public List<TensorType> clip(Node n, Op.Clip op) {
        inputs(n, 1, 1);
        return same(n);
    }

    @Override
    public List<TensorType> where(Node n, Op.Where op) {
        inputs(n, 3, 3);
        if (n.input(0).dtype() != DType.BOOL || n.input(1).dtype() != n.input(2).dtype()) {
            throw refused(n, types(n), "bool[...] and two values of one element type", "cast the condition to bool");
        }
        Shape branches = broadcast(n, n.input(1).shape(), n.input(2).shape());
        return one(n.input(1).dtype(), broadcast(n, n.input(0).shape(), branches));
    }

    @Override
    public List<TensorType> cast(Node n, Op.Cast op) {
        inputs(n, 1, 1);
        return one(op.to(), n.input(0).shape());
    }

    @Override
    public List<TensorType> matMul(Node n, Op.MatMul op) {
        inputs(n, 2, 2);
        Shape a = n.input(0).shape();
        Shape b = n.input(1).shape();
        if (a.rank() == 0 || b.rank() == 0) {
            throw refused(n, types(n), "two values of rank 1 or more", "multiply scalars with Mul");
        }
        Dim inner = a.dim(-1);
        Dim other = b.rank() == 1 ? b.dim(0) : b.dim(-2);
        if (!inner.mayEqual(other)) {
            throw refused(
                    n, types(n), "[..., m, k] and [..., k, n]", "check the layer before, or transpose one of them");
        }
        Shape lead = broadcast(n, lead(a, 2), lead(b, 2));
        List<Dim> dims = new ArrayList<>(lead.dims());
        if (a.rank() > 1) {
            dims.add(a.dim(-2));
        }
        if (b.rank() > 1) {
            dims.add(b.dim(-1));
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> linear(Node n, Op.Linear op) {
        inputs(n, 2, 3);
        Shape x = n.input(0).shape();
        Shape w = n.input(1).shape();
        if (x.rank() == 0
                || w.rank() != 2
                || !x.dim(-1).mayEqual(w.dim(1))
                || n.has(2) && !n.input(2).shape().accepts(Shape.of(List.of(w.dim(0))))) {
            throw refused(
                    n,
                    types(n),
                    "x [..., in], weight [out, in], bias [out]",
                    "check the width of '" + n.input(0).name() + "'");
        }
        return one(n.input(0).dtype(), x.with(-1, w.dim(0)));
    }

    @Override
    public List<TensorType> embedding(Node n, Op.Embedding op) {
        inputs(n, 2, 2);
        if (n.input(0).shape().rank() != 2 || !n.input(1).dtype().isInteger()) {
            throw refused(n, types(n), "weight [V, D] and whole-number indices", "give token ids, i64[N, L]");
        }
        List<Dim> dims = new ArrayList<>(n.input(1).shape().dims());
        dims.add(n.input(0).shape().dim(1));
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> layerNorm(Node n, Op.LayerNorm op) {
        inputs(n, 1, 3);
        Shape x = n.input(0).shape();
        boolean fits = x.rank() >= op.axes() && op.axes() > 0;
        if (fits) {
            Shape normalised = Shape.of(x.dims().subList(x.rank() - op.axes(), x.rank()));
            for (int i = 1; i < n.inputs().size(); i++) {
                fits &= normalised.accepts(n.input(i).shape());
            }
        }
        if (!fits) {
            throw refused(
                    n,
                    types(n),
                    "weight and bias as wide as the last " + op.axes() + " axes",
                    "check the layer's width");
        }
        return same(n);
    }

    @Override
    public List<TensorType> groupNorm(Node n, Op.GroupNorm op) {
        inputs(n, 1, 3);
        Shape x = n.input(0).shape();
        if (x.rank() < 2 || x.dim(1).isFixed() && x.size(1) % op.groups() != 0) {
            throw refused(
                    n, types(n), "[N, C, ...] with C a multiple of " + op.groups(), "choose another number of groups");
        }
        return same(n);
    }

    @Override
    public List<TensorType> batchNorm(Node n, Op.BatchNorm op) {
        inputs(n, 5, 6);
        Shape x = n.input(0).shape();
        boolean fits = x.rank() >= 2;
        for (int i = 1; fits && i < 5; i++) {
            fits = n.input(i).shape().accepts(Shape.of(List.of(x.dim(1))));
        }
        if (!fits) {
            throw refused(
                    n,
                    types(n),
                    "x [N, C, ...] and four tensors [C]",
                    "check the channels of '" + n.input(0).name() + "'");
        }
        return same(n);
    }

    @Override
    public List<TensorType> conv(Node n, Op.Conv op) {
        inputs(n, 2, 3);
        Shape x = n.input(0).shape();
        Shape w = n.input(1).shape();
        int spatial = op.strides().size();
        if (x.rank() != spatial + 2 || w.rank() != spatial + 2) {
            throw refused(
                    n,
                    types(n),
                    "an image batch " + letters(spatial) + " and weight of the same rank",
                    "reshape '" + n.input(0).name() + "' or check the stem");
        }
        if (x.dim(1).isFixed() && w.dim(1).isFixed() && x.size(1) != w.size(1) * op.groups()) {
            throw refused(
                    n,
                    types(n),
                    w.size(1) * op.groups() + " channels",
                    "check the channels of '" + n.input(0).name() + "'");
        }
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), w.dim(0)));
        for (int i = 0; i < spatial; i++) {
            Window slide = new Window(
                    op.strides().get(i),
                    op.pads().get(i),
                    op.pads().get(i + spatial),
                    op.dilations().get(i),
                    false);
            dims.add(window(n, x.dim(i + 2), w.dim(i + 2), slide));
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> convTranspose(Node n, Op.ConvTranspose op) {
        inputs(n, 2, 3);
        Shape x = n.input(0).shape();
        Shape w = n.input(1).shape();
        int spatial = op.strides().size();
        if (x.rank() != spatial + 2 || w.rank() != spatial + 2 || !x.dim(1).mayEqual(w.dim(0))) {
            throw refused(
                    n,
                    types(n),
                    letters(spatial) + " and weight [C, out / groups, k...]",
                    "check the channels of '" + n.input(0).name() + "'");
        }
        Dim out = w.dim(1).isFixed() ? Dim.of(w.size(1) * op.groups()) : Dim.ANY;
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), out));
        for (int i = 0; i < spatial; i++) {
            Dim in = x.dim(i + 2);
            Dim k = w.dim(i + 2);
            dims.add(
                    in.isFixed() && k.isFixed()
                            ? Dim.of((in.size() - 1) * op.strides().get(i)
                                    - op.pads().get(i)
                                    - op.pads().get(i + spatial)
                                    + op.dilations().get(i) * (k.size() - 1)
                                    + op.outputPads().get(i)
                                    + 1)
                            : Dim.ANY);
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> pool(Node n, Op.Pool op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int spatial = op.kernel().size();
        if (x.rank() != spatial + 2) {
            throw refused(
                    n, types(n), letters(spatial), "reshape '" + n.input(0).name() + "'");
        }
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), x.dim(1)));
        for (int i = 0; i < spatial; i++) {
            Window slide = new Window(
                    op.strides().get(i),
                    op.pads().get(i),
                    op.pads().get(i + spatial),
                    op.dilations().get(i),
                    op.ceil());
            dims.add(window(n, x.dim(i + 2), Dim.of(op.kernel().get(i)), slide));
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> globalPool(Node n, Op.GlobalPool op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        if (x.rank() < 3) {
            throw refused(n, types(n), "[N, C, ...]", "reduce with Reduce where there are no spatial axes");
        }
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), x.dim(1)));
        dims.addAll(Collections.nCopies(x.rank() - 2, Dim.of(1)));
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> adaptiveAveragePool(Node n, Op.AdaptiveAveragePool op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int spatial = op.size().size();
        if (x.rank() != spatial + 2 || op.size().stream().anyMatch(k -> k < 1)) {
            throw refused(
                    n,
                    types(n) + " to " + op.size(),
                    letters(spatial) + " and lengths of at least 1",
                    "reshape '" + n.input(0).name() + "'");
        }
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), x.dim(1)));
        op.size().forEach(k -> dims.add(Dim.of(k)));
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> softmax(Node n, Op.Softmax op) {
        inputs(n, 1, 1);
        axis(n, op.axis(), n.input(0).shape().rank());
        return same(n);
    }

    @Override
    public List<TensorType> reduce(Node n, Op.Reduce op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        Set<Integer> axes = new HashSet<>();
        for (int a : op.axes()) {
            axes.add(axis(n, a, x.rank()));
        }
        boolean all = op.axes().isEmpty();
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            if (!all && !axes.contains(i)) {
                dims.add(x.dim(i));
            } else if (op.keepDims()) {
                dims.add(Dim.of(1));
            }
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> argMax(Node n, Op.ArgMax op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int axis = axis(n, op.axis(), x.rank());
        List<Dim> dims = new ArrayList<>(x.dims());
        if (op.keepDims()) {
            dims.set(axis, Dim.of(1));
        } else {
            dims.remove(axis);
        }
        return one(DType.I64, Shape.of(dims));
    }

    @Override
    public List<TensorType> cumSum(Node n, Op.CumSum op) {
        inputs(n, 1, 1);
        axis(n, op.axis(), n.input(0).shape().rank());
        return same(n);
    }

    @Override
    public List<TensorType> reshape(Node n, Op.Reshape op) {
        inputs(n, 2, 2);
        Shape x = n.input(0).shape();
        Optional<List<IntegerLists.Entry>> wanted = IntegerLists.entries(n.input(1));
        if (wanted.isEmpty()) {
            throw refused(n, types(n), "a shape whose number of axes is known", "export the model with a fixed rank");
        }
        List<Dim> dims = new ArrayList<>();
        int inferred = -1;
        for (int i = 0; i < wanted.get().size(); i++) {
            IntegerLists.Entry e = wanted.get().get(i);
            if (e.isNumber() && e.number() == 0 && i >= x.rank()) {
                throw refused(n, types(n), "a 0 only where the input has an axis", "check the shape of the Reshape");
            }
            if (e.isNumber() && e.number() == -1) {
                inferred = i;
            }
            dims.add(e.isNumber() && e.number() == 0 ? x.dim(i) : e.axis());
        }
        if (inferred >= 0) {
            dims.set(inferred, inferred(n, x, dims, inferred));
        } else if (Shape.of(dims).isFixed() && x.isFixed() && Shape.of(dims).elements() != x.elements()) {
            throw refused(
                    n,
                    types(n),
                    "as many elements as " + x + " for " + Shape.of(dims),
                    "check the shape of the Reshape");
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    /** What -1 stands for: axes that both sides have by number or by name cancel out. */
    private static Dim inferred(Node n, Shape x, List<Dim> dims, int place) {
        List<Dim> open = new ArrayList<>();
        long have = 1;
        for (Dim d : x.dims()) {
            if (d.isFixed()) {
                have *= d.size();
            } else {
                open.add(d);
            }
        }
        long given = 1;
        for (int i = 0; i < dims.size(); i++) {
            Dim d = dims.get(i);
            if (i == place) {
                continue;
            }
            if (d.isFixed()) {
                given *= d.size();
            } else if (!d.isNamed() || !open.remove(d)) {
                return Dim.ANY;
            }
        }
        if (given == 0) {
            return Dim.ANY;
        }
        if (open.isEmpty()) {
            if (have % given != 0) {
                throw refused(n, types(n), "a shape that divides " + x, "check the shape of the Reshape");
            }
            return Dim.of(have / given);
        }
        return open.size() == 1 && have == given ? open.get(0) : Dim.ANY;
    }

    @Override
    public List<TensorType> flatten(Node n, Op.Flatten op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int axis = op.axis() == x.rank() ? x.rank() : axis(n, op.axis(), x.rank());
        return one(
                n.input(0).dtype(),
                Shape.of(List.of(
                        product(x.dims().subList(0, axis)), product(x.dims().subList(axis, x.rank())))));
    }

    @Override
    public List<TensorType> transpose(Node n, Op.Transpose op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        if (op.permutation().size() != x.rank() || new TreeSet<>(op.permutation()).size() != x.rank()) {
            throw refused(
                    n,
                    types(n) + " by " + op.permutation(),
                    "each of the " + x.rank() + " axes once",
                    "check the permutation");
        }
        return one(
                n.input(0).dtype(),
                Shape.of(op.permutation().stream()
                        .map(i -> x.dim(axis(n, i, x.rank())))
                        .toList()));
    }

    @Override
    public List<TensorType> unsqueeze(Node n, Op.Unsqueeze op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int rank = x.rank() + op.axes().size();
        Set<Integer> at = new TreeSet<>();
        op.axes().forEach(a -> at.add(axis(n, a, rank)));
        List<Dim> dims = new ArrayList<>(x.dims());
        at.forEach(a -> dims.add(a, Dim.of(1)));
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> squeeze(Node n, Op.Squeeze op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        Set<Integer> out = new HashSet<>();
        for (int a : op.axes()) {
            int axis = axis(n, a, x.rank());
            if (x.dim(axis).isFixed() && x.size(axis) != 1) {
                throw refused(n, types(n), "length 1 on axis " + axis, "check which axis is taken out");
            }
            out.add(axis);
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            boolean gone = op.axes().isEmpty() ? x.size(i) == 1 : out.contains(i);
            if (!gone) {
                dims.add(x.dim(i));
            }
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> concat(Node n, Op.Concat op) {
        inputs(n, 1, Integer.MAX_VALUE);
        Shape first = n.input(0).shape();
        int axis = axis(n, op.axis(), first.rank());
        List<Dim> dims = new ArrayList<>(first.dims());
        for (int i = 1; i < n.inputs().size(); i++) {
            Shape s = n.input(i).shape();
            if (s.rank() != first.rank() || n.input(i).dtype() != n.input(0).dtype()) {
                throw refused(n, types(n), "values of one rank and element type", "reshape or cast one of them");
            }
            for (int d = 0; d < s.rank(); d++) {
                if (d != axis) {
                    if (!dims.get(d).mayEqual(s.dim(d))) {
                        throw refused(
                                n,
                                types(n),
                                "equal lengths on every axis but " + axis,
                                "check the shapes that are joined");
                    }
                    dims.set(d, better(dims.get(d), s.dim(d)));
                } else {
                    Dim a = dims.get(d);
                    Dim b = s.dim(d);
                    dims.set(d, b.isFixed() ? moved(a, b.size()) : a.isFixed() ? moved(b, a.size()) : Dim.ANY);
                }
            }
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> split(Node n, Op.Split op) {
        inputs(n, 1, 1);
        Shape x = n.input(0).shape();
        int axis = axis(n, op.axis(), x.rank());
        long sum = op.lengths().stream().mapToLong(Long::longValue).sum();
        if (x.dim(axis).isFixed() && x.size(axis) != sum) {
            throw refused(
                    n,
                    types(n) + " into " + op.lengths(),
                    "lengths that add up to " + x.size(axis),
                    "check the lengths");
        }
        return op.lengths().stream()
                .map(s -> new TensorType(n.input(0).dtype(), x.with(axis, Dim.of(s))))
                .toList();
    }

    @Override
    public List<TensorType> slice(Node n, Op.Slice op) {
        inputs(n, 5, 5);
        Shape x = n.input(0).shape();
        long[] axes = IntegerLists.exact(n.input(3))
                .orElseThrow(
                        () -> refused(n, types(n), "axes that the graph knows", "export the model with constant axes"));
        Optional<List<IntegerLists.Entry>> starts = IntegerLists.entries(n.input(1));
        Optional<List<IntegerLists.Entry>> ends = IntegerLists.entries(n.input(2));
        Optional<long[]> steps = IntegerLists.exact(n.input(4));
        Shape out = x;
        for (int i = 0; i < axes.length; i++) {
            int axis = axis(n, (int) axes[i], x.rank());
            out = out.with(
                    axis,
                    sliced(x.dim(axis), entry(starts, i), entry(ends, i), steps.isPresent() ? steps.get()[i] : 0));
        }
        return one(n.input(0).dtype(), out);
    }

    private static IntegerLists.Entry entry(Optional<List<IntegerLists.Entry>> list, int i) {
        return list.isPresent() && i < list.get().size() ? list.get().get(i) : new IntegerLists.Entry(Dim.ANY, 0);
    }

    private static Dim sliced(Dim d, IntegerLists.Entry start, IntegerLists.Entry end, long step) {
        boolean fromStart = step == 1 && start.isNumber() && start.number() == 0;
        if (fromStart && end.isNumber() && end.number() >= Integer.MAX_VALUE) {
            return d;
        }
        // A table of 512 positions cut to the text's own length: [0:L] is L long, as long as the table suffices.
        if (fromStart && !end.isNumber()) {
            return end.dim();
        }
        if (step >= 1 && start.isNumber() && start.number() >= 0 && end.isNumber() && d.isNamed()) {
            boolean toEnd = end.number() >= Integer.MAX_VALUE;
            long fewer = start.number() - (toEnd ? 0 : end.number());
            return toEnd || end.number() < 0
                    ? StridedLength.of(d)
                            .map(l -> l.moved(-fewer).windows(1, step, 0).dim())
                            .orElse(Dim.ANY)
                    : Dim.ANY;
        }
        if (step == 0 || !start.isNumber() || !end.isNumber() || !d.isFixed()) {
            return Dim.ANY;
        }
        long size = d.size();
        long low = start.number() < 0 ? start.number() + size : start.number();
        long high = end.number() < 0 && end.number() > Long.MIN_VALUE / 2 ? end.number() + size : end.number();
        if (step > 0) {
            low = Math.max(0, Math.min(size, low));
            high = Math.max(0, Math.min(size, high));
            return Dim.of(Math.max(0, (high - low + step - 1) / step));
        }
        low = Math.max(-1, Math.min(size - 1, low));
        high = Math.max(-1, Math.min(size - 1, high));
        return Dim.of(Math.max(0, (low - high - step - 1) / -step));
    }

    @Override
    public List<TensorType> gather(Node n, Op.Gather op) {
        inputs(n, 2, 2);
        Shape x = n.input(0).shape();
        int axis = axis(n, op.axis(), x.rank());
        if (!n.input(1).dtype().isInteger()) {
            throw refused(n, types(n), "whole-number indices", "cast the indices to i64");
        }
        List<Dim> dims = new ArrayList<>(x.dims().subList(0, axis));
        dims.addAll(n.input(1).shape().dims());
        dims.addAll(x.dims().subList(axis + 1, x.rank()));
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> gatherElements(Node n, Op.GatherElements op) {
        inputs(n, 2, 2);
        axis(n, op.axis(), n.input(0).shape().rank());
        if (n.input(0).shape().rank() != n.input(1).shape().rank()) {
            throw refused(n, types(n), "indices of the same rank", "reshape the indices");
        }
        return one(n.input(0).dtype(), n.input(1).shape());
    }

    @Override
    public List<TensorType> expand(Node n, Op.Expand op) {
        inputs(n, 2, 2);
        List<IntegerLists.Entry> wanted = IntegerLists.entries(n.input(1))
                .orElseThrow(() -> refused(
                        n, types(n), "a shape whose number of axes is known", "export the model with a fixed rank"));
        Shape to = Shape.of(wanted.stream().map(IntegerLists.Entry::axis).toList());
        return one(n.input(0).dtype(), broadcast(n, n.input(0).shape(), to));
    }

    @Override
    public List<TensorType> tile(Node n, Op.Tile op) {
        inputs(n, 2, 2);
        Shape x = n.input(0).shape();
        Optional<List<IntegerLists.Entry>> repeats = IntegerLists.entries(n.input(1));
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            IntegerLists.Entry r = entry(repeats, i);
            dims.add(
                    !r.isNumber()
                            ? Dim.ANY
                            : r.number() == 1
                                    ? x.dim(i)
                                    : x.dim(i).isFixed() ? Dim.of(x.size(i) * r.number()) : Dim.ANY);
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> pad(Node n, Op.Pad op) {
        inputs(n, 2, 2);
        Shape x = n.input(0).shape();
        Optional<List<IntegerLists.Entry>> pads = IntegerLists.entries(n.input(1));
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            IntegerLists.Entry before = entry(pads, i);
            IntegerLists.Entry after = entry(pads, i + x.rank());
            boolean isKnown = before.isNumber() && after.isNumber();
            dims.add(isKnown ? moved(x.dim(i), before.number() + after.number()) : Dim.ANY);
        }
        return one(n.input(0).dtype(), Shape.of(dims));
    }

    @Override
    public List<TensorType> shapeOf(Node n, Op.ShapeOf op) {
        inputs(n, 1, 1);
        return one(DType.I64, Shape.of(n.input(0).shape().rank()));
    }

    @Override
    public List<TensorType> constantOfShape(Node n, Op.ConstantOfShape op) {
        inputs(n, 1, 1);
        List<IntegerLists.Entry> wanted = IntegerLists.entries(n.input(0))
                .orElseThrow(() -> refused(
                        n, types(n), "a shape whose number of axes is known", "export the model with a fixed rank"));
        return one(
                op.value().dtype(),
                Shape.of(wanted.stream().map(IntegerLists.Entry::axis).toList()));
    }

    @Override
    public List<TensorType> range(Node n, Op.Range op) {
        inputs(n, 3, 3);
        Optional<long[]> start = IntegerLists.exact(n.input(0));
        Optional<long[]> delta = IntegerLists.exact(n.input(2));
        Optional<List<IntegerLists.Entry>> limit = IntegerLists.entries(n.input(1));
        Dim length = Dim.ANY;
        if (start.isPresent() && delta.isPresent() && limit.isPresent() && delta.get()[0] != 0) {
            IntegerLists.Entry end = limit.get().get(0);
            if (end.isNumber()) {
                length = Dim.of(Math.max(0, -Math.floorDiv(start.get()[0] - end.number(), delta.get()[0])));
            } else if (start.get()[0] == 0 && delta.get()[0] == 1) {
                length = end.dim();
            }
        }
        return one(n.input(0).dtype(), Shape.of(List.of(length)));
    }

    @Override
    public List<TensorType> triangle(Node n, Op.Triangle op) {
        inputs(n, 1, 2);
        if (n.input(0).shape().rank() < 2) {
            throw refused(
                    n, types(n), "rank 2 or more", "reshape '" + n.input(0).name() + "'");
        }
        return same(n);
    }

    @Override
    public List<TensorType> resize(Node n, Op.Resize op) {
        inputs(n, 2, 2);
        Shape x = n.input(0).shape();
        if (x.rank() != 4) {
            throw refused(n, types(n), "[N, C, H, W]", "reshape '" + n.input(0).name() + "'");
        }
        Optional<List<IntegerLists.Entry>> size = IntegerLists.entries(n.input(1));
        return one(
                n.input(0).dtype(),
                x.with(2, entry(size, 0).axis()).with(3, entry(size, 1).axis()));
    }

    @Override
    public List<TensorType> attention(Node n, Op.Attention op) {
        inputs(n, 3, 4);
        Shape q = n.input(0).shape();
        Shape k = n.input(1).shape();
        Shape v = n.input(2).shape();
        boolean fits = q.rank() == 3
                && k.rank() == 3
                && v.rank() == 3
                && q.dim(2).mayEqual(k.dim(2))
                && k.dim(1).mayEqual(v.dim(1))
                && (!q.dim(2).isFixed() || q.size(2) % op.heads() == 0)
                && (!v.dim(2).isFixed() || v.size(2) % op.heads() == 0);
        if (!fits) {
            throw refused(
                    n,
                    types(n),
                    "query [N, L, D], key [N, S, D], value [N, S, D], D a multiple of " + op.heads() + " heads",
                    "check the widths and the number of heads");
        }
        return one(n.input(0).dtype(), q.with(2, v.dim(2)));
    }

    @Override
    public List<TensorType> recurrent(Node n, Op.Recurrent op) {
        int count = op.firstWeight(op.directions());
        inputs(n, count, count);
        Shape x = n.input(0).shape();
        long rows = (long) op.cell().gates() * op.hidden();
        boolean fits = x.rank() == 3
                && x.dim(2).isFixed()
                && op.hidden() > 0
                && (op.projection() == 0 || op.cell() == Op.CellKind.LSTM && op.projection() < op.hidden());
        for (int d = 0; fits && d < op.directions(); d++) {
            int w = op.firstWeight(d);
            fits = n.input(w).shape().equals(Shape.of(rows, x.size(2)))
                    && n.input(w + 1).shape().equals(Shape.of(rows, op.width()))
                    && (!op.bias()
                            || n.input(w + 2).shape().equals(Shape.of(rows))
                                    && n.input(w + 3).shape().equals(Shape.of(rows)))
                    && (op.projection() == 0
                            || n.input(w + op.weightsEach() - 1)
                                    .shape()
                                    .equals(Shape.of(op.projection(), op.hidden())));
        }
        if (!fits) {
            throw refused(
                    n,
                    types(n),
                    "x [N, L, C], and for each direction weights [" + rows + ", C], [" + rows + ", " + op.width() + "]"
                            + (op.bias() ? ", [" + rows + "], [" + rows + "]" : "")
                            + (op.projection() == 0 ? "" : ", [" + op.projection() + ", " + op.hidden() + "]"),
                    "check the widths; only LSTM has a projection, which is narrower than its cells");
        }
        DType type = n.input(0).dtype();
        Dim directions = Dim.of(op.directions());
        List<TensorType> out = new ArrayList<>(List.of(
                new TensorType(type, x.with(2, Dim.of((long) op.directions() * op.width()))),
                new TensorType(type, Shape.of(List.of(x.dim(0), directions, Dim.of(op.width()))))));
        if (op.states() == 2) {
            out.add(new TensorType(type, Shape.of(List.of(x.dim(0), directions, Dim.of(op.hidden())))));
        }
        return out;
    }

    @Override
    public List<TensorType> dropout(Node n, Op.Dropout op) {
        inputs(n, 1, 1);
        return same(n);
    }

    @Override
    public List<TensorType> stochasticDepth(Node n, Op.StochasticDepth op) {
        inputs(n, 1, 1);
        if (n.input(0).shape().rank() == 0) {
            throw refused(n, types(n), "[N, ...]", "give a batch of examples");
        }
        return same(n);
    }

    @Override
    public List<TensorType> crossEntropy(Node n, Op.CrossEntropy op) {
        inputs(n, 2, 3);
        Shape logits = n.input(0).shape();
        Shape targets = n.input(1).shape();
        boolean fits = logits.rank() >= 2
                && n.input(1).dtype() == DType.I64
                && targets.rank() == logits.rank() - 1
                && targets.dim(0).mayEqual(logits.dim(0));
        for (int i = 1; fits && i < targets.rank(); i++) {
            fits = targets.dim(i).mayEqual(logits.dim(i + 1));
        }
        if (!fits) {
            throw refused(
                    n,
                    types(n),
                    "logits f32[M, K] and targets i64[M], or logits f32[N, K, H, W] and targets i64[N, H, W]",
                    "give one target a decision");
        }
        return one(DType.F32, Shape.SCALAR);
    }

    @Override
    public List<TensorType> binaryCrossEntropy(Node n, Op.BinaryCrossEntropy op) {
        inputs(n, 2, 3);
        if (!n.input(0).shape().accepts(n.input(1).shape()) || n.input(1).dtype() != DType.F32) {
            throw refused(n, types(n), "logits and targets f32 of one shape", "give one 0 or 1 for each logit");
        }
        return one(DType.F32, Shape.SCALAR);
    }

    // -------------------------------------------------------------------------------------------

    private static List<TensorType> one(DType dtype, Shape shape) {
        return List.of(new TensorType(dtype, shape));
    }

    private static List<TensorType> same(Node n) {
        return List.of(n.input(0).type());
    }

    private static void inputs(Node n, int least, int most) {
        if (n.inputs().size() < least || n.inputs().size() > most) {
            throw refused(
                    n,
                    n.inputs().size() + " inputs",
                    least == most
                            ? least + " inputs"
                            : "from " + least + " to " + (most == Integer.MAX_VALUE ? "many" : most) + " inputs",
                    "see the documentation of Op." + n.op().getClass().getSimpleName());
        }
    }

    private static int axis(Node n, int axis, int rank) {
        int a = axis < 0 ? axis + rank : axis;
        if (a < 0 || a >= rank) {
            throw refused(
                    n,
                    "axis " + axis + " of " + types(n),
                    "an axis from " + -rank + " to " + (rank - 1),
                    "check the axis");
        }
        return a;
    }

    private static Shape lead(Shape s, int tail) {
        return Shape.of(s.dims().subList(0, Math.max(0, s.rank() - tail)));
    }

    private static Dim product(List<Dim> dims) {
        long known = 1;
        List<Dim> open = new ArrayList<>();
        for (Dim d : dims) {
            if (d.isFixed()) {
                known *= d.size();
            } else {
                open.add(d);
            }
        }
        return open.isEmpty() ? Dim.of(known) : open.size() == 1 && known == 1 ? open.get(0) : Dim.ANY;
    }

    /** How often a window fits into an axis; an open axis gives one whose name says how long it is. */
    private static Dim window(Node n, Dim in, Dim kernel, Window w) {
        if (!kernel.isFixed()) {
            return Dim.ANY;
        }
        long span = w.dilation() * (kernel.size() - 1) + 1;
        long pads = w.before() + w.after();
        if (!in.isFixed()) {
            // Rounded up, the last window is dropped where it would begin behind the input; where it cannot, all fit.
            boolean allFit = !w.ceil() || w.stride() <= span - w.after();
            long rounding = w.ceil() ? w.stride() - 1 : 0;
            return allFit
                    ? StridedLength.of(in)
                            .map(l ->
                                    l.windows(span, w.stride(), pads + rounding).dim())
                            .orElse(Dim.ANY)
                    : Dim.ANY;
        }
        long room = in.size() + pads - span;
        if (room < 0) {
            throw refused(
                    n, types(n), "at least " + (span - pads) + " along each axis of the window", "use larger inputs");
        }
        long fitting = (w.ceil() ? (room + w.stride() - 1) / w.stride() : room / w.stride()) + 1;
        boolean lastIsBehind = w.ceil() && (fitting - 1) * w.stride() >= in.size() + w.before();
        return Dim.of(lastIsBehind ? fitting - 1 : fitting);
    }

    /** How a window moves along one axis. */
    private record Window(long stride, long before, long after, long dilation, boolean ceil) {}

    /** An axis that is this much longer. */
    private static Dim moved(Dim d, long elements) {
        if (d.isFixed()) {
            return Dim.of(d.size() + elements);
        }
        return elements == 0
                ? d
                : StridedLength.of(d).map(l -> l.moved(elements).dim()).orElse(Dim.ANY);
    }

    private static Dim better(Dim a, Dim b) {
        return a.isFixed() ? a : b.isFixed() ? b : a.isNamed() ? a : b;
    }

    private static Shape broadcast(Node n, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            Dim x = i < rank - a.rank() ? Dim.of(1) : a.dim(i - (rank - a.rank()));
            Dim y = i < rank - b.rank() ? Dim.of(1) : b.dim(i - (rank - b.rank()));
            if (x.size() == 1) {
                dims.add(y);
            } else if (y.size() == 1) {
                dims.add(x);
            } else if (x.mayEqual(y)) {
                dims.add(better(x, y));
            } else {
                throw refused(
                        n,
                        types(n),
                        "shapes that broadcast: equal, or 1, on every axis from the last",
                        "reshape or unsqueeze one of them");
            }
        }
        return Shape.of(dims);
    }

    private static String letters(int spatial) {
        return switch (spatial) {
            case 1 -> "[N, C, T]";
            case 2 -> "[N, C, H, W]";
            default -> "[N, C, ...] with " + spatial + " axes of space";
        };
    }

    private static String types(Node n) {
        return n.inputs().stream().map(v -> v.type().toString()).collect(Collectors.joining(", "));
    }

    private static ShapeMismatchException refused(Node n, String found, String expected, String fix) {
        return new ShapeMismatchException(n + " cannot take these inputs.", found, expected, fix);
    }
}
