// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.graph.FrozenSplit;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Preset;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.WeightMapping;
import org.tl4j.weights.Weights;

/**
 * What every {@link Backbone} has to pass.
 *
 * <p>All published variants are built; the {@link #configurations} of the test, and variants of at most
 * {@link #largest} parameters, are run, too: on ONNX Runtime, and for gradients on libtorch.
 */
public interface BackboneContract {
    /** The name of the batch axis of every input. */
    String BATCH = "N";

    /** Largest difference between the engines, as a part of an endpoint's largest value. */
    double TOLERANCE = 1e-4;

    /** The family under test. */
    Backbone backbone();

    /**
     * Small configurations that are run, by a name for reports: one for each kind of network that the family builds.
     */
    Map<String, Config> configurations();

    /**
     * What published checkpoints call the parameters and buffers, for at least one of {@link #configurations}; copied
     * from the reference implementation, not from this one.
     */
    Map<String, Set<String>> publishedNames();

    /** Variants with more parameters are built but not run. */
    default long largest() {
        return 2_000_000;
    }

    /** How long an open axis of the inputs is when the network runs; a multiple of the strides of its maps. */
    default long length(String axis) {
        return switch (axis) {
            case "H", "W", "T" -> 64;
            default -> 9;
        };
    }

    /**
     * A batch for a graph that this family built. By default normal numbers, random rows of the tables that numbers are
     * looked up in, and for other whole numbers masks that leave out places at the end of some examples.
     */
    default Map<String, HostTensor> inputs(Graph graph, int examples, Random random) {
        return RandomInputs.of(graph, examples, this::length, random);
    }

    /** An example of a batch as it would come alone; by default without the places that a mask leaves out. */
    default Map<String, HostTensor> alone(Graph graph, Map<String, HostTensor> batch, int row) {
        return RandomInputs.alone(graph, batch, row);
    }

    /** Whether a parameter's gradient is 0 whatever the data, as that of the bias of an attention's keys. */
    default boolean hasNoGradient(String parameter) {
        return false;
    }

    // ------------------------------------------------------------------------------------------- descriptions

    /** Name, title, modality and variants are there, and equal at every asking. */
    @Test
    default void describesItself() {
        Backbone b = backbone();
        assertThat(b.id())
                .as("id")
                .matches("[a-z0-9]+([-_.][a-z0-9]+)*")
                .isEqualTo(backbone().id());
        assertThat(b.title()).as("title").isNotBlank().doesNotContain("\n");
        assertThat(b.modality()).as("modality").isNotNull();
        assertThat(b.variants())
                .as("variants")
                .isNotEmpty()
                .isEqualTo(backbone().variants());
        assertThat(b.variants())
                .extracting(Backbone.Variant::id)
                .as("ids of variants")
                .doesNotHaveDuplicates();
    }

    /** {@link java.util.ServiceLoader} finds it, by a public constructor without arguments. */
    @Test
    default void isFoundByItsName() throws NoSuchMethodException {
        Class<?> type = backbone().getClass();
        assertThat(Modifier.isPublic(type.getModifiers())
                        && Modifier.isPublic(type.getDeclaredConstructor().getModifiers()))
                .as("the class and its constructor without arguments are public")
                .isTrue();
        assertThat(Backbones.load(type.getClassLoader()).get(backbone().id()))
                .as(
                        "installed backbone '%s'; is it listed in META-INF/services?",
                        backbone().id())
                .hasSameClassAs(backbone());
    }

    /** No engine is loaded, not even a class of one, to list a family and to build its networks. */
    @Test
    default void needsNoEngineUntilItRuns() throws ReflectiveOperationException {
        ClassLoader loader = new EngineFree(backbone().getClass().getClassLoader());
        Class<?> type = loader.loadClass(backbone().getClass().getName());
        Object there = type.getDeclaredConstructor().newInstance();
        for (String method : List.of("id", "title", "modality", "variants", "checkpointNames", "references")) {
            type.getMethod(method).invoke(there);
        }
        Class<?> graph = loader.loadClass(Graph.class.getName());
        Class<?> config = loader.loadClass(Config.class.getName());
        for (Config c : configurations().values()) {
            Object copy = config.getMethod("parse", String.class, String.class).invoke(null, "a copy", c.toString());
            Object empty = graph.getConstructor().newInstance();
            type.getMethod("build", graph, config).invoke(there, empty, copy);
        }
    }

    // ------------------------------------------------------------------------------------------- graphs

    /** Every variant builds: endpoints of the documented types, each parameter in one layer, layers in depth order. */
    @TestFactory
    default Stream<DynamicTest> buildsEveryVariant() {
        return all().entrySet().stream()
                .map(c -> dynamicTest(c.getKey(), () -> {
                    Graph graph = new Graph();
                    Endpoints endpoints = backbone().build(graph, c.getValue());
                    GraphRules.assertInputs(graph);
                    GraphRules.assertEndpoints(endpoints);
                    GraphRules.assertLayers(graph, endpoints.layers());
                    Graph again = new Graph();
                    backbone().build(again, c.getValue());
                    assertThat(GraphRules.describe(again))
                            .as("the graph, built once more")
                            .isEqualTo(GraphRules.describe(graph));
                }));
    }

