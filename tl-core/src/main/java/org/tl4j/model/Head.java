// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Doctor;
import org.tl4j.data.Finding;
import org.tl4j.data.Fingerprint;
import org.tl4j.data.LabelledData;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * SPI: a task, as a description. Found by {@link java.util.ServiceLoader}; a provider has a public constructor without
 * arguments, no state, and loads no native code until it is asked to.
 *
 * @param <X> an example: a text, an image
 * @param <Y> what is learned for it: a label
 * @param <P> what is answered: labels with probabilities
 */
public interface Head<X, Y, P> {
    /** The task as the command line writes it, such as {@code text-classification}. */
    String task();

    /** One line: what it answers. */
    String title();

    /** The kind of backbone it sits on. */
    Modality modality();

    /**
     * The preprocessing that was saved with a model, or that a preset names.
     *
     * @param folder where the files that the settings name lie; null where they lie on the class path
     */
    Preprocessor<X> preprocessor(Config config, @Nullable Path folder);

    /** The head that was saved with a model. */
    TaskHead<Y, P> restore(Config config);

    /**
     * Reads labelled data. The settings are the column options of the command line under their names without dashes in
     * front: {@code text-column}, {@code label-column}, {@code split-column}, {@code label-separator},
     * {@code empty-rows} ({@code refuse}, {@code skip}); a file is understood without them where it can be, and what
     * was guessed is noted.
     */
    LabelledData<X, Y> read(Path file, Config columns);

    /**
     * The settings of {@link #read} with which a saved model's data are read where no others are given, such as the
     * columns that it was made with; none unless the task remembers some.
     *
     * @param input what the model says about its input
     */
    default Config reading(Config input) {
        return Config.empty();
    }

    /**
     * A new head for what these data are to teach. Settings that every classification knows: {@code label-smoothing},
     * {@code class-weights} ({@code none}, {@code balanced}), {@code head-dropout}.
     */
    TaskHead<Y, P> create(Dataset<X, Y> train, Config settings);

    /**
     * A new backbone made of the training data, for a task whose data need no pretrained one: the columns of a table
     * are features already. Each call of the supplier builds it anew, as heads add their nodes to its graph. Empty
     * where a backbone is to be chosen.
     */
    default Optional<Supplier<Pretrained>> ownBackbone(Dataset<X, Y> train, Config settings) {
        return Optional.empty();
    }

    /**
     * Examines labelled data before a training: what {@link Doctor} looks for, and what this kind of input may have.
     *
     * @param parts by name, the one to learn from first
     * @param preprocessor of the backbone that will be used, which may have limits of its own; or null
     */
    default List<Finding> examine(Map<String, Dataset<X, Y>> parts, @Nullable Preprocessor<X> preprocessor) {
        return new Doctor<X, Y>(
                        parts, x -> new Fingerprint().add(x).sha256(), y -> List.of(String.valueOf(y)), String::valueOf)
                .examine();
    }

    /**
     * A target in the form in which the preprocessor brings its example: a mask in the size of the resized image. By
     * default as it is.
     */
    default Y fitted(Y target, Preprocessor<X> preprocessor) {
        return target;
    }

    /** An answer in the example's own terms: a mask in the size of the image as it was given. By default as it is. */
    default P finished(P prediction, X input) {
        return prediction;
    }

    /**
     * Answers without a model that need the examples themselves, such as a threshold of brightness, judged beside it;
     * by name, none unless the task has some.
     */
    default Map<String, Evaluation> baselines(TaskHead<Y, P> head, Dataset<X, Y> train, Dataset<X, Y> test) {
        return Map.of();
    }

    /**
     * The files that an answer is written as, by the ending of their names: {@code -overlay.png}; none unless the task
     * has some.
     */
    default Map<String, byte[]> files(P prediction, X input) {
        return Map.of();
    }

    /** The one label of a target, where the task has such; empty where labels cannot be doubted one by one. */
    default Optional<String> label(Y target) {
        return Optional.empty();
    }

    /**
     * Random changes of training examples as a user writes them, such as {@code crop,flip}.
     *
     * @throws UnsupportedFeatureException if the task knows none
     */
    default Augmentation<X, Y> augmentation(String changes) {
        throw new UnsupportedFeatureException(
                "Examples of '" + task() + "' cannot be changed at random.",
                changes,
                "no augmentation",
                "leave --augment away, or give an Augmentation to Transfer.augment");
    }

    /**
     * Files that show how a model answers, to be filled while it is judged; empty where the task has none.
     *
     * @param head of the model
     */
    default Optional<Illustration<X, Y, P>> illustration(TaskHead<Y, P> head) {
        return Optional.empty();
    }

    /**
     * Writes what the answer to one example hangs on, as a picture or a page.
     *
     * @param model the answers to examples, in their order
     * @return a line for people
     * @throws UnsupportedFeatureException if the task explains nothing
     */
    default String explain(X example, Function<List<X>, List<P>> model, Path file) {
        throw new UnsupportedFeatureException(
                "Answers of '" + task() + "' cannot be explained.",
                "no way to",
                "a task of pictures",
                "use `tl predict`");
    }

    /**
     * As above, for a task that needs to know how examples are prepared; the other way where it does not.
     *
     * @param preprocessor of the model
     */
    default String explain(X example, Preprocessor<X> preprocessor, Function<List<X>, List<P>> model, Path file) {
        return explain(example, model, file);
    }

    /** Reads an example as a user types it or as a file of inputs holds it. */
    X parse(String input);

    /** The answer for scripts, as JSON settings. */
    Config describe(P prediction);

    /** The answer for people, one line. */
    String render(P prediction);
}
