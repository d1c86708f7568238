// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;

/** The names of classes and their indices from 0. Immutable; equal when the names are equal and in the same order. */
public final class LabelMap implements Iterable<String> {
    private static final Comparator<String> BY_NUMBER =
            Comparator.<String, BigInteger>comparing(BigInteger::new).thenComparing(Comparator.naturalOrder());

    private final List<String> names;
    private final Map<String, Integer> indices;

    private LabelMap(Collection<String> names) {
        this.names = List.copyOf(names);
        this.indices = new HashMap<>();
        for (String name : this.names) {
            Integer before = indices.putIfAbsent(name, indices.size());
            if (before != null) {
                throw new InvalidArgumentException(
                        "A label is listed twice.",
                        "'" + name + "' in " + this.names,
                        "every label once",
                        "remove the second '" + name + "'");
            }
        }
    }

    /** These names, in this order. */
    public static LabelMap of(List<String> names) {
        return new LabelMap(names);
    }

    /** These names, in this order. */
    public static LabelMap of(String... names) {
        return new LabelMap(List.of(names));
    }

    /**
     * The names that occur, sorted: by value if all are whole numbers, otherwise by character code, as Python and
     * scikit-learn sort them. Names are trimmed of nothing and folded in nothing.
     */
    public static LabelMap fromData(Iterable<String> labels) {
        Set<String> sorted = new TreeSet<>(LabelMap::byCodePoint);
        labels.forEach(sorted::add);
        if (!sorted.isEmpty() && sorted.stream().allMatch(s -> s.matches("[+-]?\\d+"))) {
            Set<String> numbers = new TreeSet<>(BY_NUMBER);
            numbers.addAll(sorted);
            return new LabelMap(numbers);
        }
        return new LabelMap(sorted);
    }

    /** As {@link #fromData(Iterable)}, where an example has any number of labels. */
    public static LabelMap fromLists(Iterable<? extends Collection<String>> labels) {
        Set<String> all = new TreeSet<>();
        labels.forEach(all::addAll);
        return fromData(all);
    }

    /** All names by index. */
    public List<String> names() {
        return names;
    }

    /** Number of classes. */
    public int size() {
        return names.size();
    }

    /** Whether the label has an index. */
    public boolean contains(String label) {
        return indices.containsKey(label);
    }

    /** The name at an index from 0. */
    public String name(int index) {
        if (index < 0 || index >= names.size()) {
            throw new InvalidArgumentException(
                    "No label has this index.",
                    "index " + index,
                    "an index from 0 to " + (names.size() - 1),
                    "check that the model and its labels belong together");
        }
        return names.get(index);
    }

    /** The index of a label from 0. */
    public int index(String label) {
        Integer index = indices.get(label);
        if (index == null) {
            throw new UnknownNameException("label", label, names, "correct the label, or train with data that have it");
        }
        return index;
    }

    /** The index of a label that was read at {@code source}, which the refusal of an unknown one names. */
    public int index(String label, String source) {
        Integer index = indices.get(label);
        if (index == null) {
            List<String> near = UnknownNameException.nearest(label, names, 3);
            throw new InvalidDataException(
                    "A label is not among those that the model learns.",
                    "'" + label + "' at " + source,
                    (near.isEmpty() ? "" : "perhaps " + String.join(", ", near) + ", ") + "one of " + brief(),
                    "correct the label, remove the row, or add training data that have it");
        }
        return index;
    }

    @Override
    public Iterator<String> iterator() {
        return names.iterator();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelMap map && names.equals(map.names);
    }

    @Override
    public int hashCode() {
        return names.hashCode();
    }

    @Override
    public String toString() {
        return brief();
    }

    private String brief() {
        return names.size() <= 12 ? names.toString() : names.size() + " labels: " + names.subList(0, 10) + " ...";
    }

    private static int byCodePoint(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        if (i == a.length() || i == b.length()) {
            return a.length() - b.length();
        }
        // Two halves of different characters compare by the characters, as UTF-8 does; surrogates sort last.
        char p = a.charAt(i);
        char q = b.charAt(i);
        boolean pHigh = Character.isSurrogate(p);
        boolean qHigh = Character.isSurrogate(q);
        return pHigh == qHigh ? p - q : pHigh ? 1 : -1;
    }
}
