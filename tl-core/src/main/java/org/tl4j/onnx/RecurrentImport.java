// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.CellKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * ONNX's LSTM and GRU as the recurrent layer of the graph, their gates in PyTorch's order.
 *
 * <p>Weights that the file writes out, stacked and without names, become parameters in PyTorch's layout under PyTorch's
 * names, {@code rnn.weight_ih_l0}; those that it computes from named tensors, as files of this library do, are computed
 * from these.
 */
final class RecurrentImport {
    private RecurrentImport() {}

    static void read(OnnxNode n, CellKind cell) {
        String direction = n.text("direction", "forward");
        if (direction.equals("reverse")) {
            throw n.refused("direction = reverse", "forward or bidirectional");
        }
        if (cell == CellKind.GRU && n.integer("linear_before_reset", 0) != 1) {
            throw n.refused("linear_before_reset = 0", "linear_before_reset = 1, as cuDNN and PyTorch have it");
        }
        n.only("layout", 0);
        n.only("input_forget", 0);
        if (n.says("clip") || n.says("activations") && !isUsual(n, cell)) {
            throw n.refused("clip or other activations", "no clip, and the usual activations");
        }
        n.ignore("activation_alpha", "activation_beta", "activations");
        if (cell == CellKind.LSTM && n.has(7)) {
            throw n.refused("peephole weights", "no eighth input");
        }
        int hidden = (int) n.integer("hidden_size", n.shape(2).size(2));
        boolean both = direction.equals("bidirectional");
        boolean state = n.has(5);
        if (cell == CellKind.LSTM && state != n.has(6)) {
            throw n.refused("one of the two first states", "both of them, or none");
        }
        Op.Recurrent op = new Op.Recurrent(cell, hidden, 0, both, n.has(3), n.has(4), state);
        List<Value> in = new ArrayList<>();
        in.add(turned(n, n.in(0)));
        if (n.has(4)) {
            in.add(n.cast(n.in(4), DType.I64));
        }
        if (state) {
            for (int s = 0; s < op.states(); s++) {
                in.add(turned(n, n.in(5 + s)));
            }
        }
        boolean isWritten = n.in(1).isConstant()
                && n.in(2).isConstant()
                && (!op.bias() || n.in(3).isConstant());
        for (int d = 0; d < op.directions() && isWritten; d++) {
            addParameters(n, op, d, in);
        }
        for (int d = 0; d < op.directions() && !isWritten; d++) {
            in.add(ordered(n, part(n, n.in(1), d), op));
            in.add(ordered(n, part(n, n.in(2), d), op));
            if (op.bias()) {
                long rows = (long) cell.gates() * hidden;
                List<Value> halves = n.steps(new Op.Split(0, List.of(rows, rows)), part(n, n.in(3), d));
                halves.forEach(half -> in.add(ordered(n, half, op)));
            }
        }
        List<Value> out = n.steps(op, in.toArray(Value[]::new));
        // [N, L, D H] -> [L, D, N, H]
        Value split = n.step(new Op.Reshape(), out.get(0), n.integers(0, 0, op.directions(), hidden));
        n.give(0, n.step(new Op.Transpose(List.of(1, 2, 0, 3)), split));
        for (int s = 1; s < out.size(); s++) {
            n.give(s, turned(n, out.get(s)));
        }
    }

    private static void addParameters(OnnxNode n, Op.Recurrent op, int direction, List<Value> in) {
        OnnxScope.Place place = n.recurrent();
        String suffix = "_l" + place.layer() + (direction == 0 ? "" : "_reverse");
        Init init = new Init.Uniform(1 / Math.sqrt(op.hidden()));
        List<HostTensor> tensors = new ArrayList<>(
                List.of(rows(n.in(1).constant(), direction, 0, op), rows(n.in(2).constant(), direction, 0, op)));
        List<String> names = new ArrayList<>(List.of("weight_ih", "weight_hh"));
        if (op.bias()) {
            tensors.add(rows(n.in(3).constant(), direction, 0, op));
            tensors.add(rows(n.in(3).constant(), direction, 1, op));
            names.addAll(List.of("bias_ih", "bias_hh"));
        }
        for (int i = 0; i < tensors.size(); i++) {
            in.add(n.parameter(place.module() + "." + names.get(i) + suffix, tensors.get(i), init));
        }
    }

    /** The gates of one direction in PyTorch's order; {@code [D, gates H, C] -> [gates H, C]}, of a bias one half. */
    private static HostTensor rows(HostTensor stacked, int direction, int half, Op.Recurrent op) {
        int gates = op.cell().gates();
        boolean isBias = stacked.shape().rank() == 2;
        int width = isBias ? 1 : (int) stacked.shape().size(2);
        int block = op.hidden() * width;
        int begin = (direction * (isBias ? 2 : 1) + half) * gates * block;
        float[] all = stacked.toFloats();
        float[] rows = new float[gates * block];
        int[] order = order(op.cell());
        for (int g = 0; g < gates; g++) {
            System.arraycopy(all, begin + order[g] * block, rows, g * block, block);
        }
        long height = (long) gates * op.hidden();
        return isBias ? HostTensor.of(rows, height) : HostTensor.of(rows, height, width);
    }

    /** Where PyTorch's gates stand among ONNX's. */
    private static int[] order(CellKind cell) {
        return switch (cell) {
            case LSTM -> new int[] {0, 2, 3, 1};
            case GRU -> new int[] {1, 0, 2};
        };
    }

    private static boolean isUsual(OnnxNode n, CellKind cell) {
        List<String> usual = cell == CellKind.LSTM ? List.of("Sigmoid", "Tanh", "Tanh") : List.of("Sigmoid", "Tanh");
        List<String> written = n.texts("activations");
        return Collections.indexOfSubList(written, usual) == 0
                && written.size() % usual.size() == 0
                && Collections.lastIndexOfSubList(written, usual) == written.size() - usual.size();
    }

    private static Value turned(OnnxNode n, Value x) {
        return n.step(new Op.Transpose(List.of(1, 0, 2)), x);
    }

    private static Value part(OnnxNode n, Value stacked, int direction) {
        return n.step(new Op.Gather(0), stacked, n.graph().constant(HostTensor.scalar((long) direction)));
    }

    private static Value ordered(OnnxNode n, Value weights, Op.Recurrent op) {
        long hidden = op.hidden();
        int gates = op.cell().gates();
        List<Value> blocks = n.steps(new Op.Split(0, Collections.nCopies(gates, hidden)), weights);
        int[] order = order(op.cell());
        Value[] other = new Value[gates];
        for (int g = 0; g < gates; g++) {
            other[g] = blocks.get(order[g]);
        }
        return n.step(new Op.Concat(0), other);
    }
}
