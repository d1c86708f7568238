// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.metric;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.metric.Estimate;

/**
 * How good the first {@code k} items are that users were recommended, against the items that they turned to later.
 * Figures are means over users with intervals over users; definitions are those of trec_eval.
 *
 * <ul>
 *   <li>{@code hitRate@k}: share of users of whom at least one item was found ({@code success_k});
 *   <li>{@code ndcg@k}: sum of {@code 1 / log2(1 + rank)} over those found, over the largest such sum there could be
 *       ({@code ndcg_cut_k});
 *   <li>{@code recall@k}: share of the user's items that were found ({@code recall_k});
 *   <li>{@code map@k}: sum of the precision at the rank of each item found, over the number of the user's items
 *       ({@code map_cut_k});
 *   <li>{@code coverage@k}: share of all items that somebody was recommended.
 * </ul>
 */
public final class RankedItems {
    private final int k;
    private final int items;
    private final BitSet shown = new BitSet();
    private final Sums ndcg = new Sums();
    private final Sums recall = new Sums();
    private final Sums precision = new Sums();
    private long users;
    private long hits;

    /**
     * Nothing counted yet.
     *
     * @param k how many items of each ranking count
     * @param items how many there are in all
     */
    public RankedItems(int k, int items) {
        this.k = Checks.positive("k", k);
        this.items = Checks.positive("items", items);
    }

    private static final class Sums {
        private double sum;
        private double squares;

        void add(double value) {
            sum += value;
            squares += value * value;
        }

        Estimate mean(long n) {
            Estimate e = Estimate.mean(sum, squares, n);
            return n == 0 ? e : new Estimate(e.value(), Math.max(0, e.low()), Math.min(1, e.high()));
        }
    }

    /**
     * Counts a user.
     *
     * @param ranking numbers of items, the best first, each once; what stands behind place {@code k} does not count
     * @param relevant the items to find, at least one
     */
    public void add(int[] ranking, Set<Integer> relevant) {
        int found = 0;
        double gain = 0;
        double precisions = 0;
        Set<Integer> seen = new LinkedHashSet<>();
        for (int rank = 1; rank <= Math.min(k, ranking.length); rank++) {
            int item = ranking[rank - 1];
            shown.set(item);
            if (relevant.contains(item) && seen.add(item)) {
                found++;
                gain += discount(rank);
                precisions += (double) found / rank;
            }
        }
        double best = 0;
        for (int rank = 1; rank <= Math.min(k, relevant.size()); rank++) {
            best += discount(rank);
        }
        users++;
        hits += found > 0 ? 1 : 0;
        ndcg.add(gain / best);
        recall.add((double) found / relevant.size());
        precision.add(precisions / relevant.size());
    }

    private static double discount(int rank) {
        return Math.log(2) / Math.log(1.0 + rank);
    }

    /** Users counted. */
    public long users() {
        return users;
    }

    /** The figures by name. */
    public Map<String, Estimate> metrics() {
        Map<String, Estimate> all = new LinkedHashMap<>();
        double share = (double) shown.cardinality() / items;
        all.put("hitRate@" + k, Estimate.share(hits, users));
        all.put("ndcg@" + k, ndcg.mean(users));
        all.put("recall@" + k, recall.mean(users));
        all.put("map@" + k, precision.mean(users));
        all.put("coverage@" + k, new Estimate(share, share, share));
        return all;
    }
}
