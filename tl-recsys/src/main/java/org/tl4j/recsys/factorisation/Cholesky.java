// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import org.tl4j.error.InvalidDataException;

/**
 * Symmetric positive definite systems, on arrays that the caller keeps: {@code a} is row-major, {@code n} by {@code n}.
 */
final class Cholesky {
    private Cholesky() {}

    /** Replaces the lower triangle of {@code a} by that of L, {@code a = L L^T}. */
    static void factor(double[] a, int n) {
        for (int i = 0; i < n; i++) {
            int row = i * n;
            for (int j = 0; j <= i; j++) {
                int other = j * n;
                // Four sums, so that one does not wait for the other.
                double s0 = 0;
                double s1 = 0;
                double s2 = 0;
                double s3 = 0;
                int k = 0;
                for (; k + 3 < j; k += 4) {
                    s0 += a[row + k] * a[other + k];
                    s1 += a[row + k + 1] * a[other + k + 1];
                    s2 += a[row + k + 2] * a[other + k + 2];
                    s3 += a[row + k + 3] * a[other + k + 3];
                }
                for (; k < j; k++) {
                    s0 += a[row + k] * a[other + k];
                }
                double sum = a[row + j] - (s0 + s1 + (s2 + s3));
                if (i != j) {
                    a[row + j] = sum / a[other + j];
                } else if (sum > 0) {
                    a[row + i] = Math.sqrt(sum);
                } else {
                    throw new InvalidDataException(
                            "Factors cannot be solved for: the system is singular.",
                            "a pivot of " + sum + " in row " + i,
                            "positive pivots",
                            "raise the regularisation");
                }
            }
        }
    }

    /** Replaces {@code b} by the solution of {@code L L^T x = b}. */
    static void solve(double[] l, int n, double[] b) {
        for (int i = 0; i < n; i++) {
            double sum = b[i];
            for (int k = 0; k < i; k++) {
                sum -= l[i * n + k] * b[k];
            }
            b[i] = sum / l[i * n + i];
        }
        for (int i = n - 1; i >= 0; i--) {
            double x = b[i] / l[i * n + i];
            b[i] = x;
            for (int k = 0; k < i; k++) {
                b[k] -= l[i * n + k] * x;
            }
        }
    }
}
