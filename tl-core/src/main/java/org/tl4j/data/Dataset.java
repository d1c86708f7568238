// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;

/**
 * Examples in a fixed order, under a name. Immutable; whoever implements this interface promises the same.
 *
 * @param <X> kind of input
 * @param <Y> kind of target
 */
public interface Dataset<X, Y> extends Iterable<Example<X, Y>> {
    /** A data set that keeps a copy of the list. */
    static <X, Y> Dataset<X, Y> of(String name, List<Example<X, Y>> examples) {
        return new ListDataset<>(name, examples);
    }

    /** What people call it, such as the name of its file. */
    String name();

    /** All examples, in order; the list cannot be changed. */
    List<Example<X, Y>> examples();

    /**
     * SHA-256 over inputs and targets in order, as lower-case hexadecimal; names and sources do not count. Meant for
     * keys of caches. What can be hashed is said at {@link Fingerprint}.
     */
    default String sha256() {
        Fingerprint fingerprint = new Fingerprint().add(size());
        for (Example<X, Y> example : this) {
            fingerprint.add(example.input()).add(example.target());
        }
        return fingerprint.sha256();
    }

    /** Number of examples. */
    default int size() {
        return examples().size();
    }

    /** Whether there is no example at all. */
    default boolean isEmpty() {
        return examples().isEmpty();
    }

    /** The example at an index from 0. */
    default Example<X, Y> get(int index) {
        if (index < 0 || index >= size()) {
            throw new InvalidArgumentException(
                    "Data set '" + name() + "' has no such example.",
                    "index " + index,
                    size() == 0 ? "no index: it is empty" : "an index from 0 to " + (size() - 1),
                    "check the index against size()");
        }
        return examples().get(index);
    }

    /** All inputs, in order. */
    default List<X> inputs() {
        return examples().stream().map(Example::input).toList();
    }

    /** All targets, in order. */
    default List<Y> targets() {
        return examples().stream().map(Example::target).toList();
    }

    /** Each example replaced by another, at once. */
    default <A, B> Dataset<A, B> map(Function<? super Example<X, Y>, Example<A, B>> replace) {
        return of(name(), examples().stream().<Example<A, B>>map(replace).toList());
    }

    /** Each input replaced; targets and sources stay. */
    default <Z> Dataset<Z, Y> mapInputs(Function<? super X, ? extends Z> replace) {
        return map(e -> e.withInput(replace.apply(e.input())));
    }

    /** Each target replaced; inputs and sources stay. */
    default <Z> Dataset<X, Z> mapTargets(Function<? super Y, ? extends Z> replace) {
        return map(e -> e.withTarget(replace.apply(e.target())));
    }

    /** The examples at these indices, in the order of the indices. */
    default Dataset<X, Y> subset(String name, int... indices) {
        return of(name, IntStream.of(indices).mapToObj(this::get).toList());
    }

    /** The first examples, at most that many. */
    default Dataset<X, Y> head(int most) {
        return of(name(), examples().subList(0, Math.max(0, Math.min(most, size()))));
    }

    /** The same examples under another name. */
    default Dataset<X, Y> named(String other) {
        return of(other, examples());
    }

    @Override
    default Iterator<Example<X, Y>> iterator() {
        return examples().iterator();
    }
}
