// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.SplittableRandom;

/**
 * A random change of examples that leaves their meaning: another crop of a picture, with the mask that belongs to it.
 * Equal generators give equal examples. An implementation is safe for use by several threads at once, and its
 * {@code toString} names all of its settings, as that of a record does: a run that resumes is told from another one by
 * it.
 *
 * @param <X> kind of input
 * @param <Y> kind of target
 */
@FunctionalInterface
public interface Augmentation<X, Y> {
    /** Another view of the example; may be lazy, reading nothing before it is asked to. */
    Example<X, Y> apply(Example<X, Y> example, SplittableRandom random);

    /** The same change for these training examples; one that mixes examples takes the other one from them. */
    default Augmentation<X, Y> over(Dataset<X, Y> train) {
        return this;
    }

    /** Whether the targets of changed examples may hold in part, as {@link SoftLabels} do. */
    default boolean mixesTargets() {
        return false;
    }

    /** This change, then another one. */
    default Augmentation<X, Y> then(Augmentation<X, Y> next) {
        Augmentation<X, Y> first = this;
        return new Augmentation<>() {
            @Override
            public Example<X, Y> apply(Example<X, Y> example, SplittableRandom random) {
                return next.apply(first.apply(example, random), random);
            }

            @Override
            public Augmentation<X, Y> over(Dataset<X, Y> train) {
                return first.over(train).then(next.over(train));
            }

            @Override
            public boolean mixesTargets() {
                return first.mixesTargets() || next.mixesTargets();
            }

            @Override
            public String toString() {
                return first + ", " + next;
            }
        };
    }

    /** This change or another one, either for half of the examples. */
    default Augmentation<X, Y> or(Augmentation<X, Y> other) {
        Augmentation<X, Y> one = this;
        return new Augmentation<>() {
            @Override
            public Example<X, Y> apply(Example<X, Y> example, SplittableRandom random) {
                return (random.nextBoolean() ? one : other).apply(example, random);
            }

            @Override
            public Augmentation<X, Y> over(Dataset<X, Y> train) {
                return one.over(train).or(other.over(train));
            }

            @Override
            public boolean mixesTargets() {
                return one.mixesTargets() || other.mixesTargets();
            }

            @Override
            public String toString() {
                return one + " or " + other;
            }
        };
    }
}
