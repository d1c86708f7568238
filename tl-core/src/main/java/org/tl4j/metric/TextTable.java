// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import java.util.ArrayList;
import java.util.List;

/** A table in plain characters: the first column to the left, the others to the right. */
public final class TextTable {
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with this head. */
    public TextTable(String... head) {
        rows.add(List.of(head));
    }

    /** Adds a row; cells that are left off are empty. */
    public TextTable row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** The lines, without an end of line after the last. */
    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int c = 0; c < row.size(); c++) {
                widths[c] = Math.max(widths[c], width(row.get(c)));
            }
        }
        StringBuilder out = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < row.size(); c++) {
                String gap = " ".repeat(widths[c] - width(row.get(c)));
                line.append(c == 0 ? row.get(c) + gap : "  " + gap + row.get(c));
            }
            out.append(out.length() == 0 ? "" : "\n").append(line.toString().stripTrailing());
        }
        return out.toString();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
