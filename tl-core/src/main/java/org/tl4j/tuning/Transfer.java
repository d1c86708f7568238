// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.hub.Hub;
import org.tl4j.model.FeatureHead;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;
import org.tl4j.model.Providers;
import org.tl4j.model.Task;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * Fine-tuning in one sentence:
 *
 * <pre>{@code
 * var tickets = TextDataset.csv(Path.of("tickets.csv"), "text", "label");
 * try (var model = Transfer.from("all-minilm-l6-v2")
 *         .to(TextClassification.of(tickets.labels()))
 *         .with(FineTuners.headOnly().then(FineTuners.unfreezeLast(2).learningRate(2e-5)))
 *         .fit(tickets)) {
 *   System.out.println(model.predict("Where is my parcel?").best());
 *   model.save(Path.of("ticket-model"));
 * }
 * }</pre>
 *
 * <p>Immutable; every method gives a changed copy.
 *
 * @param <X> an example
 * @param <Y> what is learned for it
 * @param <P> what is answered for it
 */
public final class Transfer<X, Y, P> {
    /** Of what a head draws by itself so many views are kept where frozen layers are run only once. */
    private static final int REDRAWN_VIEWS = 8;

    private final BackboneSource source;
    private final Task<X, Y, P> task;
    private final Strategy strategy;
    private final TrainingOptions options;
    private final double validationFraction;
    private final @Nullable Augmentation<X, Y> augmentation;
    private final int views;
    private final TrainingListener listener;

    private Transfer(
            BackboneSource source,
            Task<X, Y, P> task,
            Strategy strategy,
            TrainingOptions options,
            double validationFraction,
            @Nullable Augmentation<X, Y> augmentation,
            int views,
            TrainingListener listener) {
        this.source = source;
        this.task = task;
        this.strategy = strategy;
        this.options = options;
        this.validationFraction = Checks.between("validationFraction", validationFraction, 0, 0.9);
        this.augmentation = augmentation;
        this.views = views;
        this.listener = listener;
    }

    /** Begins with a pretrained backbone: a preset, an {@code .onnx} file, or a folder in Hugging Face's layout. */
    public static From from(String backbone) {
        return new From(PretrainedSource.of(backbone));
    }

    /** Begins with a pretrained backbone. */
    public static From from(BackboneSource backbone) {
        return new From(backbone);
    }

    /**
     * A backbone whose task is still to be said.
     *
     * @param source what was named
     */
    public record From(BackboneSource source) {
        /** Puts a new head on; the head alone is trained unless {@link Transfer#with} says otherwise. */
        public <X, Y, P> Transfer<X, Y, P> to(Task<X, Y, P> task) {
            return new Transfer<>(
                    source,
                    task,
                    FineTuners.headOnly(),
                    TrainingOptions.defaults(),
                    0.1,
                    null,
                    0,
                    TrainingListener.NONE);
        }
    }

    /** Another strategy. */
    public Transfer<X, Y, P> with(Strategy other) {
        return new Transfer<>(source, task, other, options, validationFraction, augmentation, views, listener);
    }

    /** Other options of the training. */
    public Transfer<X, Y, P> with(TrainingOptions other) {
        return new Transfer<>(source, task, strategy, other, validationFraction, augmentation, views, listener);
    }

    /** Which part of the training data is held out to judge epochs; 0 judges none and keeps the last. */
    public Transfer<X, Y, P> validationFraction(double fraction) {
        return new Transfer<>(source, task, strategy, options, fraction, augmentation, views, listener);
    }

    /**
     * Changes the training examples at random, anew in every epoch. Where layers are frozen and run only once, that
     * many views of each example are kept and taken in turn; each costs one pass of the frozen layers, and room. Where
     * a change mixes examples, the head becomes one that learns targets in part.
     */
    public Transfer<X, Y, P> augment(Augmentation<X, Y> change, int keptViews) {
        return new Transfer<>(
                source,
                task,
                strategy,
                options,
                validationFraction,
                change,
                Checks.positive("keptViews", keptViews),
                listener);
    }

    /** Who hears how it goes. */
    public Transfer<X, Y, P> listener(TrainingListener other) {
        return new Transfer<>(source, task, strategy, options, validationFraction, augmentation, views, other);
    }

    private Transfer<X, Y, P> to(Task<X, Y, P> other) {
        return new Transfer<>(source, other, strategy, options, validationFraction, augmentation, views, listener);
    }

    /** Builds the backbone with its new head, untrained. */
    public Prepared<X, Y, P> prepare() {
        ClassLoader loader = Providers.contextLoader();
        Modality modality = task.description().modality();
        Pretrained backbone = source.load(modality, loader, Hub.standard().withListener(listener));
        if (backbone.modality() != modality) {
            throw new UnsupportedFeatureException(
                    "Backbone '" + backbone.name() + "' does not fit the task '"
                            + task.description().task() + "'.",
                    "a backbone for " + backbone.modality(),
                    "a backbone for " + modality,
                    "choose one from `tl presets`");
        }
        Graph graph = backbone.graph();
        TaskHead<Y, P> head = task.head();
        head.build(graph, backbone.endpoints());
        head.buildLoss(graph);
        Weights weights = Weights.initial(graph, options.seed()).with(backbone.weights());
        Map<String, HostTensor> used = new LinkedHashMap<>(weights.tensors());
        used.keySet().retainAll(graph.parameters().keySet());
        Preprocessor<X> preprocessor = task.description().preprocessor(backbone.input(), folder(backbone));
        Trainable<Y, P> model =
                new Trainable<>(graph, Weights.of(used), backbone.endpoints().layers(), head, preprocessor.padding());
        return new Prepared<>(backbone, model, preprocessor);
    }