    /** Parameters and buffers have the names of published checkpoints. */
    @TestFactory
    default Stream<DynamicTest> namesParametersAsPublished() {
        assertThat(publishedNames()).as("published names").isNotEmpty();
        assertThat(configurations().keySet())
                .as("configurations")
                .containsAll(publishedNames().keySet());
        return publishedNames().entrySet().stream()
                .map(e -> dynamicTest(e.getKey(), () -> {
                    Graph graph = new Graph();
                    backbone().build(graph, configurations().getOrDefault(e.getKey(), Config.empty()));
                    assertThat(graph.parameters().keySet()).containsExactlyInAnyOrderElementsOf(e.getValue());
                }));
    }

    /** Each preset of the family has as many parameters as it says. */
    @TestFactory
    default Stream<DynamicTest> hasAsManyParametersAsItsPresets() {
        ClassLoader loader = backbone().getClass().getClassLoader();
        return Preset.installed(loader, Backbones.load(loader)).stream()
                .filter(p -> p.family().equals(backbone().id()))
                .map(p -> dynamicTest(
                        p.id(),
                        () -> assertThat(new BuiltBackbone(backbone(), p.config()).size())
                                .as("parameters of preset '%s'", p.id())
                                .isEqualTo(p.parameters())));
    }

    // ------------------------------------------------------------------------------------------- runs

    /** ONNX Runtime and libtorch give the same numbers, all of them finite, of the documented shapes. */
    @TestFactory
    default Stream<DynamicTest> answersAlikeOnBothEngines() {
        return run((built, inputs) -> {
            Map<String, HostTensor> onnx = built.answer(inputs);
            onnx.forEach(Closeness::assertFinite);
            assertStrides(built, inputs, onnx);
            Map<String, HostTensor> all = built.withLoss(inputs, 1);
            try (TrainingSession session = built.train(built.parameters(built.endpoints.layers()))) {
                Closeness.assertClose("libtorch beside ONNX Runtime", session.run(all), onnx, TOLERANCE);
            }
        });
    }

