// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.parity.Fill;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/** A backbone built for one configuration, its endpoints made outputs, with weights that leave nothing at 0. */
final class BuiltBackbone {
    private static final String PULL = "contract_pull_";

    final Graph graph = new Graph();
    final Endpoints endpoints;
    /** Every endpoint once, by a name for people. */
    final Map<String, Value> ends = new LinkedHashMap<>();

    private @Nullable Weights weights;

    BuiltBackbone(Backbone backbone, Config config) {
        endpoints = backbone.build(graph, config);
        Map<String, Value> all = new LinkedHashMap<>();
        Value pooled = endpoints.pooled();
        if (pooled != null) {
            all.put("pooled", pooled);
        }
        Value tokens = endpoints.tokens();
        if (tokens != null) {
            all.put("tokens", tokens);
        }
        for (int i = 0; i < endpoints.maps().size(); i++) {
            all.put("map " + i, endpoints.maps().get(i).value());
        }
        endpoints.outputs().forEach((name, v) -> all.put("output " + name, v));
        Set<Value> seen = new LinkedHashSet<>();
        all.forEach((name, v) -> {
            if (seen.add(v)) {
                ends.put(name, v);
            }
        });
    }

    /** Weights in which nothing is 0, made at the first asking: the largest variants are built and never filled. */
    Weights weights() {
        Weights made = weights;
        if (made == null) {
            Map<String, HostTensor> filled = new LinkedHashMap<>();
            graph.parameters().forEach((name, v) -> filled.put(name, Fill.of(name, v.dtype(), v.shape())));
            made = Weights.of(filled);
            weights = made;
        }
        return made;
    }

    /** Number of trained values. */
    long size() {
        return graph.parameters().values().stream()
                .filter(BuiltBackbone::learns)
                .mapToLong(v -> v.shape().elements())
                .sum();
    }

    /** Names of the parameters, buffers left out, that lie in these layers. */
    Set<String> parameters(List<Endpoints.Layer> layers) {
        return graph.parameters().entrySet().stream()
                .filter(p -> learns(p.getValue()) && layers.stream().anyMatch(l -> l.holds(p.getKey())))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Parameters and buffers of these layers. */
    Set<String> tensors(List<Endpoints.Layer> layers) {
        return graph.parameters().keySet().stream()
                .filter(name -> layers.stream().anyMatch(l -> l.holds(name)))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static boolean learns(Value v) {
        return v.origin() instanceof Value.Parameter p && !p.buffer();
    }

    /** The endpoints' values on ONNX Runtime. */
    Map<String, HostTensor> answer(Map<String, HostTensor> inputs) {
        try (InferenceSession session = new OnnxEngine().load(graph.extract(Map.of(), ends), weights(), Device.CPU)) {
            return session.run(inputs);
        }
    }

    /**
     * Makes a loss that pulls at every element of every endpoint of numbers with a random weight, and adds these
     * weights to the inputs. (A plain sum would not do: over what a norm gives it is constant.)
     */
    Map<String, HostTensor> withLoss(Map<String, HostTensor> inputs, long seed) {
        Map<String, HostTensor> all = new LinkedHashMap<>(inputs);
        Random random = new Random(seed);
        Map<String, HostTensor> answers = answer(inputs);
        Value loss = null;
        int i = 0;
        for (Map.Entry<String, Value> end : ends.entrySet()) {
            String name = PULL + i++;
            if (!end.getValue().dtype().isFloat()) {
                continue;
            }
            Shape shape =
                    answers.getOrDefault(end.getKey(), HostTensor.scalar(0f)).shape();
            if (!graph.inputs().containsKey(name)) {
                Value v = end.getValue();
                Value pull = graph.input(name, v.dtype(), v.shape());
                Value part = graph.reduce(Op.ReduceKind.SUM, graph.mul(v, pull), false);
                Value scaled = graph.div(part, graph.scalar(Math.sqrt((double) Math.max(1, shape.elements()))));
                loss = loss == null ? scaled : graph.add(loss, scaled);
            }
            all.put(name, RandomInputs.normal(shape, random));
        }
        if (loss != null) {
            ends.forEach(graph::output);
            graph.output(TrainingEngine.LOSS, loss);
        }
        return all;
    }

    /** The name of an endpoint among {@link #ends}. */
    String nameOf(Value end) {
        return ends.entrySet().stream()
                .filter(e -> e.getValue().equals(end))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /** A session that trains these parameters by SGD with momentum. */
    TrainingSession train(Set<String> trained) {
        return train(graph, trained);
    }

    /** As {@link #train(Set)}, of a part of the graph. */
    TrainingSession train(Graph part, Set<String> trained) {
        ParameterGroup group = new ParameterGroup("trained", List.copyOf(trained), 1, 0);
        TrainingEngine.Options options = new TrainingEngine.Options(List.of(group), Optimizer.sgd(0.9), 0, Device.CPU);
        return new TorchEngine().load(part, weights(), options);
    }
}
