// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.engine.InferenceEngine;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.graph.FrozenSplit;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * The one loop of training. For each phase it cuts the graph at the last frozen value, runs the frozen part once over
 * all examples, trains the rest, judges every epoch on the validation data, and proves that what was frozen did not
 * move.
 *
 * <p>All that is random follows from the seed and from where the loop stands, and from nothing else: a run that was
 * killed and resumes from its checkpoint ends in the same bits as one that was not.
 *
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public final class Training<Y, P> {
    private static final long CHECKPOINT_NANOS = 20_000_000_000L;

    private final Trainable<Y, P> model;
    private final Examples<Y> train;
    private final @Nullable Examples<Y> validation;
    private final TrainingOptions options;
    private final InferenceEngine inference;
    private final TrainingEngine engine;
    private final TrainingListener listener;

    private Training(
            Trainable<Y, P> model,
            Examples<Y> train,
            @Nullable Examples<Y> validation,
            TrainingOptions options,
            InferenceEngine inference,
            TrainingEngine engine,
            TrainingListener listener) {
        this.model = model;
        this.train = train;
        this.validation = validation;
        this.options = options;
        this.inference = inference;
        this.engine = engine;
        this.listener = listener;
    }

    /**
     * Trains a model.
     *
     * @param phases in order; see {@link Strategy#phases}
     * @param validation what every epoch is judged on, or null: then nothing is judged and the last epoch is kept
     * @throws InvalidDataException if there is nothing to train on
     * @throws EngineFailureException if the loss stops being a number
     * @throws org.tl4j.error.InvalidArgumentException if the checkpoint is of another run
     */
    public static <Y, P> Tuned<Y, P> run(
            Trainable<Y, P> model,
            List<Phase> phases,
            Examples<Y> train,
            @Nullable Examples<Y> validation,
            TrainingOptions options,
            InferenceEngine inference,
            TrainingEngine engine,
            TrainingListener listener) {
        if (train.size() == 0) {
            throw new InvalidDataException(
                    "There is nothing to train on.", "0 examples", "at least 1", "check the data file and its split");
        }
        if (phases.stream().anyMatch(p -> p instanceof Phase.Gradient)) {
            engine.require(options.device());
        }
        return new Training<>(model, train, validation, options, inference, engine, listener).run(phases);
    }

    /** Tries learning rates for the last phase that trains by gradients; nothing of it is kept. */
    static <Y, P> RateFinder findRate(
            Trainable<Y, P> model,
            List<Phase> phases,
            Examples<Y> train,
            TrainingOptions options,
            InferenceEngine inference,
            TrainingEngine engine,
            TrainingListener listener) {
        Training<Y, P> t = new Training<>(model, train, null, options, inference, engine, listener);
        for (int i = phases.size() - 1; i >= 0; i--) {
            if (phases.get(i) instanceof Phase.Gradient phase) {
                List<ParameterGroup> groups = t.groups(phase.freeze().trained(model.layers()), phase.layerDecay());
                FrozenSplit split = FrozenSplit.of(model.graph(), names(groups), Trainable.BATCH);
                try (Features<Y> features = t.features(split, model.weights(), train)) {
                    TrainingEngine.Options o =
                            new TrainingEngine.Options(groups, options.optimizer(), 0, options.device());
                    return RateFinder.find(model, features, split, engine, o, options);
                }
            }
        }
        throw new org.tl4j.error.InvalidArgumentException(
                "A learning rate was to be found for a strategy that has none.",
                phases,
                "a phase that trains by gradients",
                "leave --find-learning-rate away");
    }

    private static Set<String> names(List<ParameterGroup> groups) {
        Set<String> names = new LinkedHashSet<>();
        groups.forEach(g -> names.addAll(g.parameters()));
        return names;
    }

    private Tuned<Y, P> run(List<Phase> phases) {
        Run run = Run.resume(options, () -> fingerprint(phases), listener);
        Weights start = model.weights();
        for (; run.phase < phases.size(); run.nextPhase()) {
            Phase phase = phases.get(run.phase);
            Weights before = start.with(run.trained);
            if (phase instanceof Phase.Gradient gradient) {
                gradient(run, gradient, before, phases.size());
            } else if (phase instanceof Phase.ClosedForm closed) {
                closedForm(run, closed, before, phases.size());
            }
        }
        Weights end = start.with(run.trained);
        Set<String> frozen = new HashSet<>(model.graph().parameters().keySet());
        frozen.removeAll(run.trained.names());
        FreezeProof proof = FreezeProof.of(start, end, frozen);
        listener.note(proof.toString());
        long trained = run.trained.elements();
        return new Tuned<>(model.withWeights(end), run.history, phases, trained, start.elements(), proof);
    }

    // ------------------------------------------------------------------------------------------- by gradients

    private void gradient(Run run, Phase.Gradient phase, Weights before, int phases) {
        List<Endpoints.Layer> layers = phase.freeze().trained(model.layers());
        List<ParameterGroup> groups = groups(layers, phase.layerDecay());
        Set<String> trainable = names(groups);
        FrozenSplit split = FrozenSplit.of(model.graph(), trainable, Trainable.BATCH);

        int perStep = options.batchSize() * options.accumulate();
        int stepsPerEpoch = (train.size() + perStep - 1) / perStep;
        long steps = (long) stepsPerEpoch * phase.epochs();
        listener.phase(run.phase, phases, phase.title(), steps);

        try (Features<Y> trainFeatures = features(split, before, train);
                Features<Y> validationFeatures = validation == null ? null : features(split, before, validation);
                TrainingSession session = engine.load(
                        split.suffix(),
                        before,
                        new TrainingEngine.Options(
                                groups, options.optimizer(), options.averaging(), options.device()))) {
            run.enter(session, moved(split.suffix(), trainable));
            while (run.epoch < phase.epochs() && !run.stopped) {
                epoch(run, phase, session, trainFeatures, split, steps);
                judge(run, session, validationFeatures, split);
                run.epochDone(options.patience());
                run.saveIfDue(session, options.checkpointSteps() == 0 ? 1_000_000_000L : 0);
            }
            Weights after = session.weights();
            Set<String> suffixFrozen = new HashSet<>(split.suffix().parameters().keySet());
            suffixFrozen.removeAll(run.moving);
            FreezeProof.of(before, after, suffixFrozen);
            run.trained =
                    run.trained.with(run.kept(after.with(session.averages()).only(run.moving)));
        }
    }

    /** Trained parameters and the running statistics of trained batch norms. */
    private static Set<String> moved(Graph suffix, Set<String> trainable) {
        Set<String> moved = new LinkedHashSet<>(trainable);
        suffix.nodes().forEach(n -> {
            if (n.op() instanceof Op.BatchNorm && trainable.contains(n.input(1).name())) {
                n.inputs().subList(3, n.inputs().size()).forEach(v -> moved.add(v.name()));
            }
        });
        return moved;
    }

    private void epoch(
            Run run,
            Phase.Gradient phase,
            TrainingSession session,
            Features<Y> features,
            FrozenSplit split,
            long steps) {
        int perStep = options.batchSize() * options.accumulate();
        List<int[]> order = features.hasLengths()
                ? Batches.byLength(features.lengths(), perStep, stream(run), run.epoch)
                : Batches.shuffled(train.size(), perStep, stream(run), run.epoch);
        for (; run.stepInEpoch < order.size(); ) {
            int[] batch = order.get(run.stepInEpoch);
            List<Y> targets = features.targets(batch);
            float scale = (float) (1 / model.head().weight(targets));
            double loss = 0;
            int micro = 0;
            for (int[] part : Batches.micro(batch, options.batchSize())) {
                Map<String, HostTensor> inputs = features.batch(part, split.suffix(), model);
                inputs.put(TaskHead.LOSS_SCALE, HostTensor.scalar(scale));
                loss += session.backward(inputs, mix(options.seed(), run.phase, run.phaseStep, micro++));
            }
            double rate = phase.rate() * phase.schedule().factor(run.phaseStep, steps);
            if (!Double.isFinite(loss)) {
                throw diverged(run, "a loss of " + loss, rate);
            }
            double norm = session.step(rate, options.clipNorm());
            if (!Double.isFinite(norm)) {
                throw diverged(run, "gradients of norm " + norm, rate);
            }
            run.stepDone(loss);
            listener.step(new TrainingListener.Step(run.phaseStep, steps, loss, rate, norm));
            boolean due = options.checkpointSteps() > 0 && run.step % options.checkpointSteps() == 0;
            run.saveIfDue(session, due ? 0 : options.checkpointSteps() > 0 ? Long.MAX_VALUE : CHECKPOINT_NANOS);
        }
    }

    private long stream(Run run) {
        return mix(options.seed(), run.phase, 0, -1);
    }

    private EngineFailureException diverged(Run run, String found, double rate) {
        return new EngineFailureException(
                "Training diverged in step " + (run.step + 1) + ".",
                found + " at learning rate " + rate,
                "finite numbers",
                "lower the learning rate (--learning-rate), or find one with --find-learning-rate");
    }

    private void judge(Run run, TrainingSession session, @Nullable Features<Y> features, FrozenSplit split) {
        Map<String, Double> scores = new TreeMap<>();
        boolean best = false;
        if (features != null) {
            Weights raw = session.averages().names().isEmpty() ? Weights.none() : session.weights();
            session.set(session.averages());
            double loss = 0;
            List<Map<String, HostTensor>> outputs = new ArrayList<>();
            List<Y> targets = new ArrayList<>();
            for (int[] batch : Batches.longestFirst(features.lengths(), 2 * options.batchSize())) {
                Map<String, HostTensor> inputs = features.batch(batch, split.suffix(), model);
                List<Y> wanted = features.targets(batch);
                inputs.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f));
                loss += session.loss(inputs);
                outputs.add(session.run(inputs));
                targets.addAll(wanted);
            }
            loss /= model.head().weight(targets);
            Evaluation evaluation = model.head().evaluate(outputs, targets, List.of());
            evaluation.metrics().forEach((name, m) -> scores.put(name, m.value()));
            scores.put("loss", loss);
            String monitor = model.head().monitor();
            double score = monitor.equals("loss") ? -loss : evaluation.value(monitor);
            // Epochs that answer equally well are told apart by how sure they are of it.
            best = run.isBest(score, loss);
            if (best && options.keepBest()) {
                run.best = session.weights().only(run.moving);
            }
            session.set(raw.only(run.moving));
        }
        History.Epoch done = run.judged(scores, best);
        listener.epoch(done);
    }

    private List<ParameterGroup> groups(List<Endpoints.Layer> layers, double decay) {
        List<ParameterGroup> groups = new ArrayList<>();
        addGroups(groups, "head", model.headParameters(), 1);
        double scale = 1;
        for (int i = layers.size() - 1; i >= 0; i--) {
            scale *= decay;
            addGroups(groups, layers.get(i).name(), model.parameters(layers.get(i)), scale);
        }
        return groups;
    }

    /** Matrices decay, vectors (biases, the weights of norms) do not. */
    private void addGroups(List<ParameterGroup> groups, String name, Set<String> parameters, double scale) {
        List<String> matrices = new ArrayList<>();
        List<String> vectors = new ArrayList<>();
        for (String p : parameters) {
            Value v = model.graph().parameters().get(p);
            (v != null && v.shape().rank() > 1 ? matrices : vectors).add(p);
        }
        if (!matrices.isEmpty()) {
            groups.add(new ParameterGroup(name, matrices, scale, options.weightDecay()));
        }
        if (!vectors.isEmpty()) {
            groups.add(new ParameterGroup(name + ", without decay", vectors, scale, 0));
        }
    }

    private Features<Y> features(FrozenSplit split, Weights weights, Examples<Y> examples) {
        if (split.isWhole()) {
            return new Features<>(examples, null);
        }
        long begin = System.nanoTime();
        try (InferenceSession session = inference.loadForMany(split.prefix(), weights, options.device())) {
            FeatureCache cache = FeatureCache.fill(
                    split.prefix(), session, examples, model.padding(), options.cacheBytes(), listener);
            listener.note(String.format(
                    Locale.ROOT,
                    "ran the frozen layers once over %,d examples in %.1f s; kept %.1f MB %s",
                    examples.size(),
                    (System.nanoTime() - begin) / 1e9,
                    cache.bytes() / 1e6,
                    cache.isOnDisk() ? "in a mapped file" : "in memory"));
            return new Features<>(examples, cache);
        }
    }

    // ------------------------------------------------------------------------------------------- in closed form

    private void closedForm(Run run, Phase.ClosedForm phase, Weights before, int phases) {
        listener.phase(run.phase, phases, phase.title(), 1);
        Set<String> trainable = model.headParameters();
        FrozenSplit split = FrozenSplit.of(model.graph(), trainable, Trainable.BATCH);
        try (Features<Y> features = features(split, before, train)) {
            Weights solved =
                    ClosedForm.solve(phase, split, trainable, features, model.head(), options.seed(), listener);
            run.trained = run.trained.with(solved);
        }
    }

    private String fingerprint(List<Phase> phases) {
        TrainingOptions o = options.withCheckpoint(null, 0).withCacheBytes(0);
        return Run.sha256(List.of(
                phases.toString(),
                o.toString(),
                model.head().config().toString(),
                model.weights().hashes().toString(),
                train.fingerprint(),
                Optional.ofNullable(validation).map(Examples::fingerprint).orElse("none")));
    }

    /** A seed from where the loop stands; splitmix64's finaliser. */
    static long mix(long seed, long... where) {
        long z = seed;
        for (long w : where) {
            z = (z + w + 1) * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
        }
        return z;
    }

    /** What the part behind the cut reads for each example: kept features, inputs and targets. */
    static final class Features<Y> implements AutoCloseable {
        private final Examples<Y> examples;
        private final @Nullable FeatureCache cache;
        private final int[] lengths;

        Features(Examples<Y> examples, @Nullable FeatureCache cache) {
            this.examples = examples;
            this.cache = cache;
            this.lengths = new int[examples.size()];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = examples.length(i);
            }
        }

        int size() {
            return lengths.length;
        }

        int[] lengths() {
            return lengths;
        }

        boolean hasLengths() {
            for (int length : lengths) {
                if (length != lengths[0]) {
                    return true;
                }
            }
            return false;
        }

        List<Y> targets(int[] batch) {
            List<Y> targets = new ArrayList<>();
            for (int i : batch) {
                targets.add(examples.target(i));
            }
            return targets;
        }

        /** The tensors of a batch that the graph reads, targets included. */
        Map<String, HostTensor> batch(int[] batch, Graph graph, Trainable<Y, ?> model) {
            List<Map<String, HostTensor>> rows = new ArrayList<>();
            boolean readsInputs = cache == null
                    || examples.size() > 0 && graph.inputs().keySet().stream().anyMatch(n -> !n.startsWith("frozen_"));
            for (int i : batch) {
                Map<String, HostTensor> row = new LinkedHashMap<>();
                if (readsInputs) {
                    row.putAll(examples.inputs(i));
                }
                if (cache != null) {
                    row.putAll(cache.get(i));
                }
                row.putAll(model.head().encode(examples.target(i)));
                row.keySet().retainAll(graph.inputs().keySet());
                rows.add(row);
            }
            return Batch.collate(rows, model.padding());
        }

        FeatureCache cache() {
            if (cache == null) {
                throw new IllegalStateException("asked for features where nothing is frozen");
            }
            return cache;
        }

        Y target(int index) {
            return examples.target(index);
        }

        @Override
        public void close() {
            if (cache != null) {
                cache.close();
            }
        }
    }
}
