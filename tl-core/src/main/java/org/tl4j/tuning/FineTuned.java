// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceEngine;
import org.tl4j.engine.InferenceSession;
import org.tl4j.graph.Graph;
import org.tl4j.model.Batch;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Illustration;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Task;
import org.tl4j.model.TaskHead;
import org.tl4j.serving.Answering;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.HostTensor;

/**
 * A fine-tuned model: answers, is judged, and is saved. It answers on ONNX Runtime, as it will when it is served.
 * Closing it frees native memory.
 *
 * @param <X> an example
 * @param <Y> what was learned for it
 * @param <P> what is answered for it
 */
public final class FineTuned<X, Y, P> implements AutoCloseable {
    private final Tuned<Y, P> tuned;
    private final Task<X, Y, P> task;
    private final Preprocessor<X> preprocessor;
    private final Graph graph;
    private final InferenceSession session;
    private final Dataset<X, Y> train;
    private Config about;

    private FineTuned(
            Tuned<Y, P> tuned,
            Task<X, Y, P> task,
            Preprocessor<X> preprocessor,
            Graph graph,
            InferenceSession session,
            Dataset<X, Y> train,
            Config about) {
        this.tuned = tuned;
        this.task = task;
        this.preprocessor = preprocessor;
        this.graph = graph;
        this.session = session;
        this.train = train;
        this.about = about;
    }

    static <X, Y, P> FineTuned<X, Y, P> of(
            Transfer.Prepared<X, Y, P> prepared,
            Tuned<Y, P> tuned,
            Task<X, Y, P> task,
            Strategy strategy,
            TrainingOptions options,
            InferenceEngine inference,
            Dataset<X, Y> train,
            @Nullable Dataset<X, Y> validation,
            double seconds) {
        Graph graph = tuned.model().inferenceGraph();
        InferenceSession session = inference.load(graph, tuned.model().weights(), Device.CPU);
        Config about = Config.empty()
                .with("task", task.description().task())
                .with("backbone", prepared.backbone().name())
                .with("strategy", strategy.name())
                .with("seed", options.seed())
                .with("seconds", seconds)
                .with("trainedParameters", tuned.trainedParameters())
                .with("totalParameters", tuned.totalParameters())
                .with(
                        "provenance",
                        Config.empty()
                                .with("createdBy", "TL4J " + version())
                                .with(
                                        "created",
                                        Instant.now()
                                                .truncatedTo(ChronoUnit.SECONDS)
                                                .toString())
                                .with("java", System.getProperty("java.runtime.version", "unknown"))
                                .with("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                                .with("backbone", prepared.backbone().about())
                                .with("options", options.withCheckpoint(null, 0).toString())
                                .with(
                                        "phases",
                                        tuned.phases().stream()
                                                .map(Phase::toString)
                                                .toList())
                                .with("trainingData", data(train))
                                .with("validationData", validation == null ? Config.empty() : data(validation))
                                .with("frozen", tuned.frozen().toString()));
        return new FineTuned<>(tuned, task, prepared.preprocessor(), graph, session, train, about);
    }

    private static Config data(Dataset<?, ?> data) {
        return Config.empty()
                .with("name", data.name())
                .with("examples", data.size())
                .with("sha256", data.sha256());
    }

    private static String version() {
        return Optional.ofNullable(FineTuned.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    /** The answer to one example. */
    public P predict(X example) {
        return predict(List.of(example)).get(0);
    }

    /** The answers to many examples, in their order. */
    public List<P> predict(List<X> examples) {
        return Answering.predict(examples, task.description(), tuned.model().head(), preprocessor, session);
    }

    /** Judges the model on data it was not trained on; the naive baseline learns from the training data. */
    public Evaluation evaluate(Dataset<X, Y> test) {
        return evaluate(test, null);
    }

    /** As above, and has an illustration take every example with its answer. */
    public Evaluation evaluate(Dataset<X, Y> test, @Nullable Illustration<X, Y, P> illustration) {
        task.head().requireKnown(test);
        TaskHead<Y, P> head = tuned.model().head();
        Evaluation evaluation = Answering.judge(
                        test, head, head.evaluator(train.targets()), illustration, preprocessor, session)
                .beside(task.description().baselines(head, train, test));
        about = about.with(
                "metrics",
                Config.empty()
                        .with("test", evaluation.figures())
                        .with("baseline", evaluation.baselineFigures())
                        .with("testData", data(test)));
        return evaluation;
    }

    /** Saves the model as a folder that needs nothing else; complete or not at all. */
    public SavedModel save(Path folder) {
        Map<String, HostTensor> check =
                Batch.collate(List.of(preprocessor.encode(train.get(0).input())), preprocessor.padding());
        Config complete = about.with("head", tuned.model().head().config());
        return SavedModel.write(
                folder, graph, tuned.model().weights(), preprocessor, complete, check, session.run(check));
    }

    /** What happened in training. */
    public Tuned<Y, P> tuned() {
        return tuned;
    }

    /** Task, strategy, metrics once evaluated, and provenance. */
    public Config about() {
        return about;
    }

    @Override
    public void close() {
        session.close();
        preprocessor.close();
    }
}
