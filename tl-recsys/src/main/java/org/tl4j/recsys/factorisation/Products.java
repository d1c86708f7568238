// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.util.Arrays;

/**
 * Products of small matrices in singles, shaped so that the compiler keeps sums in registers (dot products of two rows
 * with four) or runs along a row of many columns. A fused multiply-add rounds once, on every platform the same.
 */
final class Products {
    private static final int COLUMNS = 4;

    private Products() {}

    /** Some rows of {@code [n, f]} as columns: {@code [f, count]}. */
    static float[] transposed(float[] y, int from, int count, int f) {
        float[] t = new float[f * count];
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < f; k++) {
                t[k * count + i] = y[(from + i) * f + k];
            }
        }
        return t;
    }

    /**
     * The lower triangle of {@code T T^T}.
     *
     * @param t {@code [n, length]}
     * @param out {@code [n, n]}; what stands right of the diagonal is not written
     */
    static void lower(float[] t, int n, int length, double[] out) {
        int[] at = new int[n];
        for (int i = 0; i < n; i++) {
            at[i] = i * length;
        }
        lower(t, t, at, length, out);
    }

    /**
     * The lower triangle of {@code A B^T}, which is symmetric.
     *
     * @param at where each of n rows begins, in both
     * @param length of a row
     * @param out {@code [n, n]}; what stands right of the diagonal is not written
     */
    static void lower(float[] a, float[] b, int[] at, int length, double[] out) {
        int n = at.length;
        for (int i = 0; i < n; i += 2) {
            int second = Math.min(i + 1, n - 1);
            for (int j = 0; j <= second; j += COLUMNS) {
                int last = n - 1;
                int j1 = Math.min(j + 1, last);
                int j2 = Math.min(j + 2, last);
                int j3 = Math.min(j + 3, last);
                eight(a, at[i], at[second], b, at[j], at[j1], at[j2], at[j3], length, out, n, i, j);
            }
        }
    }

    private static void eight(
            float[] a,
            int a0,
            int a1,
            float[] b,
            int b0,
            int b1,
            int b2,
            int b3,
            int length,
            double[] out,
            int n,
            int i,
            int j) {
        float s00 = 0;
        float s01 = 0;
        float s02 = 0;
        float s03 = 0;
        float s10 = 0;
        float s11 = 0;
        float s12 = 0;
        float s13 = 0;
        for (int k = 0; k < length; k++) {
            float x0 = a[a0 + k];
            float x1 = a[a1 + k];
            float y0 = b[b0 + k];
            float y1 = b[b1 + k];
            float y2 = b[b2 + k];
            float y3 = b[b3 + k];
            s00 = Math.fma(x0, y0, s00);
            s01 = Math.fma(x0, y1, s01);
            s02 = Math.fma(x0, y2, s02);
            s03 = Math.fma(x0, y3, s03);
            s10 = Math.fma(x1, y0, s10);
            s11 = Math.fma(x1, y1, s11);
            s12 = Math.fma(x1, y2, s12);
            s13 = Math.fma(x1, y3, s13);
        }
        put(out, n, i, j, s00, s01, s02, s03);
        if (i + 1 < n) {
            put(out, n, i + 1, j, s10, s11, s12, s13);
        }
    }

    private static void put(double[] out, int n, int i, int j, float v0, float v1, float v2, float v3) {
        int count = Math.min(COLUMNS, i + 1 - j);
        int to = i * n + j;
        if (count > 0) {
            out[to] = v0;
        }
        if (count > 1) {
            out[to + 1] = v1;
        }
        if (count > 2) {
            out[to + 2] = v2;
        }
        if (count > 3) {
            out[to + 3] = v3;
        }
    }

    /**
     * Rows times a symmetric matrix.
     *
     * @param columns the rows as columns, {@code [f, count]}
     * @param matrix {@code [f, f]}
     * @param out {@code [.., f]}, of which {@code count} rows from {@code first} on are written
     */
    static void times(float[] columns, float[] matrix, int f, int count, float[] out, int first) {
        float[] line = new float[count];
        for (int a = 0; a < f; a++) {
            Arrays.fill(line, 0);
            int k = 0;
            for (; k + COLUMNS <= f; k += COLUMNS) {
                addFour(columns, k * count, count, matrix, a * f + k, line);
            }
            for (; k < f; k++) {
                float m = matrix[a * f + k];
                for (int i = 0; i < count; i++) {
                    line[i] += m * columns[k * count + i];
                }
            }
            for (int i = 0; i < count; i++) {
                out[(first + i) * f + a] = line[i];
            }
        }
    }

    private static void addFour(float[] columns, int from, int count, float[] matrix, int at, float[] line) {
        float m0 = matrix[at];
        float m1 = matrix[at + 1];
        float m2 = matrix[at + 2];
        float m3 = matrix[at + 3];
        int c1 = from + count;
        int c2 = c1 + count;
        int c3 = c2 + count;
        for (int i = 0; i < count; i++) {
            line[i] += m0 * columns[from + i] + m1 * columns[c1 + i] + m2 * columns[c2 + i] + m3 * columns[c3 + i];
        }
    }
}
