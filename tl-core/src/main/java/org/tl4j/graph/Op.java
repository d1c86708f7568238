// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.List;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Every operation of the graph; closed, so that a new one breaks each {@link Lowering} at compile time.
 *
 * <p>Each record documents its inputs in order; those in parentheses may be left off at the end.
 */
public sealed interface Op {
    /** Hands this op to the method of the lowering that is meant for it. */
    <R> R accept(Node node, Lowering<R> lowering);

    /** Functions of one value, element by element. Input: x. */
    enum UnaryKind {
        ABS,
        ATAN,
        CEIL,
        COS,
        ERF,
        EXP,
        FLOOR,
        HARD_SWISH,
        IDENTITY,
        IS_NAN,
        LOG,
        MISH,
        NEG,
        NOT,
        RECIPROCAL,
        RELU,
        ROUND,
        SIGMOID,
        SIGN,
        SILU,
        SIN,
        SOFTPLUS,
        SOFTSIGN,
        SQRT,
        TAN,
        TANH
    }

    /** See {@link UnaryKind}. */
    record Unary(UnaryKind kind) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.unary(n, this);
        }
    }

    /** Functions of two values with NumPy broadcasting. Inputs: a, b. Comparisons give {@code bool}. */
    enum BinaryKind {
        ADD,
        SUB,
        MUL,
        DIV,
        POW,
        MOD,
        MIN,
        MAX,
        EQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL,
        AND,
        OR,
        XOR;

        /** Whether the answer is {@code bool} whatever the element type of the operands. */
        public boolean isComparison() {
            return ordinal() >= EQUAL.ordinal();
        }
    }

    /** See {@link BinaryKind}. */
    record Binary(BinaryKind kind) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.binary(n, this);
        }
    }

    /** Activations with constants of their own. Input: x; PRELU: x, slope. */
    enum ActivationKind {
        /** {@code x < 0 ? alpha x : x}. */
        LEAKY_RELU,
        /** {@code x < 0 ? alpha (exp(x) - 1) : x}. */
        ELU,
        /** {@code beta (x < 0 ? alpha (exp(x) - 1) : x)}; Klambauer et al. 2017. */
        SELU,
        /** {@code max(0, x) + min(0, alpha (exp(x / alpha) - 1))}. */
        CELU,
        /** {@code max(0, min(1, alpha x + beta))}. */
        HARD_SIGMOID,
        /** Leaky, with the slope a second input that broadcasts to x. */
        PRELU
    }

    /** See {@link ActivationKind}. */
    record Activation(ActivationKind kind, double alpha, double beta) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.activation(n, this);
        }
    }

    /**
     * Gaussian error linear unit (Hendrycks and Gimpel 2016). Input: x.
     *
     * @param tanh whether the tanh approximation is meant
     */
    record Gelu(boolean tanh) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.gelu(n, this);
        }
    }

    /** Limits to {@code [min, max]}; an infinite bound is none. Input: x. */
    record Clip(double min, double max) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.clip(n, this);
        }
    }

    /** Element by element {@code condition ? a : b}, broadcast. Inputs: condition {@code bool}, a, b. */
    record Where() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.where(n, this);
        }
    }

    /** Another element type. Input: x. */
    record Cast(DType to) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.cast(n, this);
        }
    }

    /** NumPy's matmul with broadcast leading axes. Inputs: a {@code [..., m, k]}, b {@code [..., k, n]}. */
    record MatMul() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.matMul(n, this);
        }
    }

    /** {@code x W^T + b}. Inputs: x {@code [..., in]}, weight {@code [out, in]}, (bias {@code [out]}). */
    record Linear() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.linear(n, this);
        }
    }

    /**
     * Rows of a table. Inputs: weight {@code [V, D]}, indices {@code i64[...]}; gives {@code [..., D]}.
     *
     * @param paddingIndex a row that no gradient reaches, or -1
     */
    record Embedding(long paddingIndex) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.embedding(n, this);
        }
    }

    /**
     * Layer normalisation (Ba, Kiros and Hinton 2016) over the last axes. Inputs: x, (weight, (bias)), both of the
     * shape of the normalised axes.
     *
     * @param axes how many axes, counted from the last, are normalised
     */
    record LayerNorm(int axes, double epsilon) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.layerNorm(n, this);
        }
    }

    /** Group normalisation (Wu and He 2018). Inputs: x {@code [N, C, ...]}, weight {@code [C]}, bias {@code [C]}. */
    record GroupNorm(int groups, double epsilon) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.groupNorm(n, this);
        }
    }

    /**
     * Batch normalisation (Ioffe and Szegedy 2015). Inputs: x {@code [N, C, ...]}, weight, bias, running mean, running
     * variance, each {@code [C]}, (count of batches {@code i64[]}). In training the batch's own statistics are used and
     * the running ones move by {@code momentum}; a frozen one uses its running statistics in training, too.
     */
    record BatchNorm(double epsilon, double momentum) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.batchNorm(n, this);
        }
    }

    /**
     * Convolution over 1, 2 or 3 axes. Inputs: x {@code [N, C, ...]}, weight {@code [out, C / groups, k...]}, (bias).
     *
     * @param pads zeros before each axis, then after each axis
     */
    record Conv(List<Long> strides, List<Long> pads, List<Long> dilations, long groups) implements Op {
        /** Keeps copies. */
        public Conv {
            strides = List.copyOf(strides);
            pads = List.copyOf(pads);
            dilations = List.copyOf(dilations);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.conv(n, this);
        }
    }

    /** Transposed convolution. Inputs: x {@code [N, C, ...]}, weight {@code [C, out / groups, k...]}, (bias). */
    record ConvTranspose(List<Long> strides, List<Long> pads, List<Long> outputPads, List<Long> dilations, long groups)
            implements Op {
        /** Keeps copies. */
        public ConvTranspose {
            strides = List.copyOf(strides);
            pads = List.copyOf(pads);
            outputPads = List.copyOf(outputPads);
            dilations = List.copyOf(dilations);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.convTranspose(n, this);
        }
    }

    /** What a window is reduced to. */
    enum PoolKind {
        MAX,
        AVERAGE
    }

    /**
     * Pooling over windows. Input: x {@code [N, C, ...]}.
     *
     * @param pads before each axis, then after each axis
     * @param ceil whether the output length is rounded up, as PyTorch does
     * @param countPads whether an average divides by the whole window at the border
     */
    record Pool(
            PoolKind kind,
            List<Long> kernel,
            List<Long> strides,
            List<Long> pads,
            List<Long> dilations,
            boolean ceil,
            boolean countPads)
            implements Op {
        /** Keeps copies. */
        public Pool {
            kernel = List.copyOf(kernel);
            strides = List.copyOf(strides);
            pads = List.copyOf(pads);
            dilations = List.copyOf(dilations);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.pool(n, this);
        }
    }

    /** Pooling of each channel to one number. Input: x {@code [N, C, ...]}; gives {@code [N, C, 1...]}. */
    record GlobalPool(PoolKind kind) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.globalPool(n, this);
        }
    }

    /**
     * Means over windows that share each axis out evenly, however long it is: entry {@code i} of {@code k} covers from
     * {@code floor(i L / k)} to {@code ceil((i + 1) L / k)}, as PyTorch has it. Input: x {@code [N, C, ...]}; gives
     * {@code [N, C, size...]}.
     */
    record AdaptiveAveragePool(List<Long> size) implements Op {
        /** Keeps a copy. */
        public AdaptiveAveragePool {
            size = List.copyOf(size);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.adaptiveAveragePool(n, this);
        }
    }

    /** Softmax, or its logarithm, along one axis. Input: x. */
    record Softmax(int axis, boolean log) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.softmax(n, this);
        }
    }

    /** What axes are reduced to. */
    enum ReduceKind {
        SUM,
        MEAN,
        MAX,
        MIN,
        PROD,
        L1,
        L2,
        SUM_SQUARE,
        LOG_SUM_EXP
    }

    /** Reduction of axes; an empty list means all. Input: x. */
    record Reduce(ReduceKind kind, List<Integer> axes, boolean keepDims) implements Op {
        /** Keeps a copy. */
        public Reduce {
            axes = List.copyOf(axes);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.reduce(n, this);
        }
    }

    /** Index of the largest (or smallest) along an axis, the first of equals; {@code i64}. Input: x. */
    record ArgMax(int axis, boolean keepDims, boolean smallest) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.argMax(n, this);
        }
    }

    /** Running sum along an axis. Input: x. */
    record CumSum(int axis, boolean exclusive, boolean reverse) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.cumSum(n, this);
        }
    }

    /**
     * The same elements in another shape. Inputs: x, shape {@code i64[r]} where 0 copies an axis and -1 is inferred.
     */
    record Reshape() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.reshape(n, this);
        }
    }

    /** Joins the axes before {@code axis} into one and those from it on into one. Input: x; gives rank 2. */
    record Flatten(int axis) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.flatten(n, this);
        }
    }

    /** Axes in another order. Input: x. */
    record Transpose(List<Integer> permutation) implements Op {
        /** Keeps a copy. */
        public Transpose {
            permutation = List.copyOf(permutation);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.transpose(n, this);
        }
    }

    /** Axes of length 1 put in at these places of the result. Input: x. */
    record Unsqueeze(List<Integer> axes) implements Op {
        /** Keeps a copy. */
        public Unsqueeze {
            axes = List.copyOf(axes);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.unsqueeze(n, this);
        }
    }

    /** Axes of length 1 taken out; an empty list means all of them. Input: x. */
    record Squeeze(List<Integer> axes) implements Op {
        /** Keeps a copy. */
        public Squeeze {
            axes = List.copyOf(axes);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.squeeze(n, this);
        }
    }

    /** Joins values along an axis. Inputs: one or more. */
    record Concat(int axis) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.concat(n, this);
        }
    }

    /** Cuts a value along an axis into parts of the given lengths. Input: x; as many outputs as lengths. */
    record Split(int axis, List<Long> lengths) implements Op {
        /** Keeps a copy. */
        public Split {
            lengths = List.copyOf(lengths);
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.split(n, this);
        }
    }

    /** ONNX's Slice. Inputs: x, starts, ends, axes, steps, each of the four {@code i64[k]}. */
    record Slice() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.slice(n, this);
        }
    }

    /** Entries of x along an axis, at indices of any rank. Inputs: x, indices {@code i64[...]}. */
    record Gather(int axis) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.gather(n, this);
        }
    }

    /** Entries of x along an axis, one index an element. Inputs: x, indices of x's rank. */
    record GatherElements(int axis) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.gatherElements(n, this);
        }
    }

    /** Broadcast to a shape, both ways as in ONNX. Inputs: x, shape {@code i64[r]}. */
    record Expand() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.expand(n, this);
        }
    }

    /** Repetition of each axis. Inputs: x, repeats {@code i64[rank]}. */
    record Tile() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.tile(n, this);
        }
    }

    /** What lies outside the border. */
    enum PadMode {
        CONSTANT,
        REFLECT,
        EDGE
    }

    /** Padding. Inputs: x, pads {@code i64[2 rank]}, first before every axis, then after every axis. */
    record Pad(PadMode mode, double value) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.pad(n, this);
        }
    }

    /** The lengths of x. Input: x; gives {@code i64[rank]}. */
    record ShapeOf() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.shapeOf(n, this);
        }
    }

    /** A tensor of one value. Input: shape {@code i64[r]}. */
    record ConstantOfShape(HostTensor value) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.constantOfShape(n, this);
        }
    }

    /** {@code start, start + delta, ...} below limit. Inputs: start, limit, delta, each a scalar. */
    record Range() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.range(n, this);
        }
    }

    /** Keeps one triangle of the last two axes and clears the other. Inputs: x, (k {@code i64[]}, the diagonal). */
    record Triangle(boolean upper) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.triangle(n, this);
        }
    }

    /** How a resized grid is filled. */
    enum ResizeKind {
        NEAREST,
        BILINEAR,
        BICUBIC
    }

    /**
     * Resizes the last two axes. Inputs: x {@code [N, C, H, W]}, size {@code i64[2]}.
     *
     * @param alignCorners whether corner centres are matched (PyTorch's {@code align_corners}), else half pixels
     */
    record Resize(ResizeKind kind, boolean alignCorners) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.resize(n, this);
        }
    }

    /**
     * Multi-head scaled dot-product attention (Vaswani et al. 2017). Inputs: query {@code [N, L, D]}, key {@code [N, S,
     * D]}, value {@code [N, S, D]}, (mask that broadcasts to {@code [N, heads, L, S]}: {@code bool} where true may be
     * attended, or {@code f32} that is added). Gives {@code [N, L, D]}.
     *
     * @param scale what the products are multiplied with; 0 means {@code 1 / sqrt(D / heads)}
     * @param dropout probability that a weight is dropped in training
     */
    record Attention(int heads, double scale, boolean causal, double dropout) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.attention(n, this);
        }
    }

    /** The two kinds of recurrent cells, with PyTorch's order of their gates. */
    enum CellKind {
        /** Long short-term memory (Hochreiter and Schmidhuber 1997); gates: input, forget, cell, output. */
        LSTM(4),
        /**
         * Gated recurrent unit (Cho et al. 2014) as cuDNN has it, reset after the product; gates: reset, update, new.
         */
        GRU(3);

        private final int gates;

        CellKind(int gates) {
            this.gates = gates;
        }

        /** How many blocks of rows the weights have. */
        public int gates() {
            return gates;
        }
    }

    /**
     * One recurrent layer over {@code x f32[N, L, C]}. Inputs in this order: x; with {@code lengths} how many steps of
     * each example count, {@code i64[N]}, from 1 to L; with {@code state} the first hidden state {@code f32[N, D, P]}
     * and for LSTM the first cell state {@code f32[N, D, H]}, else both are 0; then for each of the D directions the
     * weights as PyTorch has them: {@code weight_ih [G H, C]}, {@code weight_hh [G H, P]}, with {@code bias} also
     * {@code bias_ih [G H]} and {@code bias_hh [G H]}, with a projection {@code weight_hr [P, H]}. G is the number of
     * gates; P is H, or the width of the projection.
     *
     * <p>Gives what each step answers, {@code f32[N, L, D P]}, 0 behind the end of an example; the last hidden state of
     * each direction, {@code f32[N, D, P]}; for LSTM also the last cell state, {@code f32[N, D, H]}. The second
     * direction reads from the end of each example to its beginning.
     *
     * @param hidden H
     * @param projection the width to which LSTM's hidden states are projected (Sak et al. 2014), or 0
     */
    record Recurrent(
            CellKind cell,
            int hidden,
            int projection,
            boolean bidirectional,
            boolean bias,
            boolean lengths,
            boolean state)
            implements Op {
        /** How many directions there are. */
        public int directions() {
            return bidirectional ? 2 : 1;
        }

        /** The width of the hidden states of one direction. */
        public int width() {
            return projection == 0 ? hidden : projection;
        }

        /** How many tensors of weights a direction has. */
        public int weightsEach() {
            return 2 + (bias ? 2 : 0) + (projection == 0 ? 0 : 1);
        }

        /** Where the first states begin among the inputs. */
        public int firstState() {
            return lengths ? 2 : 1;
        }

        /** Where the weights of a direction begin among the inputs. */
        public int firstWeight(int direction) {
            return firstState() + (state ? states() : 0) + direction * weightsEach();
        }

        /** How many states are carried from step to step. */
        public int states() {
            return cell == CellKind.LSTM ? 2 : 1;
        }

        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.recurrent(n, this);
        }
    }

    /** Dropout (Srivastava et al. 2014) in training, nothing else otherwise. Input: x. */
    record Dropout(double probability) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.dropout(n, this);
        }
    }

    /**
     * Stochastic depth (Huang et al. 2016, arXiv:1603.09382): in training each example of the batch is set to 0 as a
     * whole with this probability, the others are divided by what is left of 1. Nothing else otherwise. Input: x
     * {@code [N, ...]}, a residual branch.
     */
    record StochasticDepth(double probability) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.stochasticDepth(n, this);
        }
    }

    /**
     * Summed cross-entropy; training only. Inputs: logits {@code f32[M, K]}, targets {@code i64[M]}, or a decision for
     * every place of a map, logits {@code f32[N, K, H, W]}, targets {@code i64[N, H, W]}; (class weights
     * {@code f32[K]}). Gives {@code f32[]}: the numerator of PyTorch's mean, so that micro-batches can be added up.
     *
     * @param ignoreIndex a target that counts nothing
     */
    record CrossEntropy(double labelSmoothing, long ignoreIndex) implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.crossEntropy(n, this);
        }
    }

    /**
     * Summed binary cross-entropy of logits; training only. Inputs: logits {@code f32[...]}, targets {@code f32[...]},
     * (weight of the positive class that broadcasts). Gives {@code f32[]}.
     */
    record BinaryCrossEntropy() implements Op {
        @Override
        public <R> R accept(Node n, Lowering<R> l) {
            return l.binaryCrossEntropy(n, this);
        }
    }
}
