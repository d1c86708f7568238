// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.UnknownNameException;

/** Interactions by number: a sparse matrix of users and items in compressed rows, each row's items ascending. */
public final class InteractionMatrix {
    private final int columns;
    private final int[] begin;
    private final int[] items;
    private final float[] values;

    private InteractionMatrix(int columns, int[] begin, int[] items, float[] values) {
        this.columns = columns;
        this.begin = begin;
        this.items = items;
        this.values = values;
    }

    /** The names of users in the order of their first interaction: a user's number is the place here. */
    public static List<String> users(Iterable<History> histories) {
        Map<String, Integer> known = new LinkedHashMap<>();
        histories.forEach(h -> known.putIfAbsent(h.user(), known.size()));
        return List.copyOf(known.keySet());
    }

    /** The names of items in the order of their first interaction. */
    public static List<String> items(Iterable<History> histories) {
        Map<String, Integer> known = new LinkedHashMap<>();
        histories.forEach(h -> h.interactions().forEach(i -> known.putIfAbsent(i.item(), known.size())));
        return List.copyOf(known.keySet());
    }

    /** The number of each name. */
    public static Map<String, Integer> numbers(List<String> names) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        names.forEach(n -> numbers.put(n, numbers.size()));
        return numbers;
    }

    /**
     * The ratings of histories.
     *
     * @throws UnknownNameException if a user or an item is not among those named
     */
    public static InteractionMatrix of(Iterable<History> histories, List<String> users, List<String> items) {
        Map<String, Integer> user = numbers(users);
        Map<String, Integer> item = numbers(items);
        List<int[]> places = new ArrayList<>();
        List<Float> ratings = new ArrayList<>();
        for (History h : histories) {
            int u = number("user", h.user(), user);
            for (Interaction i : h.interactions()) {
                places.add(new int[] {u, number("item", i.item(), item)});
                ratings.add(i.rating());
            }
        }
        int[] begin = new int[users.size() + 1];
        for (int[] p : places) {
            begin[p[0] + 1]++;
        }
        for (int u = 0; u < users.size(); u++) {
            begin[u + 1] += begin[u];
        }
        int[] next = Arrays.copyOf(begin, users.size());
        long[] keys = new long[places.size()];
        for (int k = 0; k < keys.length; k++) {
            int[] p = places.get(k);
            keys[next[p[0]]++] = (long) p[1] << 32 | k;
        }
        int[] columns = new int[keys.length];
        float[] values = new float[keys.length];
        for (int u = 0; u < users.size(); u++) {
            Arrays.sort(keys, begin[u], begin[u + 1]);
            for (int k = begin[u]; k < begin[u + 1]; k++) {
                columns[k] = (int) (keys[k] >>> 32);
                values[k] = ratings.get((int) keys[k]);
            }
        }
        return new InteractionMatrix(items.size(), begin, columns, values);
    }

    private static int number(String kind, String name, Map<String, Integer> numbers) {
        Integer found = numbers.get(name);
        if (found == null) {
            throw new UnknownNameException(kind, name, numbers.keySet(), "give one that was learned from");
        }
        return found;
    }

    /**
     * A matrix in compressed rows.
     *
     * @param columns how many there are
     * @param begin where each row begins, and the end of the last
     * @param items the column of each entry, ascending within a row
     * @param values of the entries
     */
    public static InteractionMatrix of(int columns, int[] begin, int[] items, float[] values) {
        return new InteractionMatrix(columns, begin.clone(), items.clone(), values.clone());
    }

    /** Users, or whatever the rows are. */
    public int rows() {
        return begin.length - 1;
    }

    /** Items, or whatever the columns are. */
    public int columns() {
        return columns;
    }

    /** Entries. */
    public int size() {
        return items.length;
    }

    /** Where a row's entries begin; those of row {@code rows()} are the end. */
    public int begin(int row) {
        return begin[row];
    }

    /** The column of an entry. */
    public int item(int entry) {
        return items[entry];
    }

    /** The value of an entry. */
    public float value(int entry) {
        return values[entry];
    }

    /** Entries of a row. */
    public int length(int row) {
        return begin[row + 1] - begin[row];
    }

    /** Whether a row has an entry in a column. */
    public boolean has(int row, int column) {
        return Arrays.binarySearch(items, begin[row], begin[row + 1], column) >= 0;
    }

    /** The same entries with rows and columns exchanged; columns ascending within a row, too. */
    public InteractionMatrix transposed() {
        int[] start = new int[columns + 1];
        for (int item : items) {
            start[item + 1]++;
        }
        for (int i = 0; i < columns; i++) {
            start[i + 1] += start[i];
        }
        int[] next = Arrays.copyOf(start, columns);
        int[] other = new int[items.length];
        float[] value = new float[items.length];
        for (int u = 0; u < rows(); u++) {
            for (int k = begin[u]; k < begin[u + 1]; k++) {
                int at = next[items[k]]++;
                other[at] = u;
                value[at] = values[k];
            }
        }
        return new InteractionMatrix(rows(), start, other, value);
    }

    /** How many rows have an entry in each column. */
    public int[] counts() {
        int[] counts = new int[columns];
        for (int item : items) {
            counts[item]++;
        }
        return counts;
    }

    /** The mean of all values. */
    public double mean() {
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        return sum / values.length;
    }

    /** The row of each entry. */
    public int[] owners() {
        int[] owners = new int[size()];
        for (int row = 0; row < rows(); row++) {
            Arrays.fill(owners, begin(row), begin(row + 1), row);
        }
        return owners;
    }
}
