// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Arrays;

/**
 * The pixels in a polygon as runs down the columns, to the pixel as COCO's {@code pycocotools} finds them: the outline
 * is drawn on a grid five times as fine, and where it crosses the middle of a column, inside and outside change places.
 */
final class PolygonRuns {
    private static final int FINE = 5;

    private final int width;
    private final int height;
    private final int[] changes;
    private int count;

    PolygonRuns(double[] ring, int width, int height) {
        this.width = width;
        this.height = height;
        int corners = ring.length / 2;
        int[] x = new int[corners + 1];
        int[] y = new int[corners + 1];
        for (int i = 0; i <= corners; i++) {
            x[i] = fine(ring[2 * (i % corners)]);
            y[i] = fine(ring[2 * (i % corners) + 1]);
        }
        int points = 0;
        for (int i = 0; i < corners; i++) {
            points += Math.max(Math.abs(x[i + 1] - x[i]), Math.abs(y[i + 1] - y[i])) + 1;
        }
        int[] u = new int[points];
        int[] v = new int[points];
        int n = 0;
        for (int i = 0; i < corners; i++) {
            n = edge(x[i], y[i], x[i + 1], y[i + 1], u, v, n);
        }
        this.changes = new int[points + 1];
        for (int i = 1; i < n; i++) {
            if (u[i] != u[i - 1]) {
                cross(u[i - 1], v[i - 1], u[i], v[i]);
            }
        }
        changes[count++] = width * height;
        Arrays.sort(changes, 0, count);
    }

    private static int fine(double coordinate) {
        return (int) (FINE * coordinate + 0.5);
    }

    /** Appends the points of an edge; along its longer axis there is one a step. */
    private static int edge(int xs, int ys, int xe, int ye, int[] u, int[] v, int n) {
        int dx = Math.abs(xe - xs);
        int dy = Math.abs(ye - ys);
        boolean isFlat = dx >= dy;
        // Always computed from the same end, so that an edge has the same points in both directions.
        boolean isBackwards = isFlat ? xs > xe : ys > ye;
        int x0 = isBackwards ? xe : xs;
        int y0 = isBackwards ? ye : ys;
        int rise = isFlat ? (isBackwards ? ys - ye : ye - ys) : (isBackwards ? xs - xe : xe - xs);
        int length = Math.max(dx, dy);
        double slope = (double) rise / length;
        int next = n;
        for (int d = 0; d <= length; d++) {
            int t = isBackwards ? length - d : d;
            // An edge without length has no slope; its one point is the corner itself.
            int across = (int) ((isFlat ? y0 : x0) + (length == 0 ? 0 : slope * t) + 0.5);
            u[next] = isFlat ? x0 + t : across;
            v[next++] = isFlat ? across : y0 + t;
        }
        return next;
    }

    /** Notes a change where a step of the outline crosses the middle of a column of pixels. */
    private void cross(int u0, int v0, int u1, int v1) {
        double column = ((u1 < u0 ? u1 : u1 - 1) + 0.5) / FINE - 0.5;
        if (Math.floor(column) != column || column < 0 || column > width - 1) {
            return;
        }
        double row = Math.ceil(Math.max(0, Math.min(height, (Math.min(v1, v0) + 0.5) / FINE - 0.5)));
        changes[count++] = ((int) column) * height + (int) row;
    }

    /** Lengths of the runs, outside first. */
    int[] counts() {
        int[] counts = new int[count];
        int from = 0;
        for (int i = 0; i < count; i++) {
            counts[i] = changes[i] - from;
            from = changes[i];
        }
        return counts;
    }
}