    private static Path folder(Pretrained backbone) {
        return Optional.ofNullable(backbone.folder()).orElse(Path.of(""));
    }

    /**
     * A backbone with its new head.
     *
     * @param backbone where it comes from
     * @param model the graph with its weights
     * @param preprocessor in the backbone's own format
     */
    public record Prepared<X, Y, P>(Pretrained backbone, Trainable<Y, P> model, Preprocessor<X> preprocessor) {}

    /** Tries learning rates and suggests one for the last phase; see {@link RateFinder}. */
    public RateFinder findRate(Dataset<X, Y> train) {
        Prepared<X, Y, P> prepared = prepare();
        try (Preprocessor<X> preprocessor = prepared.preprocessor()) {
            return Training.findRate(
                    prepared.model(),
                    strategy.phases(prepared.model().layers()),
                    new PreparedExamples<>(
                            train, preprocessor, y -> task.description().fitted(y, preprocessor), null, 0, 0),
                    options,
                    new OnnxEngine(),
                    new TorchEngine(),
                    listener);
        }
    }

    /**
     * The vector that the frozen backbone gives for each example, {@code f32[n, D]} row by row: embeddings.
     *
     * @throws UnsupportedFeatureException if the backbone gives none
     */
    public float[][] features(Dataset<X, Y> data) {
        Prepared<X, Y, P> prepared = prepare();
        return features(data, prepared, prepared.backbone().endpoints().requirePooled());
    }

    private float[][] features(Dataset<X, Y> data, Prepared<X, Y, P> prepared, Value vectors) {
        try (Preprocessor<X> preprocessor = prepared.preprocessor()) {
            return Training.pooled(
                    prepared.model().graph(),
                    vectors,
                    prepared.model().weights(),
                    new PreparedExamples<>(data, preprocessor),
                    preprocessor.padding(),
                    options,
                    new OnnxEngine(),
                    listener);
        }
    }

    /**
     * Looks for wrong labels; see {@link LabelNoise}.
     *
     * @param label the one label of a target
     */
    public LabelNoise labelNoise(Dataset<X, Y> data, Function<? super Y, String> label) {
        List<String> given = data.targets().stream().<String>map(label).toList();
        return LabelNoise.find(features(data), given, options.seed());
    }

    /** Trains; a part of the data is held out to judge epochs, by {@link #validationFraction}. */
    public FineTuned<X, Y, P> fit(Dataset<X, Y> data) {
        if (validationFraction == 0 || data.size() < 20 || task.head() instanceof FeatureHead) {
            return fit(data, null);
        }
        var split = task.head().split(data, validationFraction, options.seed());
        return fit(split.train(), split.heldOut());
    }

    /** Trains, and judges every epoch on {@code validation}; with null none is judged and the last is kept. */
    public FineTuned<X, Y, P> fit(Dataset<X, Y> train, @Nullable Dataset<X, Y> validation) {
        if (train.isEmpty()) {
            throw new InvalidDataException(
                    "There is nothing to train on.",
                    "0 examples in '" + train.name() + "'",
                    "at least 1",
                    "check the data file and its split");
        }
        task.head().requireKnown(train);
        if (task.head() instanceof FeatureHead<Y, P> head && !head.isFitted()) {
            Prepared<X, Y, P> prepared = prepare();
            FeatureHead<Y, P> own = head.on(prepared.backbone().endpoints());
            Value vectors =
                    own.features(prepared.model().graph(), prepared.backbone().endpoints());
            FeatureHead<Y, P> fitted = own.fit(features(train, prepared, vectors), train.targets(), options.seed());
            return to(new Task<>(task.description(), fitted)).fit(train, validation);
        }
        if (augmentation != null && augmentation.mixesTargets()) {
            TaskHead<Y, P> mixed = task.head().withMixedTargets();
            if (!mixed.equals(task.head())) {
                return to(new Task<>(task.description(), mixed)).fit(train, validation);
            }
        }
        if (validation != null) {
            task.head().requireKnown(validation);
        }
        long begin = System.nanoTime();
        Prepared<X, Y, P> prepared = prepare();
        UnaryOperator<Y> fit = y -> task.description().fitted(y, prepared.preprocessor());
        Augmentation<X, Y> changes =
                augmentation == null ? task.head().redrawn(train).orElse(null) : augmentation.over(train);
        Examples<Y> examples = new PreparedExamples<>(
                train,
                prepared.preprocessor(),
                fit,
                changes,
                augmentation == null ? REDRAWN_VIEWS : views,
                options.seed());
        Examples<Y> judged = validation == null
                ? null
                : new PreparedExamples<>(validation, prepared.preprocessor(), fit, null, 0, 0);
        // A head that was computed at once leaves nothing to train.
        List<Phase> phases = task.head() instanceof FeatureHead
                ? List.of()
                : strategy.phases(prepared.model().layers());
        OnnxEngine inference = new OnnxEngine();
        Tuned<Y, P> tuned = Training.run(
                prepared.model(), phases, examples, judged, options, inference, new TorchEngine(), listener);
        return FineTuned.of(
                prepared,
                tuned,
                task,
                strategy,
                options,
                inference,
                train,
                validation,
                (System.nanoTime() - begin) / 1e9);
    }
}
