// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * A data set through a preprocessor, its targets fitted to what that makes of the examples: at once for what is small,
 * such as texts, else each time an example is asked for.
 */
final class PreparedExamples<X, Y> implements Examples<Y> {
    private final Dataset<X, Y> data;
    private final Preprocessor<X> preprocessor;
    private final UnaryOperator<Y> fit;
    private final @Nullable Augmentation<X, Y> augmentation;
    private final int views;
    private final long seed;
    private final @Nullable List<Map<String, HostTensor>> kept;

    PreparedExamples(Dataset<X, Y> data, Preprocessor<X> preprocessor) {
        this(data, preprocessor, y -> y, null, 0, 0);
    }

    PreparedExamples(
            Dataset<X, Y> data,
            Preprocessor<X> preprocessor,
            UnaryOperator<Y> fit,
            @Nullable Augmentation<X, Y> augmentation,
            int views,
            long seed) {
        this.data = data;
        this.preprocessor = preprocessor;
        this.fit = fit;
        this.augmentation = augmentation;
        this.views = augmentation == null ? 0 : views;
        this.seed = seed;
        this.kept = preprocessor.isCheapToKeep() ? preprocessor.encodeAll(data.inputs()) : null;
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public Prepared<Y> get(int index, long view) {
        Example<X, Y> example = data.get(index);
        if (augmentation != null && view != PLAIN) {
            SplittableRandom random = new SplittableRandom(Training.mix(seed, view, index));
            Example<X, Y> other = augmentation.apply(example, random);
            return new Prepared<>(preprocessor.encode(other.input()), fit.apply(other.target()));
        }
        return new Prepared<>(
                kept == null ? preprocessor.encode(example.input()) : kept.get(index), fit.apply(example.target()));
    }

    @Override
    public Y target(int index) {
        return fit.apply(data.get(index).target());
    }

    @Override
    public int views() {
        return views;
    }

    @Override
    public int batch(int usual) {
        return preprocessor.batch(usual);
    }

    @Override
    public int length(int index) {
        if (kept == null) {
            return 0;
        }
        return kept.get(index).values().stream()
                .mapToInt(t -> t.shape().rank() == 0 ? 0 : (int) t.shape().size(0))
                .max()
                .orElse(0);
    }

    @Override
    public String fingerprint() {
        return Run.sha256(List.of(
                data.sha256(), preprocessor.config().toString(), String.valueOf(augmentation), String.valueOf(views)));
    }
}
