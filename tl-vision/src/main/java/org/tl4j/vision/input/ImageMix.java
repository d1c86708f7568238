// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.List;
import java.util.SplittableRandom;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.SoftLabels;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;

/**
 * Two images in one, with the labels of both in part. {@code Transfer.augment} takes the other image from the images
 * that are trained on, and has the head learn labels in part.
 *
 * <p>Hongyi Zhang, Moustapha Cisse, Yann Dauphin, David Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR
 * 2018, <a href="https://arxiv.org/abs/1710.09412">arXiv:1710.09412</a>; Sangdoo Yun, Dongyoon Han, Seong Joon Oh,
 * Sanghyuk Chun, Junsuk Choe, Youngjoon Yoo, "CutMix: Regularization Strategy to Train Strong Classifiers with
 * Localizable Features", ICCV 2019, <a href="https://arxiv.org/abs/1905.04899">arXiv:1905.04899</a>. As torchvision's,
 * but that the other image is any of the data, not the next of the batch.
 *
 * @param partners where the other image is drawn from: the training data; empty until they are known
 * @param kind over each other, or one in a window of the other
 * @param alpha of the Beta distribution of shares; 1 is uniform
 * @param before changes that both images get first
 */
public record ImageMix(Dataset<ImageSource, List<String>> partners, Kind kind, double alpha, List<ImageChange> before)
        implements Augmentation<ImageSource, List<String>> {
    private static final Dataset<ImageSource, List<String>> NOBODY = Dataset.of("no partners", List.of());

    /** Checks the numbers. */
    public ImageMix {
        Checks.positive("alpha", alpha);
        before = List.copyOf(before);
    }

    /** The two ways. */
    public enum Kind {
        /** Every pixel is a weighted mean. */
        MIX_UP,
        /** A window shows the other image. */
        CUT_MIX
    }

    static ImageMix of(Kind kind, double alpha, List<ImageChange> before) {
        return new ImageMix(NOBODY, kind, alpha, before);
    }

    /** Images over each other. */
    public static ImageMix mixUp(double alpha, ImageChange... before) {
        return of(Kind.MIX_UP, alpha, List.of(before));
    }

    /** Images in windows of each other. */
    public static ImageMix cutMix(double alpha, ImageChange... before) {
        return of(Kind.CUT_MIX, alpha, List.of(before));
    }

    @Override
    public ImageMix over(Dataset<ImageSource, List<String>> train) {
        return new ImageMix(train, kind, alpha, before);
    }

    @Override
    public boolean mixesTargets() {
        return true;
    }

    @Override
    public Example<ImageSource, List<String>> apply(
            Example<ImageSource, List<String>> example, SplittableRandom random) {
        if (partners.isEmpty()) {
            throw new InvalidArgumentException(
                    "There is no image to mix '" + example.input().name() + "' with.",
                    this + " without partners",
                    "the images that are trained on",
                    "give the mix to Transfer.augment, or call over(train) first");
        }
        Example<ImageSource, List<String>> other = partners.get(random.nextInt(partners.size()));
        double share = beta(alpha, random);
        Window window = kind == Kind.MIX_UP ? Window.NONE : Window.draw(share, random);
        ImageSource mixed = new ImageSource.Mixed(
                new ImageSource.Changed(example.input(), before, random.nextLong()),
                new ImageSource.Changed(other.input(), before, random.nextLong()),
                share,
                window);
        double seen = kind == Kind.MIX_UP ? share : 1 - window.area();
        return new Example<>(mixed, SoftLabels.mixed(example.target(), other.target(), seen), example.source());
    }

    /** The settings, without the data. */
    @Override
    public String toString() {
        return "ImageMix[" + kind + ", alpha=" + alpha + ", before=" + before + "]";
    }

    /**
     * Where the other image shows, as parts of height and width; nowhere where all are 0.
     *
     * @param left from the left
     * @param top from the top
     * @param right end
     * @param bottom end
     */
    public record Window(double left, double top, double right, double bottom) {
        static final Window NONE = new Window(0, 0, 0, 0);

        /** About the middle that was drawn, as large as the share leaves room, cut off at the edges. */
        static Window draw(double share, SplittableRandom random) {
            double x = random.nextDouble();
            double y = random.nextDouble();
            double half = 0.5 * Math.sqrt(1 - share);
            return new Window(
                    Math.max(0, x - half), Math.max(0, y - half), Math.min(1, x + half), Math.min(1, y + half));
        }

        /** The part of the area that it covers. */
        public double area() {
            return (right - left) * (bottom - top);
        }
    }

    static double beta(double alpha, SplittableRandom random) {
        double a = gamma(alpha, random);
        double b = gamma(alpha, random);
        return a + b == 0 ? (random.nextBoolean() ? 1 : 0) : a / (a + b);
    }

    /** Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000. */
    private static double gamma(double shape, SplittableRandom random) {
        if (shape < 1) {
            return gamma(shape + 1, random) * Math.pow(random.nextDouble(), 1 / shape);
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double normal =
                    Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
            double v = Math.pow(1 + c * normal, 3);
            if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }
}
