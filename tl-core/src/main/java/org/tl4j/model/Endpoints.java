// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Value;

/**
 * What a backbone offers to heads once it is built.
 *
 * @param outputs the published outputs by their published names, in order
 * @param pooled one vector an example, {@code f32[N, D]}, or null
 * @param tokens one vector a token or patch, {@code f32[N, L, D]}, or null
 * @param maps feature maps, finest first; empty where there are none
 * @param layers the parameters in depth order, input side first
 */
public record Endpoints(
        Map<String, Value> outputs,
        @Nullable Value pooled,
        @Nullable Value tokens,
        List<FeatureMap> maps,
        List<Layer> layers) {
    /** Keeps copies. */
    public Endpoints {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        maps = List.copyOf(maps);
        layers = List.copyOf(layers);
    }

    /**
     * A feature map.
     *
     * @param value {@code f32[N, C, H / stride, W / stride]}
     * @param stride pixels of the input a step
     * @param channels C
     */
    public record FeatureMap(Value value, int stride, int channels) {}

    /**
     * Parameters that are frozen, unfrozen and given a rate together.
     *
     * @param name for reports and options, such as {@code encoder.layer.0}
     * @param prefixes a parameter belongs here if its name is one of these or begins with one and a dot
     */
    public record Layer(String name, List<String> prefixes) {
        /** Keeps a copy. */
        public Layer {
            prefixes = List.copyOf(prefixes);
        }

        /** A layer whose name is its prefix. */
        public static Layer of(String prefix) {
            return new Layer(prefix, List.of(prefix));
        }

        /** Whether the parameter of that name belongs here. */
        public boolean holds(String parameter) {
            return prefixes.stream().anyMatch(p -> parameter.equals(p) || parameter.startsWith(p + "."));
        }
    }

    /** The vector of each example, or an error that says that this backbone has none. */
    public Value requirePooled() {
        return Optional.ofNullable(pooled)
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "This backbone gives no vector for a whole example.",
                        outputs.keySet(),
                        "a pooled output f32[N, D]",
                        "choose another backbone, or another cut of the ONNX file"));
    }
}
