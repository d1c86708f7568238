// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.AnomalyLabels;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.detector.PatchMemoryBank;
import org.tl4j.anomaly.report.HeatPicture;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * Anomaly detection on the features of a pretrained backbone, as a description. Data are read and prepared by the
 * classification task of the same kind of input, whose artefact must be on the class path; {@code anomaly-label} says
 * which of its labels means an anomaly.
 */
public class BackboneAnomalyTask implements Head<Object, Condition, AnomalyScore> {
    private final Modality modality;
    private final String name;
    private final String reader;

    /** Texts, read as for text classification. */
    public static final class Texts extends BackboneAnomalyTask {
        /** For the service loader. */
        public Texts() {
            super(Modality.TEXT, "text-classification");
        }
    }

    /** Pictures, read as for image classification. */
    public static final class Images extends BackboneAnomalyTask {
        /** For the service loader. */
        public Images() {
            super(Modality.IMAGE, "image-classification");
        }

        /** Writes a PNG of the image as the network sees it, red where it is strange; see {@link HeatPicture}. */
        @Override
        public String explain(
                Object example,
                Preprocessor<Object> preprocessor,
                Function<List<Object>, List<AnomalyScore>> model,
                Path file) {
            AnomalyScore score = model.apply(List.of(example)).get(0);
            if (score.places().isEmpty()) {
                throw new UnsupportedFeatureException(
                        "This detector does not know where an image is strange.",
                        "a score of the whole image",
                        "a model of --family " + PatchMemoryBank.ID,
                        "fit one, or use `tl predict`");
            }
            HostTensor pixels = preprocessor.encode(example).values().iterator().next();
            HeatPicture.write(pixels, score.places(), score.threshold(), file);
            return score.render() + ", see " + file;
        }
    }

    /** Sounds, read as for audio classification. */
    public static final class Sounds extends BackboneAnomalyTask {
        /** For the service loader. */
        public Sounds() {
            super(Modality.AUDIO, "audio-classification");
        }
    }

    /**
     * For another kind of input.
     *
     * @param reader the task that reads and prepares it; its targets are lists of labels
     */
    protected BackboneAnomalyTask(Modality modality, String reader) {
        this.modality = modality;
        this.name = modality + "-" + TableAnomalyTask.NAME;
        this.reader = reader;
    }

    @SuppressWarnings("unchecked")
    private Head<Object, List<String>, Object> reader() {
        return (Head<Object, List<String>, Object>) Heads.installed().get(reader);
    }

    @Override
    public String task() {
        return name;
    }

    @Override
    public String title() {
        return "How strange each " + modality + " is by the features of a pretrained backbone";
    }

    @Override
    public Modality modality() {
        return modality;
    }

    @Override
    public Preprocessor<Object> preprocessor(Config config, @Nullable Path folder) {
        return reader().preprocessor(config, folder);
    }

    @Override
    public AnomalyHead restore(Config config) {
        return AnomalyHead.restore(name, config);
    }

    /** Reads what the classification task reads; {@code anomaly-label} says which label means an anomaly. */
    @Override
    public LabelledData<Object, Condition> read(Path file, Config columns) {
        LabelledData<Object, List<String>> labelled = reader().read(file, columns);
        List<String> notes = new ArrayList<>(labelled.notes());
        Dataset<Object, Condition> all = conditions(labelled.all(), columns, notes);
        Map<String, Dataset<Object, Condition>> parts = new LinkedHashMap<>();
        labelled.parts().forEach((part, data) -> parts.put(part, conditions(data, columns, new ArrayList<>())));
        return new LabelledData<>(all, parts, notes);
    }

    private static Dataset<Object, Condition> conditions(
            Dataset<Object, List<String>> data, Config columns, List<String> notes) {
        List<String> labels =
                data.targets().stream().map(l -> l.isEmpty() ? "" : l.get(0)).toList();
        List<Condition> conditions = AnomalyLabels.conditions(data.name(), labels, columns, notes::add);
        List<Example<Object, Condition>> examples = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            examples.add(data.get(i).withTarget(conditions.get(i)));
        }
        return Dataset.of(data.name(), examples);
    }

    @Override
    public AnomalyHead create(Dataset<Object, Condition> train, Config settings) {
        return AnomalyHead.of(name, settings, List.of());
    }

    @Override
    public Object parse(String input) {
        return reader().parse(input);
    }

    @Override
    public Config describe(AnomalyScore prediction) {
        return prediction.describe();
    }

    @Override
    public String render(AnomalyScore prediction) {
        return prediction.render();
    }
}
