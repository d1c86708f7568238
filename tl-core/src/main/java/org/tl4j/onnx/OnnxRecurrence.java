// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * A recurrent layer in ONNX: its LSTM or GRU where that can say it, and a Scan over the steps for LSTM with a
 * projection, which it cannot. The weights keep their published layout in the file; the runtime brings the gates into
 * ONNX's order when it loads it.
 */
final class OnnxRecurrence {
    private final Node n;
    private final Op.Recurrent op;
    private final OnnxLowering to;

    private OnnxRecurrence(Node n, Op.Recurrent op, OnnxLowering to) {
        this.n = n;
        this.op = op;
        this.to = to;
    }

    static Void lower(Node n, Op.Recurrent op, OnnxLowering to) {
        OnnxRecurrence recurrence = new OnnxRecurrence(n, op, to);
        if (op.projection() > 0) {
            recurrence.scan();
        } else {
            recurrence.whole();
        }
        return null;
    }

    private static AttributeProto permutation(long... axes) {
        List<Long> list = new ArrayList<>();
        for (long a : axes) {
            list.add(a);
        }
        return OnnxLowering.attribute("perm", list);
    }

    private String turned(String x, long... axes) {
        return to.step(n, "Transpose", List.of(x), permutation(axes));
    }

    private String joined(List<String> parts, long axis) {
        return parts.size() == 1 ? parts.get(0) : to.step(n, "Concat", parts, OnnxLowering.attribute("axis", axis));
    }

    private String lengths() {
        return to.step(n, "Cast", List.of(to.of(n.input(1))), OnnxLowering.attribute("to", (long)
                OnnxTypes.number(DType.I32)));
    }

    /** A first state {@code [D, N, width]}. */
    private String state(int index) {
        return turned(to.of(n.input(op.firstState() + index)), 1, 0, 2);
    }

    // ------------------------------------------------------------------------------------------- one operator

    private void whole() {
        List<String> w = new ArrayList<>();
        List<String> r = new ArrayList<>();
        List<String> b = new ArrayList<>();
        for (int d = 0; d < op.directions(); d++) {
            int at = op.firstWeight(d);
            w.add(stacked(ordered(n.input(at))));
            r.add(stacked(ordered(n.input(at + 1))));
            if (op.bias()) {
                b.add(stacked(joined(List.of(ordered(n.input(at + 2)), ordered(n.input(at + 3))), 0)));
            }
        }
        List<String> in = new ArrayList<>(List.of(
                turned(to.of(n.input(0)), 1, 0, 2), joined(w, 0), joined(r, 0), b.isEmpty() ? "" : joined(b, 0)));
        in.add(op.lengths() ? lengths() : "");
        if (op.state()) {
            for (int s = 0; s < op.states(); s++) {
                in.add(state(s));
            }
        }
        List<AttributeProto> a = new ArrayList<>(List.of(
                OnnxLowering.attribute("hidden_size", (long) op.hidden()),
                OnnxLowering.attribute("direction", op.bidirectional() ? "bidirectional" : "forward")));
        if (op.cell() == Op.CellKind.GRU) {
            a.add(OnnxLowering.attribute("linear_before_reset", 1L));
        }
        List<String> out = to.steps(n, op.cell().name(), in, 1 + op.states(), a.toArray(AttributeProto[]::new));
        to.end(n, 0, "Reshape", List.of(turned(out.get(0), 2, 0, 1, 3), to.longs(0, 0, -1)));
        for (int s = 1; s < out.size(); s++) {
            to.end(n, s, "Transpose", List.of(out.get(s)), permutation(1, 0, 2));
        }
    }

    private String stacked(String x) {
        return to.step(n, "Unsqueeze", List.of(x, to.longs(0)));
    }

    /** The blocks of the gates in ONNX's order. */
    private String ordered(Value weights) {
        int gates = op.cell().gates();
        List<String> blocks = to.steps(
                n,
                "Split",
                List.of(to.of(weights)),
                gates,
                OnnxLowering.attribute("axis", 0L),
                OnnxLowering.attribute("num_outputs", (long) gates));
        List<String> other = new ArrayList<>();
        for (int g : order(op.cell())) {
            other.add(blocks.get(g));
        }
        return joined(other, 0);
    }

    /** Where ONNX's gates stand among PyTorch's: input, output, forget, cell; update, reset, new. */
    private static int[] order(Op.CellKind cell) {
        return switch (cell) {
            case LSTM -> new int[] {0, 3, 1, 2};
            case GRU -> new int[] {1, 0, 2};
        };
    }

    // ------------------------------------------------------------------------------------------- step by step

    private void scan() {
        String x = turned(to.of(n.input(0)), 1, 0, 2); // [L, N, C]
        String shape = to.step(n, "Shape", List.of(x));
        String batch = to.step(n, "Slice", List.of(shape, to.longs(1), to.longs(2), to.longs(0)));
        String mask = op.lengths() ? mask(shape) : "";
        List<List<String>> answers = new ArrayList<>();
        for (int d = 0; d < op.directions(); d++) {
            answers.add(direction(d, x, batch, mask));
        }
        List<String> all = answers.stream().map(a -> a.get(2)).toList();
        to.end(n, 0, "Transpose", List.of(joined(all, 2)), permutation(1, 0, 2));
        for (int s = 0; s < 2; s++) {
            int state = s;
            List<String> last = answers.stream()
                    .map(a -> to.step(n, "Unsqueeze", List.of(a.get(state), to.longs(1))))
                    .toList();
            to.end(n, 1 + s, "Concat", last, OnnxLowering.attribute("axis", 1L));
        }
    }

