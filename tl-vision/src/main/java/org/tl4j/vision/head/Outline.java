// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.tl4j.vision.input.Mask;

/**
 * Connected pixels of one class, by the rings that enclose them. Corners lie between pixels: pixel {@code (0, 0)} spans
 * {@code [0, 1] x [0, 1]}.
 *
 * @param classIndex of the pixels
 * @param pixels how many there are
 * @param outer the ring around all of them, clockwise as one sees it
 * @param holes rings around pixels of other classes inside, counter-clockwise
 * @param start a pixel of the region, {@code y * width + x}
 */
public record Outline(int classIndex, int pixels, List<Corner> outer, List<List<Corner>> holes, int start) {
    /** Keeps copies. */
    public Outline {
        outer = List.copyOf(outer);
        holes = List.copyOf(holes);
    }

    /** A place between pixels. */
    public record Corner(int x, int y) {}

    // Directions in which a side runs: right, down, left, up. The region lies on its right-hand side.
    private static final int[] DX = {1, 0, -1, 0};
    private static final int[] DY = {0, 1, 0, -1};

    /** The outlines of all regions, in the order of their first pixels row by row. */
    static List<Outline> of(Mask mask) {
        int w = mask.width();
        int h = mask.height();
        int[] classes = mask.stream().toArray();
        int[] region = new int[w * h];
        Arrays.fill(region, -1);
        List<int[]> regions = new ArrayList<>(); // class, pixels, start
        Deque<Integer> open = new ArrayDeque<>();
        for (int p = 0; p < region.length; p++) {
            if (region[p] < 0) {
                int id = regions.size();
                region[p] = id;
                open.add(p);
                int pixels = 0;
                while (!open.isEmpty()) {
                    int q = open.remove();
                    pixels++;
                    for (int d = 0; d < 4; d++) {
                        int x = q % w + DX[d];
                        int y = q / w + DY[d];
                        int r = y * w + x;
                        if (x >= 0 && y >= 0 && x < w && y < h && region[r] < 0 && classes[r] == classes[q]) {
                            region[r] = id;
                            open.add(r);
                        }
                    }
                }
                regions.add(new int[] {classes[p], pixels, p});
            }
        }
        List<List<List<Corner>>> rings = rings(region, regions.size(), w, h);
        List<Outline> outlines = new ArrayList<>();
        for (int id = 0; id < regions.size(); id++) {
            int[] r = regions.get(id);
            // The side above a region's first pixel belongs to its outer ring, which is therefore the first.
            List<List<Corner>> own = rings.get(id);
            outlines.add(new Outline(r[0], r[1], own.get(0), own.subList(1, own.size()), r[2]));
        }
        return outlines;
    }

    /** The closed rings of every region, found side by side from the upper left. */
    private static List<List<List<Corner>>> rings(int[] region, int count, int w, int h) {
        List<List<List<Corner>>> rings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rings.add(new ArrayList<>());
        }
        // A ring that was followed has passed above these pixels.
        boolean[] done = new boolean[w * h];
        for (int p = 0; p < region.length; p++) {
            int id = region[p];
            if (!done[p] && at(region, w, h, p % w, p / w - 1) != id) {
                rings.get(id).add(followed(region, done, p, w, h));
            }
        }
        return rings;
    }

    /** The ring that runs along the upper side of a pixel, to the right. */
    private static List<Corner> followed(int[] region, boolean[] done, int first, int w, int h) {
        int id = region[first];
        int startX = first % w;
        int startY = first / w;
        List<Corner> corners = new ArrayList<>();
        int x = startX;
        int y = startY;
        int direction = 0;
        do {
            if (direction == 0) {
                done[y * w + x] = true;
            }
            int nextX = x + DX[direction];
            int nextY = y + DY[direction];
            // The two pixels ahead, on the right and on the left of the way.
            boolean right = inside(region, w, h, id, nextX, nextY, direction, true);
            boolean left = inside(region, w, h, id, nextX, nextY, direction, false);
            // Pixels that touch at a corner alone are not connected: a way that could go on both ways turns right.
            int turned = !right ? (direction + 1) % 4 : left ? (direction + 3) % 4 : direction;
            if (turned != direction) {
                corners.add(new Corner(nextX, nextY));
            }
            x = nextX;
            y = nextY;
            direction = turned;
        } while (x != startX || y != startY || direction != 0);
        return corners;
    }

    private static boolean inside(int[] region, int w, int h, int id, int x, int y, int direction, boolean onRight) {
        // The pixels around the corner (x, y) that lie ahead of somebody who goes in this direction.
        int px = switch (direction) {
            case 0 -> x;
            case 1 -> onRight ? x - 1 : x;
            case 2 -> x - 1;
            default -> onRight ? x : x - 1;
        };
        int py = switch (direction) {
            case 0 -> onRight ? y : y - 1;
            case 1 -> y;
            case 2 -> onRight ? y - 1 : y;
            default -> y - 1;
        };
        return at(region, w, h, px, py) == id;
    }

    private static int at(int[] region, int w, int h, int x, int y) {
        return x < 0 || y < 0 || x >= w || y >= h ? -1 : region[y * w + x];
    }

    /** Left, top, width and height of the smallest box around it. */
    public List<Integer> box() {
        int left = outer.stream().mapToInt(Corner::x).min().orElse(0);
        int top = outer.stream().mapToInt(Corner::y).min().orElse(0);
        int right = outer.stream().mapToInt(Corner::x).max().orElse(0);
        int bottom = outer.stream().mapToInt(Corner::y).max().orElse(0);
        return List.of(left, top, right - left, bottom - top);
    }

    /** The region in COCO's runs: down the columns, first of pixels outside, then inside, then outside ... */
    List<Integer> runs(Mask mask) {
        int w = mask.width();
        int h = mask.height();
        boolean[] own = new boolean[w * h];
        Deque<Integer> open = new ArrayDeque<>(List.of(start));
        own[start] = true;
        while (!open.isEmpty()) {
            int q = open.remove();
            for (int d = 0; d < 4; d++) {
                int x = q % w + DX[d];
                int y = q / w + DY[d];
                if (x >= 0 && y >= 0 && x < w && y < h && !own[y * w + x] && mask.at(x, y) == classIndex) {
                    own[y * w + x] = true;
                    open.add(y * w + x);
                }
            }
        }
        List<Integer> runs = new ArrayList<>();
        boolean isInside = false;
        int length = 0;
        for (int p = 0; p < w * h; p++) {
            boolean is = own[p % h * w + p / h];
            if (is != isInside) {
                runs.add(length);
                length = 0;
                isInside = is;
            }
            length++;
        }
        runs.add(length);
        return runs;
    }
}
