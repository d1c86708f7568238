// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import java.util.ArrayList;
import java.util.List;

/** Scores in order, to which more are added: sorted blocks, of which none grows large. */
final class RankedScores {
    private static final int MOST = 1024;

    private static final class Block {
        double[] values = new double[MOST];
        int size;

        /** How many values are below, or not above. */
        int count(double value, boolean andEqual) {
            int low = 0;
            int high = size;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (values[middle] < value || andEqual && values[middle] == value) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }

    private final List<Block> blocks = new ArrayList<>();
    private long size;

    RankedScores() {
        blocks.add(new Block());
    }

    long size() {
        return size;
    }

    long below(double value) {
        return count(value, false);
    }

    long above(double value) {
        return size - count(value, true);
    }

    private long count(double value, boolean andEqual) {
        long count = 0;
        for (Block b : blocks) {
            int own = b.count(value, andEqual);
            count += own;
            if (own < b.size) {
                break;
            }
        }
        return count;
    }

    void add(double value) {
        int at = 0;
        while (at + 1 < blocks.size()
                && blocks.get(at).values[blocks.get(at).size - 1] < value
                && blocks.get(at + 1).values[0] <= value) {
            at++;
        }
        Block block = blocks.get(at);
        int place = block.count(value, true);
        System.arraycopy(block.values, place, block.values, place + 1, block.size - place);
        block.values[place] = value;
        block.size++;
        size++;
        if (block.size == MOST) {
            Block half = new Block();
            half.size = MOST / 2;
            System.arraycopy(block.values, MOST / 2, half.values, 0, MOST / 2);
            block.size = MOST / 2;
            blocks.add(at + 1, half);
        }
    }
}