    /** Whether a step counts, {@code bool[L, N, 1]}. */
    private String mask(String shape) {
        String steps = to.step(
                n,
                "Range",
                List.of(
                        to.constant("zero", HostTensor.scalar(0L)),
                        to.step(
                                n,
                                "Squeeze",
                                List.of(to.step(n, "Slice", List.of(shape, to.longs(0), to.longs(1), to.longs(0))))),
                        to.constant("one", HostTensor.scalar(1L))));
        String column = to.step(n, "Unsqueeze", List.of(steps, to.longs(1)));
        String inside = to.step(n, "Less", List.of(column, to.of(n.input(1))));
        return to.step(n, "Unsqueeze", List.of(inside, to.longs(2)));
    }

    /** The last hidden state {@code [N, P]}, the last cell state {@code [N, H]}, all answers {@code [L, N, P]}. */
    private List<String> direction(int d, String x, String batch, String mask) {
        int at = op.firstWeight(d);
        String read = to.step(n, "MatMul", List.of(x, turned(to.of(n.input(at)), 1, 0)));
        if (op.bias()) {
            read = to.step(n, "Add", List.of(read, to.of(n.input(at + 2))));
            read = to.step(n, "Add", List.of(read, to.of(n.input(at + 3))));
        }
        String recurrent = turned(to.of(n.input(at + 1)), 1, 0);
        String projection = turned(to.of(n.input(at + op.weightsEach() - 1)), 1, 0);
        List<String> in =
                new ArrayList<>(List.of(first(0, d, batch, op.width()), first(1, d, batch, op.hidden()), read));
        if (op.lengths()) {
            in.add(mask);
        }
        long scanned = op.lengths() ? 2 : 1;
        List<AttributeProto> a = new ArrayList<>(List.of(
                AttributeProto.newBuilder()
                        .setName("body")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .setG(body(recurrent, projection))
                        .build(),
                OnnxLowering.attribute("num_scan_inputs", scanned)));
        if (d == 1) {
            a.add(OnnxLowering.attribute("scan_input_directions", Collections.nCopies((int) scanned, 1L)));
            a.add(OnnxLowering.attribute("scan_output_directions", List.of(1L)));
        }
        return to.steps(n, "Scan", in, 3, a.toArray(AttributeProto[]::new));
    }

    private String first(int state, int direction, String batch, int width) {
        if (op.state()) {
            String both = state(state);
            String index = to.constant("direction", HostTensor.scalar((long) direction));
            return to.step(n, "Gather", List.of(both, index), OnnxLowering.attribute("axis", 0L));
        }
        String shape = to.step(n, "Concat", List.of(batch, to.longs(width)), OnnxLowering.attribute("axis", 0L));
        return to.step(n, "ConstantOfShape", List.of(shape));
    }

    /** One step of an LSTM whose hidden state is projected; a step that does not count keeps the states. */
    private GraphProto body(String recurrent, String projection) {
        GraphProto.Builder g = GraphProto.newBuilder().setName("step");
        String h = to.fresh("h");
        String c = to.fresh("c");
        String read = to.fresh("read");
        String mask = to.fresh("counts");
        g.addInput(real(h)).addInput(real(c)).addInput(real(read));
        if (op.lengths()) {
            g.addInput(typed(mask, DType.BOOL));
        }
        String sum = node(g, "Add", List.of(read, node(g, "MatMul", List.of(h, recurrent))));
        List<String> gates = List.of(to.fresh("i"), to.fresh("f"), to.fresh("g"), to.fresh("o"));
        g.addNode(NodeProto.newBuilder()
                .setOpType("Split")
                .addInput(sum)
                .addAllOutput(gates)
                .addAttribute(OnnxLowering.attribute("axis", -1L))
                .addAttribute(OnnxLowering.attribute("num_outputs", 4L)));
        String kept = node(g, "Mul", List.of(node(g, "Sigmoid", List.of(gates.get(1))), c));
        String added = node(
                g, "Mul", List.of(node(g, "Sigmoid", List.of(gates.get(0))), node(g, "Tanh", List.of(gates.get(2)))));
        String cell = node(g, "Add", List.of(kept, added));
        String open =
                node(g, "Mul", List.of(node(g, "Sigmoid", List.of(gates.get(3))), node(g, "Tanh", List.of(cell))));
        String hidden = node(g, "MatMul", List.of(open, projection));
        String answer;
        if (op.lengths()) {
            String zero = to.constant("nothing", HostTensor.scalar(0f));
            answer = node(g, "Where", List.of(mask, hidden, zero));
            hidden = node(g, "Where", List.of(mask, hidden, h));
            cell = node(g, "Where", List.of(mask, cell, c));
        } else {
            answer = node(g, "Identity", List.of(hidden));
        }
        return g.addOutput(real(hidden))
                .addOutput(real(cell))
                .addOutput(real(answer))
                .build();
    }

    private String node(GraphProto.Builder g, String type, List<String> in) {
        String out = to.fresh("step/" + type);
        g.addNode(NodeProto.newBuilder()
                .setNameBytes(ByteString.copyFromUtf8(out))
                .setOpType(type)
                .addAllInput(in)
                .addOutput(out));
        return out;
    }

    private static ValueInfoProto real(String name) {
        return typed(name, DType.F32);
    }

    private static ValueInfoProto typed(String name, DType type) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(OnnxTypes.number(type))))
                .build();
    }
}
