// SPDX-License-Identifier: Apache-2.0
package org.tl4j.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;

/**
 * How well answered regions lie over true ones: the accumulator of semantic segmentation. It is given one image after
 * the other and counts, for each class, the pixels that are of it, those that were taken for it, and those that are
 * both. Not safe for several threads at once.
 *
 * <p>Pixels of one image are not independent of each other, images are: every interval is by the delta method on the
 * counts of whole images, so that a hundred million pixels of ten images do not look like certainty.
 */
public final class RegionOverlap {
    private final List<String> labels;
    private final List<long[]> images = new ArrayList<>();
    private final long[] all;
    private long[] image;

    /** Without an image. */
    public RegionOverlap(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.all = new long[3 * labels.size()];
        this.image = new long[all.length];
    }

    /** Counts a pixel of class {@code truth} that was taken for {@code answer}, by indices from 0. */
    public void add(int truth, int answer) {
        int n = labels.size();
        if (truth < 0 || truth >= n || answer < 0 || answer >= n) {
            throw new InvalidArgumentException(
                    "A class that a segmentation does not have was counted.",
                    "truth " + truth + ", answer " + answer,
                    "indices from 0 to " + (n - 1),
                    "check that the answers belong to these labels");
        }
        image[3 * truth]++;
        image[3 * answer + 1]++;
        if (truth == answer) {
            image[3 * truth + 2]++;
        }
    }

    /** Says that the pixels since the last time were one image. */
    public void endImage() {
        for (int i = 0; i < all.length; i++) {
            all[i] += image[i];
        }
        images.add(image);
        image = new long[all.length];
    }

    /** How many images were counted. */
    public long images() {
        return images.size();
    }

    /** How many pixels were counted. */
    public long pixels() {
        return IntStream.range(0, labels.size()).mapToLong(this::support).sum();
    }

    /** How many pixels are of a class. */
    public long support(int label) {
        return all[3 * label];
    }

    private long answered(int label) {
        return all[3 * label + 1];
    }

    private long hits(int label) {
        return all[3 * label + 2];
    }

    private long union(int label) {
        return support(label) + answered(label) - hits(label);
    }

    /** The share of pixels that were taken for what they are. */
    public Estimate pixelAccuracy() {
        double pixels = pixels();
        double hits = IntStream.range(0, labels.size()).mapToLong(this::hits).sum();
        double value = hits / pixels;
        return estimate(value, counts -> {
            double own = 0;
            for (int k = 0; k < labels.size(); k++) {
                own += counts[3 * k + 2] - value * counts[3 * k];
            }
            return own / pixels;
        });
    }

    /**
     * Intersection over union of a class: Paul Jaccard's index of 1901; not a number where it neither occurs nor is
     * answered.
     */
    public Estimate iou(int label) {
        return iou(List.of(label));
    }

    /** Mean intersection over union of the classes that occur or are answered. */
    public Estimate meanIou() {
        return iou(seen());
    }

    private Estimate iou(List<Integer> classes) {
        return mean(
                classes,
                this::iouOf,
                this::union,
                (counts, k) -> counts[3 * k + 2] - iouOf(k) * (counts[3 * k] + counts[3 * k + 1] - counts[3 * k + 2]));
    }

    /**
     * Lee Raymond Dice's coefficient of 1945, twice the intersection over both sizes, which is the F1 of the pixels;
     * not a number where the class neither occurs nor is answered.
     */
    public Estimate dice(int label) {
        return dice(List.of(label));
    }

    /** Mean Dice coefficient of the classes that occur or are answered. */
    public Estimate meanDice() {
        return dice(seen());
    }

    private Estimate dice(List<Integer> classes) {
        return mean(
                classes,
                this::diceOf,
                this::sizes,
                (counts, k) -> 2 * counts[3 * k + 2] - diceOf(k) * (counts[3 * k] + counts[3 * k + 1]));
    }

    private double iouOf(int label) {
        return hits(label) / (double) union(label);
    }

    private double diceOf(int label) {
        return 2.0 * hits(label) / sizes(label);
    }

    private long sizes(int label) {
        return support(label) + answered(label);
    }

    private List<Integer> seen() {
        return IntStream.range(0, labels.size())
                .filter(k -> union(k) > 0)
                .boxed()
                .toList();
    }

    /** What an image adds to a figure of a class, times the figure's denominator. */
    private interface Influence {
        double of(long[] counts, int label);
    }

    private Estimate mean(
            List<Integer> classes, IntToDoubleFunction figure, IntToDoubleFunction denominator, Influence influence) {
        double sum = 0;
        for (int k : classes) {
            sum += figure.applyAsDouble(k);
        }
        return estimate(sum / classes.size(), counts -> {
            double own = 0;
            for (int k : classes) {
                own += influence.of(counts, k) / denominator.applyAsDouble(k);
            }
            return own / classes.size();
        });
    }

    /** By how much an image moves a figure. */
    private interface Share {
        double of(long[] counts);
    }

    private Estimate estimate(double value, Share share) {
        int n = images.size();
        double squares = 0;
        for (long[] counts : images) {
            double own = share.of(counts);
            squares += own * own;
        }
        // The shares add up to 0, as the figure does not change with the number of images.
        double variance = n < 2 ? 0 : squares * n / (n - 1.0);
        return Estimate.bounded(value, variance, n);
    }

    /**
     * Intersection over union with its interval, Dice coefficient and share of the pixels of each class, for people.
     */
    public String classTable() {
        TextTable table = new TextTable("class", "IoU", "95 % interval", "Dice", "share of pixels");
        double pixels = pixels();
        for (int k = 0; k < labels.size(); k++) {
            Estimate iou = iou(k);
            table.row(
                    labels.get(k),
                    String.format(Locale.ROOT, "%.4f", iou.value()),
                    String.format(Locale.ROOT, "%.4f - %.4f", iou.low(), iou.high()),
                    String.format(Locale.ROOT, "%.4f", dice(k).value()),
                    String.format(Locale.ROOT, "%.4f", support(k) / pixels));
        }
        return table.toString();
    }
}
