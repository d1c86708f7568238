// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Which tensors of an ONNX file are parameters, and what they are called.
 *
 * <p>An ONNX file does not say. What stands where layers have their weights is one; what is merely calculated with (an
 * epsilon, a mask, one half) is none. Exporters transpose weights of linear layers and then call them
 * {@code onnx::MatMul_885}; such a one is called after the bias beside it, or else after the path of its node.
 */
final class OnnxParameters {
    private static final Pattern ANONYMOUS =
            Pattern.compile("onnx::.*|/.*|\\d+|_?val_\\d+|.*_output_\\d+|.*[Cc]onst(ant)?([^a-z].*)?|");
    private static final Pattern LAYER_WORD = Pattern.compile(".*[._/](weight|bias|gamma|beta)");
    private static final Set<String> PASSING = Set.of("Identity", "Cast", "Transpose");
    private static final Set<String> TABLES =
            Set.of("Slice", "Split", "Expand", "Concat", "Unsqueeze", "Reshape", "Tile");

    private final Map<String, HostTensor> tensors;
    private final Map<String, NodeProto> makers = new HashMap<>();
    private final Map<String, List<NodeProto>> readers = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Role> roles = new LinkedHashMap<>();

    /**
     * A tensor that is a parameter.
     *
     * @param name the published one, as far as it can be told
     * @param buffer whether no gradient reaches it
     */
    record Role(String name, boolean buffer) {}

    private OnnxParameters(GraphProto graph, Map<String, HostTensor> tensors) {
        this.tensors = tensors;
        for (NodeProto n : graph.getNodeList()) {
            n.getOutputList().forEach(o -> makers.put(o, n));
            n.getInputList()
                    .forEach(i ->
                            readers.computeIfAbsent(i, k -> new ArrayList<>()).add(n));
        }
        tensors.keySet().stream().filter(t -> !isAnonymous(t)).forEach(taken::add);
    }

    /** The parameters among a file's tensors, by the names that the file gives them. */
    static Map<String, Role> of(GraphProto graph, Map<String, HostTensor> tensors) {
        OnnxParameters p = new OnnxParameters(graph, tensors);
        for (NodeProto n : graph.getNodeList()) {
            for (int slot = 0; slot < n.getInputCount(); slot++) {
                p.read(n, slot);
            }
        }
        return p.roles;
    }

    static boolean isAnonymous(String name) {
        return ANONYMOUS.matcher(name).matches();
    }

    private void read(NodeProto node, int slot) {
        String name = origin(node.getInput(slot));
        HostTensor tensor = tensors.get(name);
        if (tensor == null || tensor.dtype() != DType.F32 || roles.containsKey(name)) {
            return;
        }
        Optional<String> word = layerSlot(node, slot, tensor);
        if (word.isPresent()) {
            boolean buffer = word.get().startsWith("running_");
            roles.put(name, new Role(isAnonymous(name) ? named(node, word.get()) : name, buffer));
        } else if (isNamedTable(node, name, tensor)) {
            roles.put(name, new Role(name, false));
        }
    }

    /** The tensor behind copies and transpositions. */
    private String origin(String name) {
        String at = name;
        NodeProto maker = makers.get(at);
        while (!tensors.containsKey(at) && maker != null && PASSING.contains(maker.getOpType())) {
            at = maker.getInput(0);
            maker = makers.get(at);
        }
        return at;
    }

    /** What a layer calls the tensor at this place: empty if this is no place for a parameter. */
    private Optional<String> layerSlot(NodeProto node, int slot, HostTensor tensor) {
        int rank = tensor.shape().rank();
        return switch (node.getOpType()) {
            case "Conv", "ConvTranspose", "Gemm" ->
                slot == 0 ? Optional.empty() : Optional.of(slot == 1 ? "weight" : "bias");
            case "InstanceNormalization", "LayerNormalization", "GroupNormalization" ->
                slot == 0 ? Optional.empty() : Optional.of(slot == 1 ? "weight" : "bias");
            case "BatchNormalization" ->
                slot == 0
                        ? Optional.empty()
                        : Optional.of(List.of("weight", "bias", "running_mean", "running_var")
                                .get(slot - 1));
            case "MatMul" -> rank >= 2 ? Optional.of("weight") : Optional.empty();
            case "Gather" -> slot == 0 && rank >= 2 ? Optional.of("weight") : Optional.empty();
            case "PRelu" -> slot == 1 ? Optional.of("weight") : Optional.empty();
            case "Add" ->
                rank == 1 && tensor.elements() > 1 && isMatMul(node.getInput(1 - slot))
                        ? Optional.of("bias")
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    private boolean isMatMul(String name) {
        NodeProto n = makers.get(name);
        return n != null && n.getOpType().equals("MatMul");
    }

    /** A scale, a shift or a table of positions: it has a name of its own and is more than a number. */
    private static boolean isNamedTable(NodeProto node, String name, HostTensor tensor) {
        String op = node.getOpType();
        boolean place = op.equals("Add") || op.equals("Mul") || TABLES.contains(op);
        boolean parameter = tensor.elements() > 1 || LAYER_WORD.matcher(name).matches();
        return place && parameter && !isAnonymous(name);
    }

    private String named(NodeProto node, String word) {
        String layer = biasBeside(node).orElseGet(() -> layer(node));
        String name = layer + "." + word;
        if (!taken.add(name)) {
            // A module that is called twice with weights of its own: its node's own name tells them apart.
            name = OnnxNode.path(node) + "." + word;
            for (int i = 1; !taken.add(name); i++) {
                name = OnnxNode.path(node) + "." + word + "_" + i;
            }
        }
        return name;
    }

    /** The layer that a product's bias is called after: older exporters name their nodes MatMul_37. */
    private Optional<String> biasBeside(NodeProto node) {
        if (!node.getOpType().equals("MatMul")) {
            return Optional.empty();
        }
        return readers.getOrDefault(node.getOutput(0), List.of()).stream()
                .filter(n -> n.getOpType().equals("Add"))
                .flatMap(n -> n.getInputList().stream())
                .filter(i -> i.endsWith(".bias") && tensors.containsKey(i) && !isAnonymous(i))
                .map(i -> i.substring(0, i.length() - ".bias".length()))
                .findFirst();
    }

    /** {@code /encoder/layer.0/query/MatMul -> encoder.layer.0.query}. */
    static String layer(NodeProto node) {
        String path = OnnxNode.path(node);
        int module = node.getName().startsWith("/") ? node.getName().lastIndexOf('/') - 1 : -1;
        return module > 0 ? path.substring(0, module) : path;
    }
}
