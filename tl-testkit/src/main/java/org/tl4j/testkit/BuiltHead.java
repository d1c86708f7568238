// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tl4j.data.Dataset;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/** A head on the tiny backbone of its contract, with initial weights. */
final class BuiltHead<X, Y, P> {
    final Graph graph = new Graph();
    final TaskHead<Y, P> head;
    final Set<String> ofBackbone;

    private final HeadContract<X, Y, P> contract;
    private Weights weights;

    BuiltHead(HeadContract<X, Y, P> contract, TaskHead<Y, P> head) {
        this.contract = contract;
        this.head = head;
        Endpoints endpoints = contract.backbone(graph);
        ofBackbone = new LinkedHashSet<>(graph.parameters().keySet());
        head.build(graph, endpoints);
        head.buildLoss(graph);
        weights = Weights.initial(graph, 1);
    }

    Set<String> headParameters() {
        return graph.parameters().entrySet().stream()
                .filter(p -> !ofBackbone.contains(p.getKey())
                        && p.getValue().origin() instanceof Value.Parameter own
                        && !own.buffer())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Examples of the contract's data, with their targets and the scale that makes the loss their mean, or without. */
    Map<String, HostTensor> batch(int[] indices, boolean withTargets) {
        Dataset<X, Y> data = contract.data();
        List<Map<String, HostTensor>> rows = new ArrayList<>();
        for (int i : indices) {
            Map<String, HostTensor> row =
                    new LinkedHashMap<>(contract.inputs(data.get(i).input()));
            if (withTargets) {
                row.putAll(head.encode(data.get(i).target()));
            }
            rows.add(row);
        }
        Map<String, HostTensor> batch = Batch.collate(rows, contract.padding());
        if (withTargets) {
            batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / head.weight(batch))));
        }
        return batch;
    }

    /** Answers with these weights from now on. */
    void set(Weights trained) {
        weights = trained;
    }

    /** The head's outputs on ONNX Runtime. */
    Map<String, HostTensor> answer(Map<String, HostTensor> batch) {
        Map<String, Value> outputs = new LinkedHashMap<>(graph.outputs());
        outputs.remove(TrainingEngine.LOSS);
        try (InferenceSession session = new OnnxEngine().load(graph.extract(Map.of(), outputs), weights, Device.CPU)) {
            return session.run(batch);
        }
    }

    /** A session that trains the head alone. */
    TrainingSession train() {
        ParameterGroup group = new ParameterGroup("head", List.copyOf(headParameters()), 1, 0);
        return new TorchEngine()
                .load(graph, weights, new TrainingEngine.Options(List.of(group), Optimizer.adamW(), 0, Device.CPU));
    }
}
