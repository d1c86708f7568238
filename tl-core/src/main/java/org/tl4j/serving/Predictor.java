// SPDX-License-Identifier: Apache-2.0
package org.tl4j.serving;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Illustration;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Providers;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;

/**
 * A saved model that answers, on ONNX Runtime alone. Safe for use by several threads at once; closing it frees native
 * memory.
 *
 * @param <X> an example
 * @param <Y> what was learned for it
 * @param <P> what is answered for it
 */
public final class Predictor<X, Y, P> implements AutoCloseable {
    private static final double TOLERANCE = 1e-3;

    private final SavedModel model;
    private final Head<X, Y, P> description;
    private final TaskHead<Y, P> head;
    private final Preprocessor<X> preprocessor;
    private final InferenceSession session;

    private Predictor(
            SavedModel model,
            Head<X, Y, P> description,
            TaskHead<Y, P> head,
            Preprocessor<X> preprocessor,
            InferenceSession session) {
        this.model = model;
        this.description = description;
        this.head = head;
        this.preprocessor = preprocessor;
        this.session = session;
    }

    /** Loads a model on the processor; see {@link #load(Path, Device)}. */
    public static Predictor<?, ?, ?> load(Path folder) {
        return load(folder, Device.CPU);
    }

    /**
     * Loads a model and has it answer its recorded input.
     *
     * @throws CorruptFileException if a file was changed, or the answer differs from the recorded one
     * @throws org.tl4j.error.UnknownNameException if no artefact on the class path knows the task
     */
    public static Predictor<?, ?, ?> load(Path folder, Device device) {
        SavedModel model = SavedModel.open(folder);
        return of(model, Heads.load(Providers.contextLoader()).get(model.task()), device);
    }

    /** Loads a model whose task is known: {@code Predictor.load(folder, new TextClassificationTask(), Device.CPU)}. */
    public static <X, Y, P> Predictor<X, Y, P> load(Path folder, Head<X, Y, P> description, Device device) {
        SavedModel model = SavedModel.open(folder);
        if (!model.task().equals(description.task())) {
            throw new InvalidArgumentException(
                    "Saved model '" + folder + "' is for another task.",
                    model.task(),
                    description.task(),
                    "load it for its own task");
        }
        return of(model, description, device);
    }

    /** The files are hashed, the preprocessing is read and the runtime is loaded at the same time. */
    private static <X, Y, P> Predictor<X, Y, P> of(SavedModel model, Head<X, Y, P> description, Device device) {
        CompletableFuture<Void> files = CompletableFuture.runAsync(model::checkFiles);
        ClassLoader loader = Providers.contextLoader();
        CompletableFuture<Preprocessor<X>> input = CompletableFuture.supplyAsync(() -> {
            Thread thread = Thread.currentThread();
            ClassLoader own = thread.getContextClassLoader();
            thread.setContextClassLoader(loader);
            try {
                return description.preprocessor(model.about().config("input"), model.folder());
            } finally {
                thread.setContextClassLoader(own);
            }
        });
        try {
            OnnxEngine engine = new OnnxEngine();
            TaskHead<Y, P> head = description.restore(model.about().config("head"));
            // A file that was changed is reported as that, not as what a reader makes of it.
            result(files);
            InferenceSession session = engine.load(model.onnx(), device);
            try {
                Predictor<X, Y, P> predictor = new Predictor<>(model, description, head, result(input), session);
                predictor.checkItself();
                return predictor;
            } catch (RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (RuntimeException e) {
            try {
                input.join().close();
            } catch (CompletionException failed) {
                // Not the first failure, or the one that is being thrown.
                e.addSuppressed(failed);
            }
            throw e;
        }
    }

    private static <T> T result(CompletableFuture<T> running) {
        try {
            return running.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException thrown) {
                throw thrown;
            }
            if (e.getCause() instanceof Error thrown) {
                throw thrown;
            }
            throw e;
        }
    }

    private void checkItself() {
        Map<String, HostTensor> answers = session.run(model.checkInputs());
        model.checkOutputs().forEach((name, recorded) -> {
            HostTensor answer = answers.get(name);
            double difference = answer == null || !answer.shape().equals(recorded.shape())
                    ? Double.NaN
                    : difference(answer.toFloats(), recorded.toFloats());
            if (!(difference <= TOLERANCE)) {
                throw new CorruptFileException(
                        "Saved model '" + model.folder() + "' does not answer as it did when it was saved.",
                        "output '" + name + "' differs by " + difference,
                        "at most " + TOLERANCE,
                        "fine-tune anew, and report this with the processor's name");
            }
        });
    }

    /** The largest difference, relative to the largest value where that is above 1. */
    private static double difference(float[] a, float[] b) {
        double worst = 0;
        double largest = 1;
        for (int i = 0; i < a.length; i++) {
            worst = Math.max(worst, Math.abs((double) a[i] - b[i]));
            largest = Math.max(largest, Math.abs((double) b[i]));
        }
        return worst / largest;
    }

    /** The answer to one example. */
    public P predict(X example) {
        return predict(List.of(example)).get(0);
    }

    /** The answers to many examples, in their order; examples of like length are run together. */
    public List<P> predict(List<X> examples) {
        return Answering.predict(examples, description, head, preprocessor, session);
    }

    /** Judges the model on labelled data; the naive baseline is that of these data. */
    public Evaluation evaluate(Dataset<X, Y> data) {
        return evaluate(data, null);
    }

    /** As above, and has an illustration take every example with its answer. */
    public Evaluation evaluate(Dataset<X, Y> data, @Nullable Illustration<X, Y, P> illustration) {
        head.requireKnown(data);
        return Answering.judge(data, head, head.evaluator(data.targets()), illustration, preprocessor, session);
    }

    /**
     * Writes what the answer to an example as a user typed it hangs on; see {@link Head#explain}.
     *
     * @return a line for people
     */
    public String explain(String input, Path file) {
        return description.explain(description.parse(input), preprocessor, this::predict, file);
    }

    /** The answer to an example as a user typed it, with how it is written for people and for scripts. */
    public Answer<P> answer(String input) {
        return answers(List.of(input)).get(0);
    }

    /** The answers to many examples as a user typed them. */
    public List<Answer<P>> answers(List<String> inputs) {
        List<X> parsed = inputs.stream().<X>map(description::parse).toList();
        List<P> predictions = predict(parsed);
        List<Answer<P>> answers = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            P p = predictions.get(i);
            answers.add(new Answer<>(
                    inputs.get(i), p, description.render(p), description.describe(p), filesOf(parsed.get(i), p)));
        }
        return answers;
    }

    private Supplier<Map<String, byte[]>> filesOf(X input, P prediction) {
        return () -> description.files(prediction, input);
    }

    /**
     * An answer.
     *
     * @param input as it was given
     * @param prediction the answer itself
     * @param text one line for people
     * @param json for scripts
     * @param files what the answer is written as, by the ending of the file's name; made when they are asked for
     * @param <P> what is answered
     */
    public record Answer<P>(
            String input, P prediction, String text, Config json, Supplier<Map<String, byte[]>> files) {}

    /** What the folder says about the model. */
    public SavedModel model() {
        return model;
    }

    @Override
    public void close() {
        session.close();
        preprocessor.close();
    }
}
