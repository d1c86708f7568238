// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Doctor;
import org.tl4j.data.Finding;
import org.tl4j.data.Fingerprint;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.speech.dataset.AudioDataset;
import org.tl4j.speech.input.AudioInput;
import org.tl4j.speech.input.AudioSource;

/** Audio classification, as a description: how sounds are read, prepared and answered. */
public final class AudioClassificationTask implements Head<AudioSource, List<String>, Classification> {
    /** The task's name. */
    public static final String NAME = "audio-classification";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Labels for sounds: one label each, or any number";
    }

    @Override
    public Modality modality() {
        return Modality.AUDIO;
    }

    @Override
    public AudioInput preprocessor(Config config, @Nullable Path folder) {
        return AudioInput.of(config);
    }

    @Override
    public ClassificationHead restore(Config config) {
        return ClassificationHead.restore(NAME, config);
    }

    /** See {@link AudioDataset}. */
    @Override
    public LabelledData<AudioSource, List<String>> read(Path path, Config columns) {
        return AudioDataset.read(path, columns);
    }

    @Override
    public TaskHead<List<String>, Classification> create(Dataset<AudioSource, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
    }

    /** Sounds are the same where their files are, byte by byte. */
    @Override
    public List<Finding> examine(
            Map<String, Dataset<AudioSource, List<String>>> parts, @Nullable Preprocessor<AudioSource> preprocessor) {
        return new Doctor<AudioSource, List<String>>(
                        parts, sound -> new Fingerprint().add(sound).sha256(), l -> l, AudioSource::name)
                .examine();
    }

    @Override
    public Optional<String> label(List<String> target) {
        return target.size() == 1 ? Optional.of(target.get(0)) : Optional.empty();
    }

    /** The path of a WAV file. */
    @Override
    public AudioSource parse(String input) {
        return AudioSource.parse(input);
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render();
    }
}
