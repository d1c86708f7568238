// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import java.awt.Color;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.tl4j.error.ShapeMismatchException;

/**
 * A confusion matrix as a picture: a row for each true label, a column for each answer, darker where more of the row's
 * examples are; the diagonal is blue, mistakes are red.
 */
public final class ConfusionPicture {
    private static final int MARGIN = 16;
    private static final int LETTERS = 130;
    private static final int TEXT = 12;
    private static final Color INK = new Color(0x222222);

    /** Beyond that many classes there is no room for numbers. */
    private static final int NUMBERED = 40;

    private ConfusionPicture() {}

    /**
     * Writes a matrix as PNG.
     *
     * @param counts by true label, then by answer
     * @throws ShapeMismatchException if there is not one row and column for each label
     */
    public static void write(List<String> labels, long[][] counts, Path file) {
        int n = labels.size();
        if (counts.length != n || Arrays.stream(counts).anyMatch(row -> row.length != n)) {
            throw new ShapeMismatchException(
                    "A confusion matrix does not fit its labels.",
                    counts.length + " rows",
                    n + " rows of " + n + " counts",
                    "give a row and a column for each label");
        }
        int cell = n <= 12 ? 44 : n <= NUMBERED ? 30 : Math.max(4, 1200 / n);
        boolean hasLabels = cell >= TEXT;
        int longest = labels.stream().mapToInt(String::length).max().orElse(0);
        int letters = hasLabels ? Math.min(LETTERS, 20 + 8 * longest) : 0;
        int side = letters + n * cell;
        Drawing sheet = new Drawing(Math.max(240, side + 2 * MARGIN), side + 2 * MARGIN + 2 * TEXT);
        int left = MARGIN + letters;
        int top = MARGIN + letters + 2 * TEXT;
        sheet.text("rows: true label; columns: answer", INK, TEXT, MARGIN, MARGIN, Math.max(220, side));
        for (int t = 0; t < n; t++) {
            long total = Arrays.stream(counts[t]).sum();
            if (hasLabels) {
                sheet.text(labels.get(t), INK, TEXT, MARGIN, top + t * cell + cell / 2, letters - 8);
                sheet.upwards(labels.get(t), INK, TEXT, left + t * cell + cell / 2, top - 6, letters - 8);
            }
            for (int a = 0; a < n; a++) {
                double share = total == 0 ? 0 : counts[t][a] / (double) total;
                Color colour = shade(t == a, share);
                sheet.fill(colour, left + a * cell, top + t * cell, cell - 1, cell - 1);
                if (counts[t][a] > 0 && n <= NUMBERED) {
                    Color number = share > 0.55 ? Color.WHITE : INK;
                    int x = left + a * cell + cell / 2;
                    sheet.centred(Long.toString(counts[t][a]), number, TEXT, x, top + t * cell + cell / 2, cell);
                }
            }
        }
        sheet.write(file);
    }

    /** White where there is nothing; a single mistake among many can still be told from none. */
    private static Color shade(boolean isRight, double share) {
        double strength = share == 0 ? 0.04 : 0.12 + 0.88 * share;
        int[] full = isRight ? new int[] {0x12, 0x4e, 0x8c} : new int[] {0xb3, 0x1b, 0x1b};
        return new Color(mixed(full[0], strength), mixed(full[1], strength), mixed(full[2], strength));
    }

    private static int mixed(int full, double strength) {
        return (int) Math.round(255 + (full - 255) * strength);
    }
}
