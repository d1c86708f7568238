// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Value;
import org.tl4j.tensor.HostTensor;

/**
 * The generated code of a graph: method {@code forward} for its outputs, {@code loss} and {@code evaluate} (outputs and
 * loss) where it has one, and {@code buffers} that lists what is not a parameter.
 *
 * @param source the methods
 * @param inputs of {@code forward}, in order
 * @param outputs of {@code forward}, in order
 * @param lossInputs of {@code loss}, in order
 * @param evaluateInputs of {@code evaluate}, in order; its outputs are those of {@code forward} and the loss
 * @param constants large constants by the names under which the code reads them
 * @param buffers names of buffers among the graph's parameters
 * @param nodes the node that each line of each method came from
 */
record TorchScriptCode(
        String source,
        List<String> inputs,
        List<String> outputs,
        List<String> lossInputs,
        List<String> evaluateInputs,
        Map<String, HostTensor> constants,
        Set<String> buffers,
        Map<String, Node> nodes) {
    private static final Pattern VARIABLE = Pattern.compile("\\b(v\\d+[a-z]?) = ");

    /** Generates the code; batch norms whose weight is not trainable use and keep their running statistics. */
    static TorchScriptCode of(Graph graph, Set<String> trainable) {
        Map<String, Value> answers = new LinkedHashMap<>(graph.outputs());
        Value loss = answers.remove(TrainingEngine.LOSS);
        Map<String, HostTensor> constants = new LinkedHashMap<>();
        Map<String, Node> nodes = new LinkedHashMap<>();
        StringBuilder source = new StringBuilder();
        List<String> inputs = method(graph, "forward", answers, trainable, constants, nodes, source);
        List<String> lossInputs = List.of();
        List<String> evaluateInputs = List.of();
        if (loss != null) {
            lossInputs = method(graph, "loss", Map.of(TrainingEngine.LOSS, loss), trainable, constants, nodes, source);
            Map<String, Value> both = new LinkedHashMap<>(answers);
            both.put(TrainingEngine.LOSS, loss);
            evaluateInputs = method(graph, "evaluate", both, trainable, constants, nodes, source);
        }
        Set<String> buffers = new LinkedHashSet<>();
        graph.parameters().forEach((name, v) -> {
            if (v.origin() instanceof Value.Parameter p && p.buffer()) {
                buffers.add(name);
            }
        });
        source.append("  def buffers(self) -> List[Tensor]:\n    return annotate(List[Tensor], [");
        source.append(String.join(
                ", ", buffers.stream().map(TorchScriptLowering::read).toList()));
        source.append("])\n");
        return new TorchScriptCode(
                source.toString(),
                inputs,
                List.copyOf(answers.keySet()),
                lossInputs,
                evaluateInputs,
                constants,
                buffers,
                nodes);
    }

    private static List<String> method(
            Graph graph,
            String name,
            Map<String, Value> outputs,
            Set<String> trainable,
            Map<String, HostTensor> constants,
            Map<String, Node> nodes,
            StringBuilder source) {
        List<Node> live = live(graph, outputs);
        Set<Value> read = new HashSet<>(outputs.values());
        live.forEach(n -> read.addAll(n.inputs()));
        TorchScriptLowering lowering = new TorchScriptLowering(graph, live, outputs, trainable, constants);
        List<String> inputs = new ArrayList<>();
        source.append("  def ").append(name).append("(self");
        for (Map.Entry<String, Value> in : graph.inputs().entrySet()) {
            if (read.contains(in.getValue())) {
                String argument = "in_" + inputs.size();
                inputs.add(in.getKey());
                lowering.define(in.getValue(), argument);
                source.append(",\n    ").append(argument).append(": Tensor");
            }
        }
        String type = switch (outputs.size()) {
            case 0 -> "int"; // a graph of nothing but a loss
            case 1 -> "Tensor";
            default -> "Tuple[" + "Tensor, ".repeat(outputs.size() - 1) + "Tensor]";
        };
        source.append(") -> ").append(type).append(":\n");
        StringBuilder body = lowering.code();
        for (Node n : live) {
            int begin = body.length();
            n.op().accept(n, lowering);
            Matcher m = VARIABLE.matcher(body.substring(begin));
            while (m.find()) {
                nodes.putIfAbsent(m.group(1), n);
            }
        }
        List<String> answers = outputs.values().stream().map(lowering::tensor).toList();
        String answer = switch (answers.size()) {
            case 0 -> "0";
            case 1 -> answers.get(0);
            default -> "(" + String.join(", ", answers) + ")";
        };
        source.append(body).append("    return ").append(answer).append("\n");
        return inputs;
    }

    /** The nodes that the outputs need, in order. */
    private static List<Node> live(Graph graph, Map<String, Value> outputs) {
        Set<Value> needed = new HashSet<>(outputs.values());
        List<Node> live = new ArrayList<>();
        List<Node> all = graph.nodes();
        for (int i = all.size() - 1; i >= 0; i--) {
            Node n = all.get(i);
            if (n.outputs().stream().anyMatch(needed::contains)) {
                needed.addAll(n.inputs());
                live.add(0, n);
            }
        }
        return live;
    }

    /** The node that a message of libtorch is about: the last variable that it quotes from the code. */
    Optional<Node> nodeOf(String message) {
        Node found = null;
        int marker = message.indexOf("<--- HERE");
        String quoted = marker < 0 ? message : message.substring(0, marker);
        Matcher m = VARIABLE.matcher(quoted);
        while (m.find()) {
            found = nodes.getOrDefault(m.group(1), found);
        }
        return Optional.ofNullable(found);
    }
}
