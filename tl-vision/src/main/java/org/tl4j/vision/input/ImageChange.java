// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;

/**
 * A random change of an image that leaves its meaning, as torchvision defines it; what a change does once its numbers
 * are drawn is torchvision's on Pillow images to the bit. Equal generators give equal images.
 */
public sealed interface ImageChange {
    /** The image changed; {@code frame} is what it will be seen in, for changes that cut it out. */
    Image apply(Image image, Frame frame, SplittableRandom random);

    /** Whether the change fills the frame by itself, so that no other cut is made before. */
    default boolean isCut() {
        return false;
    }

    /**
     * What a network sees of an image.
     *
     * @param width in pixels
     * @param height in pixels
     * @param resampling how images are resized to it
     */
    record Frame(int width, int height, Resampling resampling) {}

    /**
     * A part of random size and shape, resized to the frame: {@code RandomResizedCrop}, from Szegedy et al., "Going
     * Deeper with Convolutions", <a href="https://arxiv.org/abs/1409.4842">arXiv:1409.4842</a>.
     *
     * @param smallest share of the area, 0.08 for ImageNet
     * @param largest share of the area
     * @param narrowest width over height, 3/4 usually
     * @param widest width over height, 4/3 usually
     */
    record ResizedCrop(double smallest, double largest, double narrowest, double widest) implements ImageChange {
        private static final int TRIES = 10;

        /** Checks the ranges. */
        public ResizedCrop {
            Checks.between("smallest", smallest, 0, largest);
            Checks.between("largest", largest, smallest, 1);
            Checks.positive("narrowest", narrowest);
            Checks.between("widest", widest, narrowest, Double.MAX_VALUE);
        }

        /** Shapes from 3:4 to 4:3, at least this share of the area. */
        public static ResizedCrop of(double smallest) {
            return new ResizedCrop(smallest, 1, 3.0 / 4, 4.0 / 3);
        }

        @Override
        public boolean isCut() {
            return true;
        }

        @Override
        public Image apply(Image image, Frame frame, SplittableRandom random) {
            Resize.Part part = part(image.width(), image.height(), random);
            return image.crop(part.x(), part.y(), part.width(), part.height())
                    .resize(frame.width, frame.height, frame.resampling);
        }

        Resize.Part part(int width, int height, SplittableRandom random) {
            for (int i = 0; i < TRIES; i++) {
                double area = width * (double) height * uniform(random, smallest, largest);
                double shape = Math.exp(uniform(random, Math.log(narrowest), Math.log(widest)));
                int w = (int) Math.rint(Math.sqrt(area * shape));
                int h = (int) Math.rint(Math.sqrt(area / shape));
                if (w > 0 && w <= width && h > 0 && h <= height) {
                    int y = random.nextInt(height - h + 1);
                    return new Resize.Part(random.nextInt(width - w + 1), y, w, h);
                }
            }
            double shape = (double) width / height;
            int w = shape > widest ? (int) Math.rint(height * widest) : width;
            int h = shape < narrowest ? (int) Math.rint(width / narrowest) : height;
            return new Resize.Part((width - w) / 2, (height - h) / 2, w, h);
        }
    }

    /**
     * Left and right exchanged, with a probability.
     *
     * @param probability 0.5 usually
     */
    record HorizontalFlip(double probability) implements ImageChange {
        /** Checks the probability. */
        public HorizontalFlip {
            Checks.between("probability", probability, 0, 1);
        }

        @Override
        public Image apply(Image image, Frame frame, SplittableRandom random) {
            return random.nextDouble() < probability ? flipped(image) : image;
        }

        static Image flipped(Image image) {
            byte[] in = image.pixels();
            byte[] out = new byte[in.length];
            int width = image.width();
            for (int row = 0; row < in.length; row += 3 * width) {
                for (int x = 0; x < width; x++) {
                    System.arraycopy(in, row + 3 * x, out, row + 3 * (width - 1 - x), 3);
                }
            }
            return Image.over(width, image.height(), out);
        }
    }

    /**
     * Brightness, contrast, saturation and hue, in random order: {@code ColorJitter}.
     *
     * @param brightness factor from {@code 1 - brightness} to {@code 1 + brightness}
     * @param contrast the same
     * @param saturation the same
     * @param hue turned by up to this share of the circle either way, at most 0.5
     */
    record ColourJitter(double brightness, double contrast, double saturation, double hue) implements ImageChange {
        /** Checks the ranges. */
        public ColourJitter {
            Checks.notNegative("brightness", brightness);
            Checks.notNegative("contrast", contrast);
            Checks.notNegative("saturation", saturation);
            Checks.between("hue", hue, 0, 0.5);
        }

