// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.task;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Head;
import org.tl4j.speech.Fixtures;
import org.tl4j.speech.input.AudioSource;
import org.tl4j.testkit.HeadContract;

class AudioClassificationContractTest implements HeadContract<AudioSource, List<String>, Classification> {
    @Override
    public Head<AudioSource, List<String>, Classification> head() {
        return new AudioClassificationTask();
    }

    @Override
    public Dataset<AudioSource, List<String>> data() {
        List<Example<AudioSource, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            String name = "tone " + i;
            examples.add(new Example<>(
                    AudioSource.bytes(name, Fixtures.tone(8000, 50, 200 << i % 3, i)),
                    List.of(List.of("low", "middle", "high").get(i % 3)),
                    name));
        }
        return Dataset.of("tones", examples);
    }

    @Override
    public List<String> unknownTarget() {
        return List.of("noise");
    }
}
