// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Example;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/**
 * Random views of an image together with its mask: whatever happens to a pixel's place happens to its class. Each view
 * is resampled once, the image bilinearly and the mask to the nearest class; what lies beyond the border is mirrored.
 *
 * <p>Elastic deformation is that of Olaf Ronneberger et al., "U-Net", MICCAI 2015, <a
 * href="https://arxiv.org/abs/1505.04597">arXiv:1505.04597</a>, section 3.1: displacements on a coarse grid of 3 x 3
 * drawn from a normal distribution, cubic interpolation between them.
 *
 * @param crop height and width of the view in pixels; 0 keeps those of the image
 * @param flipHorizontal whether left and right are swapped in half of the views
 * @param flipVertical whether up and down are swapped in half of the views
 * @param rightAngles whether views are turned by 0, 90, 180 or 270 degrees
 * @param rotate largest further turn in degrees, either way
 * @param minScale smallest enlargement
 * @param maxScale largest enlargement
 * @param elastic standard deviation of displacements in pixels; the paper has 10
 * @param brightness largest change of brightness and of contrast, as a part; of the image alone
 */
public record PairedAugmentation(
        int crop,
        boolean flipHorizontal,
        boolean flipVertical,
        boolean rightAngles,
        double rotate,
        double minScale,
        double maxScale,
        double elastic,
        double brightness)
        implements Augmentation<ImageSource, MaskSource> {
    private static final int GRID = 3;
    private static final List<String> KEYS = List.of("crop", "flip", "rotate", "scale", "elastic", "brightness");

    /** Checks the ranges. */
    public PairedAugmentation {
        Checks.notNegative("crop", crop);
        Checks.between("rotate", rotate, 0, 180);
        Checks.between("scale", minScale, 0.1, 10);
        Checks.between("scale", maxScale, minScale, 10);
        Checks.between("elastic", elastic, 0, 1000);
        Checks.between("brightness", brightness, 0, 1);
    }

    /** Flips left and right in half of the views, nothing else. */
    public static PairedAugmentation flips() {
        return new PairedAugmentation(0, true, false, false, 0, 1, 1, 0, 0);
    }

    /**
     * What fits pictures that have no upright, such as those of a microscope: flips, right angles, elastic by 10
     * pixels.
     */
    public static PairedAugmentation microscopy(int crop) {
        return new PairedAugmentation(crop, true, true, true, 0, 0.9, 1.1, 10, 0.1);
    }

    /**
     * By the settings of the command line: {@code crop} (pixels), {@code flip} ({@code none}, {@code horizontal},
     * {@code both}), {@code rotate} (degrees, or {@code right-angles}), {@code scale} ({@code 0.75:1.5}),
     * {@code elastic} (pixels), {@code brightness} (a part).
     */
    public static PairedAugmentation of(Config c) {
        c.keys().stream().filter(k -> !KEYS.contains(k)).findFirst().ifPresent(k -> {
            throw new UnknownNameException("augmentation of images with masks", k, KEYS, "choose some of these");
        });
        String flip = c.text("flip", "none");
        if (!List.of("none", "horizontal", "both").contains(flip)) {
            throw new UnknownNameException("flip", flip, List.of("none", "horizontal", "both"), "choose one of these");
        }
        String turn = c.text("rotate", "0");
        boolean rightAngles = turn.equals("right-angles");
        String[] scales = c.text("scale", "1").split(":", -1);
        return new PairedAugmentation(
                (int) number("crop", c.text("crop", "0")),
                !flip.equals("none"),
                flip.equals("both"),
                rightAngles,
                rightAngles ? 0 : number("rotate", turn),
                number("scale", scales[0]),
                number("scale", scales[scales.length - 1]),
                number("elastic", c.text("elastic", "0")),
                number("brightness", c.text("brightness", "0")));
    }

    /** By the settings of the command line as one text: {@code crop=256,flip=both,elastic=10}. */
    public static PairedAugmentation parse(String changes) {
        Config c = Config.empty();
        for (String change : changes.split(",", -1)) {
            String[] parts = change.strip().split("=", 2);
            if (parts.length != 2) {
                throw new InvalidArgumentException(
                        "An augmentation of images with masks has no value.",
                        change,
                        "NAME=VALUE, with a name of " + KEYS,
                        "write, say, crop=256,flip=both");
            }
            c = c.with(parts[0].strip(), parts[1].strip());
        }
        return of(c);
    }

    private static double number(String key, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new InvalidArgumentException(
                    "An augmentation is no number.", key + " = " + text, "a number", "correct '" + key + "'", e);
        }
    }

    @Override
    public Example<ImageSource, MaskSource> apply(Example<ImageSource, MaskSource> example, SplittableRandom random) {
        Image image = example.input().read();
        Mask mask = example.target().read();
        requireSameSize(example.input().name(), image, example.target().name(), mask);
        View view = view(image.width(), image.height(), random);
        return new Example<>(
                ImageSource.of(example.input().name(), view.of(image, lookUp(random))),
                MaskSource.of(example.target().name(), view.of(mask)),
                example.source());
    }

    /** Refuses a mask of another size than its image. */
    public static void requireSameSize(String imageName, Image image, String maskName, Mask mask) {
        if (image.width() != mask.width() || image.height() != mask.height()) {
            throw new InvalidDataException(
                    "Mask '" + maskName + "' has another size than its image '" + imageName + "'.",
                    mask.width() + "x" + mask.height() + " pixels",
                    image.width() + "x" + image.height() + " pixels, as the image has",
                    "export the mask in the size of the image");
        }
    }

    /** What brightness each value of a pixel becomes. */
    private byte[] lookUp(SplittableRandom random) {
        double gain = 1 + brightness * (2 * random.nextDouble() - 1);
        double shift = 255 * brightness * (2 * random.nextDouble() - 1);
        byte[] table = new byte[256];
        for (int v = 0; v < 256; v++) {
            double changed = (v - 127.5) * gain + 127.5 + shift;
            table[v] = (byte) (int) Math.max(0, Math.min(255, Math.rint(brightness == 0 ? v : changed)));
        }
        return table;
    }

    /** Draws where each pixel of the view comes from. */
    private View view(int width, int height, SplittableRandom random) {
        int w = crop == 0 ? width : crop;
        int h = crop == 0 ? height : crop;
        double scale = minScale * StrictMath.pow(maxScale / minScale, random.nextDouble());
        int quarters = rightAngles ? random.nextInt(4) : 0;
        double angle = StrictMath.toRadians(rotate * (2 * random.nextDouble() - 1));
        boolean mirrorX = flipHorizontal && random.nextBoolean();
        boolean mirrorY = flipVertical && random.nextBoolean();
        // The step in the image for one pixel to the right and one down in the view.
        double cos = rotate == 0 ? 1 : StrictMath.cos(angle);
        double sin = rotate == 0 ? 0 : StrictMath.sin(angle);
        double[] right = turned(new double[] {cos / scale, sin / scale}, quarters);
        double[] down = turned(new double[] {-sin / scale, cos / scale}, quarters);
        if (mirrorX) {
            right = new double[] {-right[0], -right[1]};
        }
        if (mirrorY) {
            down = new double[] {-down[0], -down[1]};
        }
        // How far the view reaches, so that its middle is drawn among those that keep it inside where it can be.
        double reachX = (Math.abs(right[0]) * w + Math.abs(down[0]) * h) / 2;
        double reachY = (Math.abs(right[1]) * w + Math.abs(down[1]) * h) / 2;
        double middleX = middle(width, reachX, random.nextDouble());
        double middleY = middle(height, reachY, random.nextDouble());
        double startX = middleX - right[0] * (w - 1) / 2.0 - down[0] * (h - 1) / 2.0 - 0.5;
        double startY = middleY - right[1] * (w - 1) / 2.0 - down[1] * (h - 1) / 2.0 - 0.5;
        if (isWhole(right) && isWhole(down)) {
            startX = Math.rint(startX);
            startY = Math.rint(startY);
        }
        return new View(w, h, startX, startY, right, down, grid(random), grid(random));
    }

    private static double middle(int length, double reach, double where) {
        return length <= 2 * reach ? length / 2.0 : reach + where * (length - 2 * reach);
    }

    private static boolean isWhole(double[] step) {
        return step[0] == Math.rint(step[0]) && step[1] == Math.rint(step[1]);
    }

    private static double[] turned(double[] step, int quarters) {
        double[] out = step;
        for (int i = 0; i < quarters; i++) {
            out = new double[] {-out[1], out[0]};
        }
        return out;
    }

    private double[] grid(SplittableRandom random) {
        double[] grid = new double[GRID * GRID];
        for (int i = 0; i < grid.length; i++) {
            // Irwin and Hall: twelve uniform numbers are nearly normal, and the same bits everywhere.
            double sum = -6;
            for (int k = 0; k < 12; k++) {
                sum += random.nextDouble();
            }
            grid[i] = elastic * sum;
        }
        return grid;
    }

    /** Where each pixel of a view comes from. */
    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record View(
            int width,
            int height,
            double startX,
            double startY,
            double[] right,
            double[] down,
            double[] gridX,
            double[] gridY) {
        Image of(Image image, byte[] table) {
            byte[] in = image.pixels();
            byte[] out = new byte[3 * width * height];
            double[][] moves = moves();
            int columns = image.width();
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int p = y * width + x;
                    double sx = startX + x * right[0] + y * down[0] + moves[0][p];
                    double sy = startY + x * right[1] + y * down[1] + moves[1][p];
                    int x0 = (int) Math.floor(sx);
                    int y0 = (int) Math.floor(sy);
                    double fx = sx - x0;
                    double fy = sy - y0;
                    int left = mirrored(x0, columns);
                    int next = mirrored(x0 + 1, columns);
                    int upper = mirrored(y0, image.height()) * columns;
                    int lower = mirrored(y0 + 1, image.height()) * columns;
                    for (int c = 0; c < 3; c++) {
                        double a = in[3 * (upper + left) + c] & 0xff;
                        double b = in[3 * (upper + next) + c] & 0xff;
                        double d = in[3 * (lower + left) + c] & 0xff;
                        double e = in[3 * (lower + next) + c] & 0xff;
                        double above = a + fx * (b - a);
                        double below = d + fx * (e - d);
                        out[3 * p + c] = table[(int) Math.rint(above + fy * (below - above))];
                    }
                }
            }
            return Image.over(width, height, out);
        }

        Mask of(Mask mask) {
            short[] in = mask.pixels();
            short[] out = new short[width * height];
            double[][] moves = moves();
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int p = y * width + x;
                    double sx = startX + x * right[0] + y * down[0] + moves[0][p];
                    double sy = startY + x * right[1] + y * down[1] + moves[1][p];
                    int column = mirrored((int) Math.rint(sx), mask.width());
                    out[p] = in[mirrored((int) Math.rint(sy), mask.height()) * mask.width() + column];
                }
            }
            return Mask.over(width, height, out);
        }

        /** The displacements of every pixel; all 0 where nothing is deformed. */
        private double[][] moves() {
            return new double[][] {spread(gridX), spread(gridY)};
        }

        private double[] spread(double[] grid) {
            double[] out = new double[width * height];
            boolean isStill = true;
            for (double g : grid) {
                isStill &= g == 0;
            }
            if (isStill) {
                return out;
            }
            for (int y = 0; y < height; y++) {
                double v = height == 1 ? 0 : (GRID - 1.0) * y / (height - 1);
                for (int x = 0; x < width; x++) {
                    double u = width == 1 ? 0 : (GRID - 1.0) * x / (width - 1);
                    out[y * width + x] = cubic(grid, u, v);
                }
            }
            return out;
        }

        /** Keys's cubic convolution, a = -1/2; beyond the grid its edge goes on. */
        private static double cubic(double[] grid, double u, double v) {
            int i = Math.min((int) u, GRID - 2);
            int j = Math.min((int) v, GRID - 2);
            double sum = 0;
            for (int b = -1; b < 3; b++) {
                double row = 0;
                int y = Math.max(0, Math.min(GRID - 1, j + b));
                for (int a = -1; a < 3; a++) {
                    int x = Math.max(0, Math.min(GRID - 1, i + a));
                    row += Resampling.BICUBIC.weight(u - i - a) * grid[y * GRID + x];
                }
                sum += Resampling.BICUBIC.weight(v - j - b) * row;
            }
            return sum;
        }

        /** The pixel that is seen at a place, also beyond the border, where the image is mirrored. */
        private static int mirrored(int place, int length) {
            int period = 2 * length;
            int p = Math.floorMod(place, period);
            return p < length ? p : period - 1 - p;
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "paired[crop=%d, flip=%s%s, right angles=%s, rotate=%s, scale=%s:%s, elastic=%s, brightness=%s]",
                crop,
                flipHorizontal ? "h" : "",
                flipVertical ? "v" : "",
                rightAngles,
                rotate,
                minScale,
                maxScale,
                elastic,
                brightness);
    }
}
