// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tl4j.error.Checks;
import org.tl4j.model.Classification;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Resampling;

/**
 * What an answer hangs on: parts of the image are covered one after another, and where the log-odds of the label fall,
 * the model looked. Needs nothing of the model but its answers, and so works for every one that is served.
 *
 * <p>Matthew Zeiler, Rob Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, <a
 * href="https://arxiv.org/abs/1311.2901">arXiv:1311.2901</a>, section 4.2. The cover has the image's mean colour and is
 * two cells wide; a cell's value is the mean over the covers that lie on it.
 */
public final class OcclusionMap {
    private static final int BATCH = 16;
    private static final int LONGEST = 512;

    /** Falls of less than that stay pale, even where none is larger: nothing in particular was looked at. */
    private static final double LEAST = 0.5;

    private final Image image;
    private final String label;
    private final double probability;
    private final double[][] drops;

    private OcclusionMap(Image image, String label, double probability, double[][] drops) {
        this.image = image;
        this.label = label;
        this.probability = probability;
        this.drops = drops;
    }

    /**
     * Asks a model about an image that is covered in many ways.
     *
     * @param model the answers to images, in their order
     * @param cells along the longer side; 14 is fine enough for most
     */
    public static OcclusionMap of(
            ImageSource source, Function<List<ImageSource>, List<Classification>> model, int cells) {
        Checks.positive("cells", cells);
        Image image = source.read();
        Classification answer =
                model.apply(List.of(ImageSource.of(source.name(), image))).get(0);
        String label = answer.best().label();
        double cell = Math.max(1, Math.max(image.width(), image.height()) / (double) cells);
        int columns = (int) Math.max(1, Math.round(image.width() / cell));
        int rows = (int) Math.max(1, Math.round(image.height() / cell));
        byte[] mean = mean(image);
        double[][] sums = new double[rows][columns];
        int[][] covers = new int[rows][columns];
        List<int[]> places = new ArrayList<>();
        for (int row = -1; row < rows; row++) {
            for (int column = -1; column < columns; column++) {
                places.add(new int[] {row, column});
            }
        }
        for (int from = 0; from < places.size(); from += BATCH) {
            List<int[]> some = places.subList(from, Math.min(places.size(), from + BATCH));
            List<ImageSource> covered = some.stream()
                    .map(p -> ImageSource.of(source.name(), covered(image, p[0], p[1], rows, columns, mean)))
                    .toList();
            List<Classification> answers = model.apply(covered);
            for (int i = 0; i < some.size(); i++) {
                double drop =
                        logOdds(answer.score(label)) - logOdds(answers.get(i).score(label));
                for (int row = Math.max(0, some.get(i)[0]); row < Math.min(rows, some.get(i)[0] + 2); row++) {
                    for (int column = Math.max(0, some.get(i)[1]);
                            column < Math.min(columns, some.get(i)[1] + 2);
                            column++) {
                        sums[row][column] += drop;
                        covers[row][column]++;
                    }
                }
            }
        }
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                sums[row][column] /= covers[row][column];
            }
        }
        return new OcclusionMap(image, label, answer.score(label), sums);
    }

    /** What a sure answer hangs on shows here, too, where probabilities stay near 1. */
    private static double logOdds(double probability) {
        double p = Math.max(1e-7, Math.min(1 - 1e-7, probability));
        return Math.log(p / (1 - p));
    }

    private static byte[] mean(Image image) {
        long[] sums = new long[3];
        var bytes = image.bytes();
        for (int i = 0; bytes.hasRemaining(); i++) {
            sums[i % 3] += bytes.get() & 0xff;
        }
        long pixels = (long) image.width() * image.height();
        return new byte[] {(byte) (sums[0] / pixels), (byte) (sums[1] / pixels), (byte) (sums[2] / pixels)};
    }

    private static Image covered(Image image, int row, int column, int rows, int columns, byte[] colour) {
        byte[] rgb = new byte[image.bytes().remaining()];
        image.bytes().get(rgb);
        int top = Math.max(0, row) * image.height() / rows;
        int bottom = Math.min(rows, row + 2) * image.height() / rows;
        int left = Math.max(0, column) * image.width() / columns;
        int right = Math.min(columns, column + 2) * image.width() / columns;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                System.arraycopy(colour, 0, rgb, 3 * (y * image.width() + x), 3);
            }
        }
        return Image.of(image.width(), image.height(), rgb);
    }

    /** The label that was answered. */
    public String label() {
        return label;
    }

    /** Its probability for the image as it is. */
    public double probability() {
        return probability;
    }

    /**
     * How much the log-odds of the label, {@code log(p / (1 - p))}, fell where a cell was covered, by row from the top
     * and column from the left.
     */
    public double drop(int row, int column) {
        return drops[row][column];
    }

    /** Cells from top to bottom. */
    public int rows() {
        return drops.length;
    }

    /** Cells from left to right. */
    public int columns() {
        return drops[0].length;
    }

    /** Writes the image in grey as PNG, red where covering it makes the answer less probable. */
    public void write(Path file) {
        double scale = Math.min(1, LONGEST / (double) Math.max(image.width(), image.height()));
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        Image small = image.resize(width, height, Resampling.BILINEAR);
        Image heat = heat(width, height);
        byte[] out = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = small.rgb(x, y);
                int grey = ((rgb >> 16) * 299 + (rgb >> 8 & 0xff) * 587 + (rgb & 0xff) * 114) / 1000;
                double hot = (heat.rgb(x, y) & 0xff) / 255.0;
                int at = 3 * (y * width + x);
                double base = 0.25 * 255 + 0.6 * grey;
                out[at] = (byte) Math.round(base * (1 - 0.75 * hot) + 230 * 0.75 * hot);
                out[at + 1] = (byte) Math.round(base * (1 - 0.75 * hot) + 60 * hot * (1 - hot));
                out[at + 2] = (byte) Math.round(base * (1 - 0.75 * hot));
            }
        }
        new Drawing(width, height).image(Image.of(width, height, out), 0, 0).write(file);
    }

    /** Drops as brightness, the largest white, falls below nothing black, smooth between cells. */
    private Image heat(int width, int height) {
        double most = LEAST;
        for (double[] row : drops) {
            for (double d : row) {
                most = Math.max(most, d);
            }
        }
        byte[] cells = new byte[3 * rows() * columns()];
        for (int row = 0; row < rows(); row++) {
            for (int column = 0; column < columns(); column++) {
                byte v = (byte) Math.round(255 * Math.max(0, drops[row][column]) / most);
                java.util.Arrays.fill(cells, 3 * (row * columns() + column), 3 * (row * columns() + column + 1), v);
            }
        }
        return Image.of(columns(), rows(), cells).resize(width, height, Resampling.BILINEAR);
    }
}
