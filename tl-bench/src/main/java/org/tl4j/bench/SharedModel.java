// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelMap;
import org.tl4j.engine.Device;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Head;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * A network with a classifier's head that both sides run, from files that both sides read. The module of the same name
 * in {@code src/main/python} is its other side. A row that runs such a model is named by it and by a part:
 * {@code resnet18-all}.
 *
 * @param <X> an example
 */
interface SharedModel<X> {
    /** The input of the labels, as the head names it. */
    String TARGET = "target";

    /** What everything random follows from. */
    long SEED = 42;

    /** The model of a row. */
    static SharedModel<?> of(String comparison, Setup setup) {
        List<SharedModel<?>> all = List.of(new MiniLm(setup), new ResNet18(setup));
        return all.stream()
                .filter(m -> comparison.startsWith(m.name() + "-"))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "row",
                        comparison,
                        all.stream().map(m -> m.name() + "-PART").toList(),
                        "name the row by its model and its part"));
    }

    /** What a row does with its model. */
    static String part(String comparison) {
        return comparison.substring(comparison.indexOf('-') + 1);
    }

    /** The name of its folder and of the module of the Python side; without a dash. */
    String name();

    /** Where both sides find what they share. */
    Path folder();

    /** What the network is a backbone of. */
    Head<X, List<String>, Classification> description();

    /** What the head tells apart. */
    LabelMap labels();

    /** The published names and weights, on disk. */
    Transfer.From source();

    /** How examples become tensors. */
    Preprocessor<X> preprocessor();

    /**
     * Builds the network.
     *
     * @param dropout as published, or none at all, so that both sides compute the same
     */
    Endpoints build(Graph graph, boolean dropout);

    /** Writes the network's weights as {@code model.safetensors}, with what else makes it whole. */
    void writeNetwork() throws IOException;

    /** What one step of training takes, with {@link #TARGET}; which examples they are does not matter to the time. */
    Map<String, HostTensor> batch();

    /**
     * Writes examples for both sides.
     *
     * @param name of the file
     * @param isLong whether all of them are as long as the network takes, where examples have lengths
     */
    void writeExamples(String name, int count, boolean isLong);

    /** The examples of a file, each with one label. */
    Dataset<X, List<String>> examples(String name);

    /** Some labelled examples for a head that gives answers. */
    Dataset<X, List<String>> lesson();

    // ------------------------------------------------------------------------------------------- what follows

    /** A file of weights of {@link #folder}. */
    default Path weights(String name) {
        return folder().resolve(name + ".safetensors");
    }

    /** A saved model of TL4J, with its trained head as {@code trained-head.safetensors} beside the network. */
    default Path saved() {
        return folder().resolve("saved");
    }

    /** Writes the network and its untrained head; what is there already is left. */
    default void writeBackbone() {
        if (weights("head").toFile().isFile()) {
            return;
        }
        try {
            writeNetwork();
        } catch (IOException e) {
            throw unwritten(folder(), e);
        }
        writeHead("head", trainable(true));
    }

    /** Writes a saved model whose head was computed from the lesson; what is there already is left. */
    default void writeSaved() {
        writeBackbone();
        if (saved().toFile().isDirectory() && weights("trained-head").toFile().isFile()) {
            return;
        }
        try (FineTuned<X, List<String>, Classification> model =
                source().to(task()).with(FineTuners.ridge()).fit(lesson(), null)) {
            model.save(saved());
            writeHead("trained-head", model.tuned().model());
        }
    }

    private void writeHead(String name, Trainable<List<String>, Classification> model) {
        WeightFile.writeSafetensors(
                model.weights().only(model.headParameters()), Map.of("format", "pt"), weights(name));
    }

    /** The saved model, to be asked. */
    default Predictor<X, List<String>, Classification> predictor() {
        return Predictor.load(saved(), description(), Device.CPU);
    }

    /** The task with a head as it is published. */
    default Task<X, List<String>, Classification> task() {
        return new Task<>(description(), head());
    }

    private ClassificationHead head() {
        return ClassificationHead.singleLabel(description().task(), labels());
    }

    /**
     * The network with its untrained head and its loss.
     *
     * @param dropout as published, or none at all, so that both sides compute the same
     */
    default Trainable<List<String>, Classification> trainable(boolean dropout) {
        ClassificationHead head = dropout ? head() : head().withDropout(0);
        Graph graph = new Graph();
        Endpoints endpoints = build(graph, dropout);
        head.build(graph, endpoints);
        head.buildLoss(graph);
        Weights weights = Weights.initial(graph, SEED).with(WeightFile.read(weights("model")));
        return new Trainable<>(graph, weights.only(graph.parameters().keySet()), endpoints.layers(), head, Map.of());
    }

    /** The parameters of a model's layers from one on, and the head's. */
    static Set<String> parametersFrom(Trainable<?, ?> model, int layer) {
        Set<String> names = new LinkedHashSet<>(model.headParameters());
        for (Endpoints.Layer l : model.layers().subList(layer, model.layers().size())) {
            names.addAll(model.parameters(l));
        }
        return names;
    }

    static WriteFailedException unwritten(Path path, IOException e) {
        return new WriteFailedException(
                "'" + path + "' cannot be written.",
                String.valueOf(e.getMessage()),
                "a folder with room for 500 MB",
                "free some space, or name another folder with --folder",
                e);
    }
}
