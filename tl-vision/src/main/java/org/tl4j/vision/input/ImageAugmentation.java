// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.List;
import java.util.SplittableRandom;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Example;

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

    @Override
    public Example<ImageSource, Y> apply(Example<ImageSource, Y> example, SplittableRandom random) {
        return new Example<>(
                new ImageSource.Changed(example.input(), changes, random.nextLong()),
                example.target(),
                example.source());
    }
}
