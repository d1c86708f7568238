// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.recsys.dataset.InteractionMatrix;

/** Vectors of items that an earlier model learned, by name. */
public final class ItemFactors {
    private final List<String> names;
    private final float[] values;
    private final int width;

    private ItemFactors(List<String> names, float[] values, int width) {
        this.names = names;
        this.values = values;
        this.width = width;
    }

    /**
     * Vectors by name.
     *
     * @param values {@code [names, F]} row by row; kept as they are
     */
    public static ItemFactors of(List<String> names, float[] values) {
        if (names.isEmpty() || values.length % names.size() != 0 || values.length == 0) {
            throw new InvalidArgumentException(
                    "These are no vectors of items.",
                    values.length + " numbers for " + names.size() + " items",
                    "equally many for each item",
                    "give the factors of the model that the names are from");
        }
        return new ItemFactors(List.copyOf(names), values.clone(), values.length / names.size());
    }

    /** F. */
    public int width() {
        return width;
    }

    /**
     * The vectors in the order of other names.
     *
     * @param order the names of {@code I} items
     * @param to {@code [I, F]} row by row, in which the vectors of known items are written
     * @return the places of the items that are not known
     */
    int[] into(List<String> order, float[] to) {
        Map<String, Integer> own = InteractionMatrix.numbers(names);
        List<Integer> fresh = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            Integer at = own.get(order.get(i));
            if (at == null) {
                fresh.add(i);
            } else {
                System.arraycopy(values, at * width, to, i * width, width);
            }
        }
        return fresh.stream().mapToInt(Integer::intValue).toArray();
    }
}
