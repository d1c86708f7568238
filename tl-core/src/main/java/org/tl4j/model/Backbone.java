// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.tensor.HostTensor;

/**
 * SPI: one published family of pretrained networks, as a description. Stateless, cheap to construct, touches no native
 * code. Found by {@link java.util.ServiceLoader}; a provider has a public constructor without arguments.
 *
 * <p>A family emits graph only: no tensors, no engine, no files. Names of parameters are the published ones.
 */
public interface Backbone {
    /** The name of the family in lower case, such as {@code bert}. */
    String id();

    /** One line: what it is and the paper it comes from. */
    String title();

    /** What it looks at. */
    Modality modality();

    /** The published sizes. */
    List<Variant> variants();

    /**
     * A published size.
     *
     * @param id the upstream name, such as {@code bert-base-uncased}
     * @param config the published configuration
     */
    record Variant(String id, Config config) {}

    /** Builds the network without a classifier: declares its inputs, adds its nodes, says what heads may use. */
    Endpoints build(Graph graph, Config config);

    /**
     * The prefixes under which a published checkpoint may hold these parameters, such as {@code bert.}, and those of
     * parts that transfer learning drops, such as {@code cls.}: used when weights are matched to the graph.
     */
    default CheckpointNames checkpointNames() {
        return new CheckpointNames(List.of(), List.of());
    }

    /**
     * The files in which weights are published where that is more than one, such as two ONNX files of one model: a
     * folder that holds them is then what a user names. Empty where any file or folder of weights is read as it is.
     */
    default List<String> weightFiles() {
        return List.of();
    }

    /**
     * How checkpoints of this family name things.
     *
     * @param wrappers prefixes to strip
     * @param dropped prefixes (after stripping) to ignore: the published classifier, buffers that are recomputed
     * @param renamed regular expressions and their replacements, in order, by which names that another library gave
     *     become those of the graph
     */
    record CheckpointNames(List<String> wrappers, List<String> dropped, Map<String, String> renamed) {
        /** Keeps copies. */
        public CheckpointNames {
            wrappers = List.copyOf(wrappers);
            dropped = List.copyOf(dropped);
            renamed = Collections.unmodifiableMap(new LinkedHashMap<>(renamed));
        }

        /** Of checkpoints that all name things as the graph does. */
        public CheckpointNames(List<String> wrappers, List<String> dropped) {
            this(wrappers, dropped, Map.of());
        }
    }

    /**
     * Settings of the preprocessing that published weights of a configuration were trained with; empty where that is
     * what the task does by itself, or what comes with the weights.
     */
    default Config input(Config config) {
        return Config.empty();
    }

    /** The reference implementations that parity fixtures of this family name: {@code transformers:BertModel}. */
    default Set<String> references() {
        return Set.of();
    }

    /**
     * The configuration that a parity fixture's source and arguments mean; all dropout off. With it {@link #build} must
     * declare exactly the reference's parameters and give the reference's outputs.
     */
    default Config reference(String source, Config arguments, Config config) {
        throw new UnknownNameException("reference", source, references(), "use a fixture of this family");
    }

    /**
     * The inputs of a parity fixture under the names of the graph, with what the reference itself puts in where its
     * caller gives nothing, such as an attention mask of ones; by default as they are.
     */
    default Map<String, HostTensor> referenceInputs(Map<String, HostTensor> inputs) {
        return inputs;
    }

    /**
     * The output of {@link #build} that a parity fixture's key stands for; by default the one of that name. A reference
     * that answers with one nameless tensor is recorded under {@code output}, one that answers with a tuple under
     * {@code 0}, {@code 1}, ... Training may answer with more than evaluation does.
     */
    default String referenceOutput(String key) {
        return key;
    }
}
