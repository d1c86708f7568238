// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.model.Classification;
import org.tl4j.model.Head;
import org.tl4j.testkit.HeadContract;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.task.SeriesClassificationTask;

class SeriesClassificationContractTest implements HeadContract<TimeSeries, List<String>, Classification> {
    @Override
    public Head<TimeSeries, List<String>, Classification> head() {
        return new SeriesClassificationTask();
    }

    @Override
    public Dataset<TimeSeries, List<String>> data() {
        List<Example<TimeSeries, List<String>>> examples = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            float[] values = new float[9];
            for (int t = 0; t < values.length; t++) {
                values[t] = (float) Math.sin((1 + i % 3) * 0.6 * t + i);
            }
            examples.add(new Example<>(
                    TimeSeries.of("wave " + i, values),
                    List.of(List.of("slow", "usual", "fast").get(i % 3)),
                    "line " + (i + 1)));
        }
        return Dataset.of("waves", examples);
    }

    @Override
    public List<String> unknownTarget() {
        return List.of("still");
    }
}