    private static void assertStrides(
            BuiltBackbone built, Map<String, HostTensor> inputs, Map<String, HostTensor> answers) {
        for (Endpoints.FeatureMap map : built.endpoints.maps()) {
            HostTensor image = inputs.values().stream()
                    .filter(t -> t.shape().rank() == 4)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("feature maps without an input [N, C, H, W]"));
            HostTensor answer = answers.get(built.nameOf(map.value()));
            assertThat(answer).as("map of stride " + map.stride()).isNotNull();
            for (int axis = 2; answer != null && axis < 4; axis++) {
                assertThat(answer.shape().size(axis))
                        .as("axis %d of the map of stride %d, for an input %s", axis, map.stride(), image.type())
                        .isEqualTo(image.shape().size(axis) / map.stride());
            }
        }
    }

    /** An example is answered alike whether it comes alone or in a batch with longer ones. */
    @TestFactory
    default Stream<DynamicTest> answersEachExampleByItself() {
        return run((built, inputs) -> {
            Map<String, HostTensor> together = built.answer(inputs);
            for (int row = 0; row < 3; row++) {
                int n = row;
                Map<String, HostTensor> alone = built.answer(alone(built.graph, inputs, row));
                alone.forEach((name, t) -> {
                    HostTensor batch = together.getOrDefault(name, t);
                    long length = t.shape().rank() > 1 ? t.shape().size(1) : -1;
                    // What is the same for all examples has no row for each of them.
                    boolean isShared = batch.shape().size(0) == 1;
                    Closeness.assertClose(
                            name + " of example " + n + " in a batch, beside itself alone",
                            isShared ? batch : RandomInputs.row(batch, n, length),
                            t,
                            TOLERANCE);
                });
            }
        });
    }

    /** Gradients reach every parameter that is trained and no other one; what is frozen stays as it is, bit for bit. */
    @TestFactory
    default Stream<DynamicTest> trainsWhatIsNotFrozenAndNothingElse() {
        return run((built, inputs) -> {
            Map<String, HostTensor> all = built.withLoss(inputs, 2);
            for (List<Endpoints.Layer> layers : unfrozen(built)) {
                Set<String> trained = built.parameters(layers);
                Set<String> mayMove = built.tensors(layers);
                try (TrainingSession session = built.train(trained)) {
                    assertThat(session.backward(all, 3)).as("loss").isFinite();
                    assertReached(session.gradientNorms(), trained);
                    session.step(0.01, 0);
                    Weights after = session.weights();
                    after.tensors().forEach((name, t) -> {
                        Closeness.assertFinite(name + " after a step", t);
                        boolean same = t.bitEquals(built.weights().get(name));
                        if (!mayMove.contains(name)) {
                            assertThat(same)
                                    .as("'" + name + "' is frozen and stays")
                                    .isTrue();
                        } else if (trained.contains(name) && !hasNoGradient(name)) {
                            assertThat(same)
                                    .as("'" + name + "' is trained and moves")
                                    .isFalse();
                        }
                    });
                }
            }
        });
    }

    private void assertReached(Map<String, Double> norms, Set<String> trained) {
        assertThat(norms.keySet())
                .as("parameters that a gradient reaches; their values have to be used by an endpoint")
                .containsExactlyInAnyOrderElementsOf(trained);
        double largest =
                norms.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
        norms.forEach((name, norm) -> {
            assertThat(norm).as("gradient of '" + name + "'").isFinite();
            if (!hasNoGradient(name)) {
                assertThat(norm / largest)
                        .as("gradient of '" + name + "', as a part of the largest one")
                        .isGreaterThan(1e-7);
            }
        });
    }

    /** The last layer, the last half, and all of them; none where nothing can be trained. */
    private static List<List<Endpoints.Layer>> unfrozen(BuiltBackbone built) {
        List<Endpoints.Layer> layers = built.endpoints.layers();
        List<List<Endpoints.Layer>> parts = new ArrayList<>();
        if (built.size() == 0) {
            return parts;
        }
        for (int count : new TreeSet<>(List.of(1, (layers.size() + 1) / 2, layers.size()))) {
            parts.add(layers.subList(layers.size() - count, layers.size()));
        }
        return parts;
    }

    /** What is frozen can be run ahead, by ONNX Runtime, and the rest answers as the whole network does. */
    @TestFactory
    default Stream<DynamicTest> canBeCutWhereTrainingBegins() {
        return run((built, inputs) -> {
            Map<String, HostTensor> all = built.withLoss(inputs, 4);
            Map<String, HostTensor> whole = built.answer(inputs);
            for (List<Endpoints.Layer> layers : unfrozen(built)) {
                Set<String> trained = built.parameters(layers);
                FrozenSplit split = FrozenSplit.of(built.graph, trained, BATCH, false);
                Map<String, HostTensor> behind = new LinkedHashMap<>(all);
                if (!split.isWhole()) {
                    try (InferenceSession ahead = new OnnxEngine().load(split.prefix(), built.weights(), Device.CPU)) {
                        behind.putAll(ahead.run(all));
                    }
                }
                try (TrainingSession session = built.train(split.suffix(), trained)) {
                    Closeness.assertClose(
                            "the rest behind " + split.cut().values(), session.run(behind), whole, TOLERANCE);
                }
            }
        });
    }

    /** Three steps from the same seed give the same bits. */
    @TestFactory
    default Stream<DynamicTest> trainsToTheSameBitsFromTheSameSeed() {
        return run((built, inputs) -> {
            if (built.size() == 0) {
                return;
            }
            Map<String, HostTensor> all = built.withLoss(inputs, 5);
            List<Map<String, String>> runs = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try (TrainingSession session = built.train(built.parameters(built.endpoints.layers()))) {
                    for (int step = 0; step < 3; step++) {
                        session.backward(all, 100 + step);
                        session.step(0.01, 1);
                    }
                    runs.add(session.weights().hashes());
                }
            }
            assertThat(runs.get(1)).as("weights of the second run").isEqualTo(runs.get(0));
        });
    }

    /** Weights that were saved come back bit for bit, also under each prefix that published checkpoints have. */
    @TestFactory
    default Stream<DynamicTest> loadsWhatWasSaved() {
        return run((built, inputs) -> {
            List<String> prefixes = new ArrayList<>(backbone().checkpointNames().wrappers());
            prefixes.add("");
            for (String prefix : prefixes) {
                Path file = Files.createTempFile("tl4j-contract-", ".safetensors");
                try {
                    WeightFile.writeSafetensors(
                            built.weights().rename(name -> prefix + name), Map.of("format", "pt"), file);
                    WeightMapping mapping = WeightMapping.strict();
                    for (String wrapper : backbone().checkpointNames().wrappers()) {
                        mapping = mapping.strip(wrapper);
                    }
                    Weights loaded =
                            mapping.load(built.graph, WeightFile.read(file)).weights();
                    assertThat(loaded.hashes())
                            .as("weights saved under the prefix '%s'", prefix)
                            .isEqualTo(built.weights().hashes());
                } finally {
                    Files.deleteIfExists(file);
                }
            }
        });
    }

    // ------------------------------------------------------------------------------------------- what is run

    private Map<String, Config> all() {
        assertThat(configurations()).as("configurations").isNotEmpty();
        Map<String, Config> all = new LinkedHashMap<>(configurations());
        backbone().variants().forEach(v -> all.put(v.id(), v.config()));
        return all;
    }

    private Stream<DynamicTest> run(RunCheck check) {
        return all().entrySet().stream()
                .filter(c -> configurations().containsKey(c.getKey())
                        || new BuiltBackbone(backbone(), c.getValue()).size() <= largest())
                .map(c -> dynamicTest(c.getKey(), () -> {
                    BuiltBackbone built = new BuiltBackbone(backbone(), c.getValue());
                    check.accept(built, inputs(built.graph, 3, new Random(6)));
                }));
    }
}
