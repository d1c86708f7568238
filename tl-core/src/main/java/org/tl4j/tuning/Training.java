// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.data.Prefetch;
import org.tl4j.engine.InferenceEngine;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.FrozenSplit;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.LeastSquaresHead;
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
    private static final int AHEAD = 3;
    private static final int LEAST_SQUARES_BATCH = 256;

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
                FrozenSplit split = t.split(names(groups));
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

    /** One vector an example, {@code [n, width]}: what the backbone offers to heads, run once over all examples. */
    static <Y> float[][] pooled(
            Graph graph,
            Value pooled,
            Weights weights,
            Examples<Y> examples,
            Map<String, Double> padding,
            TrainingOptions options,
            InferenceEngine inference,
            TrainingListener listener) {
        Graph prefix = graph.extract(Map.of(), Map.of("pooled", pooled));
        try (InferenceSession session = inference.loadForMany(prefix, weights, options.device());
                FeatureCache cache = FeatureCache.fill(
                        prefix,
                        session,
                        examples,
                        Examples.PLAIN,
                        y -> Map.of(),
                        padding,
                        options.cacheBytes(),
                        listener)) {
            float[][] rows = new float[examples.size()][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Objects.requireNonNull(cache.get(i).get("pooled")).toFloats();
            }
            return rows;
        }
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
        FrozenSplit split = split(trainable);

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
                judge(run, session, validationFeatures);
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
        long view = view(run, split);
        features.prepare(view);
        try (Prefetch<StepBatch> batches = new Prefetch<>(
                run.stepInEpoch, order.size(), AHEAD, i -> features.step(order.get(i), options.batchSize(), view))) {
            while (batches.hasNext()) {
                StepBatch batch = batches.next();
                double loss = 0;
                for (int micro = 0; micro < batch.parts().size(); micro++) {
                    loss += session.backward(batch.scaled(micro), mix(options.seed(), run.phase, run.phaseStep, micro));
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
    }

    /** Which view of the examples this epoch sees: always a new one, or one of those that are kept. */
    private long view(Run run, FrozenSplit split) {
        if (train.views() == 0) {
            return Examples.PLAIN;
        }
        return 1 + (split.isWhole() ? run.phase * 1_000_000L + run.epoch : run.epoch % train.views());
    }

    private FrozenSplit split(Set<String> trainable) {
        boolean alike = IntStream.range(0, train.size()).allMatch(i -> train.length(i) == 0);
        return FrozenSplit.of(model.graph(), trainable, Trainable.BATCH, alike);
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

    private void judge(Run run, TrainingSession session, @Nullable Features<Y> features) {
        Map<String, Double> scores = new TreeMap<>();
        boolean best = false;
        if (features != null) {
            Weights raw = session.averages().names().isEmpty() ? Weights.none() : session.weights();
            session.set(session.averages());
            double loss = 0;
            double weight = 0;
            TaskHead.Evaluator<Y> evaluator = model.head().evaluator(List.of());
            List<int[]> order = Batches.longestFirst(features.lengths(), features.batch(2 * options.batchSize()));
            try (Prefetch<List<JudgedBatch<Y>>> batches =
                    new Prefetch<>(0, order.size(), AHEAD, i -> features.judged(order.get(i)))) {
                while (batches.hasNext()) {
                    for (JudgedBatch<Y> batch : batches.next()) {
                        Map<String, HostTensor> inputs = batch.inputs();
                        inputs.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f));
                        Map<String, HostTensor> outputs = session.evaluate(inputs);
                        loss += Objects.requireNonNull(outputs.get(TaskHead.LOSS))
                                .doubleAt(0);
                        weight += batch.weight();
                        evaluator.add(outputs, batch.targets());
                    }
                }
            }
            loss /= weight;
            Evaluation evaluation = evaluator.evaluation();
            evaluation.metrics().forEach((name, m) -> scores.put(name, m.value()));
            scores.put(TaskHead.LOSS, loss);
            String monitor = model.head().monitor();
            double score = monitor.equals(TaskHead.LOSS) ? -loss : evaluation.value(monitor);
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
            return new Features<>(model, split, examples, v -> null);
        }
        Features<Y> features = new Features<>(model, split, examples, view -> frozen(split, weights, examples, view));
        if (examples.views() == 0) {
            features.prepare(Examples.PLAIN);
        }
        return features;
    }

    private FeatureCache frozen(FrozenSplit split, Weights weights, Examples<Y> examples, long view) {
        long begin = System.nanoTime();
        try (InferenceSession session = inference.loadForMany(split.prefix(), weights, options.device())) {
            FeatureCache cache = FeatureCache.fill(
                    split.prefix(),
                    session,
                    examples,
                    view,
                    model.head()::encode,
                    model.padding(),
                    options.cacheBytes() / Math.max(1, examples.views()),
                    listener);
            listener.note(String.format(
                    Locale.ROOT,
                    "ran the frozen layers once over %,d examples%s in %.1f s; kept %.1f MB %s",
                    examples.size(),
                    view == Examples.PLAIN ? "" : " (view " + view + " of " + examples.views() + ")",
                    (System.nanoTime() - begin) / 1e9,
                    cache.bytes() / 1e6,
                    cache.isOnDisk() ? "in a mapped file" : "in memory"));
            return cache;
        }
    }

    // ------------------------------------------------------------------------------------------- in closed form

    private void closedForm(Run run, Phase.ClosedForm phase, Weights before, int phases) {
        if (model.head() instanceof LeastSquaresHead<Y, ?> head) {
            listener.phase(run.phase, phases, "closed form, least squares", 1);
            run.trained = run.trained.with(leastSquares(head, phase.penalty(), before));
            return;
        }
        listener.phase(run.phase, phases, phase.title(), 1);
        Set<String> trainable = model.headParameters();
        FrozenSplit split = split(trainable);
        try (Features<Y> features = features(split, before, train)) {
            Weights solved =
                    ClosedForm.solve(phase, split, trainable, features, model.head(), options.seed(), listener);
            run.trained = run.trained.with(solved);
        }
    }

    /** Sums up the rows that the frozen network gives, batch by batch, and solves for the head. */
    private Weights leastSquares(LeastSquaresHead<Y, ?> head, double penalty, Weights before) {
        Graph graph = model.graph();
        LeastSquaresHead.Regression r = head.regression(graph)
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "This head cannot be computed at once.",
                        head.whyNot(),
                        "one linear layer under a squared error",
                        "use --strategy head-only"));
        Graph rows = graph.extract(
                Map.of(), Map.of("design", r.design(), "response", r.response(), "rowWeight", r.rowWeight()));
        int width = (int) r.design().shape().size(2);
        LeastSquares sums = new LeastSquares(width, (int) r.response().shape().size(2));
        int n = train.size();
        List<int[]> order = Batches.sequential(n, train.batch(LEAST_SQUARES_BATCH));
        // Nothing is kept of what a batch gives, so nothing is run ahead of it.
        FrozenSplit whole = new FrozenSplit(rows, rows, Map.of());
        try (Features<Y> features = features(whole, before, train);
                InferenceSession session = inference.loadForMany(rows, before, options.device());
                Prefetch<StepBatch> batches = new Prefetch<>(
                        0,
                        order.size(),
                        AHEAD,
                        i -> features.step(order.get(i), order.get(i).length, Examples.PLAIN))) {
            for (int b = 0; b < order.size(); b++) {
                Map<String, HostTensor> out = session.run(batches.next().parts().get(0));
                // A batch belongs to one stretch, which the first of it decides.
                int fold = (int) ((long) order.get(b)[0] * LeastSquares.FOLDS / n);
                sums.add(
                        fold,
                        Objects.requireNonNull(out.get("design")).toFloats(),
                        Objects.requireNonNull(out.get("response")).toFloats(),
                        Objects.requireNonNull(out.get("rowWeight")).toFloats());
            }
        }
        LinearHead solved = sums.solve(penalty);
        listener.note(String.format(
                Locale.ROOT,
                "computed the head from %,d examples, %,d numbers each row; penalty %.3g",
                n,
                width,
                solved.penalty()));
        return ClosedForm.weights(r.weight(), r.bias(), solved);
    }

    private String fingerprint(List<Phase> phases) {
        TrainingOptions o = options.withCheckpoint(null, 0).withCacheBytes(0);
        return Run.sha256(List.of(
                phases.toString(),
                o.toString(),
                model.head().config().toString(),
                structure(model.graph()),
                model.weights().hashes().toString(),
                train.fingerprint(),
                Optional.ofNullable(validation).map(Examples::fingerprint).orElse("none")));
    }

    /** What the weights do not tell: two graphs of the same parameters may differ in a dropout or an activation. */
    private static String structure(Graph graph) {
        return graph.nodes().stream()
                .map(n -> n.path() + " = " + n.op()
                        + n.inputs().stream().map(Value::name).toList())
                .collect(Collectors.joining("\n"));
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

    /**
     * What one step reads.
     *
     * @param parts the tensors of each forward pass by name, targets included
     * @param weight how much all examples of the step count
     */
    record StepBatch(List<Map<String, HostTensor>> parts, double weight) {
        /** The tensors of one pass, with the scale that makes the sum over the passes a mean. */
        Map<String, HostTensor> scaled(int part) {
            Map<String, HostTensor> inputs = parts.get(part);
            inputs.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / weight)));
            return inputs;
        }
    }

    /**
     * Examples that are judged together.
     *
     * @param targets what is to be answered for each
     * @param inputs by name, targets included
     * @param weight how much they count
     */
    record JudgedBatch<Y>(List<Y> targets, Map<String, HostTensor> inputs, double weight) {}

    /** What the part behind the cut reads for each example: kept features, inputs and targets. */
    static final class Features<Y> implements AutoCloseable {
        private final Trainable<Y, ?> model;
        private final FrozenSplit split;
        private final Examples<Y> examples;
        private final LongFunction<@Nullable FeatureCache> fill;
        private final Map<Long, FeatureCache> caches = new ConcurrentHashMap<>();
        private final int[] lengths;
        private final boolean readsInputs;

        /** {@code fill} runs the frozen part over a view of the examples; it gives null where nothing is frozen. */
        Features(
                Trainable<Y, ?> model,
                FrozenSplit split,
                Examples<Y> examples,
                LongFunction<@Nullable FeatureCache> fill) {
            this.model = model;
            this.split = split;
            this.examples = examples;
            this.fill = fill;
            this.lengths =
                    IntStream.range(0, examples.size()).map(examples::length).toArray();
            Set<String> given = new HashSet<>(split.suffix().inputs().keySet());
            given.retainAll(model.graph().inputs().keySet());
            given.remove(TaskHead.LOSS_SCALE);
            Map<String, HostTensor> target =
                    examples.size() == 0 ? Map.of() : model.head().encode(examples.target(0));
            given.removeAll(target.keySet());
            this.readsInputs = !given.isEmpty();
        }

        /** Runs the frozen part over a view, if that was not done yet. */
        void prepare(long view) {
            if (!split.isWhole() && !caches.containsKey(view)) {
                FeatureCache filled = fill.apply(view);
                if (filled != null) {
                    caches.put(view, filled);
                }
            }
        }

        int size() {
            return lengths.length;
        }

        int[] lengths() {
            return lengths;
        }

        boolean hasLengths() {
            return IntStream.of(lengths).anyMatch(l -> l != lengths[0]);
        }

        /** The tensors of a step in passes of at most so many examples; called by several threads at once. */
        StepBatch step(int[] batch, int most, long view) {
            List<Map<String, HostTensor>> parts = new ArrayList<>();
            double weight = 0;
            for (int[] part : Batches.micro(batch, most)) {
                List<Map<String, HostTensor>> rows = new ArrayList<>();
                for (int i : part) {
                    rows.add(row(i, view).tensors());
                }
                Map<String, HostTensor> collated = Batch.collate(rows, model.padding());
                weight += model.head().weight(collated);
                parts.add(collated);
            }
            return new StepBatch(parts, weight);
        }

        /** Some examples as they are; where they are not filled up by length, only those of one shape together. */
        List<JudgedBatch<Y>> judged(int[] batch) {
            List<Row<Y>> all =
                    IntStream.of(batch).mapToObj(i -> row(i, Examples.PLAIN)).toList();
            List<Map<String, HostTensor>> rows = all.stream().map(Row::tensors).toList();
            List<int[]> parts =
                    hasLengths() ? List.of(IntStream.range(0, batch.length).toArray()) : Batch.alike(rows);
            List<JudgedBatch<Y>> judged = new ArrayList<>();
            for (int[] part : parts) {
                Map<String, HostTensor> inputs =
                        Batch.collate(IntStream.of(part).mapToObj(rows::get).toList(), model.padding());
                judged.add(new JudgedBatch<>(
                        IntStream.of(part)
                                .mapToObj(i -> {
                                    Y target = all.get(i).target();
                                    return target == null ? examples.target(batch[i]) : target;
                                })
                                .toList(),
                        inputs,
                        model.head().weight(inputs)));
            }
            return judged;
        }

        /** See {@link Examples#batch}. */
        int batch(int usual) {
            return examples.batch(usual);
        }

        /**
         * What the graph behind the cut reads of one example.
         *
         * @param tensors by name, targets included
         * @param target that was read for them; null where it was kept with the features
         */
        private record Row<Y>(
                Map<String, HostTensor> tensors, @Nullable Y target) {}

        private Row<Y> row(int index, long view) {
            Map<String, HostTensor> row = new LinkedHashMap<>();
            Y target = null;
            FeatureCache cache = caches.get(view);
            if (cache == null || readsInputs) {
                Examples.Prepared<Y> example = examples.get(index, view);
                row.putAll(example.inputs());
                target = example.target();
                row.putAll(model.head().encode(target));
            }
            if (cache != null) {
                row.putAll(cache.get(index));
            }
            row.keySet().retainAll(split.suffix().inputs().keySet());
            return new Row<>(row, target);
        }

        /** The features of a view. */
        FeatureCache cache(long view) {
            prepare(view);
            FeatureCache cache = caches.get(view);
            if (cache == null) {
                throw new IllegalStateException("asked for features where nothing is frozen");
            }
            return cache;
        }

        /** What is to be learned for one example as it is. */
        Y target(int index) {
            return examples.target(index);
        }

        @Override
        public void close() {
            caches.values().forEach(FeatureCache::close);
        }
    }
}