        @Override
        public Image apply(Image image, Frame frame, SplittableRandom random) {
            List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3));
            for (int i = 3; i > 0; i--) {
                java.util.Collections.swap(order, i, random.nextInt(i + 1));
            }
            double b = factor(brightness, random);
            double c = factor(contrast, random);
            double s = factor(saturation, random);
            double h = uniform(random, -hue, hue);
            Image out = image;
            for (int which : order) {
                out = switch (which) {
                    case 0 -> brightness == 0 ? out : Colours.brightness(out, b);
                    case 1 -> contrast == 0 ? out : Colours.contrast(out, c);
                    case 2 -> saturation == 0 ? out : Colours.saturation(out, s);
                    default -> hue == 0 ? out : Colours.hue(out, h);
                };
            }
            return out;
        }

        private static double factor(double range, SplittableRandom random) {
            return uniform(random, Math.max(0, 1 - range), 1 + range);
        }
    }

    /**
     * Some of fourteen operations one after another, all of one strength.
     *
     * <p>Ekin Cubuk, Barret Zoph, Jonathon Shlens, Quoc Le, "RandAugment: Practical automated data augmentation with a
     * reduced search space", NeurIPS 2020, <a href="https://arxiv.org/abs/1909.13719">arXiv:1909.13719</a>, in
     * torchvision's reading: {@code RandAugment(num_ops, magnitude)} with 31 magnitudes.
     *
     * @param operations how many, 2 usually
     * @param magnitude from 0 to 30, 9 usually
     */
    record RandAugment(int operations, int magnitude) implements ImageChange {
        private static final int MAGNITUDES = 31;

        /** Checks the ranges. */
        public RandAugment {
            Checks.positive("operations", operations);
            Checks.between("magnitude", magnitude, 0, MAGNITUDES - 1);
        }

        /** The operations, in torchvision's order. */
        enum Operation {
            IDENTITY(false),
            SHEAR_X(true),
            SHEAR_Y(true),
            TRANSLATE_X(true),
            TRANSLATE_Y(true),
            ROTATE(true),
            BRIGHTNESS(true),
            COLOUR(true),
            CONTRAST(true),
            SHARPNESS(true),
            POSTERIZE(false),
            SOLARIZE(false),
            AUTO_CONTRAST(false),
            EQUALIZE(false);

            private final boolean isSigned;

            Operation(boolean isSigned) {
                this.isSigned = isSigned;
            }
        }

        @Override
        public Image apply(Image image, Frame frame, SplittableRandom random) {
            Image out = image;
            for (int i = 0; i < operations; i++) {
                Operation o = Operation.values()[random.nextInt(Operation.values().length)];
                double sign = o.isSigned && random.nextBoolean() ? -1 : 1;
                out = changed(out, o, magnitude / (double) (MAGNITUDES - 1), sign);
            }
            return out;
        }

        static Image changed(Image image, Operation operation, double strength, double sign) {
            return switch (operation) {
                case IDENTITY -> image;
                case SHEAR_X -> Affine.shearX(image, sign * (float) (0.3 * strength));
                case SHEAR_Y -> Affine.shearY(image, sign * (float) (0.3 * strength));
                case TRANSLATE_X ->
                    Affine.translate(image, (int) (sign * (float) (150.0 / 331 * image.width() * strength)), 0);
                case TRANSLATE_Y ->
                    Affine.translate(image, 0, (int) (sign * (float) (150.0 / 331 * image.height() * strength)));
                case ROTATE -> Affine.rotate(image, sign * (float) (30 * strength));
                case BRIGHTNESS -> Colours.brightness(image, 1 + sign * (float) (0.9 * strength));
                case COLOUR -> Colours.saturation(image, 1 + sign * (float) (0.9 * strength));
                case CONTRAST -> Colours.contrast(image, 1 + sign * (float) (0.9 * strength));
                case SHARPNESS -> Colours.sharpness(image, 1 + sign * (float) (0.9 * strength));
                case POSTERIZE -> Colours.posterize(image, 8 - (int) Math.rint(4 * strength));
                case SOLARIZE -> Colours.solarize(image, 255 * (1 - strength));
                case AUTO_CONTRAST -> Colours.autoContrast(image);
                case EQUALIZE -> Colours.equalize(image);
            };
        }
    }

    private static double uniform(SplittableRandom random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }

    /**
     * A change as {@link ImageAugmentation#parse} reads it, or null for a name that is none.
     *
     * @param name such as {@code jitter}
     * @param word the name with its number, such as {@code jitter=0.4}
     */
    static @Nullable ImageChange named(String name, String word) {
        return switch (name) {
            case "crop" -> ResizedCrop.of(number(word, 0.08));
            case "flip" -> new HorizontalFlip(number(word, 0.5));
            case "jitter" -> {
                double range = number(word, 0.4);
                yield new ColourJitter(range, range, range, Math.min(0.5, range / 4));
            }
            case "rand-augment" -> new RandAugment(2, (int) number(word, 9));
            default -> null;
        };
    }

    /** The number behind the equals sign, or another one where there is none. */
    static double number(String word, double otherwise) {
        String[] parts = word.split("=", 2);
        if (parts.length == 1) {
            return otherwise;
        }
        try {
            return Double.parseDouble(parts[1]);
        } catch (NumberFormatException e) {
            throw new InvalidArgumentException(
                    "A change of images has no number.",
                    parts[0] + "=" + parts[1],
                    parts[0] + "=0.5, say",
                    "write a number",
                    e);
        }
    }
}
