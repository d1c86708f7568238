// SPDX-License-Identifier: Apache-2.0
package org.tl4j.parity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceEngine;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * Compares families with fixtures of their reference implementations ({@code NAME.json} beside
 * {@code NAME.safetensors}): names and shapes of parameters, outputs in evaluation mode on both engines, the losses of
 * a few steps of plain SGD in training mode, the norm of every gradient of the first step, and, where the fixture has
 * them, the norms of running statistics after the last step. A number of training that differs is measured again with
 * weights that are off by their last bits: if that alone moves it as far, the number is called unstable.
 */
public final class Parity {
    /** Largest difference of outputs, relative to the largest value of the tensor. */
    public static final double OUTPUTS = 1e-4;

    /** Largest relative difference of a loss or a gradient's norm. */
    public static final double TRAINING = 1e-3;

    /**
     * Gradients below this part of the largest one are rounding noise: the bias of a key, for example, shifts all
     * scores of a row alike, so that its exact gradient is 0.
     */
    private static final double NOISE = 1e-5;

    /**
     * How much more than the last bits of the weights another order of the same operations may move a number. Small
     * batches that are normalised amplify rounding by many powers of ten, and then no implementation in {@code f32} is
     * bound to a number: PyTorch with one thread differs from PyTorch with two by as much.
     */
    private static final double CONDITION = 10;

    private static final int PROBES = 2;

    private static final String FORMAT = "tl4j-parity/1";
    private static final int SHOWN = 10;

    private final Backbones backbones;
    private final InferenceEngine inference;
    private final TrainingEngine training;

    /** Compares the families of {@code backbones}. */
    public Parity(Backbones backbones, InferenceEngine inference, TrainingEngine training) {
        this.backbones = backbones;
        this.inference = inference;
        this.training = training;
    }

