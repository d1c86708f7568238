// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;

/** Sums of products that are one matrix product between transpositions: {@code bhid,bhjd->bhij}. */
final class EinsumImport {
    private EinsumImport() {}

    static void read(OnnxNode n) {
        String equation = n.text("equation", "").replace(" ", "");
        String[] sides = equation.split("->", -1);
        String[] operands = sides[0].split(",", -1);
        if (sides.length != 2 || operands.length != 2 || equation.contains(".")) {
            throw unknown(n, equation);
        }
        List<Character> batch = new ArrayList<>();
        List<Character> rows = new ArrayList<>();
        List<Character> columns = new ArrayList<>();
        List<Character> summed = new ArrayList<>();
        for (char c : letters(n, operands[0], equation)) {
            boolean right = operands[1].indexOf(c) >= 0;
            boolean out = sides[1].indexOf(c) >= 0;
            if (!right && !out) {
                throw unknown(n, equation);
            }
            (right ? out ? batch : summed : rows).add(c);
        }
        for (char c : letters(n, operands[1], equation)) {
            if (!batch.contains(c) && !summed.contains(c)) {
                columns.add(c);
            }
        }
        boolean one =
                summed.size() == 1 && columns.size() == 1 && (rows.size() == 1 || batch.isEmpty() && !rows.isEmpty());
        List<Character> made = joined(batch, rows, columns);
        List<Character> wanted = letters(n, sides[1], equation);
        if (!one || made.size() != wanted.size() || !made.containsAll(wanted)) {
            throw unknown(n, equation);
        }
        Value a = ordered(n, n.in(0), letters(n, operands[0], equation), joined(batch, rows, summed));
        Value b = ordered(n, n.in(1), letters(n, operands[1], equation), joined(batch, summed, columns));
        if (made.equals(wanted)) {
            n.give(new Op.MatMul(), a, b);
        } else {
            n.give(new Op.Transpose(wanted.stream().map(made::indexOf).toList()), n.step(new Op.MatMul(), a, b));
        }
    }

    private static List<Character> letters(OnnxNode n, String operand, String equation) {
        List<Character> letters = operand.chars().mapToObj(c -> (char) c).toList();
        if (letters.stream().distinct().count() != letters.size()) {
            throw unknown(n, equation);
        }
        return letters;
    }

    private static List<Character> joined(List<Character> a, List<Character> b, List<Character> c) {
        List<Character> all = new ArrayList<>(a);
        all.addAll(b);
        all.addAll(c);
        return all;
    }

    private static Value ordered(OnnxNode n, Value x, List<Character> have, List<Character> want) {
        return have.equals(want)
                ? x
                : n.step(new Op.Transpose(want.stream().map(have::indexOf).toList()), x);
    }

    private static UnsupportedFeatureException unknown(OnnxNode n, String equation) {
        return n.refused("equation " + equation, "two operands and one summed index, such as bhid,bhjd->bhij");
    }
}
