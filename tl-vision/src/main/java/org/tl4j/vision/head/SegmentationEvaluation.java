// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.data.LabelMap;
import org.tl4j.metric.Estimate;
import org.tl4j.metric.RegionOverlap;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;

/**
 * Judges the classes of pixels in the size of the true masks, image by image; beside them the answer that needs no
 * model: the class that most pixels of the training data have.
 */
final class SegmentationEvaluation implements TaskHead.Evaluator<MaskSource> {
    static final String MEAN_IOU = "meanIoU";
    static final String PIXEL_ACCURACY = "pixelAccuracy";
    static final String MEAN_DICE = "meanDice";

    private final SegmentationHead head;
    private final LabelMap labels;
    private final Iterable<MaskSource> training;
    private final RegionOverlap overlap;

    SegmentationEvaluation(SegmentationHead head, Iterable<MaskSource> training) {
        this.head = head;
        this.labels = head.labels();
        this.training = training;
        this.overlap = new RegionOverlap(labels.names());
    }

    @Override
    public void add(Map<String, HostTensor> outputs, List<MaskSource> targets) {
        List<Mask> answers = head.masks(outputs);
        for (int i = 0; i < answers.size(); i++) {
            add(overlap, head.classes(targets.get(i)), answers.get(i));
        }
    }

    /** Counts an image; an answer of another size is brought to that of the truth. */
    static void add(RegionOverlap overlap, Mask truth, Mask answer) {
        Mask fitting = answer.width() == truth.width() && answer.height() == truth.height()
                ? answer
                : answer.resize(truth.width(), truth.height());
        int[] answered = fitting.stream().toArray();
        int[] expected = truth.stream().toArray();
        for (int p = 0; p < expected.length; p++) {
            if (expected[p] != Mask.IGNORE) {
                overlap.add(expected[p], answered[p]);
            }
        }
        overlap.endImage();
    }

    static Map<String, Estimate> figures(RegionOverlap overlap) {
        Map<String, Estimate> figures = new LinkedHashMap<>();
        figures.put(MEAN_IOU, overlap.meanIou());
        figures.put(PIXEL_ACCURACY, overlap.pixelAccuracy());
        figures.put(MEAN_DICE, overlap.meanDice());
        return figures;
    }

    @Override
    public Evaluation evaluation() {
        Map<String, Estimate> metrics = figures(overlap);
        Map<String, Double> baseline = baseline();
        Config classes = Config.empty();
        for (int k = 0; k < labels.size(); k++) {
            Estimate iou = overlap.iou(k);
            classes = classes.with(
                    labels.name(k),
                    Config.empty()
                            .with("iou", iou.value())
                            .with("low", iou.low())
                            .with("high", iou.high())
                            .with("dice", overlap.dice(k).value())
                            .with("pixels", overlap.support(k)));
        }
        String table = Evaluation.table("on " + overlap.images() + " images", metrics, baseline, "most frequent class");
        return new Evaluation(
                metrics,
                baseline,
                "most frequent class",
                table + "\n\n" + overlap.classTable(),
                Config.empty().with("classes", classes));
    }

    /** The same figures for giving every pixel the class that most pixels of the training data have. */
    private Map<String, Double> baseline() {
        long[] counts = new long[labels.size()];
        training.forEach(
                m -> head.classes(m).stream().filter(k -> k != Mask.IGNORE).forEach(k -> counts[k]++));
        int usual = 0;
        for (int k = 1; k < counts.length; k++) {
            usual = counts[k] > counts[usual] ? k : usual;
        }
        double pixels = overlap.pixels();
        double share = overlap.support(usual) / pixels;
        // The usual class is hit wherever it is; every other one that occurs is never answered.
        long occurring = 1;
        for (int k = 0; k < labels.size(); k++) {
            occurring += k != usual && overlap.support(k) > 0 ? 1 : 0;
        }
        Map<String, Double> baseline = new LinkedHashMap<>();
        baseline.put(MEAN_IOU, share / occurring);
        baseline.put(PIXEL_ACCURACY, share);
        baseline.put(MEAN_DICE, 2 * share / (1 + share) / occurring);
        return baseline;
    }
}
