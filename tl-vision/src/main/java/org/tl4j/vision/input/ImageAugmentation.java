// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Example;
import org.tl4j.error.UnknownNameException;

/**
 * Random changes of images whose targets stay as they are: labels of whole images, not masks. An image is decoded and
 * changed only when it is needed, on the thread that prepares the batch.
 *
 * <pre>{@code
 * transfer.augment(ImageAugmentation.standard(), 4)
 * }</pre>
 *
 * @param changes in order; one that cuts comes first
 * @param <Y> what is learned for an image
 */
public record ImageAugmentation<Y>(List<ImageChange> changes) implements Augmentation<ImageSource, Y> {
    private static final List<String> NAMES = List.of("crop", "flip", "jitter", "rand-augment", "mixup", "cutmix");

    /** Keeps a copy. */
    public ImageAugmentation {
        changes = List.copyOf(changes);
    }

    /** These changes, in order. */
    public static <Y> ImageAugmentation<Y> of(ImageChange... changes) {
        return new ImageAugmentation<>(List.of(changes));
    }

    /** What ImageNet's classifiers are trained with: a part of at least 8 % of the image, mirrored every other time. */
    public static <Y> ImageAugmentation<Y> standard() {
        return of(ImageChange.ResizedCrop.of(0.08), new ImageChange.HorizontalFlip(0.5));
    }

    /**
     * Changes as the command line writes them, separated by commas: {@code crop} or {@code crop=0.5} (the smallest
     * share), {@code flip}, {@code jitter} or {@code jitter=0.4} (of all but hue, which turns by a quarter of it),
     * {@code rand-augment} or {@code rand-augment=9} (the magnitude); and, of images that the others have changed,
     * {@code mixup} or {@code mixup=0.2} and {@code cutmix} or {@code cutmix=1} (alpha of the shares' distribution).
     * With both of these, either befalls half of the images.
     */
    public static Augmentation<ImageSource, List<String>> parse(String text) {
        List<ImageChange> changes = new ArrayList<>();
        Map<ImageMix.Kind, Double> mixes = new LinkedHashMap<>();
        for (String word : text.split(",", -1)) {
            String name = word.strip().split("=", 2)[0];
            switch (name) {
                case "mixup" -> mixes.put(ImageMix.Kind.MIX_UP, ImageChange.number(word.strip(), 0.2));
                case "cutmix" -> mixes.put(ImageMix.Kind.CUT_MIX, ImageChange.number(word.strip(), 1));
                default -> {
                    ImageChange change = ImageChange.named(name, word.strip());
                    if (change == null) {
                        throw new UnknownNameException(
                                "change of images",
                                name,
                                NAMES,
                                "write some of them with commas: crop,flip,jitter=0.4");
                    }
                    changes.add(change);
                }
            }
        }
        return mixes.entrySet().stream()
                .<Augmentation<ImageSource, List<String>>>map(mix -> ImageMix.of(mix.getKey(), mix.getValue(), changes))
                .reduce(Augmentation::or)
                .orElseGet(() -> new ImageAugmentation<>(changes));
    }

    @Override
    public Example<ImageSource, Y> apply(Example<ImageSource, Y> example, SplittableRandom random) {
        return new Example<>(
                new ImageSource.Changed(example.input(), changes, random.nextLong()),
                example.target(),
                example.source());
    }
}
