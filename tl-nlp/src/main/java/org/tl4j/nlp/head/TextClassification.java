// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.head;

import java.util.List;
import org.tl4j.data.LabelMap;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Task;

/** The task of giving texts their labels: what a transfer puts on a backbone of texts. */
public final class TextClassification {
    private TextClassification() {}

    /** Exactly one of these labels for each text. */
    public static Task<String, List<String>, Classification> of(LabelMap labels) {
        return of(ClassificationHead.singleLabel(TextClassificationTask.NAME, labels));
    }

    /** Any number of these labels for each text. */
    public static Task<String, List<String>, Classification> multiLabel(LabelMap labels) {
        return of(ClassificationHead.multiLabel(TextClassificationTask.NAME, labels));
    }

    /** A head with settings of its own, such as class weights. */
    public static Task<String, List<String>, Classification> of(ClassificationHead head) {
        return new Task<>(new TextClassificationTask(), head);
    }
}
