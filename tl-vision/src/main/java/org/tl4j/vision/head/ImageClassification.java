// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.List;
import org.tl4j.data.LabelMap;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Task;
import org.tl4j.vision.input.ImageSource;

/** The task of giving images their labels: what a transfer puts on a backbone of images. */
public final class ImageClassification {
    private ImageClassification() {}

    /** Exactly one of these labels for each image. */
    public static Task<ImageSource, List<String>, Classification> of(LabelMap labels) {
        return of(ClassificationHead.singleLabel(ImageClassificationTask.NAME, labels));
    }

    /** Any number of these labels for each image. */
    public static Task<ImageSource, List<String>, Classification> multiLabel(LabelMap labels) {
        return of(ClassificationHead.multiLabel(ImageClassificationTask.NAME, labels));
    }

    /** A head with settings of its own, such as class weights. */
    public static Task<ImageSource, List<String>, Classification> of(ClassificationHead head) {
        return new Task<>(new ImageClassificationTask(), head);
    }
}
