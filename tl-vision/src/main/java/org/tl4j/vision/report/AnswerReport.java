// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Illustration;
import org.tl4j.vision.input.ImageSource;

/** The worst examples and, for images of one label each, the confusion matrix. */
public final class AnswerReport implements Illustration<ImageSource, List<String>, Classification> {
    private static final int SHOWN = 36;

    private final ContactSheet sheet = new ContactSheet(SHOWN);
    private final Map<String, Map<String, Long>> counts = new LinkedHashMap<>();
    private List<String> labels = List.of();
    private boolean isSingle = true;

    @Override
    public void add(Example<ImageSource, List<String>> example, Classification answer) {
        if (labels.isEmpty()) {
            labels = answer.ranked().stream()
                    .map(Classification.LabelScore::label)
                    .sorted()
                    .toList();
        }
        List<String> truth = example.target();
        isSingle &= truth.size() == 1 && answer.labels().size() == 1;
        boolean isRight = List.copyOf(truth).containsAll(answer.labels())
                && answer.labels().containsAll(truth);
        sheet.add(
                example.input(),
                isRight,
                loss(truth, answer),
                isRight ? answer.render() : String.join(", ", truth) + " → " + answer.render());
        if (isSingle) {
            counts.computeIfAbsent(truth.get(0), t -> new LinkedHashMap<>())
                    .merge(answer.labels().get(0), 1L, Long::sum);
        }
    }

    /** Cross-entropy; where several labels may apply, summed over all. */
    private static double loss(List<String> truth, Classification answer) {
        if (truth.size() == 1 && answer.labels().size() == 1) {
            return -Math.log(Math.max(1e-12, answer.score(truth.get(0))));
        }
        return answer.ranked().stream()
                .mapToDouble(s -> -Math.log(Math.max(1e-12, truth.contains(s.label()) ? s.score() : 1 - s.score())))
                .sum();
    }

    @Override
    public Map<String, String> write(Path folder) {
        Map<String, String> files = new LinkedHashMap<>();
        sheet.write(folder.resolve("worst.png"));
        files.put(
                "worst.png",
                String.format(
                        Locale.ROOT, "the %d worst answers", sheet.captions().size()));
        if (isSingle && !labels.isEmpty()) {
            long[][] matrix = new long[labels.size()][labels.size()];
            for (int t = 0; t < matrix.length; t++) {
                Map<String, Long> row = counts.getOrDefault(labels.get(t), Map.of());
                for (int a = 0; a < matrix.length; a++) {
                    matrix[t][a] = row.getOrDefault(labels.get(a), 0L);
                }
            }
            ConfusionPicture.write(labels, matrix, folder.resolve("confusion.png"));
            files.put("confusion.png", "true labels and answers");
        }
        return files;
    }
}
