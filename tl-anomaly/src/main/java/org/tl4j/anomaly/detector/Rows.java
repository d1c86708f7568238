// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** What every family asks of its rows, and constants of doubles. */
final class Rows {
    private Rows() {}

    /** Refuses rows that nothing can be learned from; gives their width. */
    static int requireLearnable(float[][] rows) {
        if (rows.length < 2) {
            throw new InvalidDataException(
                    "There are too few rows to learn what is normal.",
                    rows.length == 1 ? "1 row" : rows.length + " rows",
                    "at least 2, better some hundred",
                    "add data, or look at --setting: semi-supervised learns from rows that are labelled normal only");
        }
        int width = rows[0].length;
        if (width == 0) {
            throw new InvalidDataException(
                    "Rows without columns cannot be told apart.", "0 columns", "at least 1", "add columns");
        }
        requireFinite(rows, width);
        if (IntStream.range(1, rows.length).allMatch(i -> Arrays.equals(rows[i], rows[0]))) {
            throw new InvalidDataException(
                    "All rows are equal: there is no scale by which another row could be strange.",
                    rows.length + " rows like " + brief(rows[0]),
                    "rows that differ in at least one column",
                    "check the file, and whether the right columns were read");
        }
        return width;
    }

    /** Refuses rows of another width, and values that are no numbers. */
    static void requireFinite(float[][] rows, int width) {
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != width) {
                throw new ShapeMismatchException(
                        "Row " + (i + 1) + " has another width.",
                        rows[i].length + " columns",
                        width + " columns",
                        "give the columns that the detector was fitted to");
            }
            for (int j = 0; j < width; j++) {
                if (!Float.isFinite(rows[i][j])) {
                    throw new InvalidDataException(
                            "Row " + (i + 1) + " holds a value that is no finite number.",
                            rows[i][j] + " in column " + (j + 1),
                            "a finite number",
                            "fill missing values, or leave the row away");
                }
            }
        }
    }

    private static String brief(float[] row) {
        return row.length <= 6
                ? Arrays.toString(row)
                : Arrays.toString(Arrays.copyOf(row, 6)).replace("]", ", ...]");
    }

    /** A tensor of doubles. */
    static HostTensor doubles(double[] values, long... shape) {
        ByteBuffer b = HostTensor.allocate(DType.F64, values.length);
        for (int i = 0; i < values.length; i++) {
            b.putDouble(8 * i, values[i]);
        }
        return HostTensor.of(DType.F64, Shape.of(shape), b);
    }

    /** Rows one after another, {@code f32[n, F]}. */
    static HostTensor tensor(float[][] rows) {
        int width = rows[0].length;
        float[] flat = new float[Math.multiplyExact(rows.length, width)];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * width, width);
        }
        return HostTensor.of(flat, rows.length, width);
    }

    /** Some of the rows. */
    static float[][] at(float[][] rows, int... indices) {
        return IntStream.of(indices).mapToObj(i -> rows[i]).toArray(float[][]::new);
    }
}
