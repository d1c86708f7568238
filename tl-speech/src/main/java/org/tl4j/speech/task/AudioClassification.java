// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.task;

import java.util.List;
import org.tl4j.data.LabelMap;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Task;
import org.tl4j.speech.input.AudioSource;

/** The task of giving sounds their labels: what a transfer puts on a backbone of sound. */
public final class AudioClassification {
    private AudioClassification() {}

    /** Exactly one of these labels for each sound. */
    public static Task<AudioSource, List<String>, Classification> of(LabelMap labels) {
        return of(ClassificationHead.singleLabel(AudioClassificationTask.NAME, labels));
    }

    /** Any number of these labels for each sound. */
    public static Task<AudioSource, List<String>, Classification> multiLabel(LabelMap labels) {
        return of(ClassificationHead.multiLabel(AudioClassificationTask.NAME, labels));
    }

    /** A head with settings of its own, such as class weights. */
    public static Task<AudioSource, List<String>, Classification> of(ClassificationHead head) {
        return new Task<>(new AudioClassificationTask(), head);
    }
}
