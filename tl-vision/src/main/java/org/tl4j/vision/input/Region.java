// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.InvalidDataException;

/**
 * Pixels of one class, as COCO writes them: within polygons, or in runs. Immutable.
 *
 * <p>Tsung-Yi Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, <a
 * href="https://arxiv.org/abs/1405.0312">arXiv:1405.0312</a>. Pixels agree with those of COCO's own
 * {@code pycocotools}.
 */
public final class Region implements Fingerprint.Part {
    private final int classIndex;
    private final double[][] rings;
    private final int[] runs;

    private Region(int classIndex, double[][] rings, int[] runs) {
        this.classIndex = classIndex;
        this.rings = rings;
        this.runs = runs;
    }

    /**
     * What lies in one polygon or another.
     *
     * @param polygons {@code x1, y1, x2, y2 ...} each, in pixels; pixel {@code (0, 0)} spans {@code [0, 1] x [0, 1]}
     * @throws InvalidDataException if one has less than three corners, half a corner, or a corner that is no number
     */
    public static Region polygons(int classIndex, List<List<Double>> polygons) {
        double[][] rings = new double[polygons.size()][];
        for (int i = 0; i < rings.length; i++) {
            rings[i] = polygons.get(i).stream().mapToDouble(Double::doubleValue).toArray();
            boolean isFinite = Arrays.stream(rings[i]).allMatch(Double::isFinite);
            if (rings[i].length < 6 || rings[i].length % 2 != 0 || !isFinite) {
                throw new InvalidDataException(
                        "A polygon has no area.",
                        isFinite ? rings[i].length + " coordinates" : "a coordinate that is no number",
                        "x and y of at least 3 corners",
                        "correct the annotation, or remove it");
            }
        }
        return new Region(classIndex, rings, new int[0]);
    }

    /**
     * What lies in every second run.
     *
     * @param counts lengths of runs down the columns, from left to right: first of pixels outside, then inside, then
     *     outside ...
     */
    public static Region runs(int classIndex, List<Integer> counts) {
        return new Region(
                classIndex,
                new double[0][],
                counts.stream().mapToInt(Integer::intValue).toArray());
    }

    /**
     * As {@link #runs(int, List)}, in COCO's compressed text: numbers in groups of 5 bits, lowest first, each in a
     * character from {@code '0'} with a sixth bit that says that more follow; from the third number on, the difference
     * to the one before the last.
     */
    public static Region runs(int classIndex, String compressed) {
        int[] counts = new int[compressed.length()];
        int n = 0;
        int at = 0;
        while (at < compressed.length()) {
            int value = 0;
            int shift = 0;
            int group = 0x20;
            while ((group & 0x20) != 0) {
                if (at == compressed.length() || shift > 30) {
                    throw badText(compressed, "it ends within a number");
                }
                group = compressed.charAt(at++) - '0';
                if (group < 0 || group > 0x3f) {
                    throw badText(compressed, "character '" + compressed.charAt(at - 1) + "'");
                }
                value |= (group & 0x1f) << shift;
                shift += 5;
            }
            if ((group & 0x10) != 0 && shift < 32) {
                value |= -1 << shift;
            }
            counts[n] = value + (n > 2 ? counts[n - 2] : 0);
            n++;
        }
        return new Region(classIndex, new double[0][], Arrays.copyOf(counts, n));
    }

    private static InvalidDataException badText(String compressed, String found) {
        return new InvalidDataException(
                "Runs of a mask are not COCO's compressed text.",
                found + " in '" + compressed.substring(0, Math.min(20, compressed.length())) + "'",
                "characters from '0' to 'o'",
                "correct the annotation, or remove it");
    }

    /** The class of the pixels. */
    public int classIndex() {
        return classIndex;
    }

    /** Gives the pixels of the region its class, in {@code [height, width]}. */
    void paint(short[] classes, int width, int height) {
        if (rings.length == 0) {
            paintRuns(classes, runs, width, height);
        }
        for (double[] ring : rings) {
            paintRuns(classes, new PolygonRuns(ring, width, height).counts(), width, height);
        }
    }

    private void paintRuns(short[] classes, int[] counts, int width, int height) {
        long total = 0;
        for (int c : counts) {
            total = c < 0 ? Long.MIN_VALUE : total + c;
        }
        if (total != (long) width * height) {
            throw new InvalidDataException(
                    "Runs of a mask do not fill its image.",
                    total < 0 ? "a run of negative length" : total + " pixels",
                    (long) width * height + " for " + width + "x" + height,
                    "correct the annotation, or remove it");
        }
        int at = 0;
        for (int i = 0; i < counts.length; i++) {
            for (int end = at + counts[i]; at < end; at++) {
                if (i % 2 == 1) {
                    classes[at % height * width + at / height] = (short) classIndex;
                }
            }
        }
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(classIndex).add(runs).add(rings.length);
        for (double[] ring : rings) {
            fingerprint.add(ring);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Region r
                && classIndex == r.classIndex
                && Arrays.deepEquals(rings, r.rings)
                && Arrays.equals(runs, r.runs);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * classIndex + Arrays.deepHashCode(rings)) + Arrays.hashCode(runs);
    }
}
