// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.Map;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.ActivationKind;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;

/** Operators that work element by element. */
final class ElementwiseImports {
    private ElementwiseImports() {}

    static void register(Map<String, OnnxImport> table) {
        for (UnaryKind kind : UnaryKind.values()) {
            if (kind != UnaryKind.SILU && kind != UnaryKind.IDENTITY) {
                table.put(OnnxTypes.camel(kind.name()), n -> n.give(new Op.Unary(kind), n.in(0)));
            }
        }
        table.put("IsNaN", n -> n.give(new Op.Unary(UnaryKind.IS_NAN), n.in(0)));
        table.put("Identity", n -> n.give(n.in(0)));
        table.put("Sum", n -> variadic(n, BinaryKind.ADD));
        table.put("Mean", n -> {
            Value sum = n.in(0);
            for (int i = 1; i < n.inputs(); i++) {
                sum = n.step(BinaryKind.ADD, sum, n.in(i));
            }
            n.give(new Op.Binary(BinaryKind.DIV), sum, n.scalar(n.inputs(), sum));
        });
        table.put("Min", n -> variadic(n, BinaryKind.MIN));
        table.put("Max", n -> variadic(n, BinaryKind.MAX));
        for (BinaryKind kind : BinaryKind.values()) {
            table.putIfAbsent(OnnxTypes.camel(kind.name()), n -> n.give(new Op.Binary(kind), n.in(0), n.in(1)));
        }
        table.put(
                "Pow",
                n -> n.give(
                        new Op.Binary(BinaryKind.POW),
                        n.in(0),
                        n.cast(n.in(1), n.in(0).dtype())));
        table.put("Mod", ElementwiseImports::mod);
        table.put("LeakyRelu", n -> activation(n, ActivationKind.LEAKY_RELU, n.real("alpha", 0.01), 0));
        table.put("Elu", n -> activation(n, ActivationKind.ELU, n.real("alpha", 1), 0));
        table.put("Celu", n -> activation(n, ActivationKind.CELU, n.real("alpha", 1), 0));
        table.put(
                "Selu", n -> activation(n, ActivationKind.SELU, n.real("alpha", 1.6732632), n.real("gamma", 1.050701)));
        table.put(
                "HardSigmoid",
                n -> activation(n, ActivationKind.HARD_SIGMOID, n.real("alpha", 0.2), n.real("beta", 0.5)));
        table.put("PRelu", n -> n.give(new Op.Activation(ActivationKind.PRELU, 0, 0), n.in(0), n.in(1)));
        table.put("ThresholdedRelu", ElementwiseImports::thresholdedRelu);
        table.put("Gelu", ElementwiseImports::gelu);
        table.put("Clip", ElementwiseImports::clip);
        table.put("Where", n -> n.give(new Op.Where(), n.in(0), n.in(1), n.in(2)));
        table.put("Cast", n -> {
            n.ignore("saturate");
            cast(n, OnnxTypes.widened(OnnxTypes.dtype((int) n.integer("to", 0), n.toString())));
        });
        table.put("CastLike", n -> {
            n.ignore("saturate");
            cast(n, n.in(1).dtype());
        });
        table.put("Dropout", ElementwiseImports::dropout);
        table.put("IsInf", n -> {
            n.only("detect_negative", 1);
            n.only("detect_positive", 1);
            Value size = n.step(UnaryKind.ABS, n.in(0));
            n.give(new Op.Binary(BinaryKind.EQUAL), size, n.scalar(Double.POSITIVE_INFINITY, size));
        });
    }

    private static void variadic(OnnxNode n, BinaryKind kind) {
        if (n.inputs() == 1) {
            n.give(n.in(0));
            return;
        }
        Value all = n.in(0);
        for (int i = 1; i < n.inputs() - 1; i++) {
            all = n.step(kind, all, n.in(i));
        }
        n.give(new Op.Binary(kind), all, n.in(n.inputs() - 1));
    }

    /** Reals divide like C's fmod, whole numbers like Python's %: the graph has no others. */
    private static void mod(OnnxNode n) {
        boolean real = n.in(0).dtype().isFloat();
        long fmod = n.integer("fmod", 0);
        if (fmod != (real ? 1 : 0)) {
            throw n.refused("fmod = " + fmod + " of " + n.in(0).dtype(), "fmod = " + (real ? 1 : 0));
        }
        n.give(new Op.Binary(BinaryKind.MOD), n.in(0), n.in(1));
    }

    private static void activation(OnnxNode n, ActivationKind kind, double alpha, double beta) {
        n.give(new Op.Activation(kind, alpha, beta), n.in(0));
    }

    private static void thresholdedRelu(OnnxNode n) {
        Value x = n.in(0);
        Value above = n.step(BinaryKind.GREATER, x, n.scalar(n.real("alpha", 1), x));
        n.give(new Op.Where(), above, x, n.scalar(0, x));
    }

    private static void gelu(OnnxNode n) {
        String approximate = n.text("approximate", "none");
        if (!approximate.equals("none") && !approximate.equals("tanh")) {
            throw n.refused("approximate = " + approximate, "none or tanh");
        }
        n.give(new Op.Gelu(approximate.equals("tanh")), n.in(0));
    }

    /** Bounds by attribute (opsets before 11) or by input; bounds that only a run knows become Min and Max. */
    private static void clip(OnnxNode n) {
        double low = n.real("min", Double.NEGATIVE_INFINITY);
        double high = n.real("max", Double.POSITIVE_INFINITY);
        boolean constant =
                (!n.has(1) || n.in(1).isConstant()) && (!n.has(2) || n.in(2).isConstant());
        if (constant) {
            n.give(new Op.Clip(bound(n.has(1) ? n.number(1) : low), bound(n.has(2) ? n.number(2) : high)), n.in(0));
            return;
        }
        Value x = n.has(1) ? n.step(BinaryKind.MAX, n.in(0), n.in(1)) : n.in(0);
        if (n.has(2)) {
            n.give(new Op.Binary(BinaryKind.MIN), x, n.in(2));
        } else {
            n.give(x);
        }
    }

    /** Exporters write the largest single where they mean no bound. */
    private static double bound(double value) {
        return Math.abs(value) >= Float.MAX_VALUE ? Math.copySign(Double.POSITIVE_INFINITY, value) : value;
    }

    private static void cast(OnnxNode n, DType to) {
        if (n.in(0).dtype() == to) {
            n.give(n.in(0));
        } else {
            n.give(new Op.Cast(to), n.in(0));
        }
    }

    /** Kept with its probability: it does nothing in a run and works again in training. */
    private static void dropout(OnnxNode n) {
        n.ignore("seed");
        double ratio = n.has(1) ? n.number(1) : n.real("ratio", 0.5);
        n.give(new Op.Dropout(ratio), n.in(0));
    }
}
