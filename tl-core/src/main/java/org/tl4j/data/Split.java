// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

/**
 * Data to learn from and data held out to judge by. Both parts keep the order of the whole. The same data and seed give
 * the same split on every platform.
 *
 * @param train to learn from
 * @param heldOut to validate or test with
 * @param <X> kind of input
 * @param <Y> kind of target
 */
public record Split<X, Y>(Dataset<X, Y> train, Dataset<X, Y> heldOut) {
    /**
     * A split in which every label has its share in both parts.
     *
     * <p>Where every example has one label, each label's count differs from its exact share by less than 1, except that
     * a label with at least two examples is in both parts, and one with a single example is in {@code train}. Where
     * examples have several labels, they are dealt out by iterative stratification: Konstantinos Sechidis, Grigorios
     * Tsoumakas, Ioannis Vlahavas, "On the Stratification of Multi-label Data", ECML PKDD 2011.
     *
     * @param fraction of the examples to hold out, between 0 and 1
     * @param labels the labels of a target: {@code List::of} where the target is the label, identity where it is a list
     */
    public static <X, Y> Split<X, Y> stratified(
            Dataset<X, Y> data, double fraction, long seed, Function<? super Y, ? extends Collection<String>> labels) {
        checkFraction(data, fraction);
        List<Dataset<X, Y>> parts = parts(data, List.of(1 - fraction, fraction), seed, labels);
        return new Split<>(
                parts.get(0).named(data.name() + " (train)"), parts.get(1).named(data.name() + " (held out)"));
    }

    /** A split that looks at nothing but the seed. */
    public static <X, Y> Split<X, Y> random(Dataset<X, Y> data, double fraction, long seed) {
        return stratified(data, fraction, seed, y -> List.of());
    }

    /** The last examples held out, for data in the order of time. */
    public static <X, Y> Split<X, Y> last(Dataset<X, Y> data, double fraction) {
        checkFraction(data, fraction);
        int cut = data.size() - (int) Math.min(data.size() - 1, Math.max(1, Math.round(data.size() * fraction)));
        return new Split<>(
                data.subset(data.name() + " (train)", IntStream.range(0, cut).toArray()),
                data.subset(
                        data.name() + " (held out)",
                        IntStream.range(cut, data.size()).toArray()));
    }

    /**
     * Any number of parts, each with its share of every label as in {@link #stratified}: train, validation and test,
     * say. A label with fewer examples than there are parts is in the first ones.
     *
     * @param fractions of the parts; they sum to 1
     */
    public static <X, Y> List<Dataset<X, Y>> parts(
            Dataset<X, Y> data,
            List<Double> fractions,
            long seed,
            Function<? super Y, ? extends Collection<String>> labels) {
        for (double f : fractions) {
            Checks.positive("fraction", f);
        }
        double sum = fractions.stream().mapToDouble(Double::doubleValue).sum();
        if (Math.abs(sum - 1) > 1e-9) {
            throw new InvalidArgumentException(
                    "The fractions of a split do not make a whole.",
                    fractions + ", sum " + sum,
                    "fractions that sum to 1",
                    "change the fractions");
        }
        checkSize(data, fractions.size());
        int[] part = Strata.assign(labelsOf(data, labels), fractions, seed, true);
        return IntStream.range(0, fractions.size())
                .mapToObj(p -> data.subset(data.name() + " (part " + (p + 1) + ")", members(part, p, true)))
                .toList();
    }

    /**
     * Folds for cross-validation: {@code k} splits whose held-out parts are disjoint, cover the data, and have their
     * share of every label.
     */
    public static <X, Y> List<Split<X, Y>> folds(
            Dataset<X, Y> data, int k, long seed, Function<? super Y, ? extends Collection<String>> labels) {
        if (k < 2) {
            throw new InvalidArgumentException(
                    "Cross-validation needs folds.", "k = " + k, "at least 2", "use 5 or 10 folds");
        }
        checkSize(data, k);
        List<Double> fractions = Collections.nCopies(k, 1.0 / k);
        int[] part = Strata.assign(labelsOf(data, labels), fractions, seed, false);
        List<Split<X, Y>> folds = new ArrayList<>();
        for (int p = 0; p < k; p++) {
            String name = data.name() + " (fold " + (p + 1) + " of " + k;
            folds.add(new Split<>(
                    data.subset(name + ", train)", members(part, p, false)),
                    data.subset(name + ", held out)", members(part, p, true))));
        }
        return List.copyOf(folds);
    }