    /**
     * What came of one fixture.
     *
     * @param name of the fixture
     * @param source the reference implementation, such as {@code transformers:BertModel}
     * @param outputs largest relative difference of an output on either engine
     * @param losses largest relative difference of a loss
     * @param gradients largest relative difference of a gradient's norm
     * @param problems what is wrong, a sentence each; empty if the fixture passes
     * @param unstable numbers of training that rounding alone moves by more than {@link #TRAINING}, and which therefore
     *     say nothing, a sentence each; the differences do not count them
     */
    public record Result(
            String name,
            String source,
            double outputs,
            double losses,
            double gradients,
            List<String> problems,
            List<String> unstable) {
        /** Keeps copies. */
        public Result {
            problems = List.copyOf(problems);
            unstable = List.copyOf(unstable);
        }

        /** Whether nothing is wrong. */
        public boolean passed() {
            return problems.isEmpty();
        }

        /** One line, and one more for each of the first problems. */
        @Override
        public String toString() {
            StringBuilder s = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%s %-28s %-32s outputs %.1e  losses %.1e  gradients %.1e",
                    passed() ? "PASS" : "FAIL",
                    name,
                    source,
                    outputs,
                    losses,
                    gradients));
            if (!unstable.isEmpty()) {
                s.append("\n     ").append(unstable.get(0));
                if (unstable.size() > 1) {
                    s.append("; so are ").append(unstable.size() - 1).append(" more numbers");
                }
            }
            problems.stream().limit(SHOWN).forEach(p -> s.append("\n     ").append(p.replace("\n", "\n     ")));
            if (problems.size() > SHOWN) {
                s.append("\n     and ").append(problems.size() - SHOWN).append(" more");
            }
            return s.toString();
        }
    }

    /** Compares every fixture of a folder, in order of name. */
    public List<Result> compareAll(Path folder) {
        List<Path> fixtures;
        try (Stream<Path> files = Files.list(folder)) {
            fixtures =
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "Folder '" + folder + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a folder with fixtures",
                    "check the path",
                    e);
        }
        if (fixtures.isEmpty()) {
            throw new MissingArtifactException(
                    "Folder '" + folder + "' holds no fixtures.",
                    "no .json file",
                    "NAME.json beside NAME.safetensors",
                    "make some with parity/make_fixture.py");
        }
        return fixtures.stream().map(this::compare).toList();
    }

    /** Compares one fixture, named by its {@code .json} file. */
    public Result compare(Path json) {
        String name = String.valueOf(json.getFileName()).replaceFirst("\\.json$", "");
        Config fixture = read(json);
        String source = fixture.text("source");
        Comparison c = new Comparison();
        try {
            Backbone family = familyOf(source);
            Weights tensors = WeightFile.read(json.resolveSibling(name + ".safetensors"));
            compare(family, fixture, tensors, c);
        } catch (TlException e) {
            c.problems.add(String.valueOf(e.getMessage()));
        }
        return new Result(name, source, c.outputs, c.losses, c.gradients, c.problems, c.unstable);
    }

    private static final class Comparison {
        final List<String> problems = new ArrayList<>();
        double outputs = Double.NaN;
        double losses = Double.NaN;
        double gradients = Double.NaN;
        final List<String> unstable = new ArrayList<>();

        void differs(Kind kind, double difference) {
            if (kind == Kind.LOSS) {
                losses = Math.max(losses, difference);
            } else if (kind == Kind.GRADIENT) {
                gradients = Math.max(gradients, difference);
            }
        }
    }

    private static Config read(Path json) {
        try {
            Config c = Config.parse(json.toString(), Files.readString(json, StandardCharsets.UTF_8));
            if (!c.text("format", "").equals(FORMAT)) {
                throw new CorruptFileException(
                        "'" + json + "' is no parity fixture.",
                        c.text("format", "no format"),
                        FORMAT,
                        "make it with parity/make_fixture.py");
            }
            return c;
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + json + "' cannot be read.", e.getMessage(), "a readable fixture", "check the path", e);
        }
    }

    private Backbone familyOf(String source) {
        List<String> known = new ArrayList<>();
        for (Backbone b : backbones.all()) {
            if (b.references().contains(source)) {
                return b;
            }
            known.addAll(b.references());
        }
        throw new UnknownNameException("reference", source, known, "add the artefact whose family declares it");
    }

    private void compare(Backbone family, Config fixture, Weights tensors, Comparison c) {
        Config config = family.reference(fixture.text("source"), fixture.config("arguments"), fixture.config("config"));
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, config);
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        Map<String, HostTensor> expected = new LinkedHashMap<>();
        tensors.tensors().forEach((name, t) -> {
            if (name.startsWith("input:")) {
                inputs.put(name.substring(6), t);
            } else if (name.startsWith("output:")) {
                expected.put(name.substring(7), t);
            }
        });
        Map<String, HostTensor> given = family.referenceInputs(inputs);
        Config parameters = fixture.config("parameters");
        Map<String, Value> outputs = new LinkedHashMap<>();
        Set<String> keys = new LinkedHashSet<>(expected.keySet());
        keys.addAll(fixture.config("training").config("outputs").keys());
        for (String key : keys) {
            Value v = endpoints.outputs().get(family.referenceOutput(key));
            if (v == null) {
                c.problems.add("output " + key + " (" + family.referenceOutput(key) + "): found "
                        + endpoints.outputs().keySet() + ", expected it among them");
            } else {
                outputs.put(key, v);
            }
        }
        if (!compareParameters(graph, parameters, c.problems)) {
            return;
        }
        Map<String, HostTensor> filled = new LinkedHashMap<>();
        graph.parameters().forEach((name, v) -> filled.put(name, Fill.of(name, v.dtype(), v.shape())));
        Weights weights = Weights.of(filled);
        expected.keySet().forEach(key -> graph.output(key, Objects.requireNonNull(outputs.get(key))));
        c.outputs = 0;
        try (InferenceSession session = inference.load(graph.extract(Map.of(), graph.outputs()), weights, Device.CPU)) {
            compareOutputs("ONNX Runtime", session.run(given), expected, c);
        }
        train(fixture.config("training"), graph, outputs, weights, given, expected, c);
    }

    private static boolean compareParameters(Graph graph, Config published, List<String> problems) {
        Map<String, String> ours = new TreeMap<>();
        graph.parameters().forEach((name, v) -> ours.put(name, v.shape().toString()));
        Map<String, String> theirs = new TreeMap<>();
        for (String name : published.keys()) {
            theirs.put(
                    name,
                    Shape.of(published.numbers(name).stream()
                                    .mapToLong(Double::longValue)
                                    .toArray())
                            .toString());
        }
        TreeSet<String> all = new TreeSet<>(ours.keySet());
        all.addAll(theirs.keySet());
        for (String name : all) {
            String a = ours.getOrDefault(name, "absent");
            String b = theirs.getOrDefault(name, "absent");
            if (!a.equals(b)) {
                problems.add("parameter " + name + ": found " + a + ", expected " + b);
            }
        }
        return problems.isEmpty();
    }

    private static void compareOutputs(
            String engine, Map<String, HostTensor> found, Map<String, HostTensor> expected, Comparison c) {
        expected.forEach((name, want) -> {
            HostTensor have = found.get(name);
            if (have == null || !have.shape().equals(want.shape())) {
                c.problems.add(engine + ", output " + name + ": found " + (have == null ? "none" : have.type())
                        + ", expected " + want.type());
                return;
            }
            double worst = 0;
            double largest = 1e-12;
            for (int i = 0; i < want.elements(); i++) {
                double difference = Math.abs(have.doubleAt(i) - want.doubleAt(i));
                worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
                largest = Math.max(largest, Math.abs(want.doubleAt(i)));
            }
            c.outputs = Math.max(c.outputs, worst / largest);
            if (!(worst / largest <= OUTPUTS)) {
                c.problems.add(String.format(
                        Locale.ROOT,
                        "%s, output %s differs by %.2e, at most %.0e",
                        engine,
                        name,
                        worst / largest,
                        OUTPUTS));
            }
        });
    }

    private void train(
            Config steps,
            Graph graph,
            Map<String, Value> outputs,
            Weights weights,
            Map<String, HostTensor> given,
            Map<String, HostTensor> expected,
            Comparison c) {
        Value loss = null;
        for (String name : steps.config("outputs").keys()) {
            Value out = Objects.requireNonNull(outputs.get(name));
            Shape shape = Shape.of(steps.config("outputs").numbers(name).stream()
                    .mapToLong(Double::longValue)
                    .toArray());
            Value weighted = graph.mul(out, graph.constant(Fill.of("loss:" + name, DType.F32, shape)));
            Value sum = graph.reduce(Op.ReduceKind.SUM, weighted, false);
            Value part = graph.div(sum, graph.scalar(Math.sqrt((double) shape.elements())));
            loss = loss == null ? part : graph.add(loss, part);
        }
        // A fixture without steps of training still has outputs to compare on libtorch.
        graph.output(TrainingEngine.LOSS, loss == null ? graph.scalar(0) : loss);
        List<String> trained = new ArrayList<>();
        graph.parameters().forEach((name, v) -> {
            if (v.origin() instanceof Value.Parameter p && !p.buffer()) {
                trained.add(name);
            }
        });
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("all", trained, 1, 0)), Optimizer.sgd(0), 0, Device.CPU);
        Map<String, Measured> measured;
        try (TrainingSession session = training.load(graph, weights, options)) {
            compareOutputs("libtorch", session.run(given), expected, c);
            measured = steps(session, steps, given);
        }
        c.losses = 0;
        c.gradients = 0;
        Map<String, Double> moved = measured.values().stream().allMatch(m -> m.difference() <= TRAINING)
                ? Map.of()
                : moved(measured, graph, weights, options, steps, given);
        measured.forEach((what, m) -> {
            double bound = Math.max(TRAINING, CONDITION * moved.getOrDefault(what, 0.0));
            if (m.difference() <= TRAINING) {
                c.differs(m.kind(), m.difference());
            } else if (m.difference() <= bound) {
                c.unstable.add(String.format(
                        Locale.ROOT,
                        "%s is unstable: found %.6g, expected %.6g, but the weights' last bits move it by %.1e",
                        what,
                        m.found(),
                        m.expected(),
                        moved.get(what)));
            } else {
                c.differs(m.kind(), m.difference());
                c.problems.add(
                        String.format(Locale.ROOT, "%s: found %.6g, expected %.6g", what, m.found(), m.expected()));
            }
        });
    }

    private enum Kind {
        LOSS,
        GRADIENT,
        STATISTIC
    }

    /** A number that training gave; {@code scale} is what differences are relative to. */
    private record Measured(Kind kind, double found, double expected, double scale) {
        double difference() {
            double difference = Math.abs(found - expected) / scale;
            return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
        }
    }

    /** Trains as the fixture says and gives the numbers that it has, by what they are. */
    private static Map<String, Measured> steps(TrainingSession session, Config steps, Map<String, HostTensor> given) {
        Map<String, Measured> measured = new LinkedHashMap<>();
        List<Double> losses = steps.numbers("losses");
        for (int i = 0; i < losses.size(); i++) {
            double want = losses.get(i);
            double found = session.backward(given, i);
            measured.put(
                    "loss of step " + (i + 1), new Measured(Kind.LOSS, found, want, Math.max(0.1, Math.abs(want))));
            if (i == 0) {
                gradients(session.gradientNorms(), steps.config("gradientNorms"), measured);
            }
            session.step(steps.number("lr"), 0);
        }
        Config statistics = steps.config("statistics");
        Weights after = session.weights();
        for (String name : statistics.keys()) {
            double want = statistics.number(name);
            HostTensor t = after.find(name);
            double found = t == null ? Double.NaN : norm(t);
            measured.put(
                    "norm of running statistic " + name,
                    new Measured(Kind.STATISTIC, found, want, Math.max(1e-3, want)));
        }
        return measured;
    }

    /** How far the numbers move, relative to their scale, where every weight is off by its last bit. */
    private Map<String, Double> moved(
            Map<String, Measured> measured,
            Graph graph,
            Weights weights,
            TrainingEngine.Options options,
            Config steps,
            Map<String, HostTensor> given) {
        Map<String, Double> moved = new LinkedHashMap<>();
        for (int seed = 1; seed <= PROBES; seed++) {
            try (TrainingSession session = training.load(graph, lastBits(weights, seed), options)) {
                steps(session, steps, given).forEach((what, m) -> {
                    Measured before = Objects.requireNonNull(measured.get(what));
                    moved.merge(what, Math.abs(m.found() - before.found()) / before.scale(), Math::max);
                });
            }
        }
        // The first loss comes before anything was amplified: evaluation has to get it right as well.
        moved.remove("loss of step 1");
        return moved;
    }

    /** Each value's neighbour, above or below. */
    private static Weights lastBits(Weights weights, long seed) {
        Random random = new Random(seed);
        Map<String, HostTensor> off = new LinkedHashMap<>();
        weights.tensors().forEach((name, t) -> {
            if (t.dtype() != DType.F32) {
                off.put(name, t);
                return;
            }
            float[] values = t.toFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextBoolean() ? Math.nextUp(values[i]) : Math.nextDown(values[i]);
            }
            off.put(name, HostTensor.of(values, values.length).reshape(t.shape().toArray()));
        });
        return Weights.of(off);
    }

    private static double norm(HostTensor t) {
        double sum = 0;
        for (double v : t.toDoubles()) {
            sum += v * v;
        }
        return Math.sqrt(sum);
    }

    private static void gradients(Map<String, Double> found, Config expected, Map<String, Measured> measured) {
        double largest =
                expected.keys().stream().mapToDouble(expected::number).max().orElse(0);
        for (String name : expected.keys()) {
            double want = expected.number(name);
            double have = found.getOrDefault(name, 0.0);
            if (Math.max(want, have) > NOISE * largest) {
                measured.put(
                        "norm of the gradient of " + name,
                        new Measured(Kind.GRADIENT, have, want, Math.max(want, NOISE * largest)));
            }
        }
    }
}
