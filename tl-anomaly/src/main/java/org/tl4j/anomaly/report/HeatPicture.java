// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.AtomicFile;

/** An image in grey as a network sees it, cut and scaled, red where its places are strange. */
public final class HeatPicture {
    private static final int SHORTEST = 320;

    private HeatPicture() {}

    /**
     * Writes a PNG, whole or not at all.
     *
     * @param pixels {@code f32[3, H, W]} or {@code f32[1, H, W]}, of any scale
     * @param places how strange each place is, row by row; as many rows to columns as the image has
     * @param threshold what is below stays grey; where it is infinite, half of the strangest place
     */
    public static void write(HostTensor pixels, List<Float> places, double threshold, Path file) {
        int height = pixels.shape().rank() == 3 ? (int) pixels.shape().size(1) : 0;
        int width = height == 0 ? 0 : (int) pixels.shape().size(2);
        int rows = (int) Math.round(Math.sqrt(places.size() * (double) height / Math.max(1, width)));
        if (rows == 0 || places.size() % rows != 0) {
            throw new ShapeMismatchException(
                    "The places are not those of the image.",
                    places.size() + " places, an image " + pixels.type(),
                    "rows times columns of an image f32[3, H, W]",
                    "explain images whose sides the network halves evenly");
        }
        int columns = places.size() / rows;
        double most = places.stream().mapToDouble(Float::doubleValue).max().orElse(0);
        double calm = Double.isFinite(threshold) ? threshold : most / 2;
        // So that an image with nothing above the threshold stays pale.
        double span = Math.max(most - calm, 0.25 * Math.abs(calm) + 1e-12);
        float[] values = pixels.toFloats();
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (float v : values) {
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        int scale = Math.max(1, (SHORTEST + Math.min(width, height) - 1) / Math.min(width, height));
        BufferedImage sheet = new BufferedImage(scale * width, scale * height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < scale * height; y++) {
            for (int x = 0; x < scale * width; x++) {
                double grey = 0;
                int channels = (int) pixels.shape().size(0);
                for (int c = 0; c < channels; c++) {
                    grey += values[(c * height + y / scale) * width + x / scale] / channels;
                }
                double base = 30 + 190 * (grey - low) / Math.max(1e-12, high - low);
                double at = between(
                        places,
                        rows,
                        columns,
                        (y + 0.5) / (scale * height) * rows - 0.5,
                        (x + 0.5) / (scale * width) * columns - 0.5);
                double hot = 0.8 * Math.max(0, Math.min(1, (at - calm) / span));
                int red = (int) Math.round(base * (1 - hot) + 235 * hot);
                int other = (int) Math.round(base * (1 - hot) + 20 * hot);
                sheet.setRGB(x, y, red << 16 | other << 8 | other);
            }
        }
        AtomicFile.replace(file, part -> {
            if (!ImageIO.write(sheet, "png", part.toFile())) {
                throw new IOException("this Java platform writes no PNG");
            }
        });
    }

    /** Bilinear; beyond the outermost places as at them. */
    private static double between(List<Float> places, int rows, int columns, double row, double column) {
        double r = Math.max(0, Math.min(rows - 1, row));
        double c = Math.max(0, Math.min(columns - 1, column));
        int top = (int) r;
        int left = (int) c;
        int bottom = Math.min(rows - 1, top + 1);
        int right = Math.min(columns - 1, left + 1);
        double down = r - top;
        double across = c - left;
        return (1 - down)
                        * ((1 - across) * places.get(top * columns + left) + across * places.get(top * columns + right))
                + down
                        * ((1 - across) * places.get(bottom * columns + left)
                                + across * places.get(bottom * columns + right));
    }
}