    /**
     * The split that a column of the data prescribes: rows of {@code train} to learn from; held out are the rows of
     * {@code test}, or where there are none those of {@code validation}, {@code valid}, {@code val} or {@code dev}.
     * Other rows are in neither part.
     *
     * @param column the cell of each example, in order
     */
    public static <X, Y> Split<X, Y> byColumn(Dataset<X, Y> data, List<String> column) {
        Map<String, Dataset<X, Y>> byValue = byValue(data, column);
        Optional<Dataset<X, Y>> train = first(byValue, Set.of("train", "training"));
        Optional<Dataset<X, Y>> heldOut = first(byValue, Set.of("test", "testing"))
                .or(() -> first(byValue, Set.of("validation", "valid", "val", "dev")));
        if (train.isEmpty() || heldOut.isEmpty()) {
            throw new InvalidDataException(
                    "The split column of '" + data.name() + "' does not name two parts.",
                    "the values " + byValue.keySet(),
                    "'train', and 'test' or 'validation'",
                    "rename the values, or split by a fraction");
        }
        return new Split<>(train.get(), heldOut.get());
    }

    /** One data set for each value of a column, folded to lower case, in the order of first occurrence. */
    public static <X, Y> Map<String, Dataset<X, Y>> byValue(Dataset<X, Y> data, List<String> column) {
        if (column.size() != data.size()) {
            throw new InvalidArgumentException(
                    "A split column does not have one cell an example.",
                    column.size() + " cells",
                    data.size() + " examples in '" + data.name() + "'",
                    "read column and examples from the same rows");
        }
        Map<String, List<Example<X, Y>>> rows = new LinkedHashMap<>();
        for (int i = 0; i < column.size(); i++) {
            rows.computeIfAbsent(column.get(i).strip().toLowerCase(Locale.ROOT), v -> new ArrayList<>())
                    .add(data.get(i));
        }
        Map<String, Dataset<X, Y>> parts = new LinkedHashMap<>();
        rows.forEach((value, some) -> parts.put(value, Dataset.of(data.name() + " (" + value + ")", some)));
        return Collections.unmodifiableMap(parts);
    }

    /**
     * The parts that a column of the data prescribes, by their names ({@link #partName}).
     *
     * @param column the cell of each example, in order
     * @throws InvalidDataException if two words stand for one part
     */
    public static <X, Y> Map<String, Dataset<X, Y>> prescribed(Dataset<X, Y> data, List<String> column) {
        Map<String, Dataset<X, Y>> parts = new LinkedHashMap<>();
        byValue(data, column).forEach((value, some) -> {
            String part = partName(value);
            if (parts.put(part, some) != null) {
                throw new InvalidDataException(
                        "The split column of '" + data.name() + "' names one part in two ways.",
                        "'" + value + "' and another word for '" + part + "'",
                        "train, validation and test",
                        "rename the values");
            }
        });
        return parts;
    }

    /** {@code train}, {@code validation} or {@code test} for a word that people use for it; another one as it is. */
    public static String partName(String word) {
        String folded = word.strip().toLowerCase(Locale.ROOT);
        return switch (folded) {
            case "training" -> "train";
            case "valid", "val", "dev" -> "validation";
            case "testing" -> "test";
            default -> folded;
        };
    }

    private static <X, Y> Optional<Dataset<X, Y>> first(Map<String, Dataset<X, Y>> byValue, Set<String> names) {
        return byValue.entrySet().stream()
                .filter(e -> names.contains(e.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static <X, Y> List<Collection<String>> labelsOf(
            Dataset<X, Y> data, Function<? super Y, ? extends Collection<String>> labels) {
        return data.examples().stream()
                .<Collection<String>>map(e -> labels.apply(e.target()))
                .toList();
    }

    private static int[] members(int[] part, int wanted, boolean inside) {
        return IntStream.range(0, part.length)
                .filter(i -> (part[i] == wanted) == inside)
                .toArray();
    }

    private static void checkFraction(Dataset<?, ?> data, double fraction) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new InvalidArgumentException(
                    "'" + data.name() + "' cannot be split by this fraction.",
                    "fraction = " + fraction,
                    "a number above 0 and below 1",
                    "hold out 0.2, say");
        }
        checkSize(data, 2);
    }

    private static void checkSize(Dataset<?, ?> data, int parts) {
        if (data.size() < parts) {
            throw new InvalidDataException(
                    "'" + data.name() + "' is too small to be split.",
                    data.size() + (data.size() == 1 ? " example" : " examples"),
                    "at least " + parts + ", one for each part",
                    "add data, or ask for fewer parts");
        }
    }
}
